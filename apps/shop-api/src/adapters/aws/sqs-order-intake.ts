/** The queue for orders that the database refuses, in SQS. One message holds one order; duplicates do no harm. */
import { OrderIntakeUnavailableError, type OrderIntake } from '../../ports/order-intake.ts';
import { createSqsCall, type SqsCallOptions } from './sqs-call.ts';

export interface SqsOrderIntakeOptions extends SqsCallOptions {
  readonly queueUrl: string;
}

/** SQS answers in some 10 ms; a handshake of a function that has just been started takes 200. */
const SEND_TIMEOUT_MS = 500;

export function createSqsOrderIntake({ queueUrl, ...options }: SqsOrderIntakeOptions): OrderIntake {
  const ask = createSqsCall(options);

  return {
    enqueue: async (placement, call) => {
      const limitMs = Math.max(1, Math.floor(Math.min(call?.timeoutMs ?? Infinity, SEND_TIMEOUT_MS)));
      try {
        const MessageBody = JSON.stringify({ placement });
        const response = await ask('SendMessage', { QueueUrl: queueUrl, MessageBody }, limitMs);
        await response.body?.cancel();
      } catch (cause) {
        throw new OrderIntakeUnavailableError('the queue did not take the order', { cause });
      }
    },
  };
}
