/**
 * What each serverless tier asks of its application: rules, not settings. Whoever needs others needs another tier. They
 * are data so that neighbours can be compared, and a test does.
 */

/** How many days of seconds DynamoDB can restore; 35 is the most. */
const MOST_RECOVERY_DAYS = 35;

export type ServerlessTierId = 'two-nines' | 'three-nines' | 'four-nines' | 'warm-standby' | 'five-nines';

export interface ApplicationRules {
  readonly tier: ServerlessTierId;
  /** As in descriptions: `99.9%`. */
  readonly title: string;
  /** Share of requests that must be good, in percent. */
  readonly goalPercent: number;
  /**
   * Days back to which the table can be restored to any second.
   * @default none: copies are made by hand
   */
  readonly recoveryDays?: number;
  /** Whether the API refuses what is more than its rating, and functions keep their share of the account. */
  readonly isRated: boolean;
  /**
   * Whether products have a function of their own, so that slow payments cannot take the concurrency that reads need;
   * with capacity that stands ready, releases in two steps that alarms take back, and traces.
   */
  readonly isStaticallyStable: boolean;
  /** Whether an order that the table refuses is kept in a queue and stored later. */
  readonly buffersOrders: boolean;
  /**
   * Whether an order is written item by item, because the table takes no transactions; such a table removes nothing that
   * has expired either, so a schedule does.
   * @default false
   */
  readonly ordersAreSingleItems?: boolean;
}

export const TWO_NINES: ApplicationRules = {
  tier: 'two-nines',
  title: '99%',
  goalPercent: 99,
  isRated: false,
  isStaticallyStable: false,
  buffersOrders: false,
};

export const THREE_NINES: ApplicationRules = {
  tier: 'three-nines',
  title: '99.9%',
  goalPercent: 99.9,
  recoveryDays: MOST_RECOVERY_DAYS,
  isRated: true,
  isStaticallyStable: false,
  buffersOrders: false,
};

export const FOUR_NINES: ApplicationRules = {
  ...THREE_NINES,
  tier: 'four-nines',
  title: '99.99%',
  goalPercent: 99.99,
  isStaticallyStable: true,
  buffersOrders: true,
};

/** What a tier of several regions asks on top. */
export interface RegionsRules extends ApplicationRules {
  /** What a write waits for: its own region, or a majority of three. */
  readonly consistency: 'eventual' | 'strong';
  /** Whether one region serves until a person decides otherwise, or all of them do. */
  readonly serving: 'one, until a person decides' | 'all';
  /** Seconds for which an answer about where the application is may be kept. */
  readonly dnsTtlSeconds: number;
}

export const WARM_STANDBY: RegionsRules = {
  ...FOUR_NINES,
  tier: 'warm-standby',
  title: '99.95%',
  goalPercent: 99.95,
  consistency: 'eventual',
  serving: 'one, until a person decides',
  // Less than what the checks need to see a loss, so that it adds little to it.
  dnsTtlSeconds: 10,
};

export const FIVE_NINES: RegionsRules = {
  ...FOUR_NINES,
  tier: 'five-nines',
  title: '99.999%',
  goalPercent: 99.999,
  consistency: 'strong',
  ordersAreSingleItems: true,
  serving: 'all',
  // The shortest there is: the edge asks again for each new connection.
  dnsTtlSeconds: 1,
};
