import { describe, expect, it } from 'vitest';
import { putAsideSecondsOf, readTemplateSettings } from './template-settings.ts';

const queue = {
  Type: 'AWS::SQS::Queue',
  Properties: { VisibilityTimeout: 180, RedrivePolicy: { maxReceiveCount: 5 } },
};
const rated = {
  Type: 'AWS::ApiGatewayV2::Stage',
  Properties: {
    DefaultRouteSettings: { ThrottlingRateLimit: 25, ThrottlingBurstLimit: 30 },
    RouteSettings: { 'POST /orders': { ThrottlingRateLimit: 13, ThrottlingBurstLimit: 14 } },
  },
};
const any = { Type: 'AWS::Lambda::Function' };

describe('what a template sets', () => {
  it('is read from a tier with a rate, a function for orders and a queue for those that the table refuses', () => {
    const Resources = { OrderQueue: queue, Stage: rated, OrdersFunction: any, IntakeQueue: queue };
    expect(readTemplateSettings({ Resources })).toEqual({
      stage: { rateLimit: 25, burstLimit: 30 },
      orders: { rateLimit: 13, burstLimit: 14 },
      ordersFunction: 'OrdersFunction',
      queue: { deliveries: 5, visibilitySeconds: 180 },
      keepsOrders: true,
    });
  });

  it('is no rate where the stage has none, and one function for everything', () => {
    const Resources = {
      OrderQueue: queue,
      Stage: { Type: 'AWS::ApiGatewayV2::Stage', Properties: { DefaultRouteSettings: {} } },
      ShopFunction: any,
    };
    expect(readTemplateSettings({ Resources })).toEqual({
      ordersFunction: 'ShopFunction',
      queue: { deliveries: 5, visibilitySeconds: 180 },
      keepsOrders: false,
    });
  });

  it.each([undefined, null, {}, { Resources: { OrderQueue: { Type: 'AWS::SQS::Queue' } } }])(
    'is unreadable in %j, which is no serverless tier',
    (template) => {
      expect(() => readTemplateSettings(template)).toThrow(
        expect.objectContaining({ code: 'template-unreadable' }),
      );
    },
  );

  it('puts a message aside after as many deliveries as there are, each as long as it keeps the message', () => {
    const settings = readTemplateSettings({ Resources: { OrderQueue: queue } });
    expect(putAsideSecondsOf(settings)).toBe(900);
  });
});
