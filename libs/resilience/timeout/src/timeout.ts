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
 * API: createTimeout(options) -> call(fn, context?), call.try(fn, context?); TimeoutError (code 'timeout').
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

export interface TimeoutEvent {
  readonly type: 'timeout';
  readonly timeoutMs: number;
}

export interface TimeoutOptions {
  /** The time limit, milliseconds, above 0. A nearer `deadline` in the context shortens it. No default: measure. */
  readonly timeoutMs: number;
  /** Monotonic milliseconds. @default performance */
  readonly clock?: { now(): number };
  /** Runs a function later and returns how to cancel it. @default setTimeout */
  readonly schedule?: (run: () => void, delayMs: number) => () => void;
  /** One callback for metrics and logs. Nothing is allocated when it is absent. */
  readonly onEvent?: (event: TimeoutEvent) => void;
}

export interface Timeout {
  <T>(fn: (context: CallContext) => T | PromiseLike<T>, context?: Partial<CallContext>): Promise<T>;
  try<T>(
    fn: (context: CallContext) => T | PromiseLike<T>,
    context?: Partial<CallContext>,
  ): Promise<Result<T>>;
}

const BRAND: unique symbol = Symbol.for('nines.error') as never;

/** The call took longer than it may. It may have had its effect all the same. */
export class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
  readonly code = 'timeout';
  readonly [BRAND] = true;
}

export function createTimeout(options: TimeoutOptions): Timeout {
  const { timeoutMs, clock = performance, schedule = scheduleByTimeout, onEvent } = options;

  const call = <T>(
    fn: (context: CallContext) => T | PromiseLike<T>,
    parent?: Partial<CallContext>,
  ): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      const now = clock.now();
      const deadline = Math.min(now + timeoutMs, parent?.deadline ?? Infinity);
      const context = new TimedContext(parent, deadline);
      // Only a signal of the caller's own is watched here: a policy above watches the one it made.
      const signal = parent && Object.hasOwn(parent, 'signal') ? parent.signal : undefined;
      const settle = () => {
        cancel();
        signal?.removeEventListener('abort', onAbort);
        context.release();
      };
      const end = (reason: unknown) => {
        settle();
        context.abort(reason);
        reject(reason as Error);
      };
      const onAbort = () => {
        end(signal?.reason);
      };
      const cancel = schedule(
        () => {
          onEvent?.({ type: 'timeout', timeoutMs: deadline - now });
          end(new TimeoutError(`no answer within ${String(deadline - now)} ms`));
        },
        Math.max(0, deadline - now),
      );
      if (signal?.aborted) {
        onAbort();
        return;
      }
      signal?.addEventListener('abort', onAbort);
      new Promise<T>((start) => {
        start(fn(context));
      }).then(
        (value) => {
          settle();
          resolve(value);
        },
        (error: unknown) => {
          settle();
          reject(error as Error);
        },
      );
    });

  return Object.assign(call, {
    try: <T>(fn: (context: CallContext) => T | PromiseLike<T>, context?: Partial<CallContext>) =>
      call(fn, context).then(
        (value): Result<T> => ({ ok: true, value }),
        (error: unknown): Result<T> => ({ ok: false, error }),
      ),
  });
}

/** What the call is told: the caller's own fields, the nearer deadline, and a signal made on reading. */
class TimedContext implements CallContext {
  declare readonly attempt?: number;
  declare readonly idempotent?: boolean;
  readonly deadline: number;
  readonly #parent: Partial<CallContext> | undefined;
  #controller: AbortController | undefined;
  #reason: { readonly value: unknown } | undefined;

  constructor(parent: Partial<CallContext> | undefined, deadline: number) {
    if (parent) Object.assign(this, parent);
    this.deadline = deadline;
    this.#parent = parent;
  }

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      const above = this.#parent?.signal;
      if (this.#reason) this.#controller.abort(this.#reason.value);
      else if (above?.aborted) this.#controller.abort(above.reason);
      else above?.addEventListener('abort', this.#follow);
    }
    return this.#controller.signal;
  }

  /** Copying the caller's fields must not replace the getter. */
  set signal(_signal: AbortSignal) {
    // The getter asks the parent.
  }

  readonly #follow = () => this.#controller?.abort(this.#parent?.signal?.reason);

  abort(reason: unknown): void {
    this.#reason = { value: reason };
    this.#controller?.abort(reason);
  }

  release(): void {
    if (this.#controller) this.#parent?.signal?.removeEventListener('abort', this.#follow);
  }
}

function scheduleByTimeout(run: () => void, delayMs: number): () => void {
  const timer = setTimeout(run, delayMs);
  return () => {
    clearTimeout(timer);
  };
}
