/**
 * The standard retry strategy of the AWS SDK, one for each client instance, used as the SDK's own middleware uses it:
 * timeouts and 5xx answers are transient, and a token is given back for a success. It has no timeout of its own.
 */
import { StandardRetryStrategy } from '@smithy/util-retry';
import { WORLD } from '../world/setting.ts';
import type { CreateClient } from '../world/world.ts';
import { withinTimeout } from './by-hand.ts';

export const createAwsSdkClient: CreateClient = (surroundings) => {
  const strategy = new StandardRetryStrategy(WORLD.maxAttempts);
  return async (attempt, deadlineMs) => {
    let token = await strategy.acquireInitialRetryToken('');
    for (;;) {
      try {
        await withinTimeout(attempt, deadlineMs, surroundings);
        strategy.recordSuccess(token);
        return;
      } catch (error) {
        const { retryAfterMs } = error as { retryAfterMs?: number };
        try {
          token = await strategy.refreshRetryTokenForRetry(token, {
            errorType: 'TRANSIENT',
            // The SDK makes a date of the header as well. `Date` is the virtual one here.
            ...(retryAfterMs === undefined
              ? {}
              : { retryAfterHint: new Date(new Date().getTime() + retryAfterMs) }),
          });
        } catch {
          throw error;
        }
      }
    }
  };
};
