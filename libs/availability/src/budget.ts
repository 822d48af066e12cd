/**
 * Budgets: how much downtime and how many failed requests a goal allows, and how much of it is spent.
 * Downtime counts planned work too.
 */
import { requireThat } from './availability-argument-error.ts';
import type { Tier } from './tiers.ts';

const MILLION = 1_000_000;

/** 365 days. A leap year adds 0.3%, which no goal's published allowance counts. */
export const YEAR_SECONDS = 31_536_000;
export const THIRTY_DAYS_SECONDS = 2_592_000;

/** Seconds of full outage that a goal allows in a period. */
export const allowanceSeconds = (tier: Pick<Tier, 'lossPerMillion'>, periodSeconds: number): number =>
  (tier.lossPerMillion * periodSeconds) / MILLION;

/** The goal as a share, 0 to 1. */
export const goalShare = (tier: Pick<Tier, 'lossPerMillion'>): number =>
  (MILLION - tier.lossPerMillion) / MILLION;

export interface YearBudget {
  readonly unplannedMinutes: number;
  readonly plannedMinutes: number;
  readonly totalMinutes: number;
  /** Availability if only the unplanned events happened. */
  readonly eventsOnlyShare: number;
  /** Availability with the planned downtime counted, as it must be. */
  readonly share: number;
  /** Whether the budget fits in the goal's yearly allowance. */
  readonly isWithinGoal: boolean;
}

/** What the tier's assumed events and changes add up to in a year. */
export function yearBudget(tier: Tier): YearBudget {
  const { eventsPerYear, decideMinutes, recoverMinutes } = tier.events;
  const unplannedMinutes = eventsPerYear * (decideMinutes + recoverMinutes);
  const plannedMinutes = (tier.planned?.changesPerYear ?? 0) * (tier.planned?.minutesPerChange ?? 0);
  const totalMinutes = unplannedMinutes + plannedMinutes;
  const yearMinutes = YEAR_SECONDS / 60;
  return {
    unplannedMinutes,
    plannedMinutes,
    totalMinutes,
    eventsOnlyShare: 1 - unplannedMinutes / yearMinutes,
    share: 1 - totalMinutes / yearMinutes,
    isWithinGoal: totalMinutes * 60 <= allowanceSeconds(tier, YEAR_SECONDS),
  };
}

export interface ErrorBudget {
  /** Requests that may fail; not rounded, since a fraction still says how far the first failure reaches. */
  readonly allowed: number;
  readonly failed: number;
  /** Share of the budget that is spent: above 1 it is overdrawn. */
  readonly spent: number;
}

/**
 * The error budget of a goal over a number of requests.
 *
 * @throws AvailabilityArgumentError for negative counts or more failures than requests
 */
export function errorBudget(
  tier: Pick<Tier, 'lossPerMillion'>,
  counts: { readonly requests: number; readonly failed: number },
): ErrorBudget {
  const { requests, failed } = counts;
  requireThat(
    requests >= 0 && failed >= 0 && failed <= requests,
    'Counts must satisfy 0 <= failed <= requests.',
  );
  const allowed = (tier.lossPerMillion * requests) / MILLION;
  return { allowed, failed, spent: failed === 0 ? 0 : failed / allowed };
}

const UNITS: readonly (readonly [name: string, seconds: number])[] = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
];

/** A duration in its two largest units, cut and not rounded: `8 h 45 min`, `5 min 15 s`, `25.9 s`. */
export function formatDuration(seconds: number): string {
  if (seconds < 60) return `${String(Math.floor(seconds * 10 + 1e-9) / 10)} s`;
  const first = UNITS.findIndex(([, size]) => seconds >= size);
  let rest = seconds;
  const parts = UNITS.slice(first, first + 2).map(([name, size]) => {
    const count = Math.floor(rest / size);
    rest -= count * size;
    return count === 0 ? '' : `${String(count)} ${name}`;
  });
  return parts.filter((part) => part !== '').join(' ');
}
