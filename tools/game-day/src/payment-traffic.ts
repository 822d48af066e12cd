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

/** What each instance that could be asked had counted, by the process that counted it. */
export type PaymentCounters = ReadonlyMap<string, PaymentTraffic>;

const READ_TIMEOUT_MS = 5_000;

async function countersOf({ address }: Instance): Promise<PaymentTraffic | undefined> {
  try {
    const reply = await fetch(`http://${address.host}:${String(address.port)}/metrics`, {
      signal: AbortSignal.timeout(READ_TIMEOUT_MS),
    });
    if (!reply.ok) return undefined;
    const text = await reply.text();
    return { calls: sumOfCounter(text, CALLS), attempts: sumOfCounter(text, ATTEMPTS) };
  } catch {
    // Who is away has lost its counters with its process, and to be away is what a game day is for.
    return undefined;
  }
}

export async function readPaymentCounters(instances: readonly Instance[]): Promise<PaymentCounters> {
  const counters = new Map<string, PaymentTraffic>();
  for (const instance of instances) {
    const traffic = await countersOf(instance);
    if (traffic) counters.set(`${instance.id} process ${String(instance.pid)}`, traffic);
  }
  return counters;
}

/** What was called between two readings. A process that is new since has counted from nothing. */
export function paymentTrafficBetween(before: PaymentCounters, after: PaymentCounters): PaymentTraffic {
  const traffic = { calls: 0, attempts: 0 };
  for (const [process, { calls, attempts }] of after) {
    const earlier = before.get(process) ?? { calls: 0, attempts: 0 };
    traffic.calls += calls - earlier.calls;
    traffic.attempts += attempts - earlier.attempts;
  }
  return traffic;
}
