/**
 * A clock that stands still until a test moves it, with timers and sleep in its own time. Use it wherever code
 * takes a clock, a sleep or timers. It does not touch the global ones: code that ignores what it is given must
 * be seen to fail.
 */
import { flushMicrotasks } from './flush-microtasks.ts';

/** A timer of a fake clock; opaque to its user. */
export interface FakeTimer {
  readonly dueAt: number;
}

export interface FakeClockOptions {
  /** What `now()` says at first, in milliseconds. @default 0 */
  readonly startMs?: number;
}

export interface FakeClock {
  /** Milliseconds, as `performance.now()` would say. */
  readonly now: () => number;
  /** Resolves once the clock has been advanced by `ms`; rejects with the signal's reason when aborted. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  readonly setTimeout: (callback: () => void, ms: number) => FakeTimer;
  readonly clearTimeout: (timer: FakeTimer | undefined) => void;
  /**
   * Moves time on. Timers that fall due run at their own time, earliest first and in the order they were set,
   * and what their callbacks make ready runs before the next one.
   */
  readonly advance: (ms: number) => Promise<void>;
  /** Timers and sleeps that wait: 0 at a test's end shows that nothing was left behind. */
  readonly pendingTimers: () => number;
}

/** A timer that sets itself again without delay would never let `advance` end. */
const MAX_TIMERS_AT_ONE_TIME = 10_000;

interface Waiting extends FakeTimer {
  readonly callback: () => void;
}

/** A set keeps the order in which timers were set, so of two that are due together the first one stays. */
const earlier = (a: Waiting, b: Waiting): Waiting => (b.dueAt < a.dueAt ? b : a);

/** The moving part: a set of timers and the moment they are measured against. */
function createTimers(startMs: number) {
  const waiting = new Set<Waiting>();
  let nowMs = startMs;

  const nextDue = (until: number): Waiting | undefined => {
    const due = [...waiting].filter((timer) => timer.dueAt <= until);
    return due.length === 0 ? undefined : due.reduce(earlier);
  };

  return {
    now: () => nowMs,
    add: (callback: () => void, ms: number): Waiting => {
      const timer: Waiting = { dueAt: nowMs + Math.max(0, ms), callback };
      waiting.add(timer);
      return timer;
    },
    remove: (timer: FakeTimer | undefined): void => {
      if (timer !== undefined) waiting.delete(timer as Waiting);
    },
    count: () => waiting.size,
    advance: async (ms: number): Promise<void> => {
      if (!(ms >= 0)) throw new RangeError(`A clock moves forwards only; asked for ${String(ms)} ms.`);
      const until = nowMs + ms;
      await flushMicrotasks();
      let fired = 0;
      for (let timer = nextDue(until); timer !== undefined; timer = nextDue(until)) {
        fired = timer.dueAt === nowMs ? fired + 1 : 0;
        if (fired > MAX_TIMERS_AT_ONE_TIME) throw new Error('Timers keep setting themselves without delay.');
        waiting.delete(timer);
        nowMs = timer.dueAt;
        timer.callback();
        await flushMicrotasks();
      }
      nowMs = until;
    },
  };
}

export function createFakeClock(options: FakeClockOptions = {}): FakeClock {
  const timers = createTimers(options.startMs ?? 0);

  const sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const abort = (): void => {
        timers.remove(timer);
        reject(signal?.reason as Error);
      };
      const timer = timers.add(() => {
        signal?.removeEventListener('abort', abort);
        resolve();
      }, ms);
      if (signal?.aborted === true) abort();
      else signal?.addEventListener('abort', abort, { once: true });
    });

  return {
    now: timers.now,
    sleep,
    setTimeout: timers.add,
    clearTimeout: timers.remove,
    advance: timers.advance,
    pendingTimers: timers.count,
  };
}
