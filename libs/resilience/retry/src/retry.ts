/**
 * Retry: calls a function again after a failure that may pass, with exponential backoff and jitter.
 *
 *     const retry = createRetry({ idempotent: true });
 *     const product = await retry(({ signal }) => fetchProduct(id, signal), { signal, deadline });
 *     const result = await retry.try(({ signal }) => fetchProduct(id, signal)); // { ok, value } | { ok, error }
 *
 * Use it at one layer only, the topmost that can repeat the whole call: three tries in each of five layers are
 * 243 calls. Do not use it for a call that has an effect and no idempotency key, inside a tight loop, or
 * against a service that is overloaded without a budget (the default budget is there for that).
 *
 * API: createRetry(options) -> call(fn, context?), call.try(fn, context?), call.budget;
 *      createRetryBudget(capacity, perSuccess) -> a token bucket to share between retries;
 *      equalJitter, decorrelatedJitter(baseDelayMs, maxDelayMs) -> for options.jitter, where full is the default.
 */

/** What a call is told about itself: what the caller gives is handed on as it is, other fields as well. */
export interface CallContext {
  /** Aborts when nobody waits for the answer any more. */
  readonly signal?: AbortSignal | undefined;
  /** The moment, in milliseconds of the monotonic clock, after which the answer is of no use. */
  readonly deadline?: number | undefined;
  /** Whether doing the call twice has the same effect as doing it once. */
  readonly idempotent?: boolean | undefined;
}

/** The function that a policy calls. */
export type Fn<T, C> = (context: C) => T | PromiseLike<T>;

export type Result<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown };

/** Allows retries only while they are a small share of the calls. Share one between all that load the same service. */
export interface RetryBudget {
  /** Takes what one retry costs. False: there is not enough left, so do not retry. */
  take(): boolean;
  /** Pays in what one success earns. */
  put(): void;
}

/**
 * How long to wait: `random` is from 0 up to 1, `boundMs` has doubled with every attempt up to `maxDelayMs`,
 * `lastMs` is the wait before (`baseDelayMs` at first).
 */
export type Jitter = (random: number, boundMs: number, lastMs: number) => number;

export interface RetryEvent {
  /**
   * `retry`: one follows. Else why none does: the error itself, the attempts, the time, the budget, or the caller's
   * abort. Each call that gives no answer has exactly one of these; in a pipeline, which asks a retry only when the first
   * attempt has failed, not those whose caller leaves before.
   */
  readonly type: 'retry' | 'error' | 'attempts' | 'time' | 'budget' | 'abort';
  /** How many attempts have been made; 0 when the signal had aborted before the first. */
  readonly attempt: number;
  /** The wait before the next attempt, milliseconds, or what it would have been. */
  readonly delayMs: number;
  readonly error: unknown;
}

export interface RetryOptions {
  /**
   * Whether the calls may be repeated. There is no default, for only you know. A context's `idempotent` decides
   * for one call, and an error's `retryable` (true: the request was surely not carried out) overrides both.
   */
  readonly idempotent: boolean;
  /** All attempts, the first included, from 1. @default 3 (more help little, and the budget ends them anyway) */
  readonly maxAttempts?: number;
  /** Upper bound of the first wait, milliseconds; it doubles with every attempt. @default 100 */
  readonly baseDelayMs?: number;
  /**
   * Upper bound of the backoff, milliseconds; a Retry-After of at most as much comes on top. A longer Retry-After (an error's `retryAfterMs`) ends the retries: cut
   * short it would only bother a server that has said when to come back. @default 10_000
   */
  readonly maxDelayMs?: number;
  /** No retry starts later than this after the first failure, milliseconds. @default Infinity: give calls a deadline */
  readonly maxElapsedMs?: number;
  /**
   * Spreads the retries of many clients over time.
   * @default full: random(0, bound), which needs the fewest calls (Brooker, "Exponential Backoff And Jitter", AWS)
   */
  readonly jitter?: Jitter;
  /** What keeps retries from multiplying an overload. @default one of this policy's own, see createRetryBudget */
  readonly budget?: RetryBudget;
  /**
   * Whether an error may pass. Asked when the call may be repeated and the error has no `retryable` of its own.
   * @default all but AbortError
   */
  readonly isRetryable?: (error: unknown) => boolean;
  /** Monotonic milliseconds. @default performance */
  readonly clock?: { now(): number };
  /** A number from 0 up to, not including, 1. @default Math.random */
  readonly random?: () => number;
  /** Runs a function later and returns how to cancel it. @default setTimeout */
  readonly schedule?: (run: () => void, delayMs: number) => () => void;
  /** One callback for metrics and logs. Nothing is allocated when it is absent. */
  readonly onEvent?: (event: RetryEvent) => void;
}

export interface Retry {
  /** Rejects with the error of the last attempt, or, at once, with the reason of the context's signal. */
  <T, C extends CallContext = CallContext>(fn: Fn<T, C>, context?: C): Promise<T>;
  /** As the call itself, but what would be thrown is a value. */
  try<T, C extends CallContext = CallContext>(fn: Fn<T, C>, context?: C): Promise<Result<T>>;
  /** The budget in use, to share it. */
  readonly budget: RetryBudget;
}

/**
 * @param capacity retries that can be made in a row when nothing succeeds. @default 10
 * @param perSuccess what a success pays in; a retry costs 1, so this is the share of retries that lasts. @default 0.1
 *   (Brooker, "Fixing retries with token buckets and circuit breakers", 2022; Google SRE book: 10% a client)
 * @param tokens what is in it at the start. @default capacity
 */
export const createRetryBudget = (capacity = 10, perSuccess = 0.1, tokens = capacity): RetryBudget => ({
  // Ten tenths make a whole here too, which in floating point is 0.9999999999999999.
  take: () => tokens > 0.999999 && !!tokens--,
  put: () => (tokens = Math.min(capacity, tokens + perSuccess)),
});

/** Half of the bound, and up to as much again: never at once, at the price of more calls in step. */
export const equalJitter: Jitter = (random, boundMs) => (boundMs * (1 + random)) / 2;

/** Between the base and three times the wait before: spreads out most, with delays that grow by chance. */
export const decorrelatedJitter =
  (baseDelayMs = 100, maxDelayMs = 10_000): Jitter =>
  (random, _boundMs, lastMs) =>
    baseDelayMs + random * (Math.min(maxDelayMs, lastMs * 3) - baseDelayMs);

export function createRetry({
  idempotent,
  baseDelayMs = 100,
  maxDelayMs = 10_000,
  maxElapsedMs,
  maxAttempts = 3,
  jitter = (random, boundMs) => random * boundMs,
  budget = createRetryBudget(),
  isRetryable = (error) => (error as Error | undefined)?.name !== 'AbortError',
  clock = performance,
  // eslint-disable-next-line no-restricted-properties -- The documented default of the injected random source.
  random = Math.random,
  schedule = (run, delayMs, timer = setTimeout(run, delayMs)) =>
    () =>
      clearTimeout(timer),
  onEvent,
}: RetryOptions): Retry {
  const call = async <T, C extends CallContext>(fn: Fn<T, C>, context = {} as C): Promise<T> => {
    const { signal, idempotent: repeatable = idempotent } = context;
    let attempt = 0;
    let delayMs = baseDelayMs;
    let end: number | undefined;
    for (;;) {
      try {
        if (attempt) await untilAbort<unknown>(signal, (resolve) => schedule(resolve as () => void, delayMs));
        // Without a signal a happy call costs no more than an await.
        const value = await (signal
          ? untilAbort<T>(signal, (resolve, reject) => {
              attempt++;
              (async () => fn(context))().then(resolve, reject);
              return undefined;
            })
          : (attempt++, fn(context)));
        budget.put();
        return value;
      } catch (error) {
        const { retryable = repeatable && isRetryable(error), retryAfterMs = 0 } = (error ?? {}) as {
          retryable?: boolean;
          retryAfterMs?: number;
        };
        delayMs =
          retryAfterMs + jitter(random(), Math.min(maxDelayMs, baseDelayMs * 2 ** (attempt - 1)), delayMs);
        const at = clock.now() + delayMs;
        const reason = signal?.aborted
          ? 'abort'
          : !retryable
            ? 'error'
            : attempt >= maxAttempts
              ? 'attempts'
              : retryAfterMs > maxDelayMs ||
                  // What is not set is undefined here, and no number is greater than that.
                  at > (end ??= at - delayMs + (maxElapsedMs as number)) ||
                  at > (context.deadline as number)
                ? 'time'
                : !budget.take() && 'budget';
        onEvent?.({ type: reason || 'retry', attempt, delayMs, error });
        if (reason) throw error;
      }
    }
  };
  call.budget = budget;
  call.try = <T, C extends CallContext>(fn: Fn<T, C>, context?: C): Promise<Result<T>> =>
    call(fn, context).then(
      (value) => ({ ok: true, value }),
      (error: unknown) => ({ ok: false, error }),
    );
  return call;
}

/** Starts something, and rejects at once when the signal aborts; either way leaves no timer and no listener behind. */
const untilAbort = <T>(
  signal: AbortSignal | undefined,
  start: (resolve: (value: T) => void, reject: (error: unknown) => void) => (() => void) | undefined,
  cancel?: () => void,
  abort?: () => void,
): Promise<T> =>
  new Promise<T>((resolve, reject) => {
    abort = () => reject(signal?.reason as Error);
    signal?.addEventListener('abort', abort);
    if (signal?.aborted) abort();
    else cancel = start(resolve, reject);
  }).finally(() => {
    signal?.removeEventListener('abort', abort as () => void);
    cancel?.();
  });
