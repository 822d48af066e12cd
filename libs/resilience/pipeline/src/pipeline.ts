/**
 * Pipeline: several resilience policies as one, outermost first.
 *
 *     const call = pipeline(retry, breaker, timeout, bulkhead);
 *     const product = await call(({ signal }) => fetchProduct(id, signal), { signal, deadline });
 *     const result = await call.try(fn); // { ok: true, value } | { ok: false, error }
 *
 * The order that is right nearly always: deadline, retry, circuit breaker, timeout, bulkhead. Each attempt is
 * then counted by the breaker and limited by the timeout, and the bulkhead keeps a place taken until the work
 * has really ended. Wrong: the timeout outside the retry (one limit for all attempts: use a deadline), the
 * breaker outside the retry (it sees one failure where the service saw three), the bulkhead outside the timeout
 * (its place is free while the work goes on).
 *
 * API: pipeline(...policies) -> call(fn, context?), call.try(fn, context?). A policy is any function
 * (fn, context?) => Promise, so your own fit in without a class to extend.
 */

/** What a call knows about itself. The signal is made only when it is read. */
export interface CallContext {
  readonly signal: AbortSignal;
  /** The moment, in milliseconds of the monotonic clock, after which the answer is of no use. */
  readonly deadline?: number | undefined;
  /** Which attempt this is, from 1. */
  readonly attempt?: number | undefined;
  /** Whether doing the call twice has the same effect as doing it once. */
  readonly idempotent?: boolean | undefined;
}

export type Result<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown };

/** Anything that runs a function under some rule. */
export type PolicyCall = <T>(
  fn: (context: CallContext) => T | PromiseLike<T>,
  context?: Partial<CallContext>,
) => Promise<T>;

export interface Pipeline extends PolicyCall {
  try<T>(
    fn: (context: CallContext) => T | PromiseLike<T>,
    context?: Partial<CallContext>,
  ): Promise<Result<T>>;
}

/** @param policies outermost first; without any, the function is just called. */
export function pipeline(...policies: readonly PolicyCall[]): Pipeline {
  const call = policies.reduceRight<PolicyCall>(
    (inner, outer) => (fn, context) => outer((own) => inner(fn, own), context),
    async (fn, context) => fn(context as CallContext),
  );
  return Object.assign(call, {
    try: <T>(fn: (context: CallContext) => T | PromiseLike<T>, context?: Partial<CallContext>) =>
      call(fn, context).then(
        (value): Result<T> => ({ ok: true, value }),
        (error: unknown): Result<T> => ({ ok: false, error }),
      ),
  });
}
