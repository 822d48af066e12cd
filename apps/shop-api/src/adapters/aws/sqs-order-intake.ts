/** The queue for orders that the table refuses, in SQS. One message holds one order; duplicates do no harm. */
import { OrderIntakeUnavailableError, type OrderIntake } from '../../ports/order-intake.ts';
import type { SignedFetch } from './signed-fetch.ts';

export interface SqsOrderIntakeOptions {
  readonly request: SignedFetch;
  readonly endpoint: string;
  readonly queueUrl: string;
  /** Starts counting when it is made. @default AbortSignal.timeout */
  readonly timeout?: (timeoutMs: number) => AbortSignal;
}

/** SQS answers in some 10 ms; a handshake of a function that has just been started takes 200. */
const SEND_TIMEOUT_MS = 500;

export function createSqsOrderIntake(options: SqsOrderIntakeOptions): OrderIntake {
  const { request, endpoint, queueUrl, timeout = (ms) => AbortSignal.timeout(ms) } = options;

  const send = (body: string, timeoutMs: number) =>
    request({
      method: 'POST',
      url: new URL('/', endpoint),
      headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'AmazonSQS.SendMessage' },
      body,
      signal: timeout(timeoutMs),
    });

  return {
    enqueue: async (placement, call) => {
      const limitMs = Math.max(1, Math.floor(Math.min(call?.timeoutMs ?? Infinity, SEND_TIMEOUT_MS)));
      try {
        const MessageBody = JSON.stringify({ placement });
        const response = await send(JSON.stringify({ QueueUrl: queueUrl, MessageBody }), limitMs);
        await response.body?.cancel();
      } catch (cause) {
        throw new OrderIntakeUnavailableError('the queue did not take the order', { cause });
      }
    },
  };
}
