/**
 * Circuit breaker: stops calling what is broken, so that callers fail at once and it can recover.
 *
 *     const breaker = createCircuitBreaker({ failureRate: 0.5, windowMs: 10_000, minimumCalls: 20 });
 *     const product = await breaker(({ signal }) => fetchProduct(id, signal), { signal });
 *     const result = await breaker.try(fn); // { ok: true, value } | { ok: false, error }
 *
 * Use one per dependency (and per shard or host, if they fail alone), outside the timeout and inside the retry.
 * Do not use it against overload: a server that sheds is healthy, and an error with `overloaded: true` never
 * opens the circuit. Not for something without which the caller cannot do anything else anyway.
 *
 * It has no timers: states change when a call comes or ends, so a process that was frozen goes on correctly.
 *
 * API: createCircuitBreaker(options) -> call(fn, context?), call.try(fn, context?), call.state, call.enter();
 *      CircuitOpenError (code 'circuit-open', not retryable, retryAfterMs).
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

export type CircuitState = 'closed' | 'open' | 'half-open';

export interface CircuitEvent {
  /** The new state, or that a call was refused. */
  readonly type: CircuitState | 'refused';
}

export interface CircuitBreakerOptions {
  /** Opens at this many failures in a row, besides the rates. @default off */
  readonly consecutiveFailures?: number;
  /** Opens at this share of failures in the window, above 0, at most 1; Infinity is off. @default 0.5 */
  readonly failureRate?: number;
  /** A call that took at least this long is slow, whether it went well or not, milliseconds. @default off */
  readonly slowCallMs?: number;
  /** Opens at this share of slow calls in the window, above 0, at most 1. @default 0.5 */
  readonly slowCallRate?: number;
  /** The window: the last calls, exact up to 10, to a tenth of it above. @default 100 */
  readonly windowCalls?: number;
  /**
   * The window as a time instead, milliseconds, to a tenth of it. For little traffic, where a hundred calls ago
   * is yesterday; costs one more look at the clock a call. @default off
   */
  readonly windowMs?: number;
  /**
   * The rates are not looked at below this many calls in the window, so that one bad call in a quiet night opens
   * nothing. At most `windowCalls`: else the rates are never looked at. @default 20
   */
  readonly minimumCalls?: number;
  /**
   * How long it stays open until a call may probe, milliseconds. A probe that has not answered after as long is
   * given up and replaced. @default 5000
   */
  readonly openMs?: number;
  /**
   * Successful probes that close it. They ramp up: one; when it is back two at once; then three. The first
   * failure opens it again. @default 5
   */
  readonly probes?: number;
  /**
   * Whether an error, or the reason of the caller's abort, tells that the dependency is broken. One that does not is
   * ignored, neither good nor bad. When this throws, the call fails with that, and is ignored as well.
   * @default all but AbortError, a deadline that was the caller's own, and errors with `overloaded: true`
   */
  readonly isFailure?: (error: unknown) => boolean;
  /** Monotonic milliseconds. @default performance */
  readonly clock?: { now(): number };
  /** One callback for metrics and logs. Nothing is allocated when it is absent. */
  readonly onEvent?: (event: CircuitEvent) => void;
}

/** Says how the call that was let in has ended. Only its first word counts, and none after the state has changed. */
export type Leave = (ok: boolean, error?: unknown) => void;

export interface CircuitBreaker {
  /** Rejects with what `fn` threw, {@link CircuitOpenError}, or, at once, with the reason of the context's signal. */
  <T, C extends CallContext = CallContext>(fn: Fn<T, C>, context?: C): Promise<T>;
  /** As the call itself, but what would be thrown is a value; a refusal costs a sixth that way. */
  try<T, C extends CallContext = CallContext>(fn: Fn<T, C>, context?: C): Promise<Result<T>>;
  /** As the last call left it; an open circuit becomes half-open with the next call, not by itself. */
  readonly state: CircuitState;
  /** For work that is no single promise: lets it in, to be ended by the function returned, or refuses it. */
  enter(): Leave | CircuitOpenError;
}

/** `Symbol.for('nines.error')`, by which errors of these libraries are known across copies of a file. */
declare const BRAND: unique symbol;

/**
 * The circuit is open, or its probes are under way: the call was not carried out. An Error without a stack, since
 * taking one costs more than all the rest of a refusal, just when there is no time to lose.
 */
export interface CircuitOpenError extends Error {
  readonly code: 'circuit-open';
  /** False, for a retry in the same moment would be refused as well. */
  readonly retryable: false;
  readonly [BRAND]: true;
  /** When the next call may probe, milliseconds from now. */
  readonly retryAfterMs: number;
}

// A function with a prototype, and not a class: as a class it was 22 bytes more, of 900.
export const CircuitOpenError = function (this: { retryAfterMs: number }, retryAfterMs: number) {
  this.retryAfterMs = retryAfterMs;
} as unknown as { new (retryAfterMs: number): CircuitOpenError; prototype: object };
CircuitOpenError.prototype = {
  __proto__: Error.prototype,
  name: 'CircuitOpenError',
  code: 'circuit-open',
  message: 'circuit open',
  retryable: false,
  [Symbol.for('nines.error')]: true,
} as object;

/** A tenth of the window: its number, and how many calls, failures and slow calls ended in it. */
type Part = [number: number, calls: number, failures: number, slow: number];

// One closure for settings, state and steps. Split in the cheapest of three ways, with the call around `enter` as a function
// beside it, an import of it was 20 bytes more, and one more closure would take an idle breaker above 500 bytes.
// eslint-disable-next-line max-lines-per-function
export function createCircuitBreaker({
  consecutiveFailures,
  failureRate = 0.5,
  windowCalls = 100,
  slowCallMs,
  slowCallRate = 0.5,
  windowMs,
  minimumCalls = 20,
  openMs = 5000,
  probes = 5,
  isFailure,
  clock = performance,
  onEvent,
}: CircuitBreakerOptions = {}): CircuitBreaker {
  // The window of this generation. Each change of state begins a new one, and a result that belongs to another
  // window than the present one is ignored: late results neither open nor close the circuit.
  let parts: Part[] | 0 = 0;
  let callsSeen = 0;
  let failuresInARow = 0;
  // Since when it is open; or, half-open, when the last probe set out.
  let since = 0;
  /** How many probes are under way: Infinity when it is open, so that no other may set out. */
  let probing = 0;
  // None before it has opened for the first time; then neither comparison with it holds.
  let probed!: number;

  const become = (type: CircuitState, now: number, probingNow = 0) => {
    since = now;
    call.state = type;
    parts = probed = 0;
    probing = probingNow;
    onEvent?.({ type });
  };

  // The third parameter is for `try` alone: whether the outcome is a value in any case.
  const call = ((fn: Fn<unknown, CallContext>, context: CallContext = {}, typed?: boolean) =>
    new Promise<unknown>((resolve, reject) => {
      const signal = context.signal;
      let leave: Leave | undefined;
      // Called by the function's outcome, by the signal, or by both: all that it calls hears only the first.
      const settle = (value: unknown, ok?: unknown): void => {
        signal?.removeEventListener('abort', settle);
        if (signal?.aborted) value = signal.reason;
        try {
          leave?.(ok as boolean, value);
        } catch (bug) {
          // In isFailure or onEvent: it ends the call, which has left already.
          ok = false;
          value = bug;
        }
        (ok || typed ? resolve : reject)(typed ? (ok ? { ok, value } : { ok: false, error: value }) : value);
      };
      // No async function, whose own promise would be a quarter of what a call costs.
      try {
        const entered = signal?.aborted || call.enter();
        if ((entered as Leave).call) {
          leave = entered as Leave;
          signal?.addEventListener('abort', settle);
          Promise.resolve(fn(context)).then((value) => settle(value, true), settle);
        } else settle(entered);
      } catch (bug) {
        settle(bug);
      }
    })) as CircuitBreaker & { state: CircuitState } & ((...all: unknown[]) => Promise<never>);

  call.try = (fn, context) => call(fn, context, true);

  call.enter = () => {
    const closed = call.state === 'closed';
    // Looking at the clock costs as much as a call: only where something depends on it.
    const startedAt = closed && !slowCallMs ? 0 : clock.now();
    // One more probe at a time than have come back; and one that never answers must not bar the way for good.
    if (probing > probed || probing + probed >= probes) {
      if (since + openMs > startedAt) {
        onEvent?.({ type: 'refused' });
        return new CircuitOpenError(since + openMs - startedAt);
      }
      become('half-open', startedAt);
    }
    if (!closed) {
      since = startedAt;
      probing++;
    }
    let window: Part[] | 1 = (parts ||= []);
    return (ok, error) => {
      if (window !== parts) return;
      window = 1;
      probing--;
      if (
        !ok &&
        !(isFailure
          ? isFailure(error)
          : !(error as { overloaded?: true } | undefined)?.overloaded &&
            (error as Error | undefined)?.name !== 'AbortError')
      ) {
        return;
      }
      const now = ok && !windowMs && !slowCallMs ? 0 : clock.now();
      const slow = now >= startedAt + (slowCallMs as number);
      const at = ((windowMs ? now / windowMs : callsSeen++ / windowCalls) * 10) >>> 0;
      let part = (parts as Part[])[at % 10];
      if (part?.[0] !== at) part = (parts as Part[])[at % 10] = [at, 0, 0, 0];
      part[1]++;
      if (slow) part[3]++;
      failuresInARow++;
      if (ok) failuresInARow = 0;
      else part[2]++;
      // A success cannot raise a rate, so only a failing or slow call looks at all the parts.
      if (ok && !slow) {
        if (!closed && ++probed >= probes) become('closed', now);
        return;
      }
      // Parts are filled in any order, so there may be holes, which reduce leaves out.
      const sum = (what: 1 | 2 | 3) =>
        (parts as Part[]).reduce((total, part) => total + ((part[0] > at - 10 && part[what]) as number), 0);
      if (
        !closed ||
        failuresInARow >= (consecutiveFailures as number) ||
        (sum(1) >= minimumCalls && (sum(2) / sum(1) >= failureRate || sum(3) / sum(1) >= slowCallRate))
      ) {
        become('open', now, Infinity);
      }
    };
  };

  call.state = 'closed';
  return call;
}
