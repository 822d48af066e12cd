/**
 * Lambda's side of a queue, for tests: takes messages out of SQS (an emulator's), gives them to a worker as one batch, and
 * deletes those that the worker did not name as failed, as an event source mapping with `ReportBatchItemFailures` does.
 */
import type { QueueEvent, QueueResult } from '../../src/function/worker-handler.ts';

export interface TestQueue {
  readonly url: string;
  readonly deadLetterUrl: string;
}

export interface EventSource {
  /** A queue whose messages are put aside after this many deliveries. */
  createQueue(maxReceiveCount: number): Promise<TestQueue>;
  send(queueUrl: string, body: string): Promise<void>;
  /**
   * One poll. What failed can be taken again at once.
   *
   * @returns how many messages there were.
   */
  deliver(queueUrl: string, worker: (event: QueueEvent) => Promise<QueueResult>): Promise<number>;
  /**
   * What the runbook's `StartMessageMoveTask` does, by the calls that such a task makes and for which its role needs
   * permission: the emulator has no move tasks. What is moved is a new message and has all its deliveries before it.
   *
   * @returns how many messages there were.
   */
  redrive(queue: TestQueue): Promise<number>;
}

interface Received {
  readonly Messages?: readonly {
    readonly MessageId: string;
    readonly ReceiptHandle: string;
    readonly Body: string;
  }[];
}

/** @param endpoint of the emulator, which believes any signature. */
export function createEventSource(endpoint: string, name: string): EventSource {
  let queues = 0;

  async function ask<T>(operation: string, body: object): Promise<T> {
    const response = await fetch(endpoint, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': `AmazonSQS.${operation}`,
        authorization: 'AWS4-HMAC-SHA256 Credential=local/20260101/eu-west-1/sqs/aws4_request, Signature=x',
      },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${operation}: ${String(response.status)} ${await response.text()}`);
    return (await response.json()) as T;
  }

  const create = async (Attributes: Record<string, string>): Promise<string> => {
    const QueueName = `${name}-${String((queues += 1))}`;
    return (await ask<{ QueueUrl: string }>('CreateQueue', { QueueName, Attributes })).QueueUrl;
  };

  /**
   * Whoever has taken the message meanwhile has a newer receipt, and ours is good for nothing. SQS answers 200 then and
   * may keep the message, the emulator 400; either way it is delivered once more, which is what workers must bear.
   */
  const forget = async (QueueUrl: string, ReceiptHandle: string): Promise<void> => {
    try {
      await ask('DeleteMessage', { QueueUrl, ReceiptHandle });
    } catch (error) {
      if (!String(error).includes('ReceiptHandleIsInvalid')) throw error;
    }
  };

  return {
    createQueue: async (maxReceiveCount) => {
      const deadLetterUrl = await create({});
      const { Attributes } = await ask<{ Attributes: { QueueArn: string } }>('GetQueueAttributes', {
        QueueUrl: deadLetterUrl,
        AttributeNames: ['QueueArn'],
      });
      const redrive = { deadLetterTargetArn: Attributes.QueueArn, maxReceiveCount };
      const url = await create({ VisibilityTimeout: '0', RedrivePolicy: JSON.stringify(redrive) });
      return { url, deadLetterUrl };
    },
    send: async (QueueUrl, MessageBody) => {
      await ask('SendMessage', { QueueUrl, MessageBody });
    },
    deliver: async (QueueUrl, worker) => {
      const { Messages = [] } = await ask<Received>('ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 10 });
      if (Messages.length === 0) return 0;
      const Records = Messages.map(({ MessageId, Body }) => ({ messageId: MessageId, body: Body }));
      const { batchItemFailures } = await worker({ Records });
      const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
      for (const { MessageId, ReceiptHandle } of Messages)
        if (!failed.has(MessageId)) await forget(QueueUrl, ReceiptHandle);
      return Messages.length;
    },
    redrive: async ({ url, deadLetterUrl }) => {
      for (let moved = 0; ;) {
        const { Messages = [] } = await ask<Received>('ReceiveMessage', {
          QueueUrl: deadLetterUrl,
          MaxNumberOfMessages: 10,
        });
        if (Messages.length === 0) return moved;
        for (const { Body: MessageBody, ReceiptHandle } of Messages) {
          await ask('SendMessage', { QueueUrl: url, MessageBody });
          await forget(deadLetterUrl, ReceiptHandle);
          moved += 1;
        }
      }
    },
  };
}
