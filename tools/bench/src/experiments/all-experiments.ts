import {
  bareAwait,
  composedCalls,
  failingCalls,
  refusedCalls,
  retriedCalls,
  timeoutCalls,
  watchedCalls,
} from './calls.ts';
import { weighBundles } from './bundle-size.ts';
import type { Effort, Experiment, Series } from './experiment.ts';
import { idempotentCalls } from './idempotency.ts';
import { countIdleTimers, countLeftBehind, weighIdleBreakers } from './left-behind.ts';
import { EVEN_HEAP, ROOMY_HEAP, timeCalls, timeProcessor, weighCalls } from './turns.ts';

/** Every comparison, by the name that its process is started with. */
export const EXPERIMENTS = {
  'happy-path': {
    execArgv: EVEN_HEAP,
    measure: (effort: Effort): Promise<Series> => timeCalls([bareAwait, ...composedCalls()], effort),
  },
  retry: {
    execArgv: EVEN_HEAP,
    measure: (effort: Effort): Promise<Series> => timeCalls([bareAwait, ...retriedCalls()], effort),
  },
  breaker: {
    execArgv: EVEN_HEAP,
    measure: (effort: Effort): Promise<Series> => timeCalls([bareAwait, ...watchedCalls()], effort),
  },
  timeout: {
    execArgv: EVEN_HEAP,
    measure: (effort: Effort): Promise<Series> => timeCalls(timeoutCalls(), effort),
  },
  heap: {
    execArgv: ROOMY_HEAP,
    measure: (effort: Effort): Promise<Series> => weighCalls([bareAwait, ...composedCalls()], effort),
  },
  refusal: {
    execArgv: EVEN_HEAP,
    measure: async (effort: Effort): Promise<Series> => timeCalls(await refusedCalls(), effort),
  },
  failure: {
    execArgv: EVEN_HEAP,
    measure: async (effort: Effort): Promise<Series> =>
      timeCalls(await failingCalls(effort.largeWindow), effort),
  },
  idempotency: { measure: (effort: Effort): Promise<Series> => timeProcessor(idempotentCalls(), effort) },
  'bundle-size': { counted: true, measure: weighBundles },
  'idle-bytes': { measure: weighIdleBreakers },
  'idle-timers': { counted: true, measure: countIdleTimers },
  'left-behind': { counted: true, measure: countLeftBehind },
} as const satisfies Readonly<Record<string, Experiment>>;

export type ExperimentName = keyof typeof EXPERIMENTS;
