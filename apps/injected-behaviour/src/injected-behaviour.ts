/**
 * What a stand-in for a third party does with a call: answers late, fails, hangs or refuses, as it was told.
 *
 * Use it in services that exist to be broken in a game day or a test. Do not use it in front of anything real.
 */

export interface Behaviour {
  /** Time before every answer, in milliseconds, 0 to 600000. */
  readonly latencyMs: number;
  /** Up to this is added to the latency or taken from it, evenly spread, in milliseconds. */
  readonly jitterMs: number;
  /** Share of calls that are answered 500, 0 to 1. */
  readonly failureRate: number;
  /** `hang`: calls are accepted and never answered. `refuse`: their connections are reset. */
  readonly away: false | 'hang' | 'refuse';
}

/** What to do with one call, after its latency has passed. */
export type Act = 'answer' | 'fail' | 'hang' | 'refuse';

export interface InjectedBehaviour {
  current(): Behaviour;
  /**
   * Takes on the fields that are given and keeps the others. `away: true` means `hang`.
   * @returns what is wrong with the fields, in sentences; then nothing was changed.
   */
  change(fields: unknown): readonly string[];
  /** Waits for the latency and decides. A hanging call is decided at once: it will wait for ever anyway. */
  act(): Promise<Act>;
}

export interface InjectedBehaviourOptions {
  readonly initial: Behaviour;
  /** A number from 0 up to, not including, 1. */
  readonly random: () => number;
  readonly sleep: (delayMs: number) => Promise<void>;
}

const MAX_DELAY_MS = 600_000;

type Check = (value: unknown) => string | undefined;

const numberUpTo =
  (max: number): Check =>
  (value) =>
    typeof value === 'number' && value >= 0 && value <= max ? undefined : `a number from 0 to ${String(max)}`;

const CHECKS: Readonly<Record<keyof Behaviour, Check>> = {
  latencyMs: numberUpTo(MAX_DELAY_MS),
  jitterMs: numberUpTo(MAX_DELAY_MS),
  failureRate: numberUpTo(1),
  away: (value) =>
    value === true || value === false || value === 'hang' || value === 'refuse'
      ? undefined
      : 'true, false, "hang" or "refuse"',
};

/** What is wrong with the fields, in sentences. */
function findMistakes(fields: unknown): readonly string[] {
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields))
    return ['The body must be an object.'];
  return Object.entries(fields).flatMap(([name, value]) => {
    if (!Object.hasOwn(CHECKS, name)) return [`There is no field ${name}.`];
    const expected = CHECKS[name as keyof Behaviour](value);
    return expected === undefined ? [] : [`${name} must be ${expected}.`];
  });
}

export function createInjectedBehaviour({
  initial,
  random,
  sleep,
}: InjectedBehaviourOptions): InjectedBehaviour {
  let behaviour = initial;
  return {
    current: () => behaviour,
    change: (fields) => {
      const mistakes = findMistakes(fields);
      if (mistakes.length > 0) return mistakes;
      const changed = { ...behaviour, ...(fields as Behaviour) };
      behaviour = { ...changed, away: (changed.away as unknown) === true ? 'hang' : changed.away };
      return [];
    },
    act: async () => {
      const { away, latencyMs, jitterMs, failureRate } = behaviour;
      if (away !== false) return away;
      const delayMs = Math.max(0, latencyMs + (2 * random() - 1) * jitterMs);
      if (delayMs > 0) await sleep(delayMs);
      return random() < failureRate ? 'fail' : 'answer';
    },
  };
}
