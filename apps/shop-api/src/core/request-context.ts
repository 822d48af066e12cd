/** What a request brings along through all layers: its id and the time that is left for it. */
export interface RequestContext {
  readonly requestId: string;
  /** The moment, in milliseconds of the monotonic clock, after which nobody waits for the answer. */
  readonly deadline: number;
  /** Milliseconds left; 0 or less when the time is over. */
  remainingMs(): number;
}

export const hasTimeLeft = (context: RequestContext): boolean => context.remainingMs() > 0;

/** Ids that may be echoed and logged as they are; must agree with the contract's parameter. */
const REQUEST_ID = /^[A-Za-z0-9._:/+=@-]{1,128}$/;

/**
 * Where a load balancer or an API Gateway of AWS writes which request this is (`X-Amzn-Trace-Id`), under which its own
 * access log has it too: format version, seconds of the epoch and 96 random bits, in hexadecimal.
 */
const TRACE_ROOT = /(?:^|;)Root=(1-[0-9a-f]{8}-[0-9a-f]{24})(?:;|$)/;

export interface RequestContextOptions {
  /** Monotonic milliseconds. */
  readonly clock: { now(): number };
  readonly newRequestId: () => string;
  /** The time of a request that names none, and the most that any gets, in milliseconds. */
  readonly maxRequestMs: number;
}

export function readRequestContext(headers: Headers, options: RequestContextOptions): RequestContext {
  const { clock, newRequestId, maxRequestMs } = options;
  const given = headers.get('x-request-id');
  // A budget that is no positive number is refused by validation, within the usual time.
  const budgetMs = Number(headers.get('x-request-timeout-ms') ?? maxRequestMs);
  const deadline = clock.now() + (budgetMs > 0 ? Math.min(budgetMs, maxRequestMs) : maxRequestMs);
  return {
    requestId: given !== null && REQUEST_ID.test(given) ? given : (traceRootOf(headers) ?? newRequestId()),
    deadline,
    remainingMs: () => deadline - clock.now(),
  };
}

const traceRootOf = (headers: Headers): string | undefined =>
  TRACE_ROOT.exec(headers.get('x-amzn-trace-id') ?? '')?.[1];
