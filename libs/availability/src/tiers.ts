/**
 * The five tiers as data: what each promises and the budgets behind the promise. Everything that names a
 * tier's numbers (tables, thresholds, verdicts) takes them from here.
 *
 * Source: AWS Well-Architected Framework, Reliability Pillar, edition of April 2020, "Availability
 * implementation scenarios"; later editions no longer print these. What the paper says that arithmetic
 * contradicts is kept beside the computed figure, never instead of it.
 */

export type TierId = 'two-nines' | 'three-nines' | 'four-nines' | 'warm-standby' | 'five-nines';

export interface EventBudget {
  /** Unplanned events a year that a person or machine has to recover from. */
  readonly eventsPerYear: number;
  /** Minutes to understand and decide, each. */
  readonly decideMinutes: number;
  /** Minutes to recover once decided, each. */
  readonly recoverMinutes: number;
}

export interface PlannedDowntime {
  readonly changesPerYear: number;
  readonly minutesPerChange: number;
}

export interface Tier {
  readonly id: TierId;
  /** As people say it: `99.9%`. */
  readonly goal: string;
  /**
   * Time that may be lost, in parts per million: 99.9% allows 1000. An integer, because 1 - 0.999 is not
   * 0.001 in binary.
   */
  readonly lossPerMillion: number;
  /** Regions it needs; five-nines may have more. */
  readonly regions: number;
  /** Zones it needs in each region. */
  readonly zonesPerRegion: number;
  readonly events: EventBudget;
  /** Absent for a tier that stays online through its updates. */
  readonly planned?: PlannedDowntime;
  /** Recovery of one event, as the paper puts it. */
  readonly recovery: string;
  readonly typicalUse: string;
  /** The upper bound the paper prints for the events alone, where it prints one. */
  readonly publishedUpperBound?: string;
}

/** Ordered from the weakest promise to the strongest within one region, then over regions. */
export const tiers: readonly Tier[] = [
  {
    id: 'two-nines',
    goal: '99%',
    lossPerMillion: 10_000,
    regions: 1,
    zonesPerRegion: 1,
    // 10 min to deploy the stack and 30 min to restore the database.
    events: { eventsPerYear: 4, decideMinutes: 30, recoverMinutes: 40 },
    planned: { changesPerYear: 6, minutesPerChange: 240 },
    recovery: 'rebuild and restore by runbook',
    typicalUse: 'batch, data extraction, transfer and load',
    publishedUpperBound: '99.9%',
  },
  {
    id: 'three-nines',
    goal: '99.9%',
    lossPerMillion: 1000,
    regions: 1,
    zonesPerRegion: 2,
    events: { eventsPerYear: 2, decideMinutes: 30, recoverMinutes: 30 },
    planned: { changesPerYear: 10, minutesPerChange: 15 },
    recovery: 'servers and database heal themselves; the rest by runbook',
    typicalUse: 'internal tools: knowledge management, project tracking',
    publishedUpperBound: '99.95%',
  },
  {
    id: 'four-nines',
    goal: '99.99%',
    lossPerMillion: 100,
    regions: 1,
    zonesPerRegion: 3,
    events: { eventsPerYear: 2, decideMinutes: 10, recoverMinutes: 5 },
    recovery: 'statically stable against the loss of a zone',
    typicalUse: 'video delivery, broadcast',
  },
  {
    id: 'warm-standby',
    goal: '99.95%',
    lossPerMillion: 500,
    regions: 2,
    zonesPerRegion: 3,
    events: { eventsPerYear: 2, decideMinutes: 20, recoverMinutes: 10 },
    recovery: 'in 5 to 30 minutes, decided by a person',
    typicalUse: 'online commerce, point of sale',
    publishedUpperBound: '99.95%',
  },
  {
    id: 'five-nines',
    goal: '99.999%',
    lossPerMillion: 10,
    regions: 2,
    zonesPerRegion: 3,
    events: { eventsPerYear: 4, decideMinutes: 0, recoverMinutes: 1 },
    recovery: 'in under a minute, automatic',
    typicalUse: 'ATM transactions, telecoms',
  },
];

/**
 * Latency of good requests under the load that a tier is built for. The paper names none: these are ours, from
 * what people take as immediate (100 ms) and as an interruption (1 s): R. B. Miller, "Response time in
 * man-computer conversational transactions", AFIPS 1968. One shop, so the same in every tier.
 */
export const tierLatency = { p95Ms: 500, p99Ms: 1000 } as const;

export const tierIds: readonly TierId[] = tiers.map((tier) => tier.id);

export const isTierId = (value: unknown): value is TierId => tierIds.some((id) => id === value);

/** The tier of an id; `undefined` for a name that is none, such as one typed on a command line. */
export const findTier = (id: string): Tier | undefined => tiers.find((tier) => tier.id === id);

export function tierOf(id: TierId): Tier {
  const tier = findTier(id);
  if (tier === undefined) throw new Error(`There is no tier ${id}.`);
  return tier;
}
