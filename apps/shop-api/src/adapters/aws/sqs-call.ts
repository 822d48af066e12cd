/** Asks SQS one thing in its JSON protocol. It repeats nothing. */
import type { SignedFetch } from './signed-fetch.ts';

export interface SqsCallOptions {
  readonly request: SignedFetch;
  readonly endpoint: string;
  /** Starts counting when it is made. @default AbortSignal.timeout */
  readonly timeout?: (timeoutMs: number) => AbortSignal;
}

/** @returns the answer, whose body is still to be read or cancelled. */
export type SqsCall = (operation: string, input: object, timeoutMs: number) => Promise<Response>;

export function createSqsCall({
  request,
  endpoint,
  timeout = (ms) => AbortSignal.timeout(ms),
}: SqsCallOptions): SqsCall {
  return (operation, input, timeoutMs) =>
    request({
      method: 'POST',
      url: new URL('/', endpoint),
      headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `AmazonSQS.${operation}` },
      body: JSON.stringify(input),
      signal: timeout(timeoutMs),
    });
}
