import { describe, expect, it } from 'vitest';
import { createStageThrottle, readStageThrottle } from './stage-throttle.ts';
import type { StageThrottleSettings } from './stage-throttle.ts';

function throttle(settings: StageThrottleSettings) {
  let nowMs = 5_000;
  const admit = createStageThrottle(settings, { now: () => nowMs });
  return {
    admitted: (count: number, asked = 'GET /products') => {
      const [method = '', path = ''] = asked.split(' ');
      return Array.from({ length: count }, () => admit(method, path)).filter(Boolean).length;
    },
    pass: (ms: number) => {
      nowMs += ms;
    },
  };
}

describe('the throttle of a stage', () => {
  it('lets the burst through, and then as much as its rate', () => {
    const { admitted, pass } = throttle({ default: { rateLimit: 10, burstLimit: 5 }, routes: {} });
    expect(admitted(8)).toBe(5);
    pass(100);
    expect(admitted(3)).toBe(1);
    pass(250);
    expect(admitted(3)).toBe(2);
    // The half that was left over counts.
    pass(50);
    expect(admitted(3)).toBe(1);
    pass(60_000);
    expect(admitted(8)).toBe(5);
  });

  it('keeps a route with its own settings apart from the others', () => {
    const { admitted } = throttle({
      default: { rateLimit: 1, burstLimit: 3 },
      routes: { 'POST /orders': { rateLimit: 1, burstLimit: 1 } },
    });
    expect(admitted(4, 'POST /orders')).toBe(1);
    expect(admitted(2, 'GET /orders')).toBe(2);
    expect(admitted(4, 'GET /products')).toBe(1);
  });

  it('knows a route by its pattern, one part of a path for each name', () => {
    const { admitted } = throttle({ routes: { 'GET /orders/{id}': { rateLimit: 1, burstLimit: 1 } } });
    expect(admitted(2, 'GET /orders/7')).toBe(1);
    expect(admitted(2, 'GET /orders/8')).toBe(0);
    for (const other of ['GET /orders', 'GET /orders/7/items', 'POST /orders/7', 'GET /ordersX7'])
      expect(admitted(2, other)).toBe(2);
  });

  it('refuses nothing where nothing is said', () => {
    expect(throttle({ routes: {} }).admitted(1000)).toBe(1000);
  });
});

describe('the throttle that a template says', () => {
  const stage = (properties: object) => ({
    Resources: { S: { Type: 'AWS::ApiGatewayV2::Stage', Properties: properties } },
  });

  it('is that of its stage and of its routes', () => {
    expect(
      readStageThrottle(
        stage({
          DefaultRouteSettings: { ThrottlingRateLimit: 250, ThrottlingBurstLimit: 300 },
          RouteSettings: { 'POST /orders': { ThrottlingRateLimit: 125 }, 'GET /x': {} },
        }),
      ),
    ).toEqual({
      default: { rateLimit: 250, burstLimit: 300 },
      routes: { 'POST /orders': { rateLimit: 125, burstLimit: 125 } },
    });
  });

  it('is none without a stage or without settings', () => {
    expect(readStageThrottle(stage({}))).toEqual({ routes: {} });
    expect(readStageThrottle({ Resources: {} })).toEqual({ routes: {} });
  });
});
