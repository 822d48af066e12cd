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
 * API: createRetry(options) -> call(fn, context?), call.try(fn, context?);
 *      createRetryBudget(options) -> a token bucket to share between retries;
 *      parseRetryAfter(header, wallClockMs) -> milliseconds or undefined.
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

/** Allows a retry only while retries are a small share of the calls. Share one between policies that load the same service. */
export interface RetryBudget {
  /** Takes the price of one retry. False: there is not enough left, so do not retry. */
  take(): boolean;
  /** Pays in the reward of one success. */
  put(): void;
}

export type RetryEvent =
  | { readonly type: 'retry'; readonly attempt: number; readonly delayMs: number; readonly error: unknown }
  | {
      readonly type: 'give-up';
      readonly attempt: number;
      readonly reason: 'not-retryable' | 'attempts' | 'time' | 'budget';
      readonly error: unknown;
    };

export interface RetryOptions {
  /**
   * Whether the calls may be repeated. There is no default: only you know. A context's `idempotent` decides for
   * one call, and an error with `retryable: true` (the request was surely not carried out) overrides both.
   */
  readonly idempotent: boolean;
  /** All attempts, the first included, from 1. @default 3 (more buys little: the budget ends it anyway) */
  readonly maxAttempts?: number;
  /** Upper bound of the first delay, milliseconds. @default 100 */
  readonly baseDelayMs?: number;
  /**
   * Upper bound of every delay, milliseconds. A longer Retry-After ends the retries instead of being cut short.
   * @default 10_000
   */
  readonly maxDelayMs?: number;
  /** No retry starts later than this after the call began, milliseconds. @default Infinity (use a deadline) */
  readonly maxElapsedMs?: number;
  /**
   * Full: random(0, bound). Equal: bound/2 + random(0, bound/2). Decorrelated: random(base, 3 x last delay).
   * None exists for tests only: it makes clients return in step.
   * @default 'full' (fewest calls until all have succeeded; Brooker, "Exponential Backoff And Jitter", AWS)
   */
  readonly jitter?: 'full' | 'equal' | 'decorrelated' | 'none';
  /** Limits retries across calls. @default a budget of this policy's own: 10 retries at once, then 10% of successes */
  readonly budget?: RetryBudget;
  /**
   * Whether an error may pass. Asked only when the call may be repeated and the error has no `retryable` field.
   * @default everything but the answers 400 to 499 other than 408, 425 and 429 (read from `status`)
   */
  readonly isRetryable?: (error: unknown, context: CallContext) => boolean;
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
  <T>(fn: (context: CallContext) => T | PromiseLike<T>, context?: Partial<CallContext>): Promise<T>;
  try<T>(
    fn: (context: CallContext) => T | PromiseLike<T>,
    context?: Partial<CallContext>,
  ): Promise<Result<T>>;
}

/**
 * @param options.capacity retries that may be made at once, from full. @default 10
 * @param options.perSuccess what a success pays in, in retries. @default 0.1 (a retry costs 1; Brooker 2022)
 */
export function createRetryBudget(options: { capacity?: number; perSuccess?: number } = {}): RetryBudget {
  const { capacity = 10, perSuccess = 0.1 } = options;
  let tokens = capacity;
  return {
    take: () => tokens >= 1 && (tokens--, true),
    put: () => {
      tokens = Math.min(capacity, tokens + perSuccess);
    },
  };
}

/** Milliseconds that a Retry-After header asks for: seconds, or a date, which needs the wall clock. */
export function parseRetryAfter(header: string | null | undefined, wallClockMs: number): number | undefined {
  const delayMs = /^\s*\d+\s*$/.test(header ?? '')
    ? Number(header) * 1000
    : Date.parse(header ?? '') - wallClockMs;
  return delayMs >= 0 ? delayMs : undefined;
}

export function createRetry(options: RetryOptions): Retry {
  const {
    idempotent,
    maxAttempts = 3,
    baseDelayMs = 100,
    maxDelayMs = 10_000,
    maxElapsedMs = Infinity,
    jitter = 'full',
    budget = createRetryBudget(),
    isRetryable = isTransient,
    clock = performance,
    // eslint-disable-next-line no-restricted-properties -- The documented default of the injected random source.
    random = Math.random,
    schedule = scheduleByTimeout,
    onEvent,
  } = options;

  /** The delay before the next attempt, or why there is none. */
  const plan = (error: unknown, context: AttemptContext, endsAt: number, lastDelayMs: number) => {
    const { retryable, retryAfterMs = 0 } = (error ?? {}) as { retryable?: boolean; retryAfterMs?: number };
    if (!(retryable ?? ((context.idempotent ?? idempotent) && isRetryable(error, context)))) {
      return 'not-retryable';
    }
    if (context.attempt >= maxAttempts) return 'attempts';
    const [from, to] =
      jitter === 'decorrelated'
        ? [baseDelayMs, lastDelayMs * 3]
        : [0, baseDelayMs * 2 ** (context.attempt - 1)];
    const bound = Math.min(to, maxDelayMs);
    const share = jitter === 'none' ? 1 : jitter === 'equal' ? 0.5 + random() / 2 : random();
    const delayMs = retryAfterMs + from + (bound - from) * share;
    // Whoever asked is gone by then, or the server named a time that nobody here wants to wait for.
    if (retryAfterMs > maxDelayMs || (endsAt < Infinity && clock.now() + delayMs >= endsAt)) return 'time';
    return budget.take() ? delayMs : 'budget';
  };

  const run = async <T>(
    fn: (context: CallContext) => T | PromiseLike<T>,
    parent: Partial<CallContext> | undefined,
  ): Promise<T> => {
    const elapsedEnd = maxElapsedMs < Infinity ? clock.now() + maxElapsedMs : Infinity;
    let delayMs = baseDelayMs;
    for (let attempt = 1; ; attempt++) {
      const context = new AttemptContext(parent, attempt);
      try {
        const value = await fn(context);
        budget.put();
        return value;
      } catch (error) {
        if (parent?.signal?.aborted) throw error;
        const next = plan(error, context, Math.min(elapsedEnd, parent?.deadline ?? Infinity), delayMs);
        if (typeof next === 'string') {
          onEvent?.({ type: 'give-up', attempt, reason: next, error });
          throw error;
        }
        delayMs = next;
        onEvent?.({ type: 'retry', attempt, delayMs, error });
        await new Promise<void>((resolve) => {
          const cancel = schedule(done, next);
          const signal = parent?.signal;
          function done() {
            cancel();
            signal?.removeEventListener('abort', done);
            resolve();
          }
          signal?.addEventListener('abort', done);
        });
        parent?.signal?.throwIfAborted();
      }
    }
  };

  const call = <T>(
    fn: (context: CallContext) => T | PromiseLike<T>,
    context?: Partial<CallContext>,
  ): Promise<T> => {
    // A signal that is the caller's own has nobody above that watches it; a policy's lazy one does.
    const signal = context && Object.hasOwn(context, 'signal') ? context.signal : undefined;
    if (!signal) return run(fn, context);
    return new Promise<T>((resolve, reject) => {
      const onAbort = () => {
        reject(signal.reason as Error);
      };
      if (signal.aborted) {
        onAbort();
        return;
      }
      signal.addEventListener('abort', onAbort);
      void run(fn, context)
        .then(resolve, reject)
        .then(() => {
          signal.removeEventListener('abort', onAbort);
        });
    });
  };

  return Object.assign(call, {
    try: <T>(fn: (context: CallContext) => T | PromiseLike<T>, context?: Partial<CallContext>) =>
      call(fn, context).then(
        (value): Result<T> => ({ ok: true, value }),
        (error: unknown): Result<T> => ({ ok: false, error }),
      ),
  });
}

/** What an attempt is told: the caller's own fields, the number of the attempt, and a signal made on reading. */
class AttemptContext implements CallContext {
  declare readonly deadline?: number;
  declare readonly idempotent?: boolean;
  readonly attempt: number;
  readonly #parent: Partial<CallContext> | undefined;

  constructor(parent: Partial<CallContext> | undefined, attempt: number) {
    if (parent) Object.assign(this, parent);
    this.attempt = attempt;
    this.#parent = parent;
  }

  get signal(): AbortSignal {
    return this.#parent?.signal ?? new AbortController().signal;
  }

  /** Copying the caller's fields must not replace the getter. */
  set signal(_signal: AbortSignal) {
    // The getter asks the parent.
  }
}

/** A request that the server found wrong stays wrong; a caller who gave up stays gone. The rest may pass. */
function isTransient(error: unknown): boolean {
  const { name, status = 0 } = (error ?? {}) as { name?: string; status?: number };
  return name !== 'AbortError' && !(status >= 400 && status < 500 && ![408, 425, 429].includes(status));
}

function scheduleByTimeout(run: () => void, delayMs: number): () => void {
  const timer = setTimeout(run, delayMs);
  return () => {
    clearTimeout(timer);
  };
}
