import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFakeInstance } from '../test/fake-instance.ts';
import type { FakeInstance } from '../test/fake-instance.ts';
import { paymentTrafficBetween, readPaymentCounters, sumOfCounter } from './payment-traffic.ts';

const METRICS = `# HELP shop_payment_calls_total Calls of the payment service.
# TYPE shop_payment_calls_total counter
shop_payment_calls_total{outcome="ok"} 40
shop_payment_calls_total{outcome="refused by the { breaker"} 2
shop_payment_calls_total_bucket 1000
shop_payment_attempts_total 44
process_uptime 1.5e3
`;

describe('the sum of a counter', () => {
  it('is over all its series, whatever their labels say', () => {
    expect(sumOfCounter(METRICS, 'shop_payment_calls_total')).toBe(42);
  });

  it('takes no other metric for it that begins alike, nor what is said about it', () => {
    expect(sumOfCounter(METRICS, 'shop_payment')).toBe(0);
    expect(sumOfCounter(METRICS, 'shop_payment_attempts_total')).toBe(44);
  });

  it('reads numbers as Prometheus writes them', () => {
    expect(sumOfCounter(METRICS, 'process_uptime')).toBe(1500);
  });

  it('is 0 without the counter', () => {
    expect(sumOfCounter('', 'shop_payment_calls_total')).toBe(0);
  });
});

describe('payment traffic', () => {
  let instances: FakeInstance[];
  beforeEach(async () => {
    instances = [await createFakeInstance('one', 'zone-a'), await createFakeInstance('two', 'zone-b')];
    for (const instance of instances) instance.metrics = METRICS;
  });
  afterEach(() => {
    for (const instance of instances) instance.close();
  });
  const counted = (calls: number, attempts: number) =>
    `shop_payment_calls_total ${String(calls)}\nshop_payment_attempts_total ${String(attempts)}\n`;

  it('adds up what every instance has counted since', async () => {
    const before = await readPaymentCounters(instances);
    instances[0]!.metrics = counted(50, 60);
    instances[1]!.metrics = counted(43, 44);
    // 50 - 42 + 43 - 42 calls, 60 - 44 + 44 - 44 attempts.
    expect(paymentTrafficBetween(before, await readPaymentCounters(instances))).toEqual({
      calls: 9,
      attempts: 16,
    });
  });

  it('takes a restarted process for a new one that counts from nothing', async () => {
    const before = await readPaymentCounters(instances);
    instances[0]!.pid = 4712;
    instances[0]!.metrics = counted(7, 8);
    expect(paymentTrafficBetween(before, await readPaymentCounters(instances))).toEqual({
      calls: 7,
      attempts: 8,
    });
  });

  it('takes no counters from an error page', async () => {
    instances[0]!.status = 503;
    expect([...(await readPaymentCounters(instances)).keys()]).toEqual(['two process 4711']);
  });

  it('leaves out who is away, at either reading', async () => {
    instances[0]!.metrics = counted(1, 1);
    const before = await readPaymentCounters(instances);
    instances[0]!.metrics = counted(3, 4);
    instances[1]!.close();
    const after = await readPaymentCounters(instances);
    expect([...after.keys()]).toEqual(['one process 4711']);
    expect(paymentTrafficBetween(before, after)).toEqual({ calls: 2, attempts: 3 });
  });
});
