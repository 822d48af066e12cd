/**
 * What a tier must show in a game day, fault by fault, as data, and the judgement of what was measured against
 * it. A measurement that is missing is not met: a game day that cannot fail proves nothing.
 */
import { declaredTime, longestSeconds, type DeclaredTimeId } from './declared-times.ts';
import { tierIds, tierOf, type TierId } from './tiers.ts';

export type FaultId =
  | 'process-kill'
  | 'zone-loss'
  | 'database-primary-loss'
  | 'region-loss'
  | 'payment-slow'
  | 'payment-away'
  | 'overload';

/** In the order in which a game day injects them; what takes longest to mend comes after what it would hide. */
export const faultIds: readonly FaultId[] = [
  'process-kill',
  'zone-loss',
  'database-primary-loss',
  'payment-slow',
  'payment-away',
  'overload',
  'region-loss',
];

/** What is measured per fault. Shares are from 0 to 1. */
export type Measure =
  /** Full-outage-equivalent seconds: the sum over seconds of each second's share of requests not good. */
  | 'lossSeconds'
  /** Injection to the first of ten good seconds in a row. */
  | 'rtoSeconds'
  /** The same for the requests that need the database's writer. */
  | 'writeRtoSeconds'
  /** Age of the oldest lost order at injection; 0 when none was lost. */
  | 'rpoSeconds'
  /** Acknowledged orders that could not be read back. */
  | 'lost'
  /** Intents that ended in more than one order or charge. */
  | 'doubled'
  /** Requests that were not good in the end, after the retries that the tier's clients make. */
  | 'failedRequests'
  /** Requests that were refused by load shedding. */
  | 'shedRequests'
  /** Share of requests without a good answer in the fault's window, less the share before it. */
  | 'errorShareIncrease'
  /** Share of reads that were good, stale ones included. */
  | 'readsGoodShare'
  /** Share of requests that were good on the routes that do not need what was broken. */
  | 'otherRoutesGoodShare'
  /** Calls to the broken service for each request that needs it. */
  | 'attemptsPerRequest'
  /** Good answers a second over the capacity found by calibration. */
  | 'goodputShare'
  /** Good answers a second over the rate above which a stage refuses. */
  | 'stageGoodputShare'
  /** Share of all requests that were good. */
  | 'goodShare'
  /** Share of requests for products that were good, stale ones included. */
  | 'catalogueGoodShare'
  /** Share of requests that place or repeat an order that were good, kept for later included. */
  | 'ordersGoodShare'
  /** Requests that failed in another way than by a quick refusal. */
  | 'brokenRequests'
  /** Requests that failed, for each process that was killed. */
  | 'failedPerKill'
  /** Longest wait of a customer who repeats an order whose first request was cut off. */
  | 'repeatSeconds'
  /** Orders that were kept for later and were not stored in the end. */
  | 'unstoredOrders'
  /** Stored orders whose payment was not taken in the end. */
  | 'untakenPayments'
  /** Messages that cannot be understood and were not put aside in the end. */
  | 'strandedMessages'
  /** Sending of a message that cannot be understood until the last of them was put aside. */
  | 'putAsideSeconds'
  /** End of the fault to the first of ten good seconds in a row. */
  | 'recoverySeconds'
  /** What people had to do before users were served again. */
  | 'humanActions';

/** A time that the tier's template sets; whoever measures has to say how long it is. */
export type TemplateTimeId =
  | 'copy-interval'
  /** How often a queue delivers a message before it is put aside, times how long each delivery keeps it. */
  | 'put-aside-time';

/** What a limit can be added to. */
export type BaseTimeId = DeclaredTimeId | TemplateTimeId;

export interface Criterion {
  readonly measure: Measure;
  readonly bound: 'at-most' | 'at-least';
  readonly limit: number;
  /**
   * How much of the limit allows for times that AWS, the template or a person decides: where a run divides these by
   * its pace, so much of the limit is divided with them.
   *
   * @default 0
   */
  readonly pacedLimit?: number;
  /** A time that `limit` is added to. */
  readonly onTopOf?: BaseTimeId;
}

export interface Acceptance {
  readonly tier: TierId;
  readonly fault: FaultId;
  readonly criteria: readonly Criterion[];
}

const atMost = (measure: Measure, limit: number): Criterion => ({ measure, bound: 'at-most', limit });
const atLeast = (measure: Measure, limit: number): Criterion => ({ measure, bound: 'at-least', limit });

/** Mostly a wait for AWS or for a person, whose times a fast run divides. */
const waitAtMost = (measure: Measure, limit: number, paced = limit): Criterion => ({
  ...atMost(measure, limit),
  pacedLimit: paced,
});

const beyond = (onTopOf: BaseTimeId, measure: Measure, limit = 0): Criterion => ({
  ...atMost(measure, limit),
  onTopOf,
});

const waitBeyond = (onTopOf: BaseTimeId, measure: Measure, limit: number): Criterion => ({
  ...waitAtMost(measure, limit),
  onTopOf,
});

/** No fault may lose or double an order, whatever else it may cost. */
const noOrderHarmed: readonly Criterion[] = [atMost('lost', 0), atMost('doubled', 0)];

/** Where data is lost by design: how far back is judged by the RPO, and how many orders is counted. */
const noOrderDoubled: readonly Criterion[] = [atMost('doubled', 0)];

const thirdPartyHarmed: readonly Criterion[] = [
  atLeast('otherRoutesGoodShare', 0.999),
  atMost('attemptsPerRequest', 1.1),
  ...noOrderHarmed,
];

/** What every tier promises alike: it is the application's doing. */
const ofTheApplication = {
  'payment-slow': thirdPartyHarmed,
  'payment-away': thirdPartyHarmed,
  overload: [atLeast('goodputShare', 0.9), atMost('recoverySeconds', 10), ...noOrderHarmed],
} as const satisfies Partial<Record<FaultId, readonly Criterion[]>>;

type Promises = Readonly<Partial<Record<FaultId, readonly Criterion[]>>>;

const MINUTE = 60;
const { recoverMinutes } = tierOf('two-nines').events;
/** Of the minutes that the paper gives a recovery at 99%, ten are for building; the rest restores the database. */
const REBUILD_SECONDS = 10 * MINUTE;
const RECOVER_SECONDS = recoverMinutes * MINUTE;

const twoNines: Promises = {
  'process-kill': [waitAtMost('rtoSeconds', REBUILD_SECONDS), ...noOrderHarmed],
  'zone-loss': [
    waitBeyond('person-rebuilds', 'rtoSeconds', RECOVER_SECONDS),
    beyond('copy-interval', 'rpoSeconds'),
    ...noOrderDoubled,
  ],
  // Its group replaces the server by itself, so nobody has to decide anything.
  'database-primary-loss': [
    waitAtMost('rtoSeconds', RECOVER_SECONDS),
    beyond('copy-interval', 'rpoSeconds'),
    ...noOrderDoubled,
  ],
  ...ofTheApplication,
};

const healing = (failover: DeclaredTimeId): Promises => ({
  'process-kill': [atMost('lossSeconds', 10), ...noOrderHarmed],
  'zone-loss': [waitAtMost('lossSeconds', 120), atMost('rpoSeconds', 0), ...noOrderHarmed],
  'database-primary-loss': [
    beyond(failover, 'rtoSeconds', 15),
    atMost('rpoSeconds', 0),
    atLeast('readsGoodShare', 0.99),
    ...noOrderHarmed,
  ],
  ...ofTheApplication,
});

const warmStandby: Promises = {
  ...healing('aurora-failover-with-replica'),
  'region-loss': [
    waitBeyond('person-fails-over', 'rtoSeconds', 10 * MINUTE),
    atMost('rpoSeconds', 5),
    ...noOrderDoubled,
  ],
};

const fourNines: Promises = {
  'process-kill': [atMost('errorShareIncrease', 0.0001), ...noOrderHarmed],
  'zone-loss': [waitAtMost('lossSeconds', 35), atMost('shedRequests', 0), ...noOrderHarmed],
  'database-primary-loss': [
    // AWS says "often under 30 s", and "under 60 s"; what is beyond that is the application's time to notice. An order that
    // is kept meanwhile (202) is a good answer, so an unlucky failover costs certainty and not the order.
    waitAtMost('writeRtoSeconds', 35, 30),
    atLeast('readsGoodShare', 0.9999),
    ...noOrderHarmed,
  ],
  ...ofTheApplication,
};

const fiveNines: Promises = {
  'process-kill': [atMost('failedRequests', 0), ...noOrderHarmed],
  'zone-loss': [waitAtMost('lossSeconds', 5), ...noOrderHarmed],
  // Recovery is told in whole seconds, so one of them is no loss beyond the promotion.
  'database-primary-loss': [beyond('aurora-failover-with-replica', 'rtoSeconds', 1), ...noOrderHarmed],
  'region-loss': [
    // Three checks in a row wait two seconds each for an answer, and no pace makes a machine answer faster.
    waitAtMost('rtoSeconds', MINUTE, MINUTE - 6),
    atMost('humanActions', 0),
    beyond('aurora-global-replication-lag', 'rpoSeconds'),
    ...noOrderDoubled,
  ],
  ...ofTheApplication,
};

const promises: Readonly<Record<TierId, Promises>> = {
  'two-nines': twoNines,
  'three-nines': healing('rds-multi-az-failover'),
  'four-nines': fourNines,
  'warm-standby': warmStandby,
  'five-nines': fiveNines,
};

/** How often a tier's clients try again before they call it a failure. */
export const clientRetriesOf = (tier: TierId): number => (tier === 'five-nines' ? 1 : 0);

/** By tier, and in each in the order in which a game day injects the faults. */
export const acceptances: readonly Acceptance[] = tierIds.flatMap((tier) =>
  faultIds.flatMap((fault) => {
    const criteria = promises[tier][fault];
    return criteria ? [{ tier, fault, criteria }] : [];
  }),
);

/** The faults that a tier has an acceptance for, in order of injection. */
export const acceptancesOf = (tier: TierId): Acceptance[] => acceptances.filter((one) => one.tier === tier);

export const findAcceptance = (tier: TierId, fault: FaultId): Acceptance | undefined =>
  acceptances.find((one) => one.tier === tier && one.fault === fault);

/** `null` or absent: not measured, or it never came. */
export type Measurements = Readonly<Partial<Record<Measure, number | null>>>;

export interface JudgeOptions {
  /**
   * How long a time lasted in this run: as drawn, or as the template says, and divided by the pace.
   *
   * @default the longest of the range that AWS declares, at full pace; a template's time is then unknown, and a limit
   * on top of it not met
   */
  readonly baseSeconds?: (id: BaseTimeId) => number;
  /**
   * What the run divides the times by that AWS, the template or a person decides.
   *
   * @default 1
   */
  readonly paceDivisor?: number;
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
const finePercent = (share: number): string => `${String(Math.round(share * 1e6) / 1e4)}%`;

const texts: Readonly<Record<Measure, MeasureText>> = {
  lossSeconds: { name: 'L', show: seconds },
  rtoSeconds: { name: 'RTO', show: seconds },
  writeRtoSeconds: { name: 'RTO of writes', show: seconds },
  rpoSeconds: { name: 'RPO', show: seconds },
  lost: { name: 'orders lost', show: plain },
  doubled: { name: 'orders doubled', show: plain },
  failedRequests: { name: 'requests failed', show: plain },
  shedRequests: { name: 'requests shed', show: plain },
  errorShareIncrease: { name: 'errors up by', show: finePercent },
  readsGoodShare: { name: 'good reads', show: percent },
  otherRoutesGoodShare: { name: 'good on other routes', show: percent },
  attemptsPerRequest: { name: 'attempts per request', show: plain },
  goodputShare: { name: 'goodput over capacity', show: percent },
  stageGoodputShare: { name: "goodput over the stage's rate", show: percent },
  goodShare: { name: 'good requests', show: percent },
  catalogueGoodShare: { name: 'good on products', show: percent },
  ordersGoodShare: { name: 'good on orders', show: percent },
  brokenRequests: { name: 'requests failed otherwise than refused', show: plain },
  failedPerKill: { name: 'requests failed for each kill', show: plain },
  repeatSeconds: { name: 'repeat answered within', show: seconds },
  unstoredOrders: { name: 'kept orders not stored', show: plain },
  untakenPayments: { name: 'payments not taken', show: plain },
  strandedMessages: { name: 'messages not put aside', show: plain },
  putAsideSeconds: { name: 'put aside after', show: seconds },
  recoverySeconds: { name: 'recovery', show: seconds },
  humanActions: { name: 'acts of people', show: plain },
};

const isDeclared = (id: BaseTimeId): id is DeclaredTimeId =>
  id !== 'copy-interval' && id !== 'put-aside-time';

const longest = (id: BaseTimeId): number =>
  isDeclared(id) ? longestSeconds(declaredTime(id).seconds) : Number.NaN;

function limitOf({ limit, pacedLimit = 0, onTopOf }: Criterion, options: JudgeOptions): number {
  const { paceDivisor = 1, baseSeconds = longest } = options;
  const own = limit - pacedLimit + pacedLimit / paceDivisor;
  return onTopOf === undefined ? own : baseSeconds(onTopOf) + own;
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
    criterion: `${name} ${criterion.bound === 'at-most' ? '<=' : '>='} ${Number.isNaN(limit) ? 'unknown' : show(limit)}`,
    measured: isKnown ? show(value) : value === null ? 'never' : 'not measured',
    met: isMet,
  };
}

/** Every criterion of an acceptance, in order. The fault is met when all are. */
export function judgeAcceptance(
  acceptance: Pick<Acceptance, 'criteria'>,
  measurements: Measurements,
  options: JudgeOptions = {},
): { readonly met: boolean; readonly verdicts: readonly CriterionVerdict[] } {
  const verdicts = acceptance.criteria.map((criterion) => judgeCriterion(criterion, measurements, options));
  return { met: verdicts.every((verdict) => verdict.met), verdicts };
}
