/**
 * Pipeline: several resilience policies as one, outermost first.
 *
 *     const call = pipeline(retry, breaker, timeout, bulkhead);
 *     const product = await call(({ signal }) => fetchProduct(id, signal), { signal, deadline });
 *     const result = await call.try(fn); // { ok: true, value } | { ok: false, error }
 *
 * The order that is right nearly always: deadline, retry, circuit breaker, timeout, bulkhead. Each attempt is
 * then counted by the breaker and limited by the timeout, and the bulkhead keeps a place taken until the work
 * has really ended. Wrong: the timeout outside the retry (one limit for all attempts: use a deadline), the
 * breaker outside the retry (it sees one failure where the service saw three), the bulkhead outside the timeout
 * (its place is free while the work goes on).
 *
 * A call settles at once when its signal aborts, whatever the function does with the signal.
 *
 * API: pipeline(...policies) -> call(fn, context?), call.try(fn, context?). A policy is any function
 * (fn, context) => Promise, so your own fit in without a class to extend.
 */

/**
 * What a call is told about itself: what the caller gives is handed on as it is, other fields as well, unless a policy
 * puts something in its place (a timeout does: a signal and a deadline of its own).
 */
export interface CallContext {
  /** Aborts when nobody waits for the answer any more. */
  readonly signal?: AbortSignal | undefined;
  /** The moment, in milliseconds of the monotonic clock, after which the answer is of no use. */
  readonly deadline?: number | undefined;
  /** Whether doing the call twice has the same effect as doing it once. */
  readonly idempotent?: boolean | undefined;
}

/** The function that a policy calls. */
export type Fn<T, C = CallContext> = (context: C) => T | PromiseLike<T>;

export type Result<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown };

/** Anything that runs a function under some rule. */
export type Policy = <T>(fn: Fn<T>, context: CallContext) => Promise<T>;

export interface Pipeline {
  /** Rejects with what the outermost policy rejects with, or, at once, with the reason of the context's signal. */
  <T, C extends CallContext = CallContext>(fn: Fn<T, C>, context?: C): Promise<T>;
  /** As the call itself, but what would be thrown is a value. */
  try<T, C extends CallContext = CallContext>(fn: Fn<T, C>, context?: C): Promise<Result<T>>;
}

/**
 * What a policy may offer beyond being called, so that a pipeline needs one promise for all of them and not one for
 * each. All of it is optional, and recognised by its shape.
 */
interface Shortcuts {
  /** A policy that only watches (a circuit breaker, a throttle): lets a call in and hears how it ended, or refuses. */
  enter?(): Leave | Error;
  /** A policy that limits time: gives the context for the call, through which its outcome comes back. */
  start?(context: CallContext | undefined, caller: Caller): CallContext & Caller;
  /** A policy that has nothing to do for a call that goes well but to be paid: a retry. */
  readonly budget?: { put(): void };
}

/** Says how a call that was let in has ended. */
type Leave = (ok: boolean, error?: unknown) => void;

/** Where the outcome of a call goes. */
interface Caller {
  settle(ok: boolean, value: unknown): void;
}

/** All that is inside a policy: calls the function and lets the caller know. It never throws. */
type Next = (fn: Fn<unknown>, context: CallContext | undefined, caller: Caller) => void;

/** @param policies outermost first; without any, the function is just called. */
export function pipeline(...policies: readonly (Policy & Shortcuts)[]): Pipeline {
  // A call that goes well passes a retry and a watching policy that are outermost, as they mostly are, in one step.
  const [retry, afterRetry] = policies[0]?.budget ? [policies[0], policies.slice(1)] : [undefined, policies];
  const [watcher, inside] = afterRetry[0]?.enter
    ? [afterRetry[0], afterRetry.slice(1)]
    : [undefined, afterRetry];
  const outer: Outer = {
    enter: watcher?.enter,
    next: chain(inside),
    budget: retry?.budget,
    again: retry && againBy(retry, chain(afterRetry)),
  };
  return Object.assign(
    (fn: Fn<unknown>, given?: CallContext) =>
      new Promise((resolve, reject) => {
        new Call(outer, fn, given, resolve, reject).begin();
      }),
    {
      try: (fn: Fn<unknown>, given?: CallContext) =>
        new Promise((resolve) => {
          new Call(outer, fn, given, resolve).begin();
        }),
    },
  ) as Pipeline;
}

/** The outermost policies, and all that is inside them. */
interface Outer {
  readonly enter: Shortcuts['enter'] | undefined;
  readonly next: Next;
  readonly budget: Shortcuts['budget'] | undefined;
  readonly again: Again | undefined;
}

/** A call of the pipeline: the way back to the one who called. */
class Call implements Caller {
  readonly #outer: Outer;
  readonly #fn: Fn<unknown>;
  readonly #given: CallContext | undefined;
  readonly #resolve: (value: unknown) => void;
  /** Undefined: the outcome is wanted as a value in any case. */
  readonly #reject: ((error: unknown) => void) | undefined;
  #leave: Leave | undefined = undefined;
  #onAbort: (() => void) | undefined = undefined;

  constructor(
    outer: Outer,
    fn: Fn<unknown>,
    given: CallContext | undefined,
    resolve: (value: unknown) => void,
    reject?: (error: unknown) => void,
  ) {
    this.#outer = outer;
    this.#fn = fn;
    this.#given = given;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  begin(): void {
    const signal = this.#given?.signal;
    if (signal) {
      this.#onAbort = () => {
        this.#end(false, signal.reason);
      };
      if (signal.aborted) {
        this.#onAbort();
        return;
      }
      signal.addEventListener('abort', this.#onAbort);
    }
    const { enter, next } = this.#outer;
    if (enter) {
      const leave = entered(enter);
      if (typeof leave !== 'function') {
        this.settle(false, leave);
        return;
      }
      this.#leave = leave as Leave;
    }
    next(this.#fn, this.#given, this);
  }

  /** The first attempt has ended. */
  settle(ok: boolean, value: unknown): void {
    const { budget, again } = this.#outer;
    try {
      this.#leave?.(ok, value);
      if (ok) budget?.put();
    } catch (error) {
      ok = false;
      value = error;
    }
    // Nothing runs any more for a caller who has gone.
    if (ok || !again || this.#given?.signal?.aborted) {
      this.#end(ok, value);
      return;
    }
    again(value, this.#fn, this.#given).then(
      (late) => {
        this.#end(true, late);
      },
      (error: unknown) => {
        this.#end(false, error);
      },
    );
  }

  #end(ok: boolean, value: unknown): void {
    if (this.#onAbort) this.#given?.signal?.removeEventListener('abort', this.#onAbort);
    if (!this.#reject) this.#resolve(ok ? { ok, value } : { ok, error: value });
    else if (ok) this.#resolve(value);
    else this.#reject(value);
  }
}

/** What `enter` gives. What it throws (a listener of its events may) refuses the call as well. */
const entered = (enter: () => Leave | Error): unknown => {
  try {
    return enter();
  } catch (error) {
    return error;
  }
};

const chain = (policies: readonly (Policy & Shortcuts)[]): Next =>
  policies.reduceRight<Next>((next, policy) => stage(policy, next), invoke);

function stage(policy: Policy & Shortcuts, next: Next): Next {
  const { enter, start } = policy;
  if (enter) {
    return (fn, context, caller) => {
      const leave = entered(enter);
      if (typeof leave === 'function') next(fn, context, new WatchedCaller(leave as Leave, caller));
      else caller.settle(false, leave);
    };
  }
  if (start) {
    return (fn, context, caller) => {
      let call: CallContext & Caller;
      try {
        call = start(context, caller);
      } catch (error) {
        caller.settle(false, error);
        return;
      }
      next(fn, call, call);
    };
  }
  // To such a policy all that is inside it is a function, called like any other.
  return (fn, context, caller) => {
    invoke((given) => policy((own) => promiseOf(next, fn, own), given), context, caller);
  };
}

/** Hands a first attempt that has failed to the retry. */
type Again = (error: unknown, fn: Fn<unknown>, context: CallContext | undefined) => Promise<unknown>;

const againBy =
  (retry: Policy, next: Next): Again =>
  (error, fn, context = {}) => {
    let first = true;
    return startOf(() =>
      retry((own) => {
        if (!first) return promiseOf(next, fn, own);
        first = false;
        throw error;
      }, context),
    );
  };

/** A policy that is no async function may throw at once; that is a rejection like any other. */
const startOf = async <T>(start: () => T | PromiseLike<T>): Promise<T> => start();

/** The innermost: the function itself. */
const invoke: Next = (fn, context = {}, caller) => {
  try {
    settleWith(Promise.resolve(fn(context)), caller);
  } catch (error) {
    caller.settle(false, error);
  }
};

const settleWith = (promise: Promise<unknown>, caller: Caller) => {
  promise.then(
    (value) => {
      caller.settle(true, value);
    },
    (error: unknown) => {
      caller.settle(false, error);
    },
  );
};

const promiseOf = <T>(next: Next, fn: Fn<T>, context: CallContext): Promise<T> =>
  new Promise<T>((resolve, reject) => {
    next(fn, context, {
      settle(ok, value) {
        if (ok) resolve(value as T);
        else reject(value as Error);
      },
    });
  });

/** Tells a watching policy how the call that it has let in ended. */
class WatchedCaller implements Caller {
  readonly #leave: Leave;
  readonly #caller: Caller;

  constructor(leave: Leave, caller: Caller) {
    this.#leave = leave as Leave;
    this.#caller = caller;
  }

  settle(ok: boolean, value: unknown): void {
    try {
      this.#leave(ok, value);
    } catch (error) {
      ok = false;
      value = error;
    }
    this.#caller.settle(ok, value);
  }
}
