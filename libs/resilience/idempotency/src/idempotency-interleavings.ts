/**
 * A search through interleavings: several processes repeat one request against a store, and a seed decides which
 * message arrives next, who crashes, how much time passes and whose effect fails. Nothing waits for real.
 *
 *     for (let seed = 1; seed <= 100_000; seed++) {
 *       await runInterleaving(seed, { createIdempotency, makeHarness });
 *     }
 *
 * It throws, with the seed, which replays it exactly, and the steps that were taken, unless: there is one effect;
 * every answer is the answer that goes with the effect; nobody recorded over a successor; after the last lease the
 * key can be had again; every call that did not crash has settled.
 *
 * A process that crashes never learns anything again, but what it sent may still arrive: late messages are part of
 * the search.
 */

interface Store<Tx> {
  acquire(request: { key: string; fingerprint: string; leaseMs: number; retentionMs: number }): Promise<{
    readonly fence?: number | undefined;
    readonly reply?: string | undefined;
    readonly fingerprint?: string | undefined;
    readonly leaseLeftMs?: number | undefined;
  }>;
  complete(
    record: { key: string; fence: number; reply: string; retentionMs: number },
    transaction?: Tx,
  ): Promise<boolean>;
  release(record: { key: string; fence: number }): Promise<boolean>;
}

/** The harness of the contract suite. */
interface Harness<Tx> {
  readonly store: Store<Tx>;
  readonly keyPrefix?: string;
  passTime(ms: number): void | Promise<void>;
  transact(effect: string, work: (transaction: Tx) => Promise<unknown>): Promise<void>;
  effects(): readonly string[] | Promise<readonly string[]>;
}

interface Context<Tx> {
  readonly commit: (value: unknown, transaction?: Tx) => Promise<void>;
}

type Once<Tx> = (
  key: string,
  fn: (context: Context<Tx>) => Promise<unknown>,
  told: { readonly payload: unknown },
) => Promise<{ readonly value: unknown; readonly replayed: boolean }>;

export interface Laboratory<Tx> {
  /** The library under test. */
  readonly createIdempotency: (options: {
    store: Store<Tx>;
    leaseMs: number;
    maxWaitMs: number;
    pollMs: number;
    duplicates: 'wait' | 'replay';
    clock: { now(): number };
    random: () => number;
    schedule: (run: () => void, delayMs: number) => () => void;
  }) => Once<Tx>;
  readonly makeHarness: () => Harness<Tx> | Promise<Harness<Tx>>;
  /**
   * Lets promises settle that need no message. @default twelve turns of the microtask queue, enough for a store that
   * answers at once; a store behind a socket is waited for by itself
   */
  readonly drain?: () => Promise<void>;
}

export interface InterleavingSummary {
  readonly steps: number;
  readonly crashes: number;
  readonly takeovers: number;
  readonly replays: number;
  readonly failures: number;
}

const LEASE_MS = 100;

/** Numbers from 0 to below 1 (mulberry32, public domain). */
const seeded = (seed: number) => {
  let state = Math.imul(seed, 2654435761) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
};

const drainMicrotasks = async () => {
  for (let turn = 0; turn < 12; turn++) await null;
};

interface Process {
  readonly name: string;
  crashed: boolean;
  settled: boolean;
}

interface Step {
  readonly process: Process;
  readonly name: string;
  /** Whether a crash of its process undoes it; a message on its way is not undone. */
  readonly diesWithProcess: boolean;
  readonly run: () => void | Promise<void>;
}

/** The steps that could come next, the time, and the dice. */
class Schedule {
  readonly random: () => number;
  /** Moments, names and steps; made into text only when they are needed. */
  readonly log: (string | number)[][] = [];
  readonly pending: Step[] = [];
  now = 0;
  holders = 0;

  constructor(seed: number) {
    this.random = seeded(seed);
  }

  add(process: Process, name: string, diesWithProcess: boolean, run: Step['run']): () => void {
    const step: Step = { process, name, diesWithProcess, run };
    this.pending.push(step);
    return () => {
      const index = this.pending.indexOf(step);
      if (index >= 0) this.pending.splice(index, 1);
    };
  }

  /** A remote step: the request is on its way, then its answer. A crashed process hears of nothing. */
  message<T>(process: Process, name: string, work: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (process.crashed) return;
      this.add(process, name, false, async () => {
        const outcome = await work().then(
          (value) => () => {
            resolve(value);
          },
          (error: unknown) => () => {
            reject(error as Error);
          },
        );
        this.add(process, `${name} answered`, true, outcome);
      });
    });
  }

  /** Takes one step at random; false when there is none. */
  async step(): Promise<boolean> {
    const index = Math.floor(this.random() * this.pending.length);
    const [step] = this.pending.splice(index, 1);
    if (!step) return false;
    // What a crashed process sent is lost half the time, and late the other half.
    if (step.process.crashed && (step.diesWithProcess || this.random() < 0.5)) return true;
    this.log.push([this.now, step.process.name, step.name]);
    await step.run();
    return true;
  }
}

/** The store as a process sees it: every call is a message, but for what happens inside a transaction. */
const remote = <Tx>(store: Store<Tx>, schedule: Schedule, process: Process): Store<Tx> => ({
  acquire: (request) =>
    schedule.message(process, 'acquire', async () => {
      const found = await store.acquire(request);
      if (found.fence !== undefined) schedule.holders++;
      return found;
    }),
  complete: (record, transaction) =>
    transaction === undefined
      ? schedule.message(process, 'complete', () => store.complete(record))
      : store.complete(record, transaction),
  release: (record) => schedule.message(process, 'release', () => store.release(record)),
});

interface Outcome {
  readonly process: Process;
  readonly value?: unknown;
  readonly replayed?: boolean;
  readonly error?: unknown;
}

const FAILED = 'the effect failed';
const TOLERATED = ['idempotency-in-progress', 'idempotency-key-reused', 'idempotency-lease-lost'];

/** One world: a store, a schedule, and what came of each call. */
class World<Tx> {
  readonly outcomes: Outcome[] = [];
  readonly schedule: Schedule;
  readonly #laboratory: Laboratory<Tx>;
  readonly #harness: Harness<Tx>;

  constructor(schedule: Schedule, laboratory: Laboratory<Tx>, harness: Harness<Tx>) {
    this.schedule = schedule;
    this.#laboratory = laboratory;
    this.#harness = harness;
  }

  async passTime(ms: number): Promise<void> {
    this.schedule.now += ms;
    await this.#harness.passTime(ms);
  }

  /** The effect and its record in one message; before and after it something may go wrong. */
  #effect(process: Process, reliable: boolean) {
    const { schedule } = this;
    const mayFail = async (chance: number) => {
      await schedule.message(process, 'pause', async () => undefined);
      if (!reliable && schedule.random() < chance) throw new Error(FAILED);
    };
    return async ({ commit }: Context<Tx>) => {
      await mayFail(0.2);
      await schedule.message(process, 'transaction', () =>
        this.#harness
          .transact(process.name, (transaction) => commit({ by: process.name }, transaction))
          .catch(() => {
            throw new Error(FAILED);
          }),
      );
      await mayFail(0.05);
      return { by: process.name };
    };
  }

  start(name: string, payload: unknown, duplicates: 'wait' | 'replay', reliable = false): Process {
    const { schedule } = this;
    const process: Process = { name, crashed: false, settled: false };
    const once = this.#laboratory.createIdempotency({
      store: remote(this.#harness.store, schedule, process),
      leaseMs: LEASE_MS,
      maxWaitMs: 2 * LEASE_MS,
      pollMs: LEASE_MS / 5,
      duplicates,
      clock: { now: () => schedule.now },
      random: schedule.random,
      schedule: (run, delayMs) => {
        const due = schedule.now + delayMs;
        return schedule.add(process, 'timer', true, async () => {
          await this.passTime(Math.max(0, due - schedule.now));
          run();
        });
      },
    });
    const end = (outcome: Omit<Outcome, 'process'>) => {
      process.settled = true;
      this.outcomes.push({ process, ...outcome });
    };
    const key = `${this.#harness.keyPrefix ?? ''}key`;
    schedule.add(process, 'start', true, () => {
      once(key, this.#effect(process, reliable), { payload }).then(end, (error: unknown) => {
        end({ error });
      });
    });
    return process;
  }

  /** Takes steps until none is left, and lets time pass and processes crash between them. */
  async play(processes: readonly Process[], crashes: { left: number }): Promise<number> {
    const { schedule } = this;
    let steps = 0;
    const drain = this.#laboratory.drain ?? drainMicrotasks;
    while (await schedule.step()) {
      steps++;
      await drain();
      const dice = schedule.random();
      if (dice < 0.08) await this.passTime(Math.ceil(schedule.random() * LEASE_MS));
      const victim = processes[Math.floor(schedule.random() * processes.length)];
      if (dice > 0.95 && victim && !victim.settled && !victim.crashed && crashes.left > 0) {
        crashes.left--;
        victim.crashed = true;
        schedule.log.push([schedule.now, victim.name, 'CRASHES']);
      }
    }
    return steps;
  }

  /** Says what is wrong, or nothing. */
  async verdict(processes: readonly Process[]): Promise<string | undefined> {
    const stuck = processes.find(({ settled, crashed }) => !settled && !crashed);
    if (stuck) return `${stuck.name} never settled`;
    const effects = await this.#harness.effects();
    if (effects.length !== 1) return `${String(effects.length)} effects: ${effects.join(', ')}`;
    const wanted = JSON.stringify({ by: effects[0] });
    for (const { process, value, error } of this.outcomes) {
      const { code, message } = (error ?? {}) as { code?: string; message?: string };
      if (error !== undefined && message !== FAILED && !TOLERATED.includes(String(code)))
        return `${process.name} met ${String(error)}`;
      if (error === undefined && JSON.stringify(value) !== wanted)
        return `${process.name} was told ${JSON.stringify(value)}, but the effect is ${wanted}`;
    }
    return undefined;
  }
}

/** Plays one seed. @throws Error that names the seed and its steps when a promise of the library is broken */
export async function runInterleaving<Tx>(
  seed: number,
  laboratory: Laboratory<Tx>,
): Promise<InterleavingSummary> {
  const schedule = new Schedule(seed);
  const world = new World(schedule, laboratory, await laboratory.makeHarness());
  const { random } = schedule;
  const crashes = { left: 3 };
  const processes = Array.from({ length: 2 + Math.floor(random() * 3) }, (_, index) =>
    world.start(
      `p${String(index)}`,
      random() < 0.15 ? 'other' : 'payload',
      random() < 0.5 ? 'wait' : 'replay',
    ),
  );
  let steps = await world.play(processes, crashes);
  const crashed = 3 - crashes.left;
  crashes.left = 0;
  // Whatever happened: when the last lease is over, one who comes again gets the answer or does the work.
  await world.passTime(LEASE_MS + 1);
  for (const payload of ['payload', 'other']) {
    const last = world.start(`last-${payload}`, payload, 'wait', true);
    processes.push(last);
    steps += await world.play(processes, crashes);
    if (world.outcomes.some(({ process, error }) => process === last && error === undefined)) break;
  }
  const problem = await world.verdict(processes);
  if (problem)
    throw new Error(
      [`seed ${String(seed)}: ${problem}`, ...schedule.log.map((line) => line.join(' '))].join('\n'),
    );
  return {
    steps,
    crashes: crashed,
    takeovers: schedule.holders - 1,
    replays: world.outcomes.filter(({ replayed }) => replayed).length,
    failures: world.outcomes.filter(({ error }) => error !== undefined).length,
  };
}
