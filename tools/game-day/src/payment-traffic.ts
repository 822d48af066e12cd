/**
 * How often the application called the payment service and how many attempts that took, read from the metrics
 * that every instance publishes.
 */
import type { Instance } from '@nines/local-cloud';

export interface PaymentTraffic {
  readonly calls: number;
  readonly attempts: number;
}

const CALLS = 'shop_payment_calls_total';
const ATTEMPTS = 'shop_payment_attempts_total';

/** Adds up every series of a counter in Prometheus' text format. */
export function sumOfCounter(text: string, name: string): number {
  let sum = 0;
  for (const line of text.split('\n')) {
    if (!line.startsWith(name)) continue;
    const rest = line.slice(name.length);
    if (rest.startsWith('{') || rest.startsWith(' ')) sum += Number(rest.slice(rest.lastIndexOf(' ') + 1));
  }
  return sum;
}

export async function paymentTraffic(instances: readonly Instance[]): Promise<PaymentTraffic> {
  const totals = { calls: 0, attempts: 0 };
  for (const { address } of instances) {
    const reply = await fetch(`http://${address.host}:${String(address.port)}/metrics`, {
      signal: AbortSignal.timeout(5_000),
    });
    const text = await reply.text();
    totals.calls += sumOfCounter(text, CALLS);
    totals.attempts += sumOfCounter(text, ATTEMPTS);
  }
  return totals;
}
