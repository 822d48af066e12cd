/**
 * A Lambda function around the capture worker, for three kinds of events.
 *
 * A batch of hints says which orders to look at now; the outbox knows anyway. So a message is done as soon as its order
 * is paid, or somebody else has it, or it was postponed; a payment service that is away fills no dead-letter queue.
 * A batch of kept orders holds those that the table refused; each is the only trace of its order, and done when there
 * is a result. What comes back as failed is what could not be understood or what the table did not answer, and only
 * that: the rest of the batch is not delivered again.
 *
 * A schedule sweeps the outbox for what no message came for, or what was postponed and is due; another one, where the
 * table does not do it by itself, has what is abandoned and expired removed.
 *
 * While the shop is read-only, nothing is written here: hints and schedules are passed over, kept orders stay kept.
 */
import type { CaptureWorker } from '../core/capture-worker.ts';
import type { DecideIntake } from '../core/decide-intake.ts';
import type { Housekeeping, HousekeepingResult } from '../core/housekeeping.ts';
import { createKeptOrderJob } from '../core/kept-order.ts';
import { createMessageBatch, type Message } from '../core/message-batch.ts';
import type { Log } from '../ports/log.ts';
import type { NamedCaptures } from '../ports/storage.ts';
import type { FunctionContext } from './http-handler.ts';
import { readOrderMessage } from './order-message.ts';

/** What is used of an event of SQS. */
export interface QueueEvent {
  readonly Records: readonly Message[];
}

export interface QueueResult {
  /** Delivered again, and after some times put aside. Needs `ReportBatchItemFailures` in the event source mapping. */
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

export interface SweepResult {
  /** How many captures were claimed. */
  readonly claimed: number;
}

export interface WorkerHandlerOptions {
  readonly storage: NamedCaptures;
  readonly worker: CaptureWorker;
  readonly decide: DecideIntake;
  readonly housekeeping: Housekeeping;
  /** Whether a person has decided that nothing is to be written. */
  readonly isReadOnly: () => boolean;
  /** Finds out where the emergency levers stand; never rejects, and limits its own time. */
  readonly refresh: () => Promise<void>;
  /** Captures that a full round of the sweep claims. */
  readonly batchSize: number;
  /** Called first, before any clock is read. */
  readonly thaw: () => void;
  /** Called last. */
  readonly flush: () => void;
  readonly log: Log;
}

/** As long as a batch takes at worst, three times over; a worker that dies gives its captures back after that. */
const LEASE_MS = 30_000;
/** A round of a sweep takes up to a few seconds; one that is cut off would leave its captures to their leases. */
const ROUND_MS = 10_000;

type Result = QueueResult | SweepResult | HousekeepingResult;
type WorkerHandler = (event: unknown, context: FunctionContext) => Promise<Result>;

export function createWorkerHandler(options: WorkerHandlerOptions): WorkerHandler {
  const { thaw, refresh, flush } = options;
  const takeBatch = createBatch(options);
  return async (event, context) => {
    thaw();
    try {
      await refresh();
      if (isQueueEvent(event)) return await takeBatch(event);
      if (isScheduled(event)) return await sweep(options, context);
      if (isHousekeeping(event)) return await keepHouse(options, context);
      throw new TypeError('neither a batch of a queue nor a scheduled event');
    } finally {
      flush();
    }
  };
}

function isQueueEvent(event: unknown): event is QueueEvent {
  return Array.isArray((event as Partial<QueueEvent> | null)?.Records);
}

/** What EventBridge's rules and its Scheduler send when they are not told otherwise. */
const isScheduled = (event: unknown): boolean =>
  (event as { 'detail-type'?: unknown } | null)?.['detail-type'] === 'Scheduled Event';

/** What the stack's schedule for it sends. */
const isHousekeeping = (event: unknown): boolean =>
  (event as { work?: unknown } | null)?.work === 'housekeeping';

async function keepHouse(
  { housekeeping, isReadOnly }: WorkerHandlerOptions,
  context: FunctionContext,
): Promise<HousekeepingResult> {
  if (isReadOnly()) return { settled: 0, forgotten: 0 };
  return housekeeping(() => context.getRemainingTimeInMillis() > ROUND_MS);
}

async function sweep(
  { worker, batchSize, isReadOnly }: WorkerHandlerOptions,
  context: FunctionContext,
): Promise<SweepResult> {
  let claimed = 0;
  if (isReadOnly()) return { claimed };
  while (context.getRemainingTimeInMillis() > ROUND_MS) {
    const round = await worker.runOnce();
    claimed += round;
    if (round < batchSize) break;
  }
  return { claimed };
}

function createBatch({ storage, worker, decide, isReadOnly, log }: WorkerHandlerOptions) {
  const keptOrderJob = createKeptOrderJob({ decide, isReadOnly });

  async function capture(orderId: string): Promise<void> {
    if (isReadOnly()) return;
    const result = await storage.claimCapture({ orderId, leaseMs: LEASE_MS });
    if (result.outcome === 'unknown') throw new Error('there is no such order');
    if (result.outcome === 'claimed') await worker.settle([result.capture]);
  }

  function jobOf(body: string) {
    const message = readOrderMessage(body);
    switch (message?.kind) {
      case 'order':
        return { name: message.orderId, run: () => capture(message.orderId) };
      case 'kept':
        return keptOrderJob(message.placement);
      case 'other':
        return 'nothing';
      case undefined:
        return undefined;
    }
  }

  const workOff = createMessageBatch({ jobOf, log });
  return async ({ Records }: QueueEvent): Promise<QueueResult> => {
    const failed = await workOff(Records);
    return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
  };
}
