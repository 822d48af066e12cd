/**
 * The content of files that are generated from the tiers, as pure functions. A script of the gate writes them
 * and fails when a committed file differs.
 */
import { allowanceSeconds, formatDuration, goalShare, THIRTY_DAYS_SECONDS, YEAR_SECONDS } from './budget.ts';
import { tierLatency, tiers, type Tier } from './tiers.ts';

/** What k6 must see while nothing is broken; the load tests turn it into k6's thresholds. */
export interface TierThresholds {
  /** Share of requests that must be good, 0 to 1; dropped and shed ones count as bad. */
  readonly goodRatio: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
}

export const thresholdsOf = (tier: Tier): TierThresholds => ({ goodRatio: goalShare(tier), ...tierLatency });

/** The content of `load-tests/src/generated/thresholds.generated.json`: thresholds by tier id. */
export function renderThresholds(): string {
  const byTier = Object.fromEntries(tiers.map((tier) => [tier.id, thresholdsOf(tier)]));
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
