/** Our own libraries, composed as docs/patterns recommends for a client, with their defaults. */
import { createCircuitBreaker } from '@nines/circuit-breaker';
import { createLoadShedder } from '@nines/load-shedder';
import { pipeline } from '@nines/pipeline';
import { createRetry } from '@nines/retry';
import { createTimeout } from '@nines/timeout';
import { WORLD } from '../world/world.ts';
import type { CreateClient } from '../world/world.ts';

export const createNinesClient: CreateClient = ({ time, random }) => {
  const given = { clock: time, schedule: time.schedule, random };
  const call = pipeline(
    createRetry({ idempotent: true, ...given }),
    createCircuitBreaker({ clock: time }),
    createLoadShedder(given),
    createTimeout({ timeoutMs: WORLD.attemptTimeoutMs, ...given }),
  );
  return (attempt, deadlineMs) => call(attempt, { deadline: deadlineMs });
};
