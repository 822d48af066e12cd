// How many requests arrive, and when: the workloads, all of them open loop.
//
// Open loop means that requests arrive whether or not earlier ones were answered, as shoppers do: a slow service
// gets no relief from its own slowness, and an outage shows in full. An iteration is one request, so that k6's
// arrival rate is the request rate and a dropped iteration is a request that was never sent.
import {
  ConfigurationInvalidError,
  parseDuration,
  type Configuration,
  type Stage,
  type Workload,
} from './configuration.ts';

interface Pool {
  /** Virtual users made before the load starts. */
  readonly preAllocatedVUs: number;
  readonly maxVUs: number;
  /** How long requests under way at the end may take. */
  readonly gracefulStop: string;
}

export interface ConstantScenario extends Pool {
  readonly executor: 'constant-arrival-rate';
  readonly rate: number;
  readonly timeUnit: '1s';
  readonly duration: string;
}

export interface RampingScenario extends Pool {
  readonly executor: 'ramping-arrival-rate';
  readonly startRate: number;
  readonly timeUnit: '1s';
  readonly stages: Stage[];
}

export type Scenario = ConstantScenario | RampingScenario;

interface Shape {
  readonly rate: number;
  readonly seconds: number;
  /** Rate as a multiple of the workload's rate, and share of its length; undefined is a constant rate. */
  readonly steps?: readonly (readonly [multiple: number, share: number])[];
  /** Whether the rate moves in a straight line to each step instead of jumping. */
  readonly ramps?: boolean;
}

/** Each workload's own rate (requests per second) and length, where the run is not told another. */
const SHAPES: Readonly<Record<Exclude<Workload, 'timeline'>, Shape>> = {
  // Does it work at all: a trickle.
  smoke: { rate: 5, seconds: 30 },
  // The load of a normal day.
  average: { rate: 50, seconds: 300 },
  // A sudden crowd, and whether all is well again once it has gone.
  spike: {
    rate: 50,
    seconds: 240,
    steps: [
      [1, 0.375],
      [3, 0.25],
      [1, 0.375],
    ],
  },
  // Above what it was built for, step by step, and back.
  stress: {
    rate: 50,
    seconds: 360,
    steps: [
      [1, 1 / 6],
      [1.5, 1 / 6],
      [2, 1 / 6],
      [2.5, 1 / 6],
      [3, 1 / 6],
      [1, 1 / 6],
    ],
  },
  // Slowly up until it breaks.
  breakpoint: { rate: 50, seconds: 600, steps: [[10, 1]], ramps: true },
};

/**
 * Virtual users in percent of the requests that can hang at once, which is the peak rate times the client's
 * patience: a request that hangs holds its virtual user all that time, and a tenth more covers connecting and the
 * odd late start. All are made before the load starts: k6 needs about 2 ms of CPU for one, which in the middle of
 * an outage would be taken from the system that is recovering (ADR 0033).
 */
const POOL_PERCENT = 110;
const POOL_LEAST = 4;

/**
 * The k6 scenario of a run.
 * @throws ConfigurationInvalidError when the timeline sends nothing.
 */
export function planScenario(configuration: Configuration): Scenario {
  if (configuration.workload === 'timeline') return ramping(configuration, configuration.timeline);
  const { rate, seconds, steps, ramps } = { ...SHAPES[configuration.workload], ...given(configuration) };
  if (steps === undefined) {
    return {
      executor: 'constant-arrival-rate',
      rate,
      timeUnit: '1s',
      duration: inSeconds(seconds),
      ...pool(configuration, rate),
    };
  }
  const stages = steps.flatMap(([multiple, share]) => {
    const target = Math.round(rate * multiple);
    const hold = { target, duration: inSeconds(seconds * share) };
    return ramps === true ? [hold] : [{ target, duration: '0s' }, hold];
  });
  return ramping(configuration, stages, rate);
}

/** The highest rate of a scenario, in requests per second. */
export function peakRate(scenario: Scenario): number {
  if (scenario.executor === 'constant-arrival-rate') return scenario.rate;
  return Math.max(scenario.startRate, ...scenario.stages.map((stage) => stage.target));
}

/** The requests that a scenario sends when none is dropped: the area under its rate. */
export function plannedRequests(scenario: Scenario): number {
  if (scenario.executor === 'constant-arrival-rate')
    return scenario.rate * (parseDuration(scenario.duration) ?? 0);
  let rate = scenario.startRate;
  let requests = 0;
  for (const { target, duration } of scenario.stages) {
    requests += ((rate + target) / 2) * (parseDuration(duration) ?? 0);
    rate = target;
  }
  return requests;
}

function ramping(
  configuration: Configuration,
  stages: readonly Stage[],
  startRate = stages[0]?.target ?? 0,
): RampingScenario {
  const peak = Math.max(startRate, ...stages.map((stage) => stage.target));
  if (peak === 0) throw new ConfigurationInvalidError('TIMELINE', 'must reach at least 1 request per second');
  return {
    executor: 'ramping-arrival-rate',
    startRate,
    timeUnit: '1s',
    stages: [...stages],
    ...pool(configuration, peak),
  };
}

function given({ rate, durationSeconds }: Configuration): Partial<Pick<Shape, 'rate' | 'seconds'>> {
  return {
    ...(rate === undefined ? {} : { rate }),
    ...(durationSeconds === undefined ? {} : { seconds: durationSeconds }),
  };
}

function pool({ timeoutMs, maxVus }: Configuration, peak: number): Pool {
  const needed = Math.max(POOL_LEAST, Math.ceil((peak * timeoutMs * POOL_PERCENT) / 100_000));
  const maxVUs = maxVus ?? needed;
  return { preAllocatedVUs: maxVUs, maxVUs, gracefulStop: inSeconds(Math.ceil(timeoutMs / 1000) + 1) };
}

function inSeconds(seconds: number): string {
  return `${String(Math.round(seconds * 1000) / 1000)}s`;
}
