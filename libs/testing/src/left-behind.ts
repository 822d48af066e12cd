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
  try(fn: () => unknown, context: { readonly signal: AbortSignal }): Promise<unknown>;
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

/** A signal that never aborts and counts who listens to it. */
function createCountingSignal() {
  const listeners = new Set<unknown>();
  const counts = { listened: 0 };
  const signal = {
    aborted: false,
    throwIfAborted: () => undefined,
    addEventListener(_type: string, listener: unknown) {
      counts.listened += 1;
      listeners.add(listener);
    },
    removeEventListener: (_type: string, listener: unknown) => {
      listeners.delete(listener);
    },
  };
  return { signal: signal as unknown as AbortSignal, listeners, counts };
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
  const live = new Set<() => void>();
  const schedule = (run: () => void) => {
    const timer = () => {
      live.delete(timer);
      run();
    };
    live.add(timer);
    return () => {
      live.delete(timer);
    };
  };
  const { signal, listeners, counts } = createCountingSignal();
  const call = create({ schedule });
  for (let index = 0; index < calls; index += 1)
    await call.try(FUNCTIONS[index % FUNCTIONS.length] as () => unknown, { signal });
  if (lateTimersFire) for (const timer of [...live]) timer();
  return { timers: live.size, listeners: listeners.size, listened: counts.listened };
}
