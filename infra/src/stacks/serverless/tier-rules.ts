/**
 * What each serverless tier asks of its application: rules, not settings. Whoever needs others needs another tier. They
 * are data so that neighbours can be compared, and a test does.
 */

/** How many days of seconds DynamoDB can restore; 35 is the most. */
const MOST_RECOVERY_DAYS = 35;

export interface ApplicationRules {
  readonly tier: 'two-nines' | 'three-nines';
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
}

export const TWO_NINES: ApplicationRules = {
  tier: 'two-nines',
  title: '99%',
  goalPercent: 99,
  isRated: false,
};

export const THREE_NINES: ApplicationRules = {
  tier: 'three-nines',
  title: '99.9%',
  goalPercent: 99.9,
  recoveryDays: MOST_RECOVERY_DAYS,
  isRated: true,
};
