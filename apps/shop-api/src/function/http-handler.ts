/** A Lambda function around the shop: one event in, one answer out, and nothing left running. */
import type { Shop } from '../core/shop.ts';
import type { Log } from '../ports/log.ts';
import { isHttpEvent, toRequest, toResult, type HttpResult } from './api-gateway.ts';
import type { PendingWork } from './pending-work.ts';

/** What is used of Lambda's context. */
export interface FunctionContext {
  getRemainingTimeInMillis(): number;
  readonly awsRequestId: string;
}

export interface HttpHandlerOptions {
  readonly handle: Shop['handle'];
  /** Called first, before any clock is read. */
  readonly thaw: () => void;
  /** Brings up to date what the function remembers for such a request; never rejects, and limits its own time. */
  readonly refresh: (request: Request) => Promise<void>;
  readonly pending: PendingWork;
  /** Called last, when all is known about the request. */
  readonly flush: () => void;
  readonly log: Log;
}

/**
 * Left of the function's time for the answer itself, in milliseconds: a function that is ended by its limit answers
 * nothing, and is started anew for the next request.
 */
const ANSWER_MARGIN_MS = 250;
/** How long an answer may be held back by work that the customer does not wait for, in milliseconds. */
const SETTLE_LIMIT_MS = 150;

export type HttpHandler = (event: unknown, context: FunctionContext) => Promise<HttpResult>;

export function createHttpHandler(options: HttpHandlerOptions): HttpHandler {
  const { handle, thaw, refresh, pending, flush, log } = options;

  async function answer(event: unknown, context: FunctionContext): Promise<HttpResult> {
    if (!isHttpEvent(event)) throw new TypeError('not an event of an HTTP API with payload format 2.0');
    const request = toRequest(event);
    // Whether the function runs at all is nobody else's business.
    if (new URL(request.url).pathname !== '/livez') await refresh(request);
    const remainingMs = context.getRemainingTimeInMillis() - ANSWER_MARGIN_MS;
    return toResult(await handle(request, { remainingMs }));
  }

  return async (event, context) => {
    thaw();
    try {
      return await answer(event, context);
    } catch (error) {
      log.error({ err: error, requestId: context.awsRequestId }, 'an event could not be answered');
      return broken(context.awsRequestId);
    } finally {
      await pending.settled(Math.min(SETTLE_LIMIT_MS, context.getRemainingTimeInMillis() / 2));
      flush();
    }
  };
}

/** For what never reached the shop: a bug, or a method that cannot be a request. */
const broken = (requestId: string): HttpResult => ({
  statusCode: 500,
  headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store' },
  body: JSON.stringify({
    type: 'urn:nines:problem:internal',
    title: 'Something went wrong here',
    status: 500,
    detail: 'The request failed for a reason that lies here.',
    code: 'internal',
    instance: `urn:nines:request:${requestId}`,
  }),
  isBase64Encoded: false,
});
