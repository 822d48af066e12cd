/**
 * The content of files that are generated from the tiers, as pure functions. A script of the gate writes them
 * and fails when a committed file differs.
 */
import { acceptancesOf, type Acceptance } from './acceptance.ts';
import { allowanceSeconds, formatDuration, goalShare, THIRTY_DAYS_SECONDS, YEAR_SECONDS } from './budget.ts';
import { tiers, type Tier, type TierId } from './tiers.ts';

export interface TierThresholds {
  readonly goal: string;
  readonly goalShare: number;
  /** k6 thresholds for a run in which nothing is broken, by k6 metric. */
  readonly steady: Readonly<Record<string, readonly string[]>>;
  readonly acceptances: readonly Acceptance[];
}

/**
 * What k6 must see while nothing is broken. The metrics are the load tests' own: `good` (rate of requests
 * that were good, dropped and shed ones counting as bad) and `contract_broken` (bodies against the contract).
 * `dropped_iterations` is k6's.
 */
function thresholdsOf(tier: Tier): TierThresholds {
  const share = goalShare(tier);
  return {
    goal: tier.goal,
    goalShare: share,
    steady: {
      good: [`rate>=${String(share)}`],
      contract_broken: ['count==0'],
      dropped_iterations: ['count==0'],
    },
    acceptances: acceptancesOf(tier.id),
  };
}

/** `load-tests/src/generated/thresholds.generated.json`. */
export function renderThresholds(): string {
  const byTier = Object.fromEntries(tiers.map((tier) => [tier.id, thresholdsOf(tier)])) as Record<
    TierId,
    TierThresholds
  >;
  return `${JSON.stringify(byTier, null, 2)}\n`;
}

function tierRow(tier: Tier): string {
  const zones = tier.zonesPerRegion === 1 ? '1 zone' : `${String(tier.zonesPerRegion)} zones`;
  const place = tier.regions === 1 ? `1 region, ${zones}` : `${String(tier.regions)} regions, ${zones} each`;
  const cells = [
    `\`${tier.id}\``,
    tier.goal,
    place,
    formatDuration(allowanceSeconds(tier, YEAR_SECONDS)),
    formatDuration(allowanceSeconds(tier, THIRTY_DAYS_SECONDS)),
    tier.recovery,
    tier.typicalUse,
  ];
  return `| ${cells.join(' | ')} |`;
}

/** The tier table of the README, in Markdown, without a line break at its end. */
export function renderTierTable(): string {
  const head = [
    'tier',
    'design goal',
    'where',
    'allowed a year',
    'allowed in 30 days',
    'recovery',
    'typical use',
  ];
  return [`| ${head.join(' | ')} |`, `| ${head.map(() => '---').join(' | ')} |`, ...tiers.map(tierRow)].join(
    '\n',
  );
}
