// When a run has failed: the tier's goal, as k6 thresholds.
import { ConfigurationInvalidError, type Workload } from './configuration.ts';

/** What a tier promises its users, as generated from the tiers. */
export interface TierGoal {
  /** Share of good requests, 0 to 1. */
  readonly goodRatio: number;
  /** Time that 95% of the good requests stay below, in milliseconds. */
  readonly p95Ms: number;
  /** Time that 99% of the good requests stay below, in milliseconds. */
  readonly p99Ms: number;
}

/** Goals by tier id: src/generated/thresholds.generated.json. */
export type TierGoals = Readonly<Record<string, TierGoal>>;

interface AbortingThreshold {
  readonly threshold: string;
  readonly abortOnFail: boolean;
  readonly delayAbortEval: string;
}

export type Thresholds = Record<string, (string | AbortingThreshold)[]>;

/** A service that fails a tenth of all requests has broken; a breakpoint run ends there. */
const BROKEN = 'rate>=0.9';

/** @throws ConfigurationInvalidError when there is no such tier. */
export function goalOf(goals: TierGoals, tier: string): TierGoal {
  const goal = goals[tier];
  if (goal !== undefined) return goal;
  throw new ConfigurationInvalidError('TIER', `must be one of ${Object.keys(goals).join(', ')}`);
}

/**
 * The thresholds of a workload. Only the loads that a tier is built for are judged by its goal: spike and stress go
 * beyond it on purpose and are read by people, a breakpoint run looks for the break, and a game day judges its
 * timeline itself, fault by fault.
 */
export function thresholdsOf(workload: Workload, goal: TierGoal): Thresholds {
  if (workload === 'breakpoint') {
    return { shop_good: [{ threshold: BROKEN, abortOnFail: true, delayAbortEval: '10s' }] };
  }
  if (workload !== 'smoke' && workload !== 'average') return {};
  return {
    shop_good: [`rate>=${String(goal.goodRatio)}`],
    'shop_request{outcome:good}': [`p(95)<${String(goal.p95Ms)}`, `p(99)<${String(goal.p99Ms)}`],
    // A dropped iteration is a request that was never sent, and so never in shop_good: none may hide there.
    dropped_iterations: ['count<1'],
  };
}
