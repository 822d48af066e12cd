/** Repeats a transaction that met another one at the same item: DynamoDB lets one of them win and refuses the rest. */
import { createRetry, createRetryBudget } from '@nines/retry';
import type { Metrics } from '../ports/metrics.ts';
import type { Timing } from './policies.ts';

/**
 * A transaction holds its items for some 10 ms, so waits begin there and double; after seven tries, half a second at
 * most, the product is sold faster than one item can be written, and the customer is asked to come back. Unlike a
 * retry after an error these hit no overloaded server, so the budget is wide: it only ends what never succeeds.
 */
export function createContentionRetry({ metrics, timing }: { metrics: Metrics; timing: Timing }) {
  const retry = createRetry({
    idempotent: true,
    maxAttempts: 7,
    baseDelayMs: 10,
    maxDelayMs: 160,
    budget: createRetryBudget(100, 1),
    isRetryable: (error) => (error as { code?: unknown } | null)?.code === 'contended',
    ...timing,
    onEvent: ({ type }) => {
      metrics.event('storage-contention', type);
    },
  });
  return <T>(call: () => Promise<T>): Promise<T> => retry(call);
}
