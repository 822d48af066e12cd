/**
 * Timeout: settles a call after a time limit, and tells the call by its signal that nobody waits any more.
 *
 *     const timeout = createTimeout({ timeoutMs: 800 });
 *     const body = await timeout(({ signal }) => fetch(url, { signal }).then((r) => r.json()), { deadline });
 *     const result = await timeout.try(fn); // { ok: true, value } | { ok: false, error }
 *
 * Use it around every call that leaves the process, with a limit taken from measured latency (p99.9 of good
 * times), inside the retry and the breaker, outside the bulkhead. Do not use it around work on the CPU: nothing
 * can interrupt that. The work itself ends only if it heeds the signal.
 *
 * All calls of one policy share one timer, and a signal is made only for those that read it.
 *
 * API: createTimeout(options) -> call(fn, context?), call.try(fn, context?), call.start(context, caller);
 *      TimeoutError (code 'timeout'); DeadlineExceededError (code 'deadline-exceeded', an AbortError).
 */

/** What a call is told about itself. What the caller gives is passed on; the signal is always there. */
export interface CallContext {
  /** Aborts when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
  /** The moment, in milliseconds of the monotonic clock, after which the answer is of no use. */
  readonly deadline?: number | undefined;
  /** Whether doing the call twice has the same effect as doing it once. */
  readonly idempotent?: boolean | undefined;
  /** How much it matters that this call is served. */
  readonly priority?: 'critical' | 'default' | 'sheddable' | undefined;
}

/** The function that a policy calls. */
export type Fn<T> = (context: CallContext) => T | PromiseLike<T>;

export type Result<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown };

export interface TimeoutEvent {
  /** The limit was over; or the caller's own deadline, which left less than half of it. */
  readonly type: 'timeout' | 'deadline-exceeded';
  /** What the call was given, milliseconds. */
  readonly timeoutMs: number;
}

export interface TimeoutOptions {
  /**
   * The time limit, milliseconds, above 0. It is kept to a sixteenth: up to that much late, never early; the caller's
   * own deadline, when it is nearer, to the millisecond. There is no default: measure.
   */
  readonly timeoutMs: number;
  /** Monotonic milliseconds. @default performance */
  readonly clock?: { now(): number };
  /**
   * Runs a function later and returns how to cancel it. With `ref` and `unref` it keeps the process alive only while a call
   * is pending. @default setTimeout
   */
  readonly schedule?: (run: () => void, delayMs: number) => Timer;
  /** One callback for metrics and logs. Nothing is allocated when it is absent. */
  readonly onEvent?: (event: TimeoutEvent) => void;
}

export interface Timer {
  /** Cancels it. */
  (): void;
  ref?: () => void;
  unref?: () => void;
}

/** Where the outcome of a call goes. Only the first one counts. */
export interface Caller {
  settle(ok: boolean, value: unknown): void;
}

/** A call under a time limit: the context for its function, and where the function's outcome has to go. */
export interface TimedCall extends CallContext, Caller {
  readonly deadline: number;
}

export interface Timeout {
  /** Rejects with what `fn` threw, {@link TimeoutError}, {@link DeadlineExceededError}, or the signal's reason. */
  <T>(fn: Fn<T>, context?: Partial<CallContext>): Promise<T>;
  /** As the call itself, but what would be thrown is a value. */
  try<T>(fn: Fn<T>, context?: Partial<CallContext>): Promise<Result<T>>;
  /** For those who bring a function and a caller together themselves, without a promise (a pipeline does). */
  start(context: Partial<CallContext> | undefined, caller: Caller): TimedCall;
}

/** A limit is kept to a sixteenth: late by that much at most, and never early. */
const TICKS = 16;

const BRAND: unique symbol = Symbol.for('nines.error') as never;

/** The call took longer than it may. It may have had its effect all the same. */
export class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
  readonly code = 'timeout';
  readonly [BRAND] = true;
}

/**
 * The caller's deadline was over, and had left the call less than half of the time limit. That tells nothing about
 * the one who was called, so it is an AbortError, which breakers do not count and retries do not repeat: else callers
 * in a hurry could open a breaker for everybody.
 */
export class DeadlineExceededError extends Error {
  override readonly name = 'AbortError';
  readonly code = 'deadline-exceeded';
  readonly [BRAND] = true;
}

/** The pending calls of a policy in the order in which they end, and the timer that looks after them. */
interface Calls {
  readonly endFromNow: () => number;
  first: Pending | undefined;
  last: Pending | undefined;
  /** The first of those that have come since the timer last fired. */
  fresh: Pending | undefined;
  timer: Timer | undefined;
}

/**
 * Starting a timer for each call, or only looking at the clock, costs more than the call itself. So the calls of a
 * policy, which all have the same limit and so end in the order in which they started, are in a list, and one timer
 * looks at it sixteen times in the time limit while there are any: it notes when those have started that are new,
 * and gives up those at the front whose time is over. The timer of an empty list is not cancelled, which would cost
 * as much as starting it, but it no longer keeps the process alive, and when it fires it is gone.
 */
export function createTimeout(options: TimeoutOptions): Timeout {
  const { timeoutMs, clock = performance, schedule = scheduleByTimeout, onEvent } = options;
  const tickMs = Math.max(1, timeoutMs / TICKS);
  const calls: Calls = {
    endFromNow: () => clock.now() + timeoutMs,
    first: undefined,
    last: undefined,
    fresh: undefined,
    timer: undefined,
  };

  const expire = (call: Pending, givenMs: number) => {
    const message = `no answer within ${String(Math.ceil(givenMs))} ms`;
    const type = givenMs < timeoutMs / 2 ? 'deadline-exceeded' : 'timeout';
    call.giveUp(type === 'timeout' ? new TimeoutError(message) : new DeadlineExceededError(message));
    onEvent?.({ type, timeoutMs: givenMs });
  };

  const onTick = () => {
    const now = clock.now();
    for (let call = calls.fresh; call; call = call.endAt(now + timeoutMs));
    calls.fresh = undefined;
    try {
      while (calls.first && calls.first.deadline <= now) expire(calls.first, timeoutMs);
    } finally {
      // Also when a listener throws, or the other calls would wait for good.
      calls.timer = calls.first && schedule(onTick, tickMs);
    }
  };

  const start = (given: Partial<CallContext> | undefined, caller: Caller): Pending => {
    const call = new Pending(given, caller, calls);
    const deadline = given?.deadline;
    if (deadline !== undefined) {
      const givenMs = deadline - clock.now();
      if (givenMs < timeoutMs) {
        // The caller's own deadline is nearer: it ends out of turn, and so has a timer of its own.
        const onTimer = () => {
          expire(call, Math.max(0, givenMs));
        };
        call.endAlone(deadline, schedule(onTimer, Math.max(0, Math.ceil(givenMs))));
        return call;
      }
    }
    if (!calls.timer) calls.timer = schedule(onTick, tickMs);
    else if (!calls.first) calls.timer.ref?.();
    call.join();
    return call;
  };

  return Object.assign(
    <T>(fn: Fn<T>, given?: Partial<CallContext>) =>
      new Promise<T>((resolve, reject) => {
        run(fn, given, start, new PromiseCaller(resolve as (value: unknown) => void, reject));
      }),
    {
      try: <T>(fn: Fn<T>, given?: Partial<CallContext>) =>
        new Promise<Result<T>>((resolve) => {
          run(fn, given, start, {
            settle: (ok, value) => {
              resolve(ok ? { ok, value: value as T } : { ok, error: value });
            },
          });
        }),
      start,
    },
  );
}

class PromiseCaller implements Caller {
  readonly #resolve: (value: unknown) => void;
  readonly #reject: (error: unknown) => void;

  constructor(resolve: (value: unknown) => void, reject: (error: unknown) => void) {
    this.#resolve = resolve;
    this.#reject = reject;
  }

  settle(ok: boolean, value: unknown): void {
    if (ok) this.#resolve(value);
    else this.#reject(value);
  }
}

function run<T>(
  fn: Fn<T>,
  given: Partial<CallContext> | undefined,
  start: Timeout['start'],
  caller: Caller,
): void {
  // A signal made by a policy above is not read here: that policy lets its caller go by itself.
  const signal = given && Object.hasOwn(given, 'signal') ? given.signal : undefined;
  if (signal?.aborted) {
    caller.settle(false, signal.reason);
    return;
  }
  const call = start(given, caller);
  if (signal) void call.signal;
  try {
    Promise.resolve(fn(call)).then(
      (value) => {
        call.settle(true, value);
      },
      (error: unknown) => {
        call.settle(false, error);
      },
    );
  } catch (error) {
    call.settle(false, error);
  }
}

/** One call: its context, its place in the list, and the way back to its caller. */
class Pending implements TimedCall {
  readonly #given: Partial<CallContext> | undefined;
  readonly #calls: Calls;
  /** Undefined when the call has ended. */
  #caller: Caller | undefined;
  #previous: Pending | undefined = undefined;
  #next: Pending | undefined = undefined;
  /** 0: it has started since the timer last fired, and nobody has asked. */
  #endsAt = 0;
  /** What has to be cleared away when the call has ended. Most calls have nothing. */
  #rest: Rest | undefined = undefined;

  constructor(given: Partial<CallContext> | undefined, caller: Caller, calls: Calls) {
    this.#given = given;
    this.#caller = caller;
    this.#calls = calls;
  }

  get idempotent(): boolean | undefined {
    return this.#given?.idempotent;
  }

  get priority(): CallContext['priority'] {
    return this.#given?.priority;
  }

  /** When its time is over. Whoever asks decides it, so that what is told to others is what happens. */
  get deadline(): number {
    return (this.#endsAt ||= this.#calls.endFromNow());
  }

  /** Made when it is read. It follows the signal above, and aborts when the time is over. */
  get signal(): AbortSignal {
    const rest = (this.#rest ??= {});
    if (!rest.controller) {
      const controller = (rest.controller = new AbortController());
      const above = this.#given?.signal;
      if (!this.#caller) {
        if (rest.reason) controller.abort(rest.reason);
      } else if (above?.aborted) {
        this.giveUp(above.reason);
      } else if (above) {
        const onAbort = () => {
          this.giveUp(above.reason);
        };
        above.addEventListener('abort', onAbort);
        rest.unfollow = () => {
          above.removeEventListener('abort', onAbort);
        };
      }
    }
    return rest.controller.signal;
  }

  /** Ends at another time than its neighbours, with a timer of its own. */
  endAlone(deadline: number, timer: Timer): void {
    this.#endsAt = deadline;
    this.#rest = { timer };
  }

  /** Notes when its time is over, if that is not known yet. @returns the call that started next */
  endAt(deadline: number): Pending | undefined {
    this.#endsAt ||= deadline;
    return this.#next;
  }

  join(): void {
    const calls = this.#calls;
    const { last } = calls;
    this.#previous = last;
    if (last) last.#next = this;
    else calls.first = this;
    calls.last = this;
    calls.fresh ??= this;
  }

  settle(ok: boolean, value: unknown): void {
    const caller = this.#leave();
    if (caller) caller.settle(ok, value);
  }

  /** Lets the caller go, and tells the function. */
  giveUp(reason: unknown): void {
    const caller = this.#leave();
    if (!caller) return;
    const rest = (this.#rest ??= {});
    rest.reason = reason;
    rest.controller?.abort(reason);
    caller.settle(false, reason);
  }

  #leave(): Caller | undefined {
    const caller = this.#caller;
    if (!caller) return undefined;
    this.#caller = undefined;
    const calls = this.#calls;
    const previous = this.#previous;
    const next = this.#next;
    if (previous || calls.first === this) {
      if (previous) previous.#next = next;
      else calls.first = next;
      if (next) next.#previous = previous;
      else calls.last = previous;
      if (calls.fresh === this) calls.fresh = next;
      this.#previous = this.#next = undefined;
      if (!calls.first) calls.timer?.unref?.();
    }
    this.#rest?.timer?.();
    this.#rest?.unfollow?.();
    return caller;
  }
}

interface Rest {
  controller?: AbortController;
  timer?: Timer;
  /** Why it was given up. */
  reason?: unknown;
  /** Takes the listener off the signal above. */
  unfollow?: () => void;
}

const scheduleByTimeout = (run: () => void, delayMs: number): Timer => {
  const timer = setTimeout(run, delayMs) as unknown as { ref?(): void; unref?(): void };
  const cancel = () => {
    clearTimeout(timer as unknown as number);
  };
  // In a browser there is nothing to keep alive.
  return timer.unref
    ? Object.assign(cancel, { ref: () => timer.ref?.(), unref: () => timer.unref?.() })
    : cancel;
};
