/**
 * The worker that takes the payments of stored orders and stores those that the table refused, as a Lambda function:
 * behind a queue that is fed by the table's stream, behind the queue of kept orders where there is one, and on a
 * schedule. A wrong setting fails the function's initialisation.
 */
import { createCaptureWorker } from './core/capture-worker.ts';
import { createIntakeDecider } from './core/decide-intake.ts';
import { createHousekeeping } from './core/housekeeping.ts';
import { readFunctionConfig } from './function/config.ts';
import { createFunctionParts } from './function/parts.ts';
import { createWorkerHandler } from './function/worker-handler.ts';
import { CAPTURE_BATCH_SIZE } from './resilience/policies.ts';

const parts = createFunctionParts(readFunctionConfig(process.env));
const { clock, levers, log, metrics, payment, storage, wallClock } = parts;

export const handler = createWorkerHandler({
  storage,
  worker: createCaptureWorker({ storage, payment, metrics, log, batchSize: CAPTURE_BATCH_SIZE }),
  batchSize: CAPTURE_BATCH_SIZE,
  decide: createIntakeDecider({ storage, payment, metrics, log, wallClock }),
  housekeeping: createHousekeeping({ storage, log }),
  isReadOnly: () => levers.get('read-only'),
  refresh: levers.refresh,
  thaw: clock.thaw,
  flush: metrics.flush,
  log,
});
