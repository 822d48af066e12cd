/**
 * Stale cache: a value is fresh until its soft time to live, and good enough until its hard one when its source
 * is slow or away. One load at a time per key, bounded size. With it comes the static answer: a constant
 * instead of a failure.
 *
 * Use it to turn a hard dependency into a soft one: reads for which yesterday's answer is better than none. Do
 * not use it for values that must be current (a balance before a payment), and do not load from a second,
 * rarely used source on failure: such a fallback fails when it is needed.
 *
 *     const products = createStaleCache<Product>({ softTtlMs: 1_000, hardTtlMs: 3_600_000, maxWaitMs: 200 });
 *     const { value, stale, ageMs } = await products(id, ({ signal }) => load(id, signal));
 *     const result = await products.try(id, load);       // { ok: true, value, stale, ageMs } | { ok: false, error }
 *     products.set(id, product); products.delete(id); products.size();
 *
 *     const reviewsOrNone = createStaticAnswer({ answer: null });
 *     const reviews = await reviewsOrNone(({ signal }) => fetchReviews(id, signal));
 */

/** What a load is told: its signal is its own, since several callers may wait for it. */
export interface LoadContext {
  /** Aborts when the last of those who wait for the load has left, or when it takes too long. */
  readonly signal: AbortSignal;
}

/** What a caller may tell. A static answer hands it on as it is, other fields as well. */
export interface CallContext {
  /** Aborts when nobody waits for the answer any more. */
  readonly signal?: AbortSignal | undefined;
  /** Monotonic milliseconds after which nobody wants the answer. The cache itself does not look at it. */
  readonly deadline?: number | undefined;
}

export interface Cached<V> {
  readonly value: V;
  /** Whether the value is older than `softTtlMs`: its source was slow or away. */
  readonly stale: boolean;
  /** Milliseconds since the load that brought the value was finished. */
  readonly ageMs: number;
}

export type CachedResult<V> =
  ({ readonly ok: true } & Cached<V>) | { readonly ok: false; readonly error: unknown };

export type Load<V> = (context: LoadContext) => V | PromiseLike<V>;

export type StaleCacheEvent =
  /** A caller was answered; an age of 0 was loaded for it. */
  | { readonly type: 'fresh' | 'stale'; readonly ageMs: number }
  | { readonly type: 'load-failed'; readonly error: unknown };

export interface StaleCacheOptions {
  /** Age in milliseconds up to which a value is given without asking its source. */
  readonly softTtlMs: number;
  /** Age in milliseconds up to which a value is given when its source is slow or away. At least `softTtlMs`. */
  readonly hardTtlMs: number;
  /** Most entries; the one least recently used goes first. @default 1000 */
  readonly maxEntries?: number;
  /**
   * How long a caller waits for a new value while a stale one is at hand. 0 gives the stale value at once and
   * refreshes it behind the answer.
   *
   * @default Infinity: a caller gets the newest value that there is, however long its source takes
   */
  readonly maxWaitMs?: number;
  /**
   * After a failed refresh the stale value is given for this long without asking again, so that a source that
   * comes back is not met by every caller at once.
   *
   * @default 1000
   */
  readonly retryAfterMs?: number;
  /**
   * A load that takes longer is given up: its signal aborts and the next caller starts another. It keeps one
   * hung load from holding its key for ever. No timer runs for it.
   *
   * @default 10000
   */
  readonly maxLoadMs?: number;
  /** Monotonic milliseconds. @default performance */
  readonly clock?: { now(): number };
  /** Runs a function later and returns how to cancel it. @default setTimeout */
  readonly schedule?: (run: () => void, delayMs: number) => () => void;
  /** Told of each answer and each failed load. Nothing is allocated for it when it is absent. */
  readonly onEvent?: (event: StaleCacheEvent) => void;
}

export interface StaleCache<V, K> {
  /**
   * Gives the value of `key`: from the cache, else from `load`, else the stale one. Throws what `load` threw
   * when there is nothing younger than `hardTtlMs`, or the signal's reason. `load` is shared by all who wait for
   * it: its own signal aborts when the last of them has left.
   */
  (key: K, load: Load<V>, context?: CallContext): Promise<Cached<V>>;
  try(key: K, load: Load<V>, context?: CallContext): Promise<CachedResult<V>>;
  /** Stores a value that is known from elsewhere, such as the answer to a write. */
  set(key: K, value: V): void;
  /** Forgets a value; a load that has begun is not stored. */
  delete(key: K): void;
  size(): number;
}

export interface StaticAnswerOptions<A> {
  /** The constant to give instead of a failure. It is not a function, so that nothing can fail in its place. */
  readonly answer: A;
  /** Which failures are answered. @default all; a caller's own abort is always thrown */
  readonly when?: (error: unknown) => boolean;
  /** Told of each failure that was answered. */
  readonly onEvent?: (event: { readonly type: 'answered'; readonly error: unknown }) => void;
}

export type StaticAnswer<A> = <T, C extends CallContext = CallContext>(
  fn: (context: C) => T | PromiseLike<T>,
  context?: C,
) => Promise<T | A>;

interface Entry<V> {
  readonly value: V;
  readonly loadedAt: number;
  /** No load is tried before this time. */
  nextLoadAt: number;
}

interface Flight<V> {
  readonly startedAt: number;
  readonly controller: AbortController;
  readonly done: Promise<Cached<V>>;
  /** Callers that joined and have not aborted. */
  joined: number;
}

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

/** The values, the least recently used first, and the loads that run. */
const createStore = <V, K>(options: StaleCacheOptions, clock: { now(): number }) => {
  const { softTtlMs, maxEntries = 1000, retryAfterMs = 1000, onEvent } = options;
  const entries = new Map<K, Entry<V>>();
  const flights = new Map<K, Flight<V>>();

  const remove = (key: K) => {
    flights.delete(key);
    entries.delete(key);
  };

  const set = (key: K, value: V) => {
    const loadedAt = clock.now();
    remove(key);
    entries.set(key, { value, loadedAt, nextLoadAt: loadedAt + softTtlMs });
    if (entries.size > maxEntries) entries.delete(entries.keys().next().value as K);
  };

  const takeOff = (key: K, load: Load<V>) => {
    const controller = new AbortController();
    // A load that was given up, or whose key was set or deleted since, brings a value of before.
    const isCurrent = () => flights.get(key) === flight;
    const done = (async () => load({ signal: controller.signal }))().then(
      (value): Cached<V> => {
        if (isCurrent()) set(key, value);
        return { value, stale: false, ageMs: 0 };
      },
      (error: unknown) => {
        const entry = entries.get(key);
        if (entry) entry.nextLoadAt = clock.now() + retryAfterMs;
        if (isCurrent()) flights.delete(key);
        onEvent?.({ type: 'load-failed', error });
        throw error;
      },
    );
    // Behind a stale answer nobody waits: a failed load is then told by its event alone.
    done.catch(() => undefined);
    const flight: Flight<V> = { startedAt: clock.now(), controller, done, joined: 0 };
    flights.set(key, flight);
    return flight;
  };

  return { entries, flights, remove, set, takeOff };
};

export function createStaleCache<V, K = string>(options: StaleCacheOptions): StaleCache<V, K> {
  const { softTtlMs, hardTtlMs, maxWaitMs = Infinity, maxLoadMs = 10_000, onEvent } = options;
  const { clock = performance, schedule = scheduleByTimeout } = options;
  const { entries, flights, remove, set, takeOff } = createStore<V, K>(options, clock);

  const join = (key: K, flight: Flight<V>, stale?: Cached<V>, signal?: AbortSignal) =>
    new Promise<Cached<V>>((resolve, reject) => {
      const end = () => {
        cancel?.();
        signal?.removeEventListener('abort', onAbort);
      };
      const onAbort = () => {
        end();
        reject(signal?.reason as Error);
        if (--flight.joined) return;
        if (flights.get(key) === flight) flights.delete(key);
        flight.controller.abort();
      };
      const settle = (error?: unknown) => {
        end();
        if (stale) resolve(stale);
        else reject(error as Error);
      };
      const cancel = stale && maxWaitMs < Infinity ? schedule(settle, maxWaitMs) : undefined;
      flight.joined++;
      signal?.addEventListener('abort', onAbort);
      flight.done.finally(end).then(resolve, settle);
    });

  const call = async (key: K, load: Load<V>, { signal }: CallContext = {}): Promise<Cached<V>> => {
    signal?.throwIfAborted();
    const now = clock.now();
    const entry = entries.get(key);
    const ageMs = entry ? Math.max(0, now - entry.loadedAt) : Infinity;
    let kept: Cached<V> | undefined;
    if (entry && ageMs < hardTtlMs) {
      // The map keeps the order of insertion: what is used goes to its end.
      entries.delete(key);
      entries.set(key, entry);
      kept = { value: entry.value, stale: ageMs >= softTtlMs, ageMs };
      if (now < entry.nextLoadAt) return kept;
    }
    let flight = flights.get(key);
    if (!flight || now - flight.startedAt >= maxLoadMs) {
      flight?.controller.abort();
      flight = takeOff(key, load);
    }
    return kept && maxWaitMs <= 0 ? kept : join(key, flight, kept, signal);
  };

  const told = async (key: K, load: Load<V>, context?: CallContext) => {
    const cached = await call(key, load, context);
    onEvent?.({ type: cached.stale ? 'stale' : 'fresh', ageMs: cached.ageMs });
    return cached;
  };

  return Object.assign(told, {
    try: (key: K, load: Load<V>, context?: CallContext): Promise<CachedResult<V>> =>
      told(key, load, context).then(
        (cached) => ({ ok: true, ...cached }),
        (error: unknown) => ({ ok: false, error }),
      ),
    set,
    delete: remove,
    size: () => entries.size,
  });
}

/** A policy that gives a constant where the call fails. */
export function createStaticAnswer<A>(options: StaticAnswerOptions<A>): StaticAnswer<A> {
  const { answer, when, onEvent } = options;
  return async <T, C extends CallContext>(
    fn: (context: C) => T | PromiseLike<T>,
    context = {} as C,
  ): Promise<T | A> => {
    const { signal } = context;
    try {
      signal?.throwIfAborted();
      return await untilAbort(signal, async () => fn(context));
    } catch (error) {
      if (signal?.aborted || when?.(error) === false) throw error;
      onEvent?.({ type: 'answered', error });
      return answer;
    }
  };
}
