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
   * Whether an error tells that the dependency is broken. One that does not is ignored, neither good nor bad.
   * @default all but AbortError, a deadline that was the caller's own, and errors with `overloaded: true`
   */
  readonly isFailure?: (error: unknown) => boolean;
  /** Monotonic milliseconds. @default performance */
  readonly clock?: { now(): number };
  /** One callback for metrics and logs. Nothing is allocated when it is absent. */
  readonly onEvent?: (event: CircuitEvent) => void;
}

/** Says how the call that was let in has ended. What it says after the state has changed is ignored. */
export type Leave = (ok: boolean, error?: unknown) => void;

export interface CircuitBreaker {
  /** Rejects with what `fn` threw, or with {@link CircuitOpenError}. */
  <T, C extends CallContext = CallContext>(fn: Fn<T, C>, context?: C): Promise<T>;
  /** As the call itself, but what would be thrown is a value; a refusal costs a tenth that way. */
  try<T, C extends CallContext = CallContext>(fn: Fn<T, C>, context?: C): Promise<Result<T>>;
  /** As the last call left it; an open circuit becomes half-open with the next call, not by itself. */
  readonly state: CircuitState;
  /** For work that is no single promise: lets it in, to be ended by the function returned, or refuses it. */
  enter(): Leave | CircuitOpenError;
}

const BRAND: unique symbol = Symbol.for('nines.error') as never;

/**
 * The circuit is open, or its probes are under way: the call was not carried out. An Error without a stack, since
 * taking one costs more than all the rest of a refusal, just when there is no time to lose.
 */
export class CircuitOpenError implements Error {
  declare readonly message: string;
  readonly name = 'CircuitOpenError';
  readonly code = 'circuit-open';
  /** False, for a retry in the same moment would be refused as well. */
  readonly retryable = false;
  readonly [BRAND] = true;
  /** When the next call may probe, milliseconds from now. */
  declare readonly retryAfterMs: number;

  constructor(retryAfterMs: number) {
    this.retryAfterMs = retryAfterMs;
  }
}
Object.setPrototypeOf(CircuitOpenError.prototype, Error.prototype);

/** A tenth of the window: its number, and how many calls, failures and slow calls ended in it. */
type Part = [number: number, calls: number, failures: number, slow: number];

// One closure for settings, state and steps: split up, an idle breaker would be larger than its 500 bytes.
// eslint-disable-next-line max-lines-per-function
export function createCircuitBreaker({
  consecutiveFailures,
  failureRate = 0.5,
  slowCallMs,
  slowCallRate = 0.5,
  windowCalls = 100,
  windowMs,
  minimumCalls = 20,
  openMs = 5000,
  probes = 5,
  isFailure = isBroken,
  clock = performance,
  onEvent,
}: CircuitBreakerOptions = {}): CircuitBreaker {
  // The window of this generation. Each change of state begins a new one, and a result that belongs to another
  // window than the present one is ignored: late results neither open nor close the circuit.
  let parts: Part[] | 0 = 0;
  let leave: Leave | 0 = 0;
  let callsSeen = 0;
  let failuresInARow = 0;
  // Since when it is open; or, half-open, when the last probe set out.
  let since = 0;
  let probing = 0;
  let probed = 0;

  const become = (state: CircuitState, now: number) => {
    call.state = state;
    since = now;
    parts = leave = failuresInARow = probing = probed = 0;
    onEvent?.({ type: state });
  };

  const call = (<T, C extends CallContext>(fn: Fn<T, C>, context?: C) =>
    call.try(fn, context).then(unwrap)) as Writable;

  call.try = async <T, C extends CallContext>(fn: Fn<T, C>, context = {} as C): Promise<Result<T>> => {
    const leave = call.enter();
    if ('code' in leave) return { ok: false, error: leave };
    try {
      const value = await fn(context);
      leave(true);
      return { ok: true, value };
    } catch (error) {
      leave(false, error);
      return { ok: false, error };
    }
  };

  call.enter = () => {
    // Looking at the clock costs as much as a call: only where something depends on it.
    const startedAt = slowCallMs || call.state !== 'closed' ? clock.now() : 0;
    if (call.state !== 'closed') {
      const waitMs = since + openMs - startedAt;
      // One more probe at a time than have come back; and one that never answers must not bar the way for good.
      if (call.state === 'open' || probing > probed || probing + probed >= probes) {
        if (waitMs > 0) {
          onEvent?.({ type: 'refused' });
          return new CircuitOpenError(waitMs);
        }
        become('half-open', startedAt);
      }
      probing++;
      since = startedAt;
    }
    const window = (parts ||= []);
    // Calls of one generation differ in nothing but the time at which they started.
    if (leave && !slowCallMs) return leave;
    return (leave = (ok, error) => {
      if (window !== parts) return;
      const failed = !ok && isFailure(error);
      probing--;
      if (!ok && !failed) return;
      const now = windowMs || slowCallMs || failed ? clock.now() : 0;
      const slow = slowCallMs && now - startedAt >= slowCallMs;
      const bad = failed || slow;
      if (call.state !== 'closed') {
        if (bad) become('open', now);
        else if (++probed >= probes) become('closed', now);
      } else {
        failuresInARow = failed ? failuresInARow + 1 : 0;
        const at = ((windowMs ? now / windowMs : callsSeen++ / windowCalls) * 10) >>> 0;
        let part = window[at % 10];
        if (part?.[0] !== at) part = window[at % 10] = [at, 0, 0, 0];
        part[1]++;
        if (failed) part[2]++;
        if (slow) part[3]++;
        // A success cannot raise a rate, so only a failing or slow call looks at all the parts.
        if (!bad) return;
        let calls = 0;
        let failures = 0;
        let slows = 0;
        for (const each of window) {
          // A window is filled in any order, so it may have holes.
          if ((each?.[0] as number) > at - 10) {
            calls += each[1];
            failures += each[2];
            slows += each[3];
          }
        }
        if (
          failuresInARow >= (consecutiveFailures as number) ||
          (calls >= minimumCalls && (failures >= calls * failureRate || slows >= calls * slowCallRate))
        ) {
          become('open', now);
        }
      }
    });
  };

  call.state = 'closed';
  return call;
}

type Writable = CircuitBreaker & { state: CircuitState };

const unwrap = <T>(result: Result<T>): T => {
  if (result.ok) return result.value;
  throw result.error;
};

const isBroken = (error: unknown): boolean =>
  (error as Error | undefined)?.name !== 'AbortError' &&
  !(error as { overloaded?: true } | undefined)?.overloaded;
