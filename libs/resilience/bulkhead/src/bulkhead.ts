/**
 * Bulkhead: at most so many calls at once, and a short, bounded queue before them.
 *
 *     const bulkhead = createBulkhead({ maxConcurrent: 20, maxQueue: 10, maxWaitMs: 100 });
 *     const rows = await bulkhead(({ signal }) => query(sql, signal), { signal, deadline });
 *     const result = await bulkhead.try(fn); // { ok: true, value } | { ok: false, error }
 *
 * Use it to keep one slow dependency from taking all the memory and connections of a process. Do not use it to
 * protect the dependency from a fleet: each instance has its own, and a number sized for five instances is wrong
 * for a hundred (use a load shedder there). A place is free again only when the work has really ended, also when
 * the caller gave up before: put it inside the timeout, so that a timeout does not make room for more.
 *
 * API: createBulkhead(options) -> call(fn, context?), call.try(fn, context?), call.state();
 *      BulkheadFullError (code 'bulkhead-full', overloaded, not retryable).
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

export interface BulkheadEvent {
  readonly type: 'refused';
  readonly reason: 'queue-full' | 'wait-too-long';
}

export interface BulkheadOptions {
  /** Calls at once, from 1. No default: the pool, memory or quota behind it decides. */
  readonly maxConcurrent: number;
  /** Calls that may wait, from 0. @default 0 (a queue only hides overload until it is long) */
  readonly maxQueue?: number;
  /** The longest wait, milliseconds, 0 to 2,147,483,647. @default 1000, shortened by a context's deadline */
  readonly maxWaitMs?: number;
  /**
   * Who is served next. Adaptive LIFO: the oldest while the queue is at most half full, then the newest, and a
   * newcomer to a full queue takes the place of the oldest, whose caller has most likely gone (Facebook, "Fail
   * at Scale"). @default 'fifo'
   */
  readonly order?: 'fifo' | 'adaptive-lifo';
  /** Monotonic milliseconds. @default performance */
  readonly clock?: { now(): number };
  /** Runs a function later and returns how to cancel it. @default setTimeout */
  readonly schedule?: (run: () => void, delayMs: number) => () => void;
  /**
   * One callback for metrics and logs. Nothing is allocated when it is absent. When it throws, the call that it was told
   * of is refused with that.
   */
  readonly onEvent?: (event: BulkheadEvent) => void;
}

export interface Bulkhead {
  /** Rejects with what `fn` threw, {@link BulkheadFullError}, or, at once, with the reason of the context's signal. */
  <T, C extends CallContext = CallContext>(fn: Fn<T, C>, context?: C): Promise<T>;
  /** As the call itself, but what would be thrown is a value. */
  try<T, C extends CallContext = CallContext>(fn: Fn<T, C>, context?: C): Promise<Result<T>>;
  /** How many run and how many wait now. */
  state(): { readonly running: number; readonly waiting: number };
}

const BRAND: unique symbol = Symbol.for('nines.error') as never;

/**
 * There was no place for the call: it was not carried out. An Error without a stack, since taking one costs more than
 * all the rest of a refusal, just when there is no time to lose.
 */
export class BulkheadFullError implements Error {
  readonly name = 'BulkheadFullError';
  readonly code = 'bulkhead-full';
  /** Full is busy, not broken: a circuit breaker does not count it. */
  readonly overloaded = true;
  /** False, for a retry in the same moment would be refused as well. */
  readonly retryable = false;
  readonly message: string;
  readonly [BRAND] = true;

  constructor(reason: BulkheadEvent['reason']) {
    this.message = reason;
  }
}
Object.setPrototypeOf(BulkheadFullError.prototype, Error.prototype);

const ORDERS = ['fifo', 'adaptive-lifo'];

/** @throws RangeError when an option is out of its range */
export function createBulkhead(options: BulkheadOptions): Bulkhead {
  const { maxConcurrent, maxQueue = 0, maxWaitMs = 1000, order = 'fifo' } = options;
  const numbers = [maxConcurrent - 1, maxQueue, maxWaitMs];
  // A longer wait would be over at once: setTimeout takes no more.
  if (!numbers.every((number) => number >= 0 && number < 2 ** 31) || !ORDERS.includes(order)) {
    const given = [maxConcurrent, maxQueue, maxWaitMs, order].join();
    throw new RangeError(
      `createBulkhead: maxConcurrent, maxQueue, maxWaitMs, order are ${given}; give numbers from 1, 0 and 0, below 2 ** 31, and one of ${ORDERS.join()}`,
    );
  }
  const queue: Waiter[] = [];
  let running = 0;

  /** Undefined when there is a place at once; else resolves when there is one. */
  const enter = (context: CallContext): Promise<void> | undefined => {
    if (running < maxConcurrent) {
      running++;
      return undefined;
    }
    const full = queue.length >= maxQueue;
    // The oldest has the least time left, so it goes before a newcomer does.
    const oldest = full && order === 'adaptive-lifo' ? queue.shift() : undefined;
    if (full && !oldest) throw refusal('queue-full', options.onEvent);
    oldest?.refuse('queue-full');
    return wait(queue, context, { maxWaitMs, ...options });
  };

  const leave = () => {
    const newestFirst = order === 'adaptive-lifo' && queue.length > maxQueue / 2;
    const next = newestFirst ? queue.pop() : queue.shift();
    // The place goes from hand to hand, so nobody else can take it in between.
    if (next) next.start();
    else running--;
  };

  const run = async <T, C extends CallContext>(fn: Fn<T, C>, context: C): Promise<T> => {
    const waiting = enter(context);
    if (waiting) await waiting;
    try {
      if (waiting) context.signal?.throwIfAborted();
      return await fn(context);
    } finally {
      leave();
    }
  };

  const call = <T, C extends CallContext>(fn: Fn<T, C>, context = {} as C): Promise<T> => {
    // A signal that a policy above makes when it is read is not read here: that policy lets its caller go by itself.
    const signal = Object.hasOwn(context, 'signal') ? context.signal : undefined;
    return signal ? untilAbort(signal, () => run(fn, context)) : run(fn, context);
  };

  return Object.assign(call, {
    try: <T, C extends CallContext>(fn: Fn<T, C>, context?: C) =>
      call(fn, context).then(
        (value): Result<T> => ({ ok: true, value }),
        (error: unknown): Result<T> => ({ ok: false, error }),
      ),
    state: () => ({ running, waiting: queue.length }),
  });
}

interface Waiter {
  start(): void;
  refuse(reason: BulkheadEvent['reason']): void;
}

/** What a refused call is told. A listener that throws must cost neither a place nor somebody else's. */
const refusal = (reason: BulkheadEvent['reason'], onEvent: BulkheadOptions['onEvent']): unknown => {
  try {
    onEvent?.({ type: 'refused', reason });
  } catch (error) {
    return error;
  }
  return new BulkheadFullError(reason);
};

/** Joins the queue. Rejects when no place is free in time, or when the caller gives up. */
function wait(
  queue: Waiter[],
  { signal, deadline = Infinity }: CallContext,
  {
    maxWaitMs,
    clock = performance,
    schedule = scheduleByTimeout,
    onEvent,
  }: BulkheadOptions & { maxWaitMs: number },
) {
  return new Promise<void>((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason as Error);
      return;
    }
    const end = () => {
      cancel();
      signal?.removeEventListener('abort', onAbort);
      const index = queue.indexOf(waiter);
      if (index >= 0) queue.splice(index, 1);
    };
    const onAbort = () => {
      end();
      reject(signal?.reason as Error);
    };
    const waiter: Waiter = {
      start: () => {
        end();
        resolve();
      },
      refuse: (reason) => {
        end();
        reject(refusal(reason, onEvent) as Error);
      },
    };
    const patienceMs = Math.max(0, Math.min(maxWaitMs, deadline - clock.now()));
    const cancel = schedule(() => {
      waiter.refuse('wait-too-long');
    }, patienceMs);
    queue.push(waiter);
    signal?.addEventListener('abort', onAbort);
  });
}

/** Starts something, and rejects at once when the signal aborts, whatever becomes of it. */
const untilAbort = <T>(signal: AbortSignal, start: () => Promise<T>): Promise<T> =>
  new Promise<T>((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason as Error);
      return;
    }
    const onAbort = () => {
      reject(signal.reason as Error);
    };
    const end = () => {
      signal.removeEventListener('abort', onAbort);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    void start().then(resolve, reject).then(end);
  });

const scheduleByTimeout = (run: () => void, delayMs: number): (() => void) => {
  const timer = setTimeout(run, delayMs);
  return () => {
    clearTimeout(timer);
  };
};
