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
 * All calls of one policy share one timer, and a signal is made only for those that read it. The context is one of the
 * call's own, with all that the caller gave; its `signal` and `deadline` have to be read by name: `{ ...context }` is
 * without them.
 *
 * API: createTimeout(options) -> call(fn, context?), call.try(fn, context?), call.start(context, caller);
 *      TimeoutError (code 'timeout'); DeadlineExceededError (code 'deadline-exceeded', an AbortError).
 */

/** What a caller may tell; other fields are passed on as well. */
export interface GivenContext {
  /** Aborts when nobody waits for the answer any more. */
  readonly signal?: AbortSignal | undefined;
  /** The moment, in milliseconds of the monotonic clock, after which the answer is of no use. */
  readonly deadline?: number | undefined;
  /** Whether doing the call twice has the same effect as doing it once. */
  readonly idempotent?: boolean | undefined;
}

/** What a call is told about itself: all that the caller gives, and a signal and a deadline of its own. */
export interface CallContext extends GivenContext {
  readonly signal: AbortSignal;
  readonly deadline: number;
}

/** The function that a policy calls. */
export type Fn<T, C = GivenContext> = (context: C & CallContext) => T | PromiseLike<T>;

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
   * The time limit, milliseconds, above 0, at most 2,147,483,647. It is kept to a sixteenth, or 100 ms if that is less:
   * up to that much late and as late as the timers of the platform besides, never early; the caller's own deadline, when it is nearer, to the millisecond. There is no
   * default: measure.
   */
  readonly timeoutMs: number;
  /** Monotonic milliseconds. @default performance */
  readonly clock?: { now(): number };
  /**
   * Runs a function later and returns how to cancel it. With `ref` and `unref` it keeps the process alive only while a call
   * is pending. @default setTimeout
   */
  readonly schedule?: (run: () => void, delayMs: number) => Timer;
  /** One callback for metrics and logs. Nothing is allocated when it is absent. What it throws, the call fails with. */
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
export interface TimedCall extends CallContext, Caller {}

export interface Timeout {
  /** Rejects with what `fn` threw, {@link TimeoutError}, {@link DeadlineExceededError}, or the signal's reason. */
  <T, C extends GivenContext = GivenContext>(fn: Fn<T, C>, context?: C): Promise<T>;
  /** As the call itself, but what would be thrown is a value. */
  try<T, C extends GivenContext = GivenContext>(fn: Fn<T, C>, context?: C): Promise<Result<T>>;
  /** For those who bring a function and a caller together themselves, without a promise (a pipeline does). */
  start(context: GivenContext | undefined, caller: Caller): TimedCall;
}

/** A limit is kept to a sixteenth, or to this many milliseconds: late by that much at most, and never early. */
const TICKS = 16;
const LONGEST_TICK_MS = 100;

/** What setTimeout can wait: a longer time would be over at once. */
const LONGEST_MS = 2 ** 31 - 1;

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

/** The pending calls of a policy, in no order, and the timer that looks after them. */
interface Calls {
  readonly pending: Pending[];
  readonly endFromNow: () => number;
  timer: Timer | undefined;
  /** Whether the timer has been let go since it was started: it had no call to look after for a moment. */
  rested: boolean;
}

/**
 * Starting a timer for each call, or only looking at the clock, costs more than the call itself. So the calls of a
 * policy share one timer, which looks at them sixteen times in the time limit while there are any: it notes when those
 * have started that are new, and gives up those whose time is over. The timer of a policy without calls is not cancelled,
 * which would cost as much as starting it; it is gone when it fires. Nor does it keep the process alive, unless calls
 * have come and gone since it was started (letting it go each time would cost a tenth of a call).
 *
 * @throws RangeError when `timeoutMs` is not above 0 and at most 2,147,483,647
 */
export function createTimeout(options: TimeoutOptions): Timeout {
  const { timeoutMs, clock = performance, schedule = scheduleByTimeout, onEvent } = options;
  if (!(Number.isFinite(timeoutMs) && timeoutMs > 0 && timeoutMs <= LONGEST_MS)) {
    throw new RangeError(
      `createTimeout: timeoutMs is ${String(timeoutMs)}; give milliseconds above 0, at most ${String(LONGEST_MS)}`,
    );
  }
  const tickMs = Math.min(Math.max(1, timeoutMs / TICKS), LONGEST_TICK_MS);
  const pending: Pending[] = [];
  const calls: Calls = {
    pending,
    endFromNow: () => clock.now() + timeoutMs,
    timer: undefined,
    rested: false,
  };

  const expire = (call: Pending, givenMs: number) => {
    call.giveUp(reasonOf(givenMs < timeoutMs / 2 ? 'deadline-exceeded' : 'timeout', givenMs, onEvent));
  };

  const onTick = () => {
    const now = clock.now();
    try {
      // From the end, since a call that leaves has its place taken by the last one.
      for (let index = pending.length; index--;) {
        const call = pending[index];
        if (call && call.endAt(now + timeoutMs) <= now) expire(call, timeoutMs);
      }
    } finally {
      // Also when a caller's settle throws, or the other calls would wait for good.
      calls.timer = pending.length ? schedule(onTick, tickMs) : undefined;
      calls.rested = false;
    }
  };

  const start = (given: GivenContext | undefined, caller: Caller): Pending => {
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
    else if (!pending.length) calls.timer.ref?.();
    call.join();
    return call;
  };

  return Object.assign(
    <T>(fn: Fn<T>, given?: GivenContext) =>
      new Promise<T>((resolve, reject) => {
        run(fn, given, start, new PromiseCaller(resolve as (value: unknown) => void, reject));
      }),
    {
      try: <T>(fn: Fn<T>, given?: GivenContext) =>
        new Promise<Result<T>>((resolve) => {
          run(fn, given, start, {
            settle: (ok, value) => {
              resolve(ok ? { ok, value: value as T } : { ok, error: value });
            },
          });
        }),
      start,
    },
  ) as Timeout;
}

/** What a call fails with when its time is over: also with what its listener throws, which nobody would catch in a timer. */
const reasonOf = (
  type: TimeoutEvent['type'],
  timeoutMs: number,
  onEvent: TimeoutOptions['onEvent'],
): unknown => {
  try {
    onEvent?.({ type, timeoutMs });
  } catch (bug) {
    return bug;
  }
  const message = `no answer within ${String(Math.ceil(timeoutMs))} ms`;
  return type === 'timeout' ? new TimeoutError(message) : new DeadlineExceededError(message);
};

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
  given: GivenContext | undefined,
  start: (given: GivenContext | undefined, caller: Caller) => Pending,
  caller: Caller,
): void {
  // A signal made by a policy above is not read here: that policy lets its caller go by itself.
  const signal = given && Object.hasOwn(given, 'signal') ? given.signal : undefined;
  if (signal?.aborted) {
    caller.settle(false, signal.reason);
    return;
  }
  const call = start(given, caller);
  if (signal) call.follow(signal);
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

/** One call: its context, its place among the others, and the way back to its caller. */
class Pending implements TimedCall {
  declare readonly idempotent?: boolean | undefined;
  readonly #given: GivenContext | undefined;
  readonly #calls: Calls;
  /** Undefined when the call has ended. */
  #caller: Caller | undefined;
  /** Its place in the list; -1 when it has a timer of its own. */
  #index = -1;
  /** 0: it has started since the timer last fired, and nobody has asked. */
  #endsAt = 0;
  /** What has to be cleared away when the call has ended. Most calls have nothing. */
  #rest: Rest | undefined = undefined;

  constructor(given: GivenContext | undefined, caller: Caller, calls: Calls) {
    this.#given = given;
    this.#caller = caller;
    this.#calls = calls;
    const own = this as Fields;
    for (const field in given) if (!(field in own)) own[field] = (given as Fields)[field];
  }

  /** When its time is over. Whoever asks decides it, so that what is told to others is what happens. */
  get deadline(): number {
    return (this.#endsAt ||= this.#calls.endFromNow());
  }

  /** Made when it is read. It follows the signal above, and aborts when the time is over. */
  get signal(): AbortSignal {
    const rest = (this.#rest ??= {});
    if (!rest.controller) {
      rest.controller = new AbortController();
      const above = this.#given?.signal;
      if (rest.gaveUp) rest.controller.abort(rest.reason);
      else if (above) this.follow(above);
    }
    return rest.controller.signal;
  }

  /** Gives the call up when the signal aborts. */
  follow(above: AbortSignal): void {
    const rest = (this.#rest ??= {});
    if (!this.#caller || rest.unfollow) return;
    const onAbort = () => {
      this.giveUp(above.reason);
    };
    above.addEventListener('abort', onAbort);
    rest.unfollow = () => {
      above.removeEventListener('abort', onAbort);
    };
    if (above.aborted) onAbort();
  }

  /** Ends at another time than its neighbours, with a timer of its own. */
  endAlone(deadline: number, timer: Timer): void {
    this.#endsAt = deadline;
    this.#rest = { timer };
  }

  /** Notes when its time is over, if that is not known yet, and tells it. */
  endAt(deadline: number): number {
    return (this.#endsAt ||= deadline);
  }

  join(): void {
    this.#index = this.#calls.pending.push(this) - 1;
  }

  settle(ok: boolean, value: unknown): void {
    this.#leave()?.settle(ok, value);
  }

  /** Lets the caller go, and tells the function. */
  giveUp(reason: unknown): void {
    const caller = this.#leave();
    if (!caller) return;
    const rest = (this.#rest ??= {});
    rest.gaveUp = true;
    rest.reason = reason;
    rest.controller?.abort(reason);
    caller.settle(false, reason);
  }

  #leave(): Caller | undefined {
    const caller = this.#caller;
    if (!caller) return undefined;
    this.#caller = undefined;
    const index = this.#index;
    if (index >= 0) {
      const calls = this.#calls;
      const { pending } = calls;
      const last = pending.pop();
      if (last && last !== this) {
        pending[index] = last;
        last.#index = index;
      } else if (!index && !calls.rested) {
        calls.rested = true;
        calls.timer?.unref?.();
      }
    }
    this.#rest?.timer?.();
    this.#rest?.unfollow?.();
    return caller;
  }
}

/** What a context may have besides. */
type Fields = Record<string, unknown>;

interface Rest {
  controller?: AbortController;
  timer?: Timer;
  /** Whether it was given up, and why: the reason may be anything, also nothing. */
  gaveUp?: boolean;
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
