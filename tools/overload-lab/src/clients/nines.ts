/**
 * Our own libraries, composed as docs/patterns/load-shedder.md recommends for a client. Two settings follow from the
 * timeout of one attempt, all else is default; none follows from the fleet or from the server's capacity.
 */
import { createCircuitBreaker } from '@nines/circuit-breaker';
import { aimd, createLoadShedder } from '@nines/load-shedder';
import { pipeline } from '@nines/pipeline';
import { createRetry } from '@nines/retry';
import { createTimeout } from '@nines/timeout';
import { WORLD } from '../world/setting.ts';
import type { CreateClient } from '../world/world.ts';

export const createNinesClient: CreateClient = ({ time, random }) => {
  const timeoutMs = WORLD.attemptTimeoutMs;
  const given = { clock: time, schedule: time.schedule };
  const call = pipeline(
    createRetry({ idempotent: true, random, ...given }),
    createCircuitBreaker({ openMs: 2 * timeoutMs, clock: time }),
    createLoadShedder({ algorithm: aimd({ slowMs: timeoutMs / 2 }), initialLimit: 1, ...given }),
    createTimeout({ timeoutMs, ...given }),
  );
  return (attempt, deadlineMs) => call(attempt, { deadline: deadlineMs });
};
