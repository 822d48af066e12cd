/**
 * Hedge: asks a second time when the first answer is late, and takes whichever comes first.
 *
 *     const hedge = createHedge({ idempotent: true, delayMs: 80 });
 *     const product = await hedge(({ signal }) => fetchProduct(id, signal), { signal });
 *     const result = await hedge.try(fn); // { ok: true, value } | { ok: false, error }
 *
 * Use it for reads whose slowest answers come from bad luck (one slow replica, a pause of a collector) and not from
 * load, with the delay at p95 of good times: then one call in twenty is asked twice. Do not use it against an
 * overloaded service, which it would load more (the budget limits that), nor for calls that may not be repeated.
 *
 * API: createHedge(options) -> call(fn, context?), call.try(fn, context?);
 *      createHedgeBudget(capacity, perCall) -> a token bucket to share between hedges.
 */

/** What a call is told about itself. What the caller gives is passed on; the signal is always there. */
export interface CallContext {
  /** Aborts when nobody waits for the answer any more, also because another attempt has won. */
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

/** Allows hedges only while they are a small share of the calls. */
export interface HedgeBudget {
  /** Takes what one hedge costs. False: there is not enough left, so do not hedge. */
  take(): boolean;
  /** Pays in what one call earns. */
  put(): void;
}

export interface HedgeEvent {
  /** A further attempt was made; it was not, for want of budget; or a further attempt was the first to answer. */
  readonly type: 'hedged' | 'budget' | 'won';
}

export interface HedgeOptions {
  /** Whether the calls may be repeated. There is no default, for only you know. A context's `idempotent` decides for its call. */
  readonly idempotent: boolean;
  /** How long an attempt may take before the next is made, milliseconds. No default: p95 of good times. */
  readonly delayMs: number;
  /** Attempts besides the first, from 1. @default 1 (a second hedge wins hardly anything) */
  readonly maxHedges?: number;
  /** @default one of this policy's own, see createHedgeBudget */
  readonly budget?: HedgeBudget;
  /** Runs a function later and returns how to cancel it. @default setTimeout */
  readonly schedule?: (run: () => void, delayMs: number) => () => void;
  /** One callback for metrics and logs. Nothing is allocated when it is absent. What it throws, the call fails with. */
  readonly onEvent?: (event: HedgeEvent) => void;
}

export interface Hedge {
  /** Rejects with the error of the last attempt when all have failed, or, at once, with the signal's reason. */
  <T>(fn: Fn<T>, context?: Partial<CallContext>): Promise<T>;
  /** As the call itself, but what would be thrown is a value. */
  try<T>(fn: Fn<T>, context?: Partial<CallContext>): Promise<Result<T>>;
}

/**
 * @param capacity hedges that can be made in a row. @default 10
 * @param perCall what a call pays in; a hedge costs 1, so this is the share of hedges that lasts. @default 0.05, which
 *   is what a delay of p95 uses up (Dean and Barroso, "The Tail at Scale")
 * @param tokens what is in it at the start. @default capacity
 */
export const createHedgeBudget = (capacity = 10, perCall = 0.05, tokens = capacity): HedgeBudget => ({
  // Ten tenths make a whole here too, which in floating point is 0.9999999999999999.
  take: () => tokens > 0.999999 && !!tokens--,
  put: () => (tokens = Math.min(capacity, tokens + perCall)),
});

export function createHedge(options: HedgeOptions): Hedge {
  const { idempotent, budget = createHedgeBudget() } = options;

  const call = <T>(fn: Fn<T>, given: Partial<CallContext> = {}): Promise<T> => {
    budget.put();
    return new Promise<T>((resolve, reject) => {
      race(fn, given, { ...options, budget }, given.idempotent ?? idempotent, { resolve, reject });
    });
  };

  return Object.assign(call, {
    try: <T>(fn: Fn<T>, context?: Partial<CallContext>) =>
      call(fn, context).then(
        (value): Result<T> => ({ ok: true, value }),
        (error: unknown): Result<T> => ({ ok: false, error }),
      ),
  });
}

interface Settle<T> {
  resolve(value: T): void;
  reject(error: unknown): void;
}

function race<T>(
  fn: Fn<T>,
  given: Partial<CallContext>,
  { delayMs, maxHedges = 1, budget, schedule = scheduleByTimeout, onEvent }: HedgeOptions,
  repeatable: boolean,
  settle: Settle<T>,
): void {
  const attempts: AbortController[] = [];
  const above = given.signal;
  let pending = 0;
  let cancel: (() => void) | undefined;

  const end = (winner?: AbortController, reason?: unknown) => {
    cancel?.();
    cancel = undefined;
    above?.removeEventListener('abort', onAbort);
    for (const attempt of attempts) if (attempt !== winner) attempt.abort(reason);
  };
  const onAbort = () => {
    settle.reject(above?.reason);
    end(undefined, above?.reason);
  };
  /** @returns false when the listener threw, which has failed the call: from a timer it would be an uncaught exception. */
  const tell = (type: HedgeEvent['type']): boolean => {
    try {
      onEvent?.({ type });
      return true;
    } catch (bug) {
      settle.reject(bug);
      return false;
    }
  };
  const begin = () => {
    const attempt = new AbortController();
    const number = attempts.push(attempt);
    pending++;
    void startOf(fn, {
      ...given,
      // Read by name, since a timeout's context has it as a getter, which a copy is without.
      deadline: given.deadline,
      signal: attempt.signal,
    }).then(
      (value) => {
        if (attempt.signal.aborted) return;
        if (number === 1 || tell('won')) settle.resolve(value);
        end(attempt);
      },
      (error: unknown) => {
        // An error is an answer too, and not late: as long as no other attempt is under way it is the outcome.
        if (--pending || attempt.signal.aborted) return;
        settle.reject(error);
        end();
      },
    );
    if (repeatable && number <= maxHedges && !attempt.signal.aborted) cancel = schedule(hedge, delayMs);
  };
  const hedge = () => {
    const allowed = budget?.take();
    if (allowed) begin();
    if (!tell(allowed ? 'hedged' : 'budget')) end();
  };

  if (above?.aborted) {
    settle.reject(above.reason);
    return;
  }
  above?.addEventListener('abort', onAbort);
  begin();
}

const startOf = async <T>(fn: Fn<T>, context: CallContext): Promise<T> => fn(context);

const scheduleByTimeout = (run: () => void, delayMs: number): (() => void) => {
  const timer = setTimeout(run, delayMs);
  return () => {
    clearTimeout(timer);
  };
};
