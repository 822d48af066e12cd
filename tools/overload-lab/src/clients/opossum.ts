/**
 * opossum with the numbers of its README, except that it tries again after 10 s, as cockatiel does, and not after 30;
 * and p-retry around it. One breaker for each client instance.
 */
import CircuitBreaker from 'opossum';
import pRetry from 'p-retry';
import { WORLD } from '../world/setting.ts';
import type { CreateClient } from '../world/world.ts';
import { AttemptTimedOutError } from './by-hand.ts';

export const createOpossumClient: CreateClient = ({ time }) => {
  const breaker = new CircuitBreaker((attempt: () => Promise<void>) => attempt(), {
    timeout: WORLD.attemptTimeoutMs,
    errorThresholdPercentage: 50,
    resetTimeout: 10_000,
  });
  return (attempt, deadlineMs) =>
    pRetry(
      async () => {
        if (time.now() >= deadlineMs) throw new AttemptTimedOutError('the deadline of the request is over');
        await breaker.fire(attempt);
      },
      { retries: WORLD.maxAttempts - 1, maxRetryTime: WORLD.deadlineMs },
    );
};
