/** p-retry with its defaults: a second, then two, without jitter. It has no timeout of its own. */
import pRetry from 'p-retry';
import { WORLD } from '../world/setting.ts';
import type { CreateClient } from '../world/world.ts';
import { withinTimeout } from './by-hand.ts';

export const createPRetryClient: CreateClient = (surroundings) => (attempt, deadlineMs) =>
  pRetry(() => withinTimeout(attempt, deadlineMs, surroundings), {
    retries: WORLD.maxAttempts - 1,
    maxRetryTime: WORLD.deadlineMs,
  });
