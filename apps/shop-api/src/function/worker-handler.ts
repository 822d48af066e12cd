/**
 * A Lambda function around the capture worker, for two kinds of events.
 *
 * A batch of a queue says which orders to look at now: a hint, since the outbox knows anyway. So a message is done as
 * soon as its order is paid, or somebody else has it, or it was postponed; a payment service that is away fills no
 * dead-letter queue. What comes back as failed is what could not be understood or what the table did not answer, and
 * only that: the rest of the batch is not delivered again.
 *
 * A schedule sweeps the outbox for what no message came for, or what was postponed and is due.
 */
import type { CaptureWorker } from '../core/capture-worker.ts';
import type { Log } from '../ports/log.ts';
import type { Capture, NamedCaptures } from '../ports/storage.ts';
import type { FunctionContext } from './http-handler.ts';
import { readOrderMessage } from './order-message.ts';

/** What is used of an event of SQS. */
export interface QueueEvent {
  readonly Records: readonly { readonly messageId: string; readonly body: string }[];
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

type WorkerHandler = (event: unknown, context: FunctionContext) => Promise<QueueResult | SweepResult>;

export function createWorkerHandler(options: WorkerHandlerOptions): WorkerHandler {
  const { thaw, flush } = options;
  const takeBatch = createBatch(options);
  return async (event, context) => {
    thaw();
    try {
      if (isQueueEvent(event)) return await takeBatch(event);
      if (isScheduled(event)) return await sweep(options, context);
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

async function sweep(
  { worker, batchSize }: WorkerHandlerOptions,
  context: FunctionContext,
): Promise<SweepResult> {
  let claimed = 0;
  while (context.getRemainingTimeInMillis() > ROUND_MS) {
    const round = await worker.runOnce();
    claimed += round;
    if (round < batchSize) break;
  }
  return { claimed };
}

function createBatch({ storage, worker, log }: WorkerHandlerOptions) {
  /** The ids of the messages that are about each order; one order may be in a batch twice. */
  function sort({ Records }: QueueEvent) {
    const byOrder = new Map<string, string[]>();
    const failed: string[] = [];
    for (const { messageId, body } of Records) {
      const message = readOrderMessage(body);
      if (message === undefined) {
        log.error({ messageId }, 'a message is not understood');
        failed.push(messageId);
      } else if (message.kind === 'order') {
        byOrder.set(message.orderId, [...(byOrder.get(message.orderId) ?? []), messageId]);
      }
    }
    return { byOrder, failed };
  }

  /** Undefined when there is nothing to do for the order. */
  async function claim(orderId: string): Promise<Capture | undefined> {
    const result = await storage.claimCapture({ orderId, leaseMs: LEASE_MS });
    if (result.outcome === 'unknown') throw new Error('there is no such order');
    return result.outcome === 'claimed' ? result.capture : undefined;
  }

  /** Whether the order's messages are done. */
  async function take(orderId: string): Promise<boolean> {
    try {
      const capture = await claim(orderId);
      if (capture !== undefined) await worker.settle([capture]);
      return true;
    } catch (error) {
      log.warn({ err: error, orderId }, 'a message is to be delivered again');
      return false;
    }
  }

  return async (event: QueueEvent): Promise<QueueResult> => {
    const { byOrder, failed } = sort(event);
    const orders = [...byOrder];
    const done = await Promise.all(orders.map(([orderId]) => take(orderId)));
    const undone = orders.filter((_, index) => done[index] !== true).flatMap(([, messageIds]) => messageIds);
    return { batchItemFailures: [...failed, ...undone].map((itemIdentifier) => ({ itemIdentifier })) };
  };
}
