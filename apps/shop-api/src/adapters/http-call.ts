/** One JSON call to a third party: bounded in size, with the request's id and remaining time passed on. */

export class UnexpectedStatusError extends Error {
  override readonly name = 'UnexpectedStatusError';
  readonly code = 'unexpected-status';
  readonly status: number;
  /** Whether the service said that it has too much to do: it is not broken. */
  readonly overloaded: boolean;

  constructor(status: number) {
    super(`the service answered ${String(status)}`);
    this.status = status;
    this.overloaded = status === 429;
  }
}

export interface JsonCall {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly signal: AbortSignal;
  readonly requestId?: string | undefined;
  /** Milliseconds that the caller is still willing to wait. */
  readonly remainingMs: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Statuses whose body is of interest; any other is thrown. */
  readonly expect: readonly number[];
}

/** What a protected call knows about itself. */
export interface ProtectedCall {
  /** Aborts when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
  /** Monotonic milliseconds after which the answer is of no use. */
  readonly deadline?: number | undefined;
  /** Whether doing it twice has the same effect as doing it once. */
  readonly idempotent?: boolean | undefined;
}

/** Runs a call under policies: time limits, retries, a breaker (`resilience/policies.ts`). */
export type Protection = <T>(
  call: (context: ProtectedCall) => T | PromiseLike<T>,
  context: ProtectedCall,
) => Promise<T>;

/** For calls that end by their deadline and that nobody aborts otherwise. */
export const NEVER_ABORTED: AbortSignal = new AbortController().signal;

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export async function callJson(fetch: Fetch, call: JsonCall): Promise<{ status: number; body: unknown }> {
  const response = await fetch(call.url, {
    method: call.method,
    signal: call.signal,
    redirect: 'error',
    headers: {
      accept: 'application/json',
      'x-request-timeout-ms': String(Math.max(1, Math.floor(call.remainingMs))),
      ...(call.requestId === undefined ? {} : { 'x-request-id': call.requestId }),
      ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...call.headers,
    },
    ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
  });
  if (!call.expect.includes(response.status)) {
    // An unread body would keep the connection from being used again.
    await response.body?.cancel();
    throw new UnexpectedStatusError(response.status);
  }
  return { status: response.status, body: await response.json() };
}
