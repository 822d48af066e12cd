/**
 * What a tier must show in a game day, fault by fault, as data, and the judgement of what was measured against
 * it. A measurement that is missing is not met: a game day that cannot fail proves nothing.
 */
import { declaredTime, longestSeconds, type DeclaredTimeId } from './declared-times.ts';
import type { TierId } from './tiers.ts';

export type FaultId =
  'process-kill' | 'zone-loss' | 'database-primary-loss' | 'payment-slow' | 'payment-away' | 'overload';

/** What is measured per fault. Shares are from 0 to 1. */
export type Measure =
  /** Full-outage-equivalent seconds: the sum over seconds of each second's share of requests not good. */
  | 'lossSeconds'
  /** Injection to the first of ten good seconds in a row. */
  | 'rtoSeconds'
  /** Age of the oldest lost order at injection; 0 when none was lost. */
  | 'rpoSeconds'
  /** Acknowledged orders that could not be read back. */
  | 'lost'
  /** Intents that ended in more than one order or charge. */
  | 'doubled'
  /** Share of reads that were good, stale ones included. */
  | 'readsGoodShare'
  /** Share of requests that were good on the routes that do not need what was broken. */
  | 'otherRoutesGoodShare'
  /** Calls to the broken service for each request that needs it. */
  | 'attemptsPerRequest'
  /** Good answers a second over the capacity found by calibration. */
  | 'goodputShare'
  /** End of the fault to the first of ten good seconds in a row. */
  | 'recoverySeconds';

export interface Criterion {
  readonly measure: Measure;
  readonly bound: 'at-most' | 'at-least';
  readonly limit: number;
  /** An AWS-decided time that `limit` is added to. */
  readonly onTopOf?: DeclaredTimeId;
}

export interface Acceptance {
  readonly tier: TierId;
  readonly fault: FaultId;
  readonly criteria: readonly Criterion[];
}

const atMost = (measure: Measure, limit: number): Criterion => ({ measure, bound: 'at-most', limit });
const atLeast = (measure: Measure, limit: number): Criterion => ({ measure, bound: 'at-least', limit });

/** No fault may lose or double an order, whatever else it may cost. */
const noOrderHarmed: readonly Criterion[] = [atMost('lost', 0), atMost('doubled', 0)];

const thirdPartyHarmed: readonly Criterion[] = [
  atLeast('otherRoutesGoodShare', 0.999),
  atMost('attemptsPerRequest', 1.1),
];

const threeNines: Readonly<Record<FaultId, readonly Criterion[]>> = {
  'process-kill': [atMost('lossSeconds', 10)],
  'zone-loss': [atMost('lossSeconds', 120), atMost('rpoSeconds', 0)],
  'database-primary-loss': [
    { measure: 'rtoSeconds', bound: 'at-most', limit: 15, onTopOf: 'rds-multi-az-failover' },
    atMost('rpoSeconds', 0),
    atLeast('readsGoodShare', 0.99),
  ],
  'payment-slow': thirdPartyHarmed,
  'payment-away': thirdPartyHarmed,
  overload: [atLeast('goodputShare', 0.9), atMost('recoverySeconds', 10)],
};

/** In the order in which a game day injects them. */
export const acceptances: readonly Acceptance[] = (Object.keys(threeNines) as FaultId[]).map((fault) => ({
  tier: 'three-nines',
  fault,
  criteria: [...threeNines[fault], ...noOrderHarmed],
}));

/** The faults that a tier has an acceptance for, in order of injection. */
export const acceptancesOf = (tier: TierId): Acceptance[] => acceptances.filter((one) => one.tier === tier);

export const findAcceptance = (tier: TierId, fault: FaultId): Acceptance | undefined =>
  acceptances.find((one) => one.tier === tier && one.fault === fault);

/** `null` or absent: not measured, or it never came. */
export type Measurements = Readonly<Partial<Record<Measure, number | null>>>;

export interface JudgeOptions {
  /**
   * How long an AWS-decided time lasted in this run: as drawn, and divided by the pace.
   *
   * @default the longest of its range, at full pace
   */
  readonly declaredSeconds?: (id: DeclaredTimeId) => number;
}

export interface CriterionVerdict {
  /** What must hold, with its limit: `L <= 10 s`. */
  readonly criterion: string;
  /** What was measured, with its unit: `1.4 s`. */
  readonly measured: string;
  readonly met: boolean;
}

interface MeasureText {
  readonly name: string;
  readonly show: (value: number) => string;
}

const seconds = (value: number): string => `${String(Math.round(value * 10) / 10)} s`;
const plain = (value: number): string => String(Math.round(value * 1000) / 1000);
// Cut, not rounded, so that a share just under its limit is not printed as the limit.
const percent = (share: number): string => `${String(Math.floor(share * 1e4 + 1e-9) / 100)}%`;

const texts: Readonly<Record<Measure, MeasureText>> = {
  lossSeconds: { name: 'L', show: seconds },
  rtoSeconds: { name: 'RTO', show: seconds },
  rpoSeconds: { name: 'RPO', show: seconds },
  lost: { name: 'orders lost', show: plain },
  doubled: { name: 'orders doubled', show: plain },
  readsGoodShare: { name: 'good reads', show: percent },
  otherRoutesGoodShare: { name: 'good on other routes', show: percent },
  attemptsPerRequest: { name: 'attempts per request', show: plain },
  goodputShare: { name: 'goodput over capacity', show: percent },
  recoverySeconds: { name: 'recovery', show: seconds },
};

function limitOf(criterion: Criterion, options: JudgeOptions): number {
  if (criterion.onTopOf === undefined) return criterion.limit;
  const declared = options.declaredSeconds ?? ((id) => longestSeconds(declaredTime(id).seconds));
  return declared(criterion.onTopOf) + criterion.limit;
}

/** What was measured against one criterion. */
export function judgeCriterion(
  criterion: Criterion,
  measurements: Measurements,
  options: JudgeOptions = {},
): CriterionVerdict {
  const { name, show } = texts[criterion.measure];
  const limit = limitOf(criterion, options);
  const value = measurements[criterion.measure];
  const isKnown = typeof value === 'number' && !Number.isNaN(value);
  const isMet = isKnown && (criterion.bound === 'at-most' ? value <= limit : value >= limit);
  return {
    criterion: `${name} ${criterion.bound === 'at-most' ? '<=' : '>='} ${show(limit)}`,
    measured: isKnown ? show(value) : value === null ? 'never' : 'not measured',
    met: isMet,
  };
}

/** Every criterion of an acceptance, in order. The fault is met when all are. */
export function judgeAcceptance(
  acceptance: Acceptance,
  measurements: Measurements,
  options: JudgeOptions = {},
): { readonly met: boolean; readonly verdicts: readonly CriterionVerdict[] } {
  const verdicts = acceptance.criteria.map((criterion) => judgeCriterion(criterion, measurements, options));
  return { met: verdicts.every((verdict) => verdict.met), verdicts };
}
