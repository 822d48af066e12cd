/**
 * The worker that takes the payments of stored orders, as a Lambda function: behind a queue that is fed by the table's
 * stream, and on a schedule. A wrong setting fails the function's initialisation.
 */
import { createCaptureWorker } from './core/capture-worker.ts';
import { readFunctionConfig } from './function/config.ts';
import { createFunctionParts } from './function/parts.ts';
import { createWorkerHandler } from './function/worker-handler.ts';
import { CAPTURE_BATCH_SIZE } from './resilience/policies.ts';

const { clock, log, metrics, payment, storage } = createFunctionParts(readFunctionConfig(process.env));

export const handler = createWorkerHandler({
  storage,
  worker: createCaptureWorker({ storage, payment, metrics, log, batchSize: CAPTURE_BATCH_SIZE }),
  batchSize: CAPTURE_BATCH_SIZE,
  thaw: clock.thaw,
  flush: metrics.flush,
  log,
});
