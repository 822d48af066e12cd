/**
 * What a library that runs calls leaves behind: timers that nobody cancelled and listeners on a signal that lives
 * longer than the calls. Both are counted by stand-ins, which also makes a million calls a matter of seconds.
 */

/** Calls of every outcome: a value, a promise, a rejection, and a function that throws. */
const BROKEN = new Error('broken');
const FUNCTIONS: readonly (() => unknown)[] = [
  () => 7,
  () => Promise.resolve(7),
  () => Promise.reject(BROKEN),
  () => {
    throw BROKEN;
  },
];

/** The little of a library's call that is needed. */
export interface CallUnderTest {
  try(
    fn: () => unknown,
    context: { readonly signal: AbortSignal; readonly deadline?: number },
  ): Promise<unknown>;
}

export type CountingSchedule = (run: () => void) => () => void;

export interface LeftBehind {
  /** Timers that have neither fired nor been cancelled. */
  readonly timers: number;
  /** Listeners that are still on the signal. */
  readonly listeners: number;
  /** How often anybody began to listen: 0 would mean that nothing was tried. */
  readonly listened: number;
}

/** A signal that counts who listens to it, also after it has aborted. */
function createCountingSignal() {
  const listeners = new Set<() => void>();
  const counts = { listened: 0 };
  const signal = {
    aborted: false,
    reason: undefined as unknown,
    throwIfAborted() {
      if (signal.aborted) throw signal.reason as Error;
    },
    addEventListener(_type: string, listener: () => void) {
      counts.listened += 1;
      listeners.add(listener);
    },
    removeEventListener: (_type: string, listener: () => void) => {
      listeners.delete(listener);
    },
  };
  const abort = () => {
    signal.aborted = true;
    signal.reason = new Error('gone');
    for (const listener of [...listeners]) listener();
  };
  return { signal: signal as unknown as AbortSignal, abort, listeners, counts };
}

/** Timers that fire only when they are told to, and are known until they have fired or been cancelled. */
function createCountingSchedule() {
  const live = new Set<() => void>();
  const schedule: CountingSchedule = (run) => {
    const timer = () => {
      live.delete(timer);
      run();
    };
    live.add(timer);
    return () => {
      live.delete(timer);
    };
  };
  return { live, schedule };
}

/**
 * Makes so many calls, one after another, under one signal, and counts what is left of them.
 *
 * @param create makes the call; a library with timers is given the schedule, by which they are counted
 * @param options.calls how many. @default 1,000,000: what each call leaves must show, and seconds are enough for it
 * @param options.lateTimersFire for a library whose timers outlive its calls and must find nobody: lets those that are left fire
 */
export async function countLeftBehind(
  create: (given: { readonly schedule: CountingSchedule }) => CallUnderTest,
  { calls = 1_000_000, lateTimersFire = false }: { calls?: number; lateTimersFire?: boolean } = {},
): Promise<LeftBehind> {
  const { live, schedule } = createCountingSchedule();
  const { signal, listeners, counts } = createCountingSignal();
  const call = create({ schedule });
  for (let index = 0; index < calls; index += 1)
    await call.try(FUNCTIONS[index % FUNCTIONS.length] as () => unknown, { signal });
  if (lateTimersFire) for (const timer of [...live]) timer();
  return { timers: live.size, listeners: listeners.size, listened: counts.listened };
}

/** Lets all promises settle that can. */
const settle = async () => {
  for (let turn = 0; turn < 50; turn += 1) await undefined;
};

/**
 * What calls leave that have to wait and are aborted: in each round five at once under one signal, of which the second fails
 * and the others work until they are told to end. The first is told to, the first timer that is left fires, and then the
 * signal aborts.
 * So a queue has somebody who waits and is served, somebody whose wait ends, and somebody who leaves it.
 *
 * @param create makes the call, as for {@link countLeftBehind}; one that has a queue should let one call in at a time
 * @param options.deadline given to each call. @default none
 * @param options.lateTimersFire as for {@link countLeftBehind}
 */
export async function countLeftByAborts(
  create: (given: { readonly schedule: CountingSchedule }) => CallUnderTest,
  { deadline, lateTimersFire = false }: { deadline?: number; lateTimersFire?: boolean } = {},
): Promise<LeftBehind> {
  const ROUNDS = 100;
  const { live, schedule } = createCountingSchedule();
  const call = create({ schedule });
  const left = { listeners: 0, listened: 0 };
  for (let round = 0; round < ROUNDS; round += 1) {
    const { signal, abort, listeners, counts } = createCountingSignal();
    const earlier = new Set(live);
    const ends: (() => void)[] = [];
    const works = () => new Promise<void>((resolve) => ends.push(resolve));
    const fails = () => Promise.reject(BROKEN);
    const context = { signal, ...(deadline === undefined ? {} : { deadline }) };
    const outcomes = [works, fails, works, works, works].map((fn) => call.try(fn, context));
    await settle();
    ends[0]?.();
    await settle();
    [...live].find((timer) => !earlier.has(timer))?.();
    await settle();
    abort();
    await Promise.all(outcomes);
    for (const end of ends) end();
    await settle();
    left.listeners += listeners.size;
    left.listened += counts.listened;
  }
  if (lateTimersFire) for (const timer of [...live]) timer();
  return { timers: live.size, ...left };
}
