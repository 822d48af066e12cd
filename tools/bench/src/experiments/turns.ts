/**
 * How a call is measured: contestants take turns in one process, round after round, so that a busy moment of the machine
 * meets all of them alike. Each round begins with another one, and rubbish is collected before each turn, so that
 * nobody clears away what another has left.
 */
import { readFileSync } from 'node:fs';
import type { Contestant, Effort, Series } from './experiment.ts';

/** Measures one turn: how much it cost in all. */
type Meter = () => () => number;

const HEAP_CALLS = 400;

/**
 * Nanoseconds for which this thread was ready to run and had to wait for a processor, as Linux counts them (the second
 * number of schedstat). Zero where nobody counts: there a busy machine shows in the spread.
 */
function waitedNanoseconds(): number {
  try {
    return Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[1]);
  } catch {
    return 0;
  }
}

/** The time that passes, less what the machine's other processes took of it. No contestant waits for anything itself. */
const nanoseconds: Meter = () => {
  const waitedBefore = waitedNanoseconds();
  const startedAt = performance.now();
  return () => (performance.now() - startedAt) * 1e6 - (waitedNanoseconds() - waitedBefore);
};

/**
 * Processor time of all threads, so that the collection of rubbish is paid by whoever made it. The kernel counts it by the
 * millisecond, so turns must be long.
 */
const processMicroseconds: Meter = () => {
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return user + system;
  };
};

const heapBytes: Meter = () => {
  const before = process.memoryUsage().heapUsed;
  return () => process.memoryUsage().heapUsed - before;
};

const repeat = async (run: Contestant['run'], calls: number) => {
  for (let call = 0; call < calls; call++) await run();
};

/** Lets timers and other work of the event loop have their turn, which a loop of settled promises never does. */
const yieldToEventLoop = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Runs every contestant until it is compiled, and says how many calls of each fill a turn. */
async function warmUp(contestants: readonly Contestant[], effort: Effort): Promise<number[]> {
  const turns: number[] = [];
  for (const { run, beforeTurn } of contestants) {
    beforeTurn?.();
    const stop = nanoseconds();
    let calls = 0;
    let elapsedMs = 0;
    for (let size = 1; elapsedMs < effort.warmUpMs; size = Math.min(1000, size * 2)) {
      await repeat(run, size);
      calls += size;
      elapsedMs = stop() / 1e6;
    }
    turns.push(Math.max(1, Math.ceil((calls / elapsedMs) * effort.turnMs)));
    await yieldToEventLoop();
  }
  return turns;
}

async function takeTurns(
  contestants: readonly Contestant[],
  effort: Effort,
  meter: Meter,
  fixedCalls?: number,
): Promise<Series> {
  const collect = globalThis.gc;
  if (!collect) throw new Error('a process that measures is started with --expose-gc');
  const calls = await warmUp(contestants, effort);
  const series = contestants.map((): number[] => []);
  for (let round = 0; round < effort.rounds; round++) {
    for (let turn = 0; turn < contestants.length; turn++) {
      const index = (round + turn) % contestants.length;
      const contestant = contestants[index] as Contestant;
      const size = fixedCalls ?? (calls[index] as number);
      contestant.beforeTurn?.();
      await yieldToEventLoop();
      // The young generation only: a full collection makes V8 forget what it has compiled.
      collect({ type: 'minor' });
      const stop = meter();
      await repeat(contestant.run, size);
      series[index]?.push(stop() / size);
    }
  }
  return Object.fromEntries(contestants.map(({ name }, index) => [name, series[index] ?? []]));
}

/** Nanoseconds a call. */
export const timeCalls = (contestants: readonly Contestant[], effort: Effort): Promise<Series> =>
  takeTurns(contestants, effort, nanoseconds);

/** Microseconds of processor time a call, of all threads, in turns twice as long. */
export const timeProcessor = (contestants: readonly Contestant[], effort: Effort): Promise<Series> =>
  takeTurns(contestants, { ...effort, turnMs: effort.turnMs * 2 }, processMicroseconds);

/** Bytes of heap a call, so few calls at a time that none is collected in between ({@link ROOMY_HEAP}). */
export const weighCalls = (contestants: readonly Contestant[], effort: Effort): Promise<Series> =>
  takeTurns(contestants, effort, heapBytes, HEAP_CALLS);

/**
 * V8 options under which calls are timed that leave nothing: one size of the young generation for all. Left alone, V8 enlarges it from 1 MB
 * to 16 for whoever leaves most behind (opossum, here), and from then on everybody in the process writes past the
 * processor's own cache: a bare await rose from 37 to 48 ns, our timeout from 115 to 184, opossum itself not at all.
 * Of 2, 4, 8 and 16 MB this is where bare await, opossum and cockatiel were fastest (ours at 8).
 */
export const EVEN_HEAP = ['--min-semi-space-size=4', '--max-semi-space-size=4'];

/** V8 options under which {@link weighCalls} sees every byte: a young generation that holds a turn of any contestant. */
export const ROOMY_HEAP = ['--min-semi-space-size=64', '--max-semi-space-size=64'];
