/**
 * Rate limiter: a token bucket with a bounded wait queue.
 *
 * Use it where a rate is known: the rate an instance was rated for in a load test, or the quota of a service
 * that you call. Do not use it where the capacity is unknown or changes with the work (use a load shedder,
 * which measures it), nor to share one limit between processes (every instance has a bucket of its own).
 *
 *     const limit = createRateLimiter({ ratePerSecond: 200, maxWaitMs: 50 });
 *     await limit(({ signal }) => fetch(url, { signal }));        // throws RateLimitedError when refused
 *     const answer = await limit.try(() => handle(request));      // { ok: true, value } | { ok: false, error }
 *     if (!limit.tryAcquire()) return tooManyRequests();          // without a function to call
 *     await limit.acquire({ signal, cost: 5 });                   // waits for its turn, or throws
 *     limit.state();                                              // { tokens, queued }
 *
 * The bucket is refilled by arithmetic when it is read. A timer exists only while somebody waits. A caller that
 * waits holds its tokens in advance, so turns are taken in order of arrival; one that gives up puts them back.
 */

/** What a call is told about itself: what the caller gives is handed on as it is, other fields as well. */
export interface CallContext {
  /** Aborts when nobody waits for the answer any more. */
  readonly signal?: AbortSignal | undefined;
  /** Monotonic milliseconds, of the same clock as the limiter's, after which nobody wants the answer. */
  readonly deadline?: number | undefined;
}

/** The function that a policy calls. */
export type Fn<T, C> = (context: C) => T | PromiseLike<T>;

export type Result<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown };

export interface RateLimiterEvent {
  readonly type: 'refused' | 'queued';
  /** Until there is a token for the call. */
  readonly waitMs: number;
}

export interface RateLimiterOptions {
  /** Tokens added a second, above 0. One call takes one token unless it says otherwise. */
  readonly ratePerSecond: number;
  /**
   * Tokens that the full bucket holds, and so the most that can start at the same instant.
   *
   * @default one second's worth, at least 1: random arrivals below the rate are then hardly ever refused
   */
  readonly burst?: number;
  /**
   * Longest that a call may wait for its token, in milliseconds. A call that would wait longer, or past its
   * deadline, is refused at once, since its wait is known when it arrives. At most 2,147,483,647.
   *
   * @default 0: refuse instead of waiting, because only the caller knows how much time it has left
   */
  readonly maxWaitMs?: number;
  /**
   * Most calls that may wait, whatever `maxWaitMs` allows: a bound on memory.
   *
   * @default 1000
   */
  readonly maxQueue?: number;
  /** Monotonic milliseconds. @default performance */
  readonly clock?: { now(): number };
  /** Runs a function later and returns how to cancel it. @default setTimeout */
  readonly schedule?: (run: () => void, delayMs: number) => () => void;
  /** Told of each refusal and wait. Nothing is allocated for it when it is absent. */
  readonly onEvent?: (event: RateLimiterEvent) => void;
}

export interface RateLimiter {
  /** Calls `fn` when there is a token for it. Throws {@link RateLimitedError}, or, at once, the signal's reason. */
  <T, C extends CallContext = CallContext>(fn: Fn<T, C>, context?: C): Promise<T>;
  /** As the call itself, but gives what would be thrown as a value. */
  try<T, C extends CallContext = CallContext>(fn: Fn<T, C>, context?: C): Promise<Result<T>>;
  /** Takes `cost` tokens now or none at all. Gives false while others wait, so that nobody overtakes them. */
  tryAcquire(cost?: number): boolean;
  /**
   * Waits for `cost` tokens (1 unless told). Throws {@link RateLimitedError}, or the signal's reason.
   */
  acquire(options?: CallContext & { readonly cost?: number }): Promise<void>;
  /** Tokens left, below 0 when calls that wait hold them in advance, and how many calls wait. */
  state(): { readonly tokens: number; readonly queued: number };
}

const BRAND: unique symbol = Symbol.for('nines.error');

/** The call was refused without being tried. Answer with 429 or 503 and `Retry-After`. */
export class RateLimitedError extends Error {
  override readonly name = 'RateLimitedError';
  readonly code = 'rate-limited';
  /** Says that nothing is broken: a circuit breaker must not count it. */
  readonly overloaded = true;
  readonly [BRAND] = true;
  /** Milliseconds until there would have been a token. */
  readonly retryAfterMs: number;

  constructor(retryAfterMs: number) {
    // Refusals come by the thousand just when the processor is busiest, and a stack is most of an error's cost.
    const engine = Error as { stackTraceLimit?: number };
    const { stackTraceLimit = 10 } = engine;
    engine.stackTraceLimit = 0;
    super('rate limited');
    engine.stackTraceLimit = stackTraceLimit;
    this.retryAfterMs = retryAfterMs;
  }
}

const scheduleByTimeout = (run: () => void, delayMs: number) => {
  const timer = setTimeout(run, delayMs);
  return () => {
    clearTimeout(timer);
  };
};

/** Starts something, and rejects at once when the signal aborts, whatever becomes of it. */
const untilAbort = <T>(signal: AbortSignal | undefined, start: () => Promise<T>): Promise<T> =>
  signal
    ? new Promise<T>((resolve, reject) => {
        const onAbort = () => {
          reject(signal.reason as Error);
        };
        signal.addEventListener('abort', onAbort);
        start()
          .finally(() => {
            signal.removeEventListener('abort', onAbort);
          })
          .then(resolve, reject);
      })
    : start();

/** A billionth of a token: sums of fractions must not make a caller wait once more. */
const ROUNDING = 1e-9;

/** @throws RangeError when `ratePerSecond` is not above 0, or `burst` is below 1 */
export function createRateLimiter(options: RateLimiterOptions): RateLimiter {
  const { ratePerSecond, maxWaitMs = 0, maxQueue = 1000, schedule = scheduleByTimeout, onEvent } = options;
  const { burst = Math.max(1, ratePerSecond), clock = performance } = options;
  if (!(ratePerSecond > 0 && burst >= 1)) throw new RangeError('ratePerSecond must be > 0, burst >= 1');
  let tokens = burst;
  let refilledAt = clock.now();
  let queued = 0;

  /** Milliseconds until the bucket holds `cost`. */
  const waitFor = (cost: number) => {
    const now = clock.now();
    // A clock that steps back adds nothing, and costs nobody the time it stepped.
    tokens = Math.min(burst, tokens + (Math.max(0, now - refilledAt) * ratePerSecond) / 1000);
    refilledAt = now;
    return (Math.max(0, cost - tokens - ROUNDING) * 1000) / ratePerSecond;
  };

  const tryAcquire = (cost = 1) => {
    if (waitFor(cost)) return false;
    tokens -= cost;
    return true;
  };

  const sleep = (delayMs: number, signal?: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      const end = () => {
        cancel();
        signal?.removeEventListener('abort', end);
        if (signal?.aborted) reject(signal.reason as Error);
        else resolve();
      };
      const cancel = schedule(end, delayMs);
      signal?.addEventListener('abort', end);
    });

  const acquire = async (wanted: CallContext & { readonly cost?: number } = {}) => {
    const { cost = 1, signal, deadline = Infinity } = wanted;
    signal?.throwIfAborted();
    const waitMs = waitFor(cost);
    if (waitMs > maxWaitMs || refilledAt + waitMs > deadline || (waitMs && queued >= maxQueue)) {
      onEvent?.({ type: 'refused', waitMs });
      throw new RateLimitedError(waitMs);
    }
    if (waitMs) onEvent?.({ type: 'queued', waitMs });
    tokens -= cost;
    if (waitMs) {
      queued++;
      try {
        await sleep(waitMs, signal);
        // The abort may have come between the end of the wait and this line; nothing may run after it.
        signal?.throwIfAborted();
      } catch (error) {
        tokens += cost;
        throw error;
      } finally {
        queued--;
      }
    }
  };

  const call = async <T, C extends CallContext>(fn: Fn<T, C>, context = {} as C) => {
    await acquire(context);
    return untilAbort(context.signal, async () => {
      // The abort may have come since; nothing may run after it.
      context.signal?.throwIfAborted();
      return fn(context);
    });
  };

  return Object.assign(call, {
    try: <T, C extends CallContext>(fn: Fn<T, C>, context?: C): Promise<Result<T>> =>
      call(fn, context).then(
        (value) => ({ ok: true, value }),
        (error: unknown) => ({ ok: false, error }),
      ),
    tryAcquire,
    acquire,
    state: () => ({ tokens: (waitFor(0), tokens), queued }),
  });
}
