/** Fetches kept orders out of SQS, for a process that no event source calls: long polls, and deletions one by one. */
import type { KeptMessage, KeptOrders } from '../../ports/order-intake.ts';
import { createSqsCall, type SqsCallOptions } from './sqs-call.ts';

export interface SqsKeptOrdersOptions extends SqsCallOptions {
  readonly queueUrl: string;
  /** Messages that are fetched at once, at most ten. */
  readonly batchSize: number;
  /**
   * How long an empty queue is waited for, in seconds.
   * @default 10: a server that stops lets the poll under way end, and drains for longer than that
   */
  readonly waitSeconds?: number;
}

const DELETE_TIMEOUT_MS = 2_000;
/** Beyond the wait that was asked for, for the way there and back. */
const RECEIVE_GRACE_MS = 2_000;

interface Received {
  readonly Messages?: readonly {
    readonly MessageId: string;
    readonly ReceiptHandle: string;
    readonly Body: string;
  }[];
}

export function createSqsKeptOrders(options: SqsKeptOrdersOptions): KeptOrders {
  const { queueUrl: QueueUrl, batchSize, waitSeconds = 10, ...callOptions } = options;
  const ask = createSqsCall(callOptions);

  return {
    receive: async () => {
      const input = { QueueUrl, MaxNumberOfMessages: batchSize, WaitTimeSeconds: waitSeconds };
      const response = await ask('ReceiveMessage', input, waitSeconds * 1_000 + RECEIVE_GRACE_MS);
      const { Messages = [] } = (await response.json()) as Received;
      return Messages.map(({ MessageId, ReceiptHandle, Body }): KeptMessage => ({
        messageId: MessageId,
        receipt: ReceiptHandle,
        body: Body,
      }));
    },
    forget: async ({ receipt }) => {
      const response = await ask('DeleteMessage', { QueueUrl, ReceiptHandle: receipt }, DELETE_TIMEOUT_MS);
      await response.body?.cancel();
    },
  };
}
