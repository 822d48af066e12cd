import { describe, expect, it } from 'vitest';
import { createFakeInstance } from '../test/fake-instance.ts';
import { paymentTraffic, sumOfCounter } from './payment-traffic.ts';

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

it('payment traffic adds up what every instance says', async () => {
  const instances = [await createFakeInstance('one', 'zone-a'), await createFakeInstance('two', 'zone-b')];
  for (const instance of instances) instance.metrics = METRICS;
  expect(await paymentTraffic(instances)).toEqual({ calls: 84, attempts: 88 });
  for (const instance of instances) instance.close();
});
