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

export interface BulkheadEvent {
  readonly type: 'refused';
  readonly reason: 'queue-full' | 'wait-too-long';
}

export interface BulkheadOptions {
  /** Calls at once, from 1. No default: the pool, memory or quota behind it decides. */
  readonly maxConcurrent: number;
  /** Calls that may wait, from 0. @default 0 (a queue only hides overload until it is long) */
  readonly maxQueue?: number;
  /** The longest wait, milliseconds. @default 1000, shortened by a context's deadline */
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
  /** One callback for metrics and logs. Nothing is allocated when it is absent. */
  readonly onEvent?: (event: BulkheadEvent) => void;
}

export interface Bulkhead {
  <T>(fn: (context: CallContext) => T | PromiseLike<T>, context?: Partial<CallContext>): Promise<T>;
  try<T>(
    fn: (context: CallContext) => T | PromiseLike<T>,
    context?: Partial<CallContext>,
  ): Promise<Result<T>>;
  /** How many run and how many wait now. */
  state(): { readonly running: number; readonly waiting: number };
}

const BRAND: unique symbol = Symbol.for('nines.error') as never;

/** There was no place for the call. It was not carried out. */
export class BulkheadFullError extends Error {
  override readonly name = 'BulkheadFullError';
  readonly code = 'bulkhead-full';
  readonly overloaded = true;
  readonly retryable = false;
  readonly [BRAND] = true;
}

interface Waiter {
  start(): void;
  refuse(reason: BulkheadEvent['reason']): void;
}

export function createBulkhead(options: BulkheadOptions): Bulkhead {
  const {
    maxConcurrent,
    maxQueue = 0,
    maxWaitMs = 1000,
    order = 'fifo',
    clock = performance,
    schedule = scheduleByTimeout,
    onEvent,
  } = options;
  const queue: Waiter[] = [];
  let running = 0;

  const refusal = (reason: BulkheadEvent['reason']) => {
    onEvent?.({ type: 'refused', reason });
    return new BulkheadFullError(`no place: ${reason}`);
  };

  const leave = () => {
    running--;
    const newestFirst = order === 'adaptive-lifo' && queue.length > maxQueue / 2;
    (newestFirst ? queue.pop() : queue.shift())?.start();
  };

  /** Waits for a place. Rejects when there is none in time, or when the caller gives up. */
  const wait = (context: Partial<CallContext> | undefined) =>
    new Promise<void>((resolve, reject) => {
      const signal = context?.signal;
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
        start() {
          end();
          running++;
          resolve();
        },
        refuse(reason) {
          end();
          reject(refusal(reason));
        },
      };
      const patienceMs = Math.min(maxWaitMs, (context?.deadline ?? Infinity) - clock.now());
      const cancel = schedule(() => {
        waiter.refuse('wait-too-long');
      }, patienceMs);
      queue.push(waiter);
      signal?.addEventListener('abort', onAbort);
    });

  const enter = async (context: Partial<CallContext> | undefined) => {
    context?.signal?.throwIfAborted();
    if (running < maxConcurrent) {
      running++;
      return;
    }
    if (queue.length >= maxQueue) {
      if (order === 'fifo' || !maxQueue) throw refusal('queue-full');
      queue[0]?.refuse('queue-full');
    }
    await wait(context);
  };

  const run = async <T>(
    fn: (context: CallContext) => T | PromiseLike<T>,
    context: Partial<CallContext> | undefined,
  ): Promise<T> => {
    await enter(context);
    try {
      return await fn((context ?? NO_CONTEXT) as CallContext);
    } finally {
      leave();
    }
  };

  const call = <T>(
    fn: (context: CallContext) => T | PromiseLike<T>,
    context?: Partial<CallContext>,
  ): Promise<T> => settleAtAbort(run(fn, context), context);

  return Object.assign(call, {
    try: <T>(fn: (context: CallContext) => T | PromiseLike<T>, context?: Partial<CallContext>) =>
      call(fn, context).then(
        (value): Result<T> => ({ ok: true, value }),
        (error: unknown): Result<T> => ({ ok: false, error }),
      ),
    state: () => ({ running, waiting: queue.length }),
  });
}

/** For calls without a context: a signal that nobody aborts, made only when it is read. */
const NO_CONTEXT: CallContext = {
  get signal() {
    return new AbortController().signal;
  },
};

/** Lets the caller go at once when its own signal aborts; a signal made by a policy above is watched there. */
function settleAtAbort<T>(promise: Promise<T>, context: Partial<CallContext> | undefined): Promise<T> {
  const signal = context && Object.hasOwn(context, 'signal') ? context.signal : undefined;
  if (!signal) return promise;
  return new Promise<T>((resolve, reject) => {
    const onAbort = () => {
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
    void promise.then(resolve, reject).then(() => {
      signal.removeEventListener('abort', onAbort);
    });
  });
}

function scheduleByTimeout(run: () => void, delayMs: number): () => void {
  const timer = setTimeout(run, delayMs);
  return () => {
    clearTimeout(timer);
  };
}
