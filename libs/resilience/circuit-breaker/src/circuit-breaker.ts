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
 * API: createCircuitBreaker(options) -> call(fn, context?), call.try(fn, context?), call.state();
 *      CircuitOpenError (code 'circuit-open', not retryable, retryAfterMs).
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

export type CircuitState = 'closed' | 'open' | 'half-open';

export type CircuitEvent = { readonly type: CircuitState } | { readonly type: 'refused' };

export interface CircuitBreakerOptions {
  /** Opens at this many failures in a row, whatever the rate. @default Infinity (off) */
  readonly consecutiveFailures?: number;
  /** Opens at this share of failures in the window, above 0 up to 1; Infinity is off. @default 0.5 */
  readonly failureRate?: number;
  /** A success that took at least this long is slow, milliseconds. @default Infinity (off) */
  readonly slowCallMs?: number;
  /** Opens at this share of slow calls in the window. @default 0.5 */
  readonly slowCallRate?: number;
  /** Rates are not looked at below this many calls in the window. @default 20 */
  readonly minimumCalls?: number;
  /** The window: calls that ended in so many milliseconds, to a tenth of it. @default 10_000 */
  readonly windowMs?: number;
  /** The window counted in calls instead of time, exact up to 10, above that to a tenth of it. @default by time */
  readonly windowCalls?: number;
  /** How long it stays open before it probes, milliseconds. A probe without an answer is given up after as long. @default 5000 */
  readonly openMs?: number;
  /** Successful probes that close it. They ramp up: one, then two at once, then three. @default 5 */
  readonly probes?: number;
  /**
   * Whether an error tells that the dependency is broken. What is not a failure is ignored: neither good nor bad.
   * @default all but AbortError, a caller's abort, and errors with `overloaded: true`
   */
  readonly isFailure?: (error: unknown) => boolean;
  /** Monotonic milliseconds. @default performance */
  readonly clock?: { now(): number };
  /** One callback for metrics and logs. Nothing is allocated when it is absent. */
  readonly onEvent?: (event: CircuitEvent) => void;
}

export interface CircuitBreaker {
  <T>(fn: (context: CallContext) => T | PromiseLike<T>, context?: Partial<CallContext>): Promise<T>;
  try<T>(
    fn: (context: CallContext) => T | PromiseLike<T>,
    context?: Partial<CallContext>,
  ): Promise<Result<T>>;
  /** What the last call left behind; an open circuit becomes half-open with the next call, not by itself. */
  state(): CircuitState;
}

const BRAND: unique symbol = Symbol.for('nines.error') as never;

/** The circuit is open, or its probes are under way. The call was not carried out. */
export class CircuitOpenError extends Error {
  override readonly name = 'CircuitOpenError';
  readonly code = 'circuit-open';
  readonly retryable = false;
  readonly retryAfterMs: number;
  readonly [BRAND] = true;

  constructor(retryAfterMs: number) {
    super('circuit open');
    this.retryAfterMs = retryAfterMs;
  }
}

/** The window is a ring of so many parts; a part is dropped as a whole, which makes every step O(1). */
const PARTS = 10;

export function createCircuitBreaker(options: CircuitBreakerOptions = {}): CircuitBreaker {
  const circuit = new Circuit(options);
  const call = <T>(
    fn: (context: CallContext) => T | PromiseLike<T>,
    context?: Partial<CallContext>,
  ): Promise<T> => circuit.run(fn, context);
  return Object.assign(call, {
    try: <T>(fn: (context: CallContext) => T | PromiseLike<T>, context?: Partial<CallContext>) =>
      call(fn, context).then(
        (value): Result<T> => ({ ok: true, value }),
        (error: unknown): Result<T> => ({ ok: false, error }),
      ),
    state: () => circuit.state,
  });
}

class Circuit {
  readonly #options;
  readonly #partSize: number;
  state: CircuitState = 'closed';
  /** Results are counted only in the generation that admitted their call. */
  #generation = 0;
  #streak = 0;
  #position = 0;
  #part = 0;
  /** Three numbers a part (calls, failures, slow calls), and behind them their sums. */
  #counts: number[] | undefined;
  #openedAt = 0;
  #probesRunning = 0;
  #probesPassed = 0;
  #lastProbeAt = 0;

  constructor(options: CircuitBreakerOptions) {
    this.#options = {
      consecutiveFailures: Infinity,
      failureRate: options.consecutiveFailures ? Infinity : 0.5,
      slowCallMs: Infinity,
      slowCallRate: 0.5,
      minimumCalls: Math.min(20, options.windowCalls ?? 20),
      windowMs: 10_000,
      openMs: 5000,
      probes: 5,
      isFailure: isBroken,
      clock: performance,
      ...options,
    };
    this.#partSize = (options.windowCalls ?? this.#options.windowMs) / PARTS;
  }

  async run<T>(
    fn: (context: CallContext) => T | PromiseLike<T>,
    context: Partial<CallContext> | undefined,
  ): Promise<T> {
    const { clock, isFailure, slowCallMs, onEvent } = this.#options;
    const startedAt = clock.now();
    const waitMs = this.state === 'closed' ? 0 : this.#admit(startedAt);
    if (waitMs > 0) {
      onEvent?.({ type: 'refused' });
      throw new CircuitOpenError(waitMs);
    }
    const generation = this.#generation;
    let value: T;
    try {
      value = await fn((context ?? NO_CONTEXT) as CallContext);
    } catch (error) {
      if (generation === this.#generation) {
        if (isFailure(error)) this.#record(clock.now(), true, false);
        else this.#probesRunning--;
      }
      throw error;
    }
    if (generation === this.#generation) {
      const now = clock.now();
      this.#record(now, false, now - startedAt >= slowCallMs);
    }
    return value;
  }

  /** How long to wait if the call may not pass, milliseconds, else 0. */
  #admit(now: number): number {
    const { openMs, probes } = this.#options;
    if (this.state === 'open') {
      const waitMs = this.#openedAt + openMs - now;
      if (waitMs > 0) return waitMs;
      this.#enter('half-open');
    } else if (
      this.#probesRunning > this.#probesPassed ||
      this.#probesRunning + this.#probesPassed >= probes
    ) {
      // A probe that never answers must not close the way for good: after openMs new ones take its place.
      const waitMs = this.#lastProbeAt + openMs - now;
      if (waitMs > 0) return waitMs;
      this.#enter('half-open');
    }
    this.#probesRunning++;
    this.#lastProbeAt = now;
    return 0;
  }

  #record(now: number, failed: boolean, slow: boolean): void {
    const { consecutiveFailures, failureRate, slowCallRate, minimumCalls, probes, windowCalls } =
      this.#options;
    if (this.state === 'half-open') {
      this.#probesRunning--;
      if (failed || slow) this.#open(now);
      else if (++this.#probesPassed >= probes) this.#enter('closed');
      return;
    }
    this.#streak = failed ? this.#streak + 1 : 0;
    const counts = (this.#counts ??= new Array<number>(3 * PARTS + 3).fill(0));
    this.#position = windowCalls ? this.#position + 1 : now;
    const part = Math.floor(this.#position / this.#partSize);
    // After a long idle time no more than the whole ring is dropped.
    for (let drop = Math.max(this.#part, part - PARTS) + 1; drop <= part; drop++) {
      for (let kind = 0; kind < 3; kind++) {
        const at = (drop % PARTS) * 3 + kind;
        counts[3 * PARTS + kind] = at3(counts, 3 * PARTS + kind) - at3(counts, at);
        counts[at] = 0;
      }
    }
    this.#part = part;
    const add = (kind: number) => {
      const at = (part % PARTS) * 3 + kind;
      counts[at] = at3(counts, at) + 1;
      counts[3 * PARTS + kind] = at3(counts, 3 * PARTS + kind) + 1;
    };
    add(0);
    if (failed) add(1);
    if (slow) add(2);
    const [calls = 0, failures = 0, slows = 0] = counts.slice(3 * PARTS);
    if (
      this.#streak >= consecutiveFailures ||
      ((failed || slow) &&
        calls >= minimumCalls &&
        (failures >= calls * failureRate || slows >= calls * slowCallRate))
    ) {
      this.#open(now);
    }
  }

  #open(now: number): void {
    this.#openedAt = now;
    this.#enter('open');
  }

  #enter(state: CircuitState): void {
    this.state = state;
    this.#generation++;
    this.#streak = this.#probesRunning = this.#probesPassed = 0;
    this.#counts = undefined;
    this.#options.onEvent?.({ type: state });
  }
}

function at3(counts: readonly number[], index: number): number {
  return counts[index] ?? 0;
}

/** For calls without a context: a signal that nobody aborts, made only when it is read. */
const NO_CONTEXT: CallContext = {
  get signal() {
    return new AbortController().signal;
  },
};

function isBroken(error: unknown): boolean {
  const { name, overloaded } = (error ?? {}) as { name?: string; overloaded?: boolean };
  return name !== 'AbortError' && !overloaded;
}
