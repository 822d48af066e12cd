import { describe, expect, it } from 'vitest';
import { ACTIVE_ACTIVE, WARM_STANDBY } from '../../test/region-topologies.ts';
import { predictServerless, refusedBy } from './prediction.ts';
import type { ServerlessPredictionInput } from './prediction.ts';
import type { TemplateSettings } from './template-settings.ts';

const unrated: TemplateSettings = {
  ordersFunction: 'ShopFunction',
  queue: { deliveries: 5, visibilitySeconds: 180 },
  keepsOrders: false,
};
const settings: TemplateSettings = {
  ...unrated,
  stage: { rateLimit: 25, burstLimit: 25 },
  orders: { rateLimit: 13, burstLimit: 13 },
};
const input: ServerlessPredictionInput = {
  settings,
  mix: { order: 0.15, write: 0.25, readBack: 0.1 },
  loadRps: 15,
  faultSeconds: 20,
  kills: 5,
  throttledShare: 0.5,
  offeredRps: 50,
  paceDivisor: 10,
};
const keeping = { ...input, settings: { ...settings, keepsOrders: true } };

describe('what a template says a fault costs', () => {
  it('takes one request for each process that is killed', () => {
    expect(predictServerless('function-kill', input).lossSeconds).toBeCloseTo(1 / 3, 10);
  });

  it('takes new orders while payment is away, and nothing while it is slow', () => {
    expect(predictServerless('payment-away', input).lossSeconds).toBe(3);
    expect(predictServerless('payment-slow', input).lossSeconds).toBe(0);
  });

  it('takes calls that are refused three times in a row from a throttled table, and two calls for each order', () => {
    // 1/8 of calls; an order has two, of which none may be: 1 - (7/8)^2 = 15/64. 0.25 x 15/64 + 0.1 / 8, 20 s.
    expect(predictServerless('table-throttled', input).lossSeconds).toBeCloseTo(1.421875, 10);
    expect(predictServerless('table-throttled', keeping).lossSeconds).toBeCloseTo(0.25, 10);
  });

  it('takes orders and their reading back from a table that refuses, and only the latter where orders are kept', () => {
    expect(predictServerless('table-refusing', input).lossSeconds).toBe(7);
    expect(predictServerless('table-refusing', keeping).lossSeconds).toBe(2);
  });

  it('takes nothing for messages, and says when a poisonous one is put aside at this pace', () => {
    expect(predictServerless('duplicate-delivery', input).lossSeconds).toBe(0);
    expect(predictServerless('poison-message', input)).toEqual({
      lossSeconds: 0,
      because: 'put aside after 90 s: 5 deliveries of 180 s, at this pace',
    });
  });

  it('takes what a stage refuses of twice its rate, orders by their own rate', () => {
    // Orders: 12.5/s of 13/s. The rest: 37.5 - 25 = 12.5/s for 20 s, less the burst of 25: 225 of 50 a second.
    expect(predictServerless('rate-exceeded', input).lossSeconds).toBeCloseTo(4.5, 10);
  });

  it('takes nothing beyond a rate that the template does not set', () => {
    expect(predictServerless('rate-exceeded', { ...input, settings: unrated }).lossSeconds).toBe(0);
  });

  it('lets a burst pass before anything is refused', () => {
    expect(refusedBy({ rateLimit: 10, burstLimit: 40 }, 30, 2)).toBe(0);
    expect(refusedBy({ rateLimit: 10, burstLimit: 40 }, 30, 3)).toBe(20);
    expect(refusedBy({ rateLimit: 10, burstLimit: 40 }, 5, 100)).toBe(0);
  });
});

describe('what the templates say the loss of a region costs', () => {
  const all = ['a', 'b', 'c'];

  it('takes users near it until health checks and TTL have left it, where all regions serve', () => {
    const regions = { all, failover: 'automatic', topology: ACTIVE_ACTIVE } as const;
    // 2.5 intervals of 10 s, 6 s of patience and half a second of TTL: 31.5 s for one user in three, ten times as fast.
    const { lossSeconds, because } = predictServerless('region-loss', { ...input, regions });
    expect(lossSeconds).toBeCloseTo(1.05, 10);
    expect(because).toBe(
      'users near it, one in 3, for 32 s until the health checks and the TTL have left it, divided by 10',
    );
  });

  it('takes everything until a person has decided and DNS has followed, where one region serves', () => {
    const regions = { all, failover: 'decided', topology: WARM_STANDBY } as const;
    // 1200 s to decide and half of a minute's period.
    const { lossSeconds } = predictServerless('region-loss', { ...input, paceDivisor: 1, regions });
    expect(lossSeconds).toBe(1230);
  });

  it('takes nothing that could be told where there is one region', () => {
    expect(predictServerless('region-loss', input).lossSeconds).toBe(0);
  });
});
