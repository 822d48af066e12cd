/**
 * What a tier without servers must show in a game day, fault by fault. Zones and standbys are AWS's own business there;
 * what can be broken from outside is the payment service, the table, a function's process, the queue's messages and the
 * rate at which requests come.
 *
 * Nobody hands these limits down: each is what the tier promises on servers for the fault that is most like it
 * (acceptance.ts), or the tier's own goal, and says which. The judgement is the same.
 */
import type { Criterion, Measure } from './acceptance.ts';
import { tierIds, tierOf, type TierId } from './tiers.ts';

export type ServerlessFaultId =
  | 'function-kill'
  | 'table-throttled'
  | 'table-refusing'
  | 'payment-slow'
  | 'payment-away'
  | 'duplicate-delivery'
  | 'poison-message'
  | 'rate-exceeded'
  | 'region-loss';

/** In the order in which a game day injects them; what leaves most behind comes last. */
export const serverlessFaultIds: readonly ServerlessFaultId[] = [
  'function-kill',
  'payment-slow',
  'payment-away',
  'duplicate-delivery',
  'poison-message',
  'table-throttled',
  'table-refusing',
  'rate-exceeded',
  'region-loss',
];

export interface ServerlessAcceptance {
  readonly tier: TierId;
  readonly fault: ServerlessFaultId;
  readonly criteria: readonly Criterion[];
}

const atMost = (measure: Measure, limit: number): Criterion => ({ measure, bound: 'at-most', limit });
const atLeast = (measure: Measure, limit: number): Criterion => ({ measure, bound: 'at-least', limit });

/** A table that refuses has lost nothing, so no tier may lose anything by it. */
const noOrderHarmed: readonly Criterion[] = [atMost('lost', 0), atMost('doubled', 0)];

/** As on servers. */
const thirdPartyHarmed: readonly Criterion[] = [
  atLeast('otherRoutesGoodShare', 0.999),
  atMost('attemptsPerRequest', 1.1),
  ...noOrderHarmed,
];

/** As on servers after an overload: users are served again as soon as what refused them is over. */
const RECOVERY_SECONDS = 10;
/** Two seconds are the patience of a client that game days count with. */
const REPEAT_SECONDS = 2;
/** For a queue that is asked every few seconds, and a worker that may have to start. */
const PUT_ASIDE_MARGIN_SECONDS = 30;

/**
 * Lambda gives each process one event at a time, so a process that is lost takes one request with it, in every tier
 * alike; what was cut off can be repeated at once, because the order and its key are stored together or not at all.
 */
const processLost: readonly Criterion[] = [
  atMost('failedPerKill', 1),
  atMost('repeatSeconds', REPEAT_SECONDS),
  ...noOrderHarmed,
];

/** No request waits for the queue, so what is wrong with its messages may not cost users more than the goal. */
const behindTheQueue = (tier: TierId): readonly Criterion[] => [
  atLeast('goodShare', 1 - tierOf(tier).lossPerMillion / 1e6),
  atMost('untakenPayments', 0),
  ...noOrderHarmed,
];

const poisoned = (tier: TierId): readonly Criterion[] => [
  atMost('strandedMessages', 0),
  { ...atMost('putAsideSeconds', PUT_ASIDE_MARGIN_SECONDS), onTopOf: 'put-aside-time' },
  ...behindTheQueue(tier),
];

/**
 * What the tier promises for reads while its database's primary is away on servers: 99% at 99.9%, 99.99% above; the 99%
 * tier promises none. Only products: an order that is read back needs the table.
 */
const productsWithoutTable = {
  'two-nines': [],
  'three-nines': [atLeast('catalogueGoodShare', 0.99)],
  'warm-standby': [atLeast('catalogueGoodShare', 0.99)],
  'four-nines': [atLeast('catalogueGoodShare', 0.9999)],
  'five-nines': [atLeast('catalogueGoodShare', 0.9999)],
} as const satisfies Readonly<Record<TierId, readonly Criterion[]>>;

/** From 99.99% on an order that the table refuses is kept in a queue: taken as ever, and stored in the end. */
const keepsOrders = (tier: TierId): boolean => tier !== 'two-nines' && tier !== 'three-nines';

const tableHarmed = (tier: TierId): readonly Criterion[] => [
  ...productsWithoutTable[tier],
  ...(keepsOrders(tier) ? [atLeast('ordersGoodShare', 0.99), atMost('unstoredOrders', 0)] : []),
  atMost('recoverySeconds', RECOVERY_SECONDS),
  ...noOrderHarmed,
];

/** Goodput and recovery as on servers; orders have a rate of their own, so a rush for products does not touch them. */
const beyondTheRate: readonly Criterion[] = [
  atLeast('stageGoodputShare', 0.9),
  atLeast('ordersGoodShare', 0.999),
  atMost('brokenRequests', 0),
  atMost('recoverySeconds', RECOVERY_SECONDS),
  ...noOrderHarmed,
];

const MINUTE = 60;

/** The paper's: a person decides, and ten minutes later users are served; its RPO is the lag of replication, with room. */
const regionLostToStandby: readonly Criterion[] = [
  { ...atMost('rtoSeconds', 10 * MINUTE), pacedLimit: 10 * MINUTE, onTopOf: 'person-fails-over' },
  atMost('rpoSeconds', 5),
  atMost('doubled', 0),
];

/** The paper's, and no order lost: the table of this tier answers when a majority of regions has a write. */
const regionLostToNobody: readonly Criterion[] = [
  { ...atMost('rtoSeconds', MINUTE), pacedLimit: MINUTE },
  atMost('humanActions', 0),
  ...noOrderHarmed,
];

type Promises = Readonly<Partial<Record<ServerlessFaultId, readonly Criterion[]>>>;

const promisesOf = (tier: TierId): Promises => ({
  'function-kill': processLost,
  'payment-slow': thirdPartyHarmed,
  'payment-away': thirdPartyHarmed,
  'duplicate-delivery': behindTheQueue(tier),
  'poison-message': poisoned(tier),
  'table-throttled': tableHarmed(tier),
  'table-refusing': tableHarmed(tier),
  // The 99% tier has no rate of its own: nothing refuses before the account's limit does.
  ...(tier === 'two-nines' ? {} : { 'rate-exceeded': beyondTheRate }),
  ...(tier === 'warm-standby' ? { 'region-loss': regionLostToStandby } : {}),
  ...(tier === 'five-nines' ? { 'region-loss': regionLostToNobody } : {}),
});

/** By tier, and in each in the order in which a game day injects the faults. */
export const serverlessAcceptances: readonly ServerlessAcceptance[] = tierIds.flatMap((tier) =>
  serverlessFaultIds.flatMap((fault) => {
    const criteria = promisesOf(tier)[fault];
    return criteria ? [{ tier, fault, criteria }] : [];
  }),
);

export const serverlessAcceptancesOf = (tier: TierId): ServerlessAcceptance[] =>
  serverlessAcceptances.filter((one) => one.tier === tier);

export const findServerlessAcceptance = (
  tier: TierId,
  fault: ServerlessFaultId,
): ServerlessAcceptance | undefined =>
  serverlessAcceptances.find((one) => one.tier === tier && one.fault === fault);
