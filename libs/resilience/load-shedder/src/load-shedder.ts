/**
 * Load shedder: an adaptive concurrency limit, a queue that gives up in time, and priorities.
 *
 * Use it in front of work whose capacity is not known or changes: it learns from response times how many
 * calls may run at once, lets a few more wait for milliseconds, and refuses the rest while refusing is cheap.
 * Do not use it where a contract names a rate (use a rate limiter) or a fixed number of calls (a bulkhead).
 *
 *     const shed = createLoadShedder();
 *     await shed(({ signal }) => handle(request, signal));        // throws OverloadedError when refused
 *     await shed.try(() => handle(request), { priority: 'critical' });  // { ok: true, value } | { ok: false, error }
 *     const release = shed.tryAcquire();                          // undefined when nothing is free: never waits
 *     const release = await shed.acquire({ priority, signal, deadline });   // waits in the queue, or throws
 *     release('success' | 'failure' | 'ignore' | 'dropped');      // once; what the call says about capacity
 *     shed.state();                                               // { limit, inFlight, queued, rttMs }
 *
 * A priority decides who is served first and who is refused first: while critical calls wait nobody else starts.
 */

/** `critical` first, `sheddable` only when nobody else waits. @default `default` */
export type Priority = 'critical' | 'default' | 'sheddable';

/** What a call is told about itself: what the caller gives is handed on as it is, other fields as well. */
export interface CallContext {
  /** Aborts when nobody waits for the answer any more. */
  readonly signal?: AbortSignal | undefined;
  /** Monotonic milliseconds, of the same clock as the shedder's, after which nobody wants the answer. */
  readonly deadline?: number | undefined;
  /** How much it matters that this call is served. */
  readonly priority?: Priority | undefined;
}

/** The function that a policy calls. */
export type Fn<T, C> = (context: C) => T | PromiseLike<T>;

export type Result<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown };

/**
 * What a finished call says about capacity.
 *
 * - `success`: its duration is a sample.
 * - `failure`: it failed for a reason of its own. A fast failure is no proof of spare capacity, so its duration
 *   counts only where it is slower than usual.
 * - `ignore`: it says nothing (a cached answer, a caller who left).
 * - `dropped`: it met overload further down: a timeout, or an overload answer. The limit goes down.
 */
export type Outcome = 'success' | 'failure' | 'ignore' | 'dropped';

export type Release = (outcome?: Outcome) => void;

/** What happened since the limit was last set. */
export interface LimitWindow {
  readonly limit: number;
  /** Mean duration of the calls that finished in the window, without their wait in the queue. */
  readonly rttMs: number;
  /** Most calls in flight at once. */
  readonly inFlight: number;
  /** Whether any call was `dropped`. */
  readonly dropped: boolean;
}

/** Gives the next limit. The shedder keeps it within its bounds and never raises a limit that was not used. */
export type LimitAlgorithm = (window: LimitWindow) => number;

export type LoadShedderEvent =
  | { readonly type: 'refused'; readonly priority: Priority }
  /** A window was closed and the limit set anew. */
  | {
      readonly type: 'window';
      readonly limit: number;
      readonly rttMs: number;
      readonly dropped: boolean;
    };

export interface LoadShedderOptions {
  /**
   * How the limit follows the samples: {@link gradient2}, {@link vegas} or {@link aimd}.
   *
   * @default gradient2(): it needs no threshold that would have to be tuned to the service
   */
  readonly algorithm?: LimitAlgorithm;
  /** @default 20: reached capacity of a small instance from either side within seconds */
  readonly initialLimit?: number;
  /** The limit never falls below 1, so that a sample can always bring it back up. @default 1000 */
  readonly maxLimit?: number;
  /**
   * Most calls that may wait. When it is full the oldest of the lowest priority is refused in favour of the
   * newcomer, which has more of its time left.
   *
   * @default 1000: a bound on memory, since `targetWaitMs` keeps the queue far shorter
   */
  readonly maxQueue?: number;
  /**
   * Longest wait while the queue has not been empty for `intervalMs`; then the newest are served first too. It
   * is raised to the time in which two calls finish, so that a slow service still finds somebody waiting.
   *
   * @default 5 (Facebook, "Fail at Scale")
   */
  readonly targetWaitMs?: number;
  /** Longest wait while the queue was empty not long ago, as it is in a burst. @default 100 (the same) */
  readonly intervalMs?: number;
  /** Shortest time between two limits; ten samples are waited for as well, unless one was dropped. @default 100 */
  readonly windowMs?: number;
  /** Told to refused callers. @default 1000 */
  readonly retryAfterMs?: number;
  /**
   * Outcome of a call that threw.
   *
   * @default `dropped` for a timeout or an overload answer, `ignore` for an abort, else `failure`
   */
  readonly classify?: (error: unknown) => Outcome;
  /** Monotonic milliseconds. @default performance */
  readonly clock?: { now(): number };
  /** Runs a function later and returns how to cancel it. Used only while somebody waits. @default setTimeout */
  readonly schedule?: (run: () => void, delayMs: number) => () => void;
  /** Told of refusals and of windows with their new limits. Nothing is allocated for it when it is absent. */
  readonly onEvent?: (event: LoadShedderEvent) => void;
}

export interface LoadShedder {
  /** Calls `fn` when it is admitted. Throws {@link OverloadedError}, or, at once, the signal's reason. */
  <T, C extends CallContext = CallContext>(fn: Fn<T, C>, context?: C): Promise<T>;
  /** As the call itself, but gives what would be thrown as a value. */
  try<T, C extends CallContext = CallContext>(fn: Fn<T, C>, context?: C): Promise<Result<T>>;
  /**
   * Gives the permit's release, or undefined: never waits and never overtakes a call that does. Since it has no queue
   * in which others could go first, what is sheddable leaves the last tenth of the limit to them.
   */
  tryAcquire(context?: Pick<CallContext, 'priority'>): Release | undefined;
  /** Gives the permit's release when it is admitted. Throws as the call does. */
  acquire(context?: CallContext): Promise<Release>;
  /** `rttMs` is the mean of the last window, 0 before there was one. */
  state(): {
    readonly limit: number;
    readonly inFlight: number;
    readonly queued: number;
    readonly rttMs: number;
  };
}

const BRAND: unique symbol = Symbol.for('nines.error');

/** The call was refused without being tried. Answer with 503 and `Retry-After`. */
export class OverloadedError extends Error {
  override readonly name = 'OverloadedError';
  readonly code = 'overloaded';
  /** Says that nothing is broken: a circuit breaker must not count it. */
  readonly overloaded = true;
  readonly [BRAND] = true;
  readonly retryAfterMs: number;

  constructor(retryAfterMs: number) {
    // Refusals come by the thousand just when the processor is busiest, and a stack is most of an error's cost.
    const engine = Error as { stackTraceLimit?: number };
    const { stackTraceLimit = 10 } = engine;
    engine.stackTraceLimit = 0;
    super('overloaded');
    engine.stackTraceLimit = stackTraceLimit;
    this.retryAfterMs = retryAfterMs;
  }
}

export interface AimdOptions {
  /** A window with a mean duration above this counts as dropped. @default Infinity: only `dropped` counts */
  readonly slowMs?: number;
  /** Factor on a drop, between 0 and 1. @default 0.9 (Netflix concurrency-limits) */
  readonly backoff?: number;
}

/** Additive increase, multiplicative decrease: for callers who hear of drops, such as clients of a service. */
export const aimd =
  ({ slowMs = Infinity, backoff = 0.9 }: AimdOptions = {}): LimitAlgorithm =>
  ({ limit, rttMs, dropped }) =>
    dropped || rttMs > slowMs ? limit * backoff : limit + 1;

/**
 * Adds the usual duration, the one without overload. It follows a faster service within ten windows. Under
 * sustained overload a plain average would take the overload for the new normal and let the limit grow without
 * end, so while the limit is in full use it never rises; instead, every 300 windows (and soon again where that
 * changed much) the limit is quartered for two windows, and what the second takes is the usual duration.
 */
const withUsual = (next: (window: LimitWindow, usualMs: number) => number): LimitAlgorithm => {
  let usualMs = 0;
  let untilProbe = 5;
  let limitBefore = 0;
  return (window) => {
    const { limit, rttMs, dropped } = window;
    const inFullUse = window.inFlight + 1 > limit;
    if (dropped) return limit * 0.9;
    if (untilProbe < 0) {
      untilProbe = rttMs < usualMs * 0.8 ? 5 : 300;
      usualMs = rttMs;
      return limitBefore;
    }
    if (!untilProbe) {
      untilProbe--;
      return limit;
    }
    usualMs ||= rttMs;
    usualMs += (rttMs - usualMs) * (rttMs < usualMs ? 0.05 : inFullUse ? 0 : 0.01);
    if (inFullUse && !--untilProbe) {
      limitBefore = limit;
      return limit / 4;
    }
    return next(window, usualMs);
  };
};

/**
 * Netflix's Gradient2: limit = g x limit + room to grow, g = clamp(tolerance x usual / recent, 0.5, 1). Two things
 * differ: the usual duration is probed for (see `withUsual`), and the room, sqrt(limit) there, grows by half in
 * each window without a sign of overload, so that capacity that came back is used within a second or two.
 *
 * @param tolerance how many times the usual duration is still no sign of overload. Default 1.5 (Netflix).
 */
export const gradient2 = (tolerance = 1.5): LimitAlgorithm => {
  let room = 0;
  return withUsual(({ limit, rttMs }, usualMs) => {
    const gradient = Math.max(0.5, Math.min(1, (tolerance * usualMs) / rttMs));
    room = Math.max(Math.sqrt(limit), gradient < 1 ? 0 : Math.min(limit / 2, room * 1.5));
    return gradient * limit + room;
  });
};

/**
 * TCP Vegas: calls that queue = limit x (1 - usual / recent), kept between one and two times sqrt(limit). That is
 * more than the 3 to 6 of TCP, because the durations of calls scatter more than those of packets.
 */
export const vegas = (): LimitAlgorithm =>
  withUsual(({ limit, rttMs }, usualMs) => {
    const step = Math.sqrt(limit);
    const queueing = (limit * (1 - usualMs / rttMs)) / step;
    return queueing > 2 ? limit - step : queueing < 1 ? limit + step : limit;
  });

interface Waiter {
  readonly since: number;
  /** Place of the priority, 0 for the first to be served. */
  readonly rank: number;
  readonly deadline: number;
  /** Admits with the permit's release, refuses without. */
  readonly settle: (release?: Release) => void;
}

/** The part of the limit that sheddable calls may use where there is no queue. */
const SHEDDABLE_SHARE = 0.9;

const PRIORITIES: readonly Priority[] = ['critical', 'default', 'sheddable'];

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

const scheduleByTimeout = (run: () => void, delayMs: number) => {
  const timer = setTimeout(run, delayMs);
  return () => {
    clearTimeout(timer);
  };
};

const outcomeOf = (error: unknown): Outcome => {
  const { name, overloaded } = (error ?? {}) as { name?: string; overloaded?: boolean };
  if (overloaded || name === 'TimeoutError') return 'dropped';
  return name === 'AbortError' ? 'ignore' : 'failure';
};

/** The permits in use, and the limit that follows what their calls say. */
const createPermits = (options: LoadShedderOptions, clock: { now(): number }, onFree: () => void) => {
  const { algorithm = gradient2(), initialLimit = 20, maxLimit = 1000, windowMs = 100, onEvent } = options;
  const state = { limit: initialLimit, inFlight: 0, rttMs: 0 };
  let windowStart = clock.now();
  let changedAt = windowStart;
  let peak = 0;
  let finished = 0;
  let busyMs = 0;
  let dropped = false;

  const count = (change: number) => {
    const now = clock.now();
    busyMs += state.inFlight * (now - changedAt);
    changedAt = now;
    peak = Math.max(peak, (state.inFlight += change));
    return now;
  };

  const closeWindow = (now: number) => {
    // Durations below the clock's resolution must not become a division of nought by nought.
    if (finished) state.rttMs = Math.max(busyMs / finished, 1e-3);
    const { limit } = state;
    const next = algorithm({ ...state, inFlight: peak, dropped });
    // A limit that was not used is not known to be too low.
    if (next < limit || peak * 2 > limit) state.limit = Math.max(1, Math.min(maxLimit, next));
    const wasDropped = dropped;
    windowStart = now;
    peak = finished = busyMs = 0;
    dropped = false;
    // Told last, so that a listener that throws does so once a window.
    onEvent?.({ type: 'window', limit: state.limit, rttMs: state.rttMs, dropped: wasDropped });
  };

  const hasRoom = (share = 1) => state.inFlight + 1 <= state.limit * share;

  /** @param share of the limit that may be in use with this one. */
  const take = (share?: number): Release | undefined => {
    if (!hasRoom(share)) return;
    const startedAt = count(1);
    let held = true;
    return (outcome = 'success') => {
      if (!held) return;
      held = false;
      const now = count(-1);
      if (outcome === 'success') finished++;
      if (outcome === 'ignore') busyMs = Math.max(0, busyMs + startedAt - now);
      if (outcome === 'dropped') dropped = true;
      // A new limit shows in the durations only after one of them has passed.
      try {
        if (
          (dropped || finished > 9) &&
          now - windowStart >= Math.max(windowMs, busyMs / (finished || Infinity))
        ) {
          closeWindow(now);
        }
      } finally {
        // Also when a listener throws: those who wait are not to wait for the next call that ends.
        onFree();
      }
    };
  };

  return { hasRoom, take, state };
};

/** Those who wait for a permit: the most important first, and under lasting overload the newest of them. */
const createQueue = (
  options: LoadShedderOptions,
  clock: { now(): number },
  { hasRoom, take, state }: ReturnType<typeof createPermits>,
) => {
  const { maxQueue = 1000, targetWaitMs = 5, intervalMs = 100, retryAfterMs = 1000 } = options;
  const { schedule = scheduleByTimeout, onEvent } = options;
  /** In order of arrival. */
  const waiting = new Set<Waiter>();
  let busySince = 0;
  let cancel: (() => void) | undefined;

  const serve = () => {
    const now = clock.now();
    const overloaded = now - busySince > intervalMs;
    // A slow service must find somebody waiting when it has finished.
    const patienceMs = Math.max(overloaded ? targetWaitMs : intervalMs, (2 * state.rttMs) / state.limit);
    for (const waiter of waiting) {
      if (now - waiter.since <= patienceMs) break;
      waiter.settle();
    }
    while (waiting.size && hasRoom()) {
      let next: Waiter | undefined;
      for (const waiter of waiting) {
        if (!next || waiter.rank < next.rank || (overloaded && waiter.rank === next.rank)) next = waiter;
      }
      next?.settle(now > next.deadline ? undefined : take());
    }
    // Finished calls serve those who wait; the timer is for the case that none finishes.
    if (!waiting.size) cancel = cancel?.() as undefined;
    else
      cancel ??= schedule(() => {
        cancel = undefined;
        serve();
      }, intervalMs);
  };

  const wait = ({ signal, priority = 'default', deadline = Infinity }: CallContext) =>
    new Promise<Release>((resolve, reject) => {
      const end = () => {
        waiting.delete(waiter);
        signal?.removeEventListener('abort', onAbort);
      };
      const onAbort = () => {
        end();
        reject(signal?.reason as Error);
        serve();
      };
      const settle = (release?: Release) => {
        end();
        if (release) resolve(release);
        else {
          try {
            onEvent?.({ type: 'refused', priority });
            reject(new OverloadedError(retryAfterMs));
          } catch (error) {
            // A listener that throws must not keep its call, or those behind it, waiting for good.
            reject(error as Error);
          }
        }
      };
      const waiter = { since: clock.now(), rank: PRIORITIES.indexOf(priority), deadline, settle };
      if (!waiting.size) busySince = waiter.since;
      waiting.add(waiter);
      signal?.addEventListener('abort', onAbort);
      if (waiting.size > maxQueue) {
        // The oldest of the lowest priority goes: it has the least of its time left.
        let last = waiter;
        for (const other of waiting) {
          if (other.rank > last.rank || (last === waiter && other.rank === last.rank)) last = other;
        }
        last.settle();
      }
      serve();
    });

  return { waiting, serve, wait };
};

export function createLoadShedder(options: LoadShedderOptions = {}): LoadShedder {
  const { classify = outcomeOf, clock = performance } = options;
  const permits = createPermits(options, clock, () => {
    serve();
  });
  const { waiting, serve, wait } = createQueue(options, clock, permits);

  const tryAcquire = ({ priority }: CallContext = {}) =>
    waiting.size ? undefined : permits.take(priority === 'sheddable' ? SHEDDABLE_SHARE : 1);

  const acquire = async (context: CallContext = {}) => {
    context.signal?.throwIfAborted();
    return (waiting.size ? undefined : permits.take()) ?? wait(context);
  };

  const run = async <T, C extends CallContext>(fn: Fn<T, C>, context: C, release: Release) => {
    let outcome: Outcome = 'failure';
    try {
      // The abort may have come between the permit and this line; nothing may run after it.
      context.signal?.throwIfAborted();
      const value = await fn(context);
      outcome = 'success';
      return value;
    } catch (error) {
      outcome = classify(error);
      throw error;
    } finally {
      release(outcome);
    }
  };

  const call = async <T, C extends CallContext>(fn: Fn<T, C>, context = {} as C) => {
    const release = await acquire(context);
    // The permit is given back when the work has ended, also when its caller has gone before.
    return untilAbort(context.signal, () => run(fn, context, release));
  };

  return Object.assign(call, {
    try: <T, C extends CallContext>(fn: Fn<T, C>, context?: C): Promise<Result<T>> =>
      call(fn, context).then(
        (value) => ({ ok: true, value }),
        (error: unknown) => ({ ok: false, error }),
      ),
    tryAcquire,
    acquire,
    state: () => ({ ...permits.state, queued: waiting.size }),
  });
}
