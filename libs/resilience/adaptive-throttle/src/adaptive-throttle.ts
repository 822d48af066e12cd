/**
 * Adaptive throttle: a client that is refused often refuses some of its own calls, before they cost anybody anything.
 *
 *     const throttle = createAdaptiveThrottle();
 *     const product = await throttle(({ signal }) => fetchProduct(id, signal), { signal });
 *     const result = await throttle.try(fn); // { ok: true, value } | { ok: false, error }
 *
 * Use it in clients of a service that sheds load: refusing costs such a service something too, and at ten times its
 * capacity it would do nothing else. Do not use it for a service that is rarely called, where the share says nothing,
 * or instead of a circuit breaker: it only ever slows down calls to what is overloaded.
 *
 * It has no timers, and lets part of the calls through at any time, so it finds out by itself when all is well again.
 *
 * API: createAdaptiveThrottle(options) -> call(fn, context?), call.try(fn, context?), call.enter(), call.refusalShare();
 *      ThrottledError (code 'throttled', overloaded, not retryable).
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

export interface ThrottleEvent {
  readonly type: 'refused';
  /** The share of calls that was refused at that moment, 0 to 1. */
  readonly share: number;
}

export interface AdaptiveThrottleOptions {
  /**
   * How many calls are made for each one that is accepted, above 1. Less refuses more here and less there.
   * @default 2 (Google SRE book, "Handling Overload")
   */
  readonly k?: number;
  /** How long calls are remembered, milliseconds, to a tenth of it. @default 120_000 (the same source) */
  readonly windowMs?: number;
  /**
   * Whether an error means that the service took the call on. Errors that are its answer count as accepted.
   * @default all but errors with `overloaded: true` and timeouts (by code or name). When it throws, the call fails
   * with that, and counts as not accepted
   */
  readonly isAccepted?: (error: unknown) => boolean;
  /** Monotonic milliseconds. @default performance */
  readonly clock?: { now(): number };
  /** A number from 0 up to, not including, 1. @default Math.random */
  readonly random?: () => number;
  /** One callback for metrics and logs. Nothing is allocated when it is absent. */
  readonly onEvent?: (event: ThrottleEvent) => void;
}

/** Says how the call that was let in has ended. Only its first word counts. */
export type Leave = (ok: boolean, error?: unknown) => void;

export interface AdaptiveThrottle {
  /** Rejects with what `fn` threw, {@link ThrottledError}, or, at once, with the reason of the context's signal. */
  <T, C extends CallContext = CallContext>(fn: Fn<T, C>, context?: C): Promise<T>;
  /** As the call itself, but what would be thrown is a value. */
  try<T, C extends CallContext = CallContext>(fn: Fn<T, C>, context?: C): Promise<Result<T>>;
  /** For work that is no single promise: lets it in, to be ended by the function returned, or refuses it. */
  enter(): Leave | ThrottledError;
  /** The share of calls that would be refused now, 0 to 1. */
  refusalShare(): number;
}

const BRAND: unique symbol = Symbol.for('nines.error') as never;

/**
 * The service has refused so many calls that this one was not made. An Error without a stack, since taking one costs
 * more than all the rest of a refusal, just when there is no time to lose.
 */
export class ThrottledError implements Error {
  readonly name = 'ThrottledError';
  readonly message = 'throttled';
  readonly code = 'throttled';
  /** Busy, not broken: a circuit breaker does not count it. */
  readonly overloaded = true;
  /** False, for a retry would add to what is too much already. */
  readonly retryable = false;
  readonly [BRAND] = true;
}
Object.setPrototypeOf(ThrottledError.prototype, Error.prototype);

/** A tenth of the window: its number, and how many calls were wanted and accepted in it. */
interface Part {
  number: number;
  wanted: number;
  accepted: number;
}

export function createAdaptiveThrottle(options: AdaptiveThrottleOptions = {}): AdaptiveThrottle {
  const { k = 2, windowMs = 120_000, isAccepted = isTakenOn, clock = performance, onEvent } = options;
  // eslint-disable-next-line no-restricted-properties -- The documented default of the injected random source.
  const { random = Math.random } = options;
  const parts: Part[] = [];

  /** The part of the present moment, the first in the list; those that are too old are dropped. */
  const present = (): Part => {
    const number = Math.floor((clock.now() / windowMs) * 10);
    if (parts[0]?.number !== number) parts.unshift({ number, wanted: 0, accepted: 0 });
    while ((parts.at(-1)?.number ?? number) <= number - 10) parts.pop();
    return parts[0] as Part;
  };

  const refusalShare = (): number => {
    present();
    let wanted = 0;
    let accepted = 0;
    for (const part of parts) {
      wanted += part.wanted;
      accepted += part.accepted;
    }
    // max(0, (requests - K x accepts) / (requests + 1)), Google SRE book, "Handling Overload".
    return Math.max(0, (wanted - k * accepted) / (wanted + 1));
  };

  const enter = (): Leave | ThrottledError => {
    const share = refusalShare();
    // A call that is refused here was wanted too: else the share would fall as soon as it rises.
    present().wanted++;
    if (random() >= share) {
      let left = false;
      return (ok, error) => {
        if (left) return;
        left = true;
        if (ok || isAccepted(error)) present().accepted++;
      };
    }
    onEvent?.({ type: 'refused', share });
    return new ThrottledError();
  };

  return Object.assign(
    <T, C extends CallContext>(fn: Fn<T, C>, context = {} as C) =>
      new Promise<T>((resolve, reject) => {
        attempt(enter, fn, context, (ok, value) => {
          if (ok) resolve(value as T);
          else reject(value as Error);
        });
      }),
    {
      try: <T, C extends CallContext>(fn: Fn<T, C>, context = {} as C) =>
        new Promise<Result<T>>((resolve) => {
          attempt(enter, fn, context, (ok, value) => {
            resolve(ok ? { ok, value: value as T } : { ok, error: value });
          });
        }),
      enter,
      refusalShare,
    },
  );
}

/** Calls a function that `enter` lets in, and ends at once when the signal aborts. `end` may be called again, in vain. */
function attempt<T, C extends CallContext>(
  enter: AdaptiveThrottle['enter'],
  fn: Fn<T, C>,
  context: C,
  end: (ok: boolean, value: unknown) => void,
): void {
  const { signal } = context;
  let leave: Leave | ThrottledError | undefined;
  const settle = (ok: boolean, value: unknown) => {
    signal?.removeEventListener('abort', abort);
    try {
      if (typeof leave === 'function') leave(ok, value);
      end(ok, value);
    } catch (error) {
      end(false, error);
    }
  };
  const abort = () => {
    settle(false, signal?.reason);
  };
  if (signal?.aborted) {
    abort();
    return;
  }
  signal?.addEventListener('abort', abort);
  try {
    leave = enter();
    if (typeof leave !== 'function') settle(false, leave);
    else {
      Promise.resolve(fn(context)).then((value) => {
        settle(true, value);
      }, fail);
    }
  } catch (error) {
    fail(error);
  }
  function fail(error: unknown) {
    settle(false, error);
  }
}

const isTakenOn = (error: unknown): boolean => {
  const { overloaded, code, name } = (error ?? {}) as Record<string, unknown>;
  return !overloaded && code !== 'timeout' && name !== 'TimeoutError';
};
