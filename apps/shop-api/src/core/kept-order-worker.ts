/**
 * Stores kept orders in a process that fetches them itself: a few at a time, and none while no database would take them,
 * so that an order waits in the queue and not in a process, and is delivered about as often as it is tried.
 *
 * It may be stopped, or die, at any point: what is not forgotten is delivered again.
 */
import type { Log } from '../ports/log.ts';
import type { KeptMessage, KeptOrders } from '../ports/order-intake.ts';
import type { KnowsItsRole } from '../ports/storage.ts';
import { createKeptOrderJob, readKeptOrder, type KeptOrderJobOptions } from './kept-order.ts';
import { createMessageBatch } from './message-batch.ts';

export interface KeptOrderWorkerOptions extends KeptOrderJobOptions {
  readonly queue: KeptOrders;
  readonly storage: KnowsItsRole;
  readonly log: Log;
}

export interface KeptOrderWorker {
  /**
   * One poll of the queue, and what it brought.
   *
   * @returns whether to poll again at once; it rejects when the database or the queue does not answer.
   */
  runOnce(): Promise<boolean>;
}

export function createKeptOrderWorker(options: KeptOrderWorkerOptions): KeptOrderWorker {
  const { queue, storage, isReadOnly, log } = options;
  const keptOrderJob = createKeptOrderJob(options);
  const workOff = createMessageBatch({
    jobOf: (body) => {
      const placement = readKeptOrder(body);
      return placement && keptOrderJob(placement);
    },
    log,
  });

  /** A message that could not be forgotten comes again, and finds its order decided about. */
  async function forget(message: KeptMessage): Promise<void> {
    try {
      await queue.forget(message);
    } catch (err) {
      log.warn(
        { err, messageId: message.messageId },
        'a message is delivered again although its work is done',
      );
    }
  }

  return {
    runOnce: async () => {
      if (isReadOnly() || !(await storage.isWriter())) return false;
      const messages = await queue.receive();
      const failed = new Set(await workOff(messages));
      await Promise.all(messages.filter(({ messageId }) => !failed.has(messageId)).map(forget));
      return failed.size === 0;
    },
  };
}
