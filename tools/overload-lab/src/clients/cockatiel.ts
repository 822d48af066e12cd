/** cockatiel, with the numbers of its README where it has any. One set of policies for each client instance. */
import {
  bulkhead,
  circuitBreaker,
  ConsecutiveBreaker,
  ExponentialBackoff,
  handleAll,
  retry,
  SamplingBreaker,
  timeout,
  TimeoutStrategy,
  wrap,
} from 'cockatiel';
import type { IBreaker, IPolicy } from 'cockatiel';
import { WORLD } from '../world/setting.ts';
import type { CreateClient } from '../world/world.ts';
import { AttemptTimedOutError } from './by-hand.ts';

const HALF_OPEN_AFTER_MS = 10_000;

/** What one client instance of twenty may have in flight so that all together are well above the 50 workers. */
const PLACES_FOR_A_FLEET_OF_TWENTY = 10;

const clientOf =
  (policyInside: () => IPolicy): CreateClient =>
  ({ time }) => {
    const call = wrap(
      retry(handleAll, { maxAttempts: WORLD.maxAttempts - 1, backoff: new ExponentialBackoff() }),
      policyInside(),
      timeout(WORLD.attemptTimeoutMs, TimeoutStrategy.Aggressive),
    );
    return (attempt, deadlineMs) =>
      call.execute(() => {
        if (time.now() >= deadlineMs) throw new AttemptTimedOutError('the deadline of the request is over');
        return attempt();
      });
  };

const withBreaker = (breaker: () => IBreaker): CreateClient =>
  clientOf(() => circuitBreaker(handleAll, { halfOpenAfter: HALF_OPEN_AFTER_MS, breaker: breaker() }));

export const createCockatielConsecutiveClient = withBreaker(() => new ConsecutiveBreaker(5));

export const createCockatielSamplingClient = withBreaker(
  () => new SamplingBreaker({ threshold: 0.2, duration: 30_000 }),
);

export const createCockatielBulkheadClient = clientOf(() => bulkhead(PLACES_FOR_A_FLEET_OF_TWENTY));
