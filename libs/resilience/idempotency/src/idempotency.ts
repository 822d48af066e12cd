/**
 * Idempotency: one effect and one answer for a request that arrives more than once.
 *
 * Use it for writes that a client may repeat because it never saw the answer: orders, payments, messages taken
 * from a queue. Do not use it for reads, nor instead of a unique constraint where the effect itself has a natural
 * key. It cannot undo an effect outside the store's transaction: give such a service a key of its own.
 *
 *     const once = createIdempotency({ store: createPostgresStore({ client: pool }) });
 *     const { value, replayed } = await once(key, async ({ commit, signal }) =>
 *       transaction(async (client) => {
 *         const order = await insertOrder(client, request);
 *         await commit(order, client);         // the record, in the same transaction as the effect
 *         return order;
 *       }), { payload: request, signal });
 *     const result = await once.try(key, fn, { payload });   // { ok: true, value, replayed } | { ok: false, error }
 *
 * Without `commit` the answer is recorded after `fn`; a crash between the two then repeats the effect. What the
 * caller gets is what a repetition will get: the answer after a round trip through JSON.
 *
 * The holder of a key has a lease and a fence, a number that only grows. When the lease ends, because the holder
 * crashed or is slow, a successor takes over with a higher fence, and the former holder can no longer record or
 * release anything: `commit` throws, and its transaction rolls back.
 *
 * Stores: {@link createMemoryStore} here, PostgreSQL and DynamoDB in files of their own, and a contract for yours.
 */

/** What a called function is told. */
export interface IdempotentContext<Tx> {
  readonly signal: AbortSignal;
  /** Monotonic milliseconds: the earlier of the caller's deadline and the end of the lease. */
  readonly deadline: number;
  /** Grows with every holder of the key: a service that keeps the highest it has seen can refuse a late holder. */
  readonly fence: number;
  /**
   * Records the answer, in the transaction of the effect where the store has one: pass what the store calls a
   * transaction. Throws {@link IdempotencyConflictError} when the lease went to a successor.
   */
  readonly commit: (value: unknown, transaction?: Tx) => Promise<void>;
}

/** What a caller may tell. */
export interface IdempotentOptions {
  /** Compared with the first call's by its fingerprint; the order of object keys does not matter. */
  readonly payload?: unknown;
  /** Given instead of `payload` when there is one already, such as a signature of the raw body. */
  readonly fingerprint?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly deadline?: number | undefined;
}

export interface Idempotent<T> {
  readonly value: T;
  /** Whether an earlier call did the work. */
  readonly replayed: boolean;
}

export type IdempotentResult<T> =
  ({ readonly ok: true } & Idempotent<T>) | { readonly ok: false; readonly error: unknown };

/** What a store found. It is `acquired` when there is a fence; else `reply` tells whether the work is done. */
export interface Acquired {
  readonly fence?: number | undefined;
  readonly reply?: string | undefined;
  /** Of the call that holds or held the key. */
  readonly fingerprint?: string | undefined;
  /** Milliseconds until the holder's lease ends; 0 when the store cannot tell. */
  readonly leaseLeftMs?: number | undefined;
}

/**
 * Where records are kept. Each method is one atomic step. Time is the store's own, because leases are compared
 * between machines. The contract suite (`idempotency-contract.ts`) says all of it as executable cases.
 */
export interface IdempotencyStore<Tx = unknown> {
  /**
   * Takes the key when it is free: never used, released, past its retention, or held under a lease that has ended
   * and with the same fingerprint. The new fence is above all that came before.
   */
  acquire(request: {
    readonly key: string;
    readonly fingerprint: string;
    readonly leaseMs: number;
    readonly retentionMs: number;
  }): Promise<Acquired>;
  /** Records the reply if `fence` still holds the key. False, and nothing is written, when it does not. */
  complete(
    record: {
      readonly key: string;
      readonly fence: number;
      readonly reply: string;
      readonly retentionMs: number;
    },
    transaction?: Tx,
  ): Promise<boolean>;
  /** Frees the key if `fence` still holds it and nothing is recorded. Its fence stays known. */
  release(record: { readonly key: string; readonly fence: number }): Promise<boolean>;
}

export interface IdempotencyEvent {
  readonly type: 'acquired' | 'replayed' | 'waited' | 'rejected' | 'released' | 'lease-lost';
  readonly key: string;
}

export interface IdempotencyOptions<Tx = unknown> {
  readonly store: IdempotencyStore<Tx>;
  /**
   * Keeps apart callers that may choose the same key: the operation's name, a tenant. @default none
   */
  readonly scope?: string;
  /**
   * What a repetition gets. `wait`: the answer, waiting for the first call while it runs. `replay`: the answer, or
   * an error while the first call runs. `reject`: an error always. @default 'wait'
   */
  readonly duplicates?: 'wait' | 'replay' | 'reject';
  /**
   * How long a holder may take before a successor takes over, in milliseconds: above the slowest call plus the
   * difference between machines' clocks, where the store goes by those. @default 30000
   */
  readonly leaseMs?: number;
  /** How long an answer is kept, in milliseconds, at least `leaseMs`. @default 24 hours, as common payment APIs do */
  readonly retentionMs?: number;
  /** Longest wait for the first call. @default 10000: clients wait about that long */
  readonly maxWaitMs?: number;
  /** Time from one look to the next while waiting: it doubles from here up to 1 s. @default 25 */
  readonly pollMs?: number;
  /** Turns an answer into text and back. @default JSON */
  readonly codec?: {
    readonly encode: (value: unknown) => string;
    readonly decode: (text: string) => unknown;
  };
  /** Monotonic milliseconds. @default performance */
  readonly clock?: { now(): number };
  /** From 0 to below 1: spreads those who wait for the same key. @default Math.random */
  readonly random?: () => number;
  /** Runs a function later and returns how to cancel it. @default setTimeout */
  readonly schedule?: (run: () => void, delayMs: number) => () => void;
  /** One callback for metrics and logs. Nothing is allocated when it is absent. */
  readonly onEvent?: (event: IdempotencyEvent) => void;
}

export interface Idempotency<Tx = unknown> {
  /**
   * Runs `fn` unless an earlier call with this key did. When `fn` rejects the key is free again. Throws
   * {@link IdempotencyConflictError}, the signal's reason, or what `fn` or the store throws: without its store
   * nothing is run.
   */
  <T>(
    key: string,
    fn: (context: IdempotentContext<Tx>) => T | PromiseLike<T>,
    options?: IdempotentOptions,
  ): Promise<Idempotent<T>>;
  try<T>(
    key: string,
    fn: (context: IdempotentContext<Tx>) => T | PromiseLike<T>,
    options?: IdempotentOptions,
  ): Promise<IdempotentResult<T>>;
}

export type IdempotencyConflict =
  /** The key was used with another payload: answer 422. */
  | 'idempotency-key-reused'
  /** The first call still runs: answer 409 with `Retry-After`. */
  | 'idempotency-in-progress'
  /** The work is done, and `duplicates` is 'reject': answer 409. */
  | 'idempotency-already-done'
  /** A successor took over: answer 503; a repetition gets the successor's answer. */
  | 'idempotency-lease-lost';

const BRAND: unique symbol = Symbol.for('nines.error') as never;

/** The call met another with its key. */
export class IdempotencyConflictError extends Error {
  override readonly name = 'IdempotencyConflictError';
  readonly code: IdempotencyConflict;
  readonly [BRAND] = true;
  /** Whether a repetition with the same key and payload can get the answer: in progress, or lease lost. */
  readonly retryable: boolean;
  /** When a repetition may find the key free or done. */
  readonly retryAfterMs: number | undefined;

  constructor(code: IdempotencyConflict, retryAfterMs?: number) {
    super(code);
    this.code = code;
    this.retryable = code === 'idempotency-in-progress' || code === 'idempotency-lease-lost';
    this.retryAfterMs = retryAfterMs;
  }
}

/**
 * The fingerprint of a JSON value; the empty text for undefined. Object keys count in order, absent and undefined
 * alike, and each text with its length, so that no two values are written the same way.
 *
 * It has 53 bits (cyrb53, public domain): it is there to notice a key used for another payload by mistake, not to
 * withstand an attacker, who could harm nobody but the owner of the key.
 */
export const fingerprintOf = (payload: unknown) => {
  if (payload === undefined) return '';
  // As whole numbers of 32 bits from the start, so that they are kept as such.
  const hash = { high: 0xdeadbeef | 0, low: 0x41c6ce57 };
  visit(hash, payload);
  let { high, low } = hash;
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return String(4294967296 * (2097151 & low) + (high >>> 0));
};

interface Hash {
  high: number;
  low: number;
}

/** A text with its length before it, or a mark alone. */
const mix = (hash: Hash, unit: number, text = '') => {
  let high = Math.imul(hash.high ^ unit, 2654435761);
  let low = Math.imul(hash.low ^ unit, 1597334677);
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    high = Math.imul(high ^ code, 2654435761);
    low = Math.imul(low ^ code, 1597334677);
  }
  hash.high = high;
  hash.low = low;
};

const visit = (hash: Hash, value: unknown) => {
  if (typeof value === 'string') {
    mix(hash, 1);
    mix(hash, value.length, value);
  } else if (!value || typeof value !== 'object') {
    const text = String(value);
    mix(hash, 6);
    mix(hash, text.length, text);
  } else if (typeof (value as { toJSON?: unknown }).toJSON === 'function')
    visit(hash, (value as { toJSON(): unknown }).toJSON());
  else if (Array.isArray(value)) {
    mix(hash, 2);
    for (const part of value) visit(hash, part);
    mix(hash, 3);
  } else {
    mix(hash, 4);
    for (const name of inOrder(Object.keys(value))) {
      const part = (value as Record<string, unknown>)[name];
      if (part === undefined) continue;
      mix(hash, name.length, name);
      visit(hash, part);
    }
    mix(hash, 5);
  }
};

/** As `sort()` does it, which for a few names costs more than all the rest. */
const inOrder = (names: string[]) => {
  if (names.length > 16) return names.sort();
  for (let end = 1; end < names.length; end++) {
    const name = names[end] as string;
    let at = end;
    for (let before; at && (before = names[at - 1] as string) > name; at--) names[at] = before;
    names[at] = name;
  }
  return names;
};

const DAY_MS = 86_400_000;

const json = {
  encode: (value: unknown) => JSON.stringify(value) ?? '',
  decode: (text: string): unknown => (text ? JSON.parse(text) : undefined),
};

const scheduleByTimeout = (run: () => void, delayMs: number) => {
  const timer = setTimeout(run, delayMs);
  return () => {
    clearTimeout(timer);
  };
};

/** Settles with the promise, or at once when the signal aborts. */
const untilAbort = <T>(promise: Promise<T>, signal: AbortSignal | undefined) =>
  signal
    ? new Promise<T>((resolve, reject) => {
        const onAbort = () => {
          reject(signal.reason as Error);
        };
        signal.addEventListener('abort', onAbort);
        void promise.then(resolve, reject).then(() => {
          signal.removeEventListener('abort', onAbort);
        });
      })
    : promise;

/** What the work is told; its signal is the caller's, or one that never aborts, made only when it is read. */
class Held<Tx> implements IdempotentContext<Tx> {
  readonly deadline: number;
  readonly fence: number;
  readonly commit: IdempotentContext<Tx>['commit'];
  readonly #signal: AbortSignal | undefined;

  constructor(
    deadline: number,
    fence: number,
    commit: IdempotentContext<Tx>['commit'],
    signal: AbortSignal | undefined,
  ) {
    this.deadline = deadline;
    this.fence = fence;
    this.commit = commit;
    this.#signal = signal;
  }

  get signal(): AbortSignal {
    return this.#signal ?? new AbortController().signal;
  }
}

type Work<T, Tx> = (context: IdempotentContext<Tx>) => T | PromiseLike<T>;

/** Does the work of the holder of a key, and records the answer or frees the key. */
const createHolder =
  <Tx>({ store, retentionMs = DAY_MS, codec = json, onEvent }: IdempotencyOptions<Tx>) =>
  async <T>(
    key: string,
    fence: number,
    fn: Work<T, Tx>,
    signal: AbortSignal | undefined,
    deadline: number,
  ): Promise<Idempotent<T>> => {
    let reply: string | undefined;
    let finished = false;
    const commit = async (value: unknown, transaction?: Tx) => {
      const text = codec.encode(value);
      if (!(await store.complete({ key, fence, reply: text, retentionMs }, transaction))) {
        onEvent?.({ type: 'lease-lost', key });
        throw new IdempotencyConflictError('idempotency-lease-lost');
      }
      reply = text;
    };
    try {
      onEvent?.({ type: 'acquired', key });
      signal?.throwIfAborted();
      const value = await fn(new Held(deadline, fence, commit, signal));
      finished = true;
      if (reply === undefined) await commit(value);
      return { value: codec.decode(reply as never) as T, replayed: false };
    } catch (error) {
      // The effect of a finished call is there: with its key free it would be repeated.
      if (!finished) {
        await store.release({ key, fence }).catch(() => undefined);
        // Told last, so that a listener that throws keeps no key taken.
        onEvent?.({ type: 'released', key });
      }
      throw error;
    }
  };

export function createIdempotency<Tx = unknown>(options: IdempotencyOptions<Tx>): Idempotency<Tx> {
  const { store, scope, duplicates = 'wait', leaseMs = 30_000, retentionMs = DAY_MS } = options;
  const { maxWaitMs = 10_000, pollMs = 25, codec = json, clock = performance, onEvent } = options;
  // eslint-disable-next-line no-restricted-properties -- the documented default of the injected source
  const { random = Math.random, schedule = scheduleByTimeout } = options;
  const run = createHolder(options);

  const sleep = (delayMs: number, signal: AbortSignal | undefined) =>
    new Promise<void>((resolve) => {
      const end = () => {
        cancel();
        signal?.removeEventListener('abort', end);
        resolve();
      };
      const cancel = schedule(end, delayMs);
      signal?.addEventListener('abort', end);
    });

  const work = async <T>(name: string, fn: Work<T, Tx>, told: IdempotentOptions): Promise<Idempotent<T>> => {
    const { signal, deadline = Infinity, fingerprint = fingerprintOf(told.payload) } = told;
    // An encoded scope has no '#', so that no scope and key together look like another pair.
    const key = scope ? `${encodeURIComponent(scope)}#${name}` : name;
    let giveUpAt: number | undefined;
    for (let delayMs = pollMs; ; delayMs = Math.min(1000, delayMs * 2)) {
      signal?.throwIfAborted();
      const askedAt = clock.now();
      giveUpAt ??= Math.min(deadline, askedAt + maxWaitMs);
      const found = await store.acquire({ key, fingerprint, leaseMs, retentionMs });
      if (found.fence !== undefined) {
        return run(key, found.fence, fn, signal, Math.min(deadline, askedAt + leaseMs));
      }
      const { reply, leaseLeftMs = 0 } = found;
      const waitMs = Math.min(delayMs * (0.5 + random() / 2), leaseLeftMs || Infinity);
      let conflict: IdempotencyConflict | undefined;
      if ((found.fingerprint ?? fingerprint) !== fingerprint) conflict = 'idempotency-key-reused';
      else if (reply !== undefined) {
        if (duplicates !== 'reject') {
          onEvent?.({ type: 'replayed', key });
          return { value: codec.decode(reply) as T, replayed: true };
        }
        conflict = 'idempotency-already-done';
      } else if (duplicates !== 'wait' || clock.now() + waitMs > giveUpAt)
        conflict = 'idempotency-in-progress';
      if (conflict) {
        onEvent?.({ type: 'rejected', key });
        throw new IdempotencyConflictError(conflict, leaseLeftMs);
      }
      onEvent?.({ type: 'waited', key });
      await sleep(waitMs, signal);
    }
  };

  const call = <T>(key: string, fn: Work<T, Tx>, told: IdempotentOptions = {}) =>
    untilAbort(work(key, fn, told), told.signal);

  return Object.assign(call, {
    try: <T>(key: string, fn: Work<T, Tx>, told?: IdempotentOptions) =>
      call(key, fn, told).then(
        (done): IdempotentResult<T> => ({ ok: true, ...done }),
        (error: unknown): IdempotentResult<T> => ({ ok: false, error }),
      ),
  });
}

export interface MemoryStoreOptions {
  /** Most records. When that many are kept `acquire` throws: forgetting one would break the promise. @default 100000 */
  readonly maxRecords?: number;
  /** Monotonic milliseconds. @default performance */
  readonly clock?: { now(): number };
}

interface MemoryRecord {
  fence: number;
  /** Absent when the key was released. */
  fingerprint: string | undefined;
  reply: string | undefined;
  leaseUntil: number;
  expiresAt: number;
}

/**
 * A store for one process: tests, single instances, command line tools. Its transaction is a list of steps to which
 * `commit` adds one at the front; run them in one go, and the record and the effect come together or not at all:
 *
 *     const steps = [() => orders.set(id, order)];
 *     await commit(order, steps);
 *     for (const step of steps) step();          // the first throws when the lease was lost
 */
export function createMemoryStore(options: MemoryStoreOptions = {}): IdempotencyStore<(() => void)[]> {
  const { maxRecords = 100_000, clock = performance } = options;
  const records = new Map<string, MemoryRecord>();
  let fences = 0;

  const held = (key: string, fence: number) => {
    const record = records.get(key);
    return record?.fence === fence && record.fingerprint !== undefined ? record : undefined;
  };

  const record = (key: string, fence: number, reply: string, retentionMs: number) => {
    const entry = held(key, fence);
    if (!entry || (entry.reply ?? reply) !== reply) return false;
    entry.reply = reply;
    entry.expiresAt = clock.now() + retentionMs;
    return true;
  };

  /**
   * Looks at two records for each new one, some at a time, and goes on the next time where it stopped: the map shrinks
   * without a timer and without a long sweep.
   */
  let sweeper = records.entries();
  const sweep = (now: number) => {
    for (let left = 128; left; left--) {
      const step = sweeper.next();
      if (step.done) sweeper = records.entries();
      else if (step.value[1].expiresAt <= now) records.delete(step.value[0]);
    }
  };

  return {
    async acquire({ key, fingerprint, leaseMs, retentionMs }) {
      const now = clock.now();
      if (fences % 64 === 0 || records.size >= maxRecords) sweep(now);
      const entry = records.get(key);
      if (entry?.fingerprint !== undefined && entry.expiresAt > now) {
        const leaseLeftMs = Math.max(0, entry.leaseUntil - now);
        if (entry.reply !== undefined || leaseLeftMs || entry.fingerprint !== fingerprint)
          return { reply: entry.reply, fingerprint: entry.fingerprint, leaseLeftMs };
      }
      // A successor takes the place of the former holder, in a full store too.
      if (entry) records.delete(key);
      if (records.size >= maxRecords) throw new Error('the memory store is full');
      const fence = ++fences;
      const leaseUntil = now + leaseMs;
      const expiresAt = now + Math.max(leaseMs, retentionMs);
      records.set(key, { fence, fingerprint, reply: undefined, leaseUntil, expiresAt });
      return { fence };
    },
    async complete({ key, fence, reply, retentionMs }, steps) {
      if (!steps) return record(key, fence, reply, retentionMs);
      steps.unshift(() => {
        if (!record(key, fence, reply, retentionMs)) throw new Error('the lease went to a successor');
      });
      return true;
    },
    async release({ key, fence }) {
      const entry = held(key, fence);
      if (!entry || entry.reply !== undefined) return false;
      entry.fingerprint = undefined;
      return true;
    },
  };
}
