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
 *     shed.state();                                               // { limit, inFlight, queued }
 *
 * A priority decides who is served first and who is refused first: while critical calls wait nobody else starts.
 */

/** What a called function is told. Policies pass it on, so that they compose without knowing each other. */
export interface CallContext {
  readonly signal: AbortSignal;
  /** Monotonic milliseconds, of the same clock as the shedder's, after which nobody wants the answer. */
  readonly deadline?: number | undefined;
}

/** `critical` first, `sheddable` only when nobody else waits. @default `default` */
export type Priority = 'critical' | 'default' | 'sheddable';

/** What a caller may tell the shedder. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  readonly deadline?: number | undefined;
  readonly priority?: Priority | undefined;
}

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
  | { readonly type: 'admitted'; readonly priority: Priority; readonly waitedMs: number }
  | { readonly type: 'refused'; readonly priority: Priority; readonly waitedMs: number }
  | { readonly type: 'limit-changed'; readonly from: number; readonly to: number; readonly rttMs: number };

export interface LoadShedderOptions {
  /**
   * How the limit follows the samples: {@link gradient2}, {@link vegas} or {@link aimd}.
   *
   * @default gradient2(): it needs no threshold that would have to be tuned to the service
   */
  readonly algorithm?: LimitAlgorithm;
  /** @default 20: reached capacity of a small instance from either side within seconds */
  readonly initialLimit?: number;
  /** At least 1, so that a sample can always bring the limit back up. @default 1 */
  readonly minLimit?: number;
  /** @default 1000 */
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
  /** Shortest time between two limits; ten samples are waited for as well. @default 100 */
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
  /** Starts a timer and returns its cancellation. It runs only while somebody waits. @default setTimeout */
  readonly setTimer?: (run: () => void, delayMs: number) => () => void;
  /** Told of admissions, refusals and new limits. Nothing is allocated for it when it is absent. */
  readonly onEvent?: (event: LoadShedderEvent) => void;
}

export interface LoadShedder {
  /** Calls `fn` when it is admitted. Throws {@link OverloadedError}, or the signal's reason. */
  <T>(fn: (context: CallContext) => T | PromiseLike<T>, context?: CallOptions): Promise<T>;
  /** As the call itself, but gives what would be thrown as a value. */
  try<T>(fn: (context: CallContext) => T | PromiseLike<T>, context?: CallOptions): Promise<Result<T>>;
  /** Gives the permit's release, or undefined: never waits and never overtakes a call that does. */
  tryAcquire(): Release | undefined;
  /** Gives the permit's release when it is admitted. Throws as the call does. */
  acquire(context?: CallOptions): Promise<Release>;
  state(): { readonly limit: number; readonly inFlight: number; readonly queued: number };
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
    super('overloaded');
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
 * The usual duration: it follows a faster service at once and a slower one in about `windows` windows. A plain
 * average would take sustained overload for the new normal and let the limit grow without end.
 */
const baseline = (windows: number) => {
  let base = Infinity;
  return (rttMs: number) => (base = Math.min(rttMs, base + (rttMs - base) / windows || rttMs));
};

export interface Gradient2Options {
  /** How many times the usual duration is still no sign of overload, at least 1. @default 1.5 (Netflix) */
  readonly tolerance?: number;
  /** Weight of a new limit, from 0 to 1. @default 0.2 (Netflix) */
  readonly smoothing?: number;
}

/**
 * Netflix's Gradient2: g = clamp(tolerance x usual / recent, 0.5, 1), limit = g x limit + sqrt(limit), smoothed;
 * the usual duration is asymmetric here (see {@link LimitWindow}).
 */
export const gradient2 = ({ tolerance = 1.5, smoothing = 0.2 }: Gradient2Options = {}): LimitAlgorithm => {
  const usual = baseline(600);
  return ({ limit, rttMs, dropped }) => {
    const gradient = dropped ? 0.5 : Math.max(0.5, Math.min(1, (tolerance * usual(rttMs)) / rttMs));
    return limit + smoothing * (gradient * limit + Math.sqrt(limit) - limit);
  };
};

/** TCP Vegas: queue = limit x (1 - usual / recent), kept between 3 and 6 times log10(limit). */
export const vegas = (): LimitAlgorithm => {
  const usual = baseline(600);
  return ({ limit, rttMs, dropped }) => {
    const step = Math.max(1, Math.log10(limit));
    const queue = limit * (1 - usual(rttMs) / rttMs);
    if (dropped || queue > 6 * step) return limit - step;
    return queue < 3 * step ? limit + step : limit;
  };
};

interface Waiter {
  readonly since: number;
  readonly deadline: number;
  readonly settle: (admitted: boolean) => void;
}

const PRIORITIES: readonly Priority[] = ['critical', 'default', 'sheddable'];

const startTimer = (run: () => void, delayMs: number) => {
  const timer = setTimeout(run, delayMs);
  return () => {
    clearTimeout(timer);
  };
};

/** Refusals come by the thousand just when the processor is busiest, and a stack is most of an error's cost. */
const withoutStack = <E>(make: () => E): E => {
  const settings = Error as { stackTraceLimit?: number };
  const limit = settings.stackTraceLimit;
  settings.stackTraceLimit = 0;
  const error = make();
  settings.stackTraceLimit = limit as number;
  return error;
};

/** Without a caller's signal the function gets one that never aborts, made only if it is read. */
const contextFor = (context?: CallOptions): CallContext =>
  context?.signal
    ? (context as CallContext)
    : {
        ...context,
        get signal() {
          return new AbortController().signal;
        },
      };

const outcomeOf = (error: unknown): Outcome => {
  const { name, code, overloaded } = (error ?? {}) as { name?: string; code?: string; overloaded?: boolean };
  if (overloaded || name === 'TimeoutError' || code === 'timeout') return 'dropped';
  return name === 'AbortError' ? 'ignore' : 'failure';
};

export function createLoadShedder(options: LoadShedderOptions = {}): LoadShedder {
  const {
    algorithm = gradient2(),
    initialLimit = 20,
    minLimit = 1,
    maxLimit = 1000,
    maxQueue = 1000,
  } = options;
  const { targetWaitMs = 5, intervalMs = 100, windowMs = 100, retryAfterMs = 1000 } = options;
  const { classify = outcomeOf, clock = performance, setTimer = startTimer, onEvent } = options;
  const queues = PRIORITIES.map((): Waiter[] => []);
  let limit = initialLimit;
  let inFlight = 0;
  let queued = 0;
  let busySince = 0;
  let cancelTimer: (() => void) | undefined;
  let windowStart = clock.now();
  let peak = 0;
  let samples = 0;
  let sumMs = 0;
  let rttMs = 0;
  let dropped = false;

  const closeWindow = (now: number) => {
    // Durations below the clock's resolution must not become a division of nought by nought.
    if (samples) rttMs = Math.max(sumMs / samples, 0.001);
    const from = limit;
    const next = algorithm({ limit, rttMs, inFlight: peak, dropped });
    if (next < limit || peak * 2 > limit) limit = Math.max(minLimit, Math.min(maxLimit, next));
    if (limit !== from) onEvent?.({ type: 'limit-changed', from, to: limit, rttMs });
    windowStart = now;
    peak = inFlight;
    samples = sumMs = 0;
    dropped = false;
  };

  const grant = (): Release => {
    const startedAt = clock.now();
    let held = true;
    peak = Math.max(peak, ++inFlight);
    return (outcome = 'success') => {
      if (!held) return;
      held = false;
      inFlight--;
      const now = clock.now();
      const tookMs = now - startedAt;
      if (outcome === 'dropped') dropped = true;
      else if (outcome === 'success' || (outcome === 'failure' && tookMs > rttMs)) {
        samples++;
        sumMs += tookMs;
      }
      if (now - windowStart >= windowMs && (samples > 9 || dropped)) closeWindow(now);
      if (queued) serve();
    };
  };

  const serve = () => {
    const now = clock.now();
    const overloaded = now - busySince > intervalMs;
    const patienceMs = Math.max(overloaded ? targetWaitMs : intervalMs, (2 * rttMs) / limit);
    for (const queue of queues) {
      while (queue[0] && now - queue[0].since > patienceMs) queue.shift()?.settle(false);
      while (queue.length && inFlight + 1 <= limit) {
        const waiter = (overloaded ? queue.pop() : queue.shift()) as Waiter;
        waiter.settle(now <= waiter.deadline);
      }
    }
    // Finished calls serve the queue; the timer is for the case that none finishes.
    cancelTimer?.();
    cancelTimer = queued ? setTimer(serve, intervalMs) : undefined;
  };

  const tryAcquire = () => (queued || inFlight + 1 > limit ? undefined : grant());

  const refuse = (priority: Priority, waitedMs: number) => {
    onEvent?.({ type: 'refused', priority, waitedMs });
    return withoutStack(() => new OverloadedError(retryAfterMs));
  };

  const enqueue = ({ signal, priority = 'default', deadline = Infinity }: CallOptions) =>
    new Promise<Release>((resolve, reject) => {
      const rank = PRIORITIES.indexOf(priority);
      const queue = queues[rank] as Waiter[];
      const since = clock.now();
      const leave = () => {
        queued--;
        signal?.removeEventListener('abort', onAbort);
      };
      const onAbort = () => {
        leave();
        queue.splice(queue.indexOf(waiter), 1);
        reject(signal?.reason as Error);
      };
      const waiter: Waiter = {
        since,
        deadline,
        settle(admitted) {
          leave();
          const waitedMs = clock.now() - since;
          if (!admitted) {
            reject(refuse(priority, waitedMs));
            return;
          }
          onEvent?.({ type: 'admitted', priority, waitedMs });
          resolve(grant());
        },
      };
      if (queued >= maxQueue) {
        const victims = queues
          .slice(rank)
          .reverse()
          .find((candidates) => candidates.length);
        if (!victims) {
          reject(refuse(priority, 0));
          return;
        }
        victims.shift()?.settle(false);
      }
      if (!queued++) {
        busySince = since;
        cancelTimer = setTimer(serve, intervalMs);
      }
      queue.push(waiter);
      signal?.addEventListener('abort', onAbort);
    });

  const acquire = async (context: CallOptions = {}) => {
    context.signal?.throwIfAborted();
    const release = tryAcquire();
    if (release) {
      onEvent?.({ type: 'admitted', priority: context.priority ?? 'default', waitedMs: 0 });
      return release;
    }
    return enqueue(context);
  };

  const call = async <T>(fn: (context: CallContext) => T | PromiseLike<T>, context?: CallOptions) => {
    const release = await acquire(context);
    let outcome: Outcome = 'ignore';
    try {
      // The abort may have come between the permit and this line; nothing may run after it.
      context?.signal?.throwIfAborted();
      const value = await fn(contextFor(context));
      outcome = 'success';
      return value;
    } catch (error) {
      outcome = classify(error);
      throw error;
    } finally {
      release(outcome);
    }
  };

  return Object.assign(call, {
    try: <T>(fn: (context: CallContext) => T | PromiseLike<T>, context?: CallOptions): Promise<Result<T>> =>
      call(fn, context).then(
        (value) => ({ ok: true, value }),
        (error: unknown) => ({ ok: false, error }),
      ),
    tryAcquire,
    acquire,
    state: () => ({ limit, inFlight, queued }),
  });
}
