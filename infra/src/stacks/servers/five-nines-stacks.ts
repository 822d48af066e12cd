/**
 * The 99.999% tier on servers: two regions of full size that both serve. Products are read in the nearest one; orders go
 * to the one whose database writes. When a region is lost, DNS leaves it, and the other one makes its database the
 * writer, without anybody.
 *
 * docs/tiers/five-nines.md says which resource fulfils which of the tier's promises, and
 * docs/adr/0048-what-a-sql-store-can-promise.md what it cannot.
 */
import { Duration } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { MultiRegionSettings } from '../../settings/multi-region-settings.ts';
import type { EdgeRules } from './global-edge-stack.ts';
import type { RegionRules } from './region.ts';
import { createMultiRegionStacks, type MultiRegionStacks } from './warm-standby-stacks.ts';

/** Rules of the tier, not settings. */
const REGION_RULES: RegionRules = {
  tier: 'five-nines',
  title: '99.999%',
  goalPercent: 99.999,
  standby: 'full',
  failover: 'automatic',
};
const EDGE_RULES: EdgeRules = {
  ...REGION_RULES,
  // The shortest there is: the edge asks again for each new connection, which it keeps for 25 s.
  dnsTtl: Duration.seconds(1),
  reads: 'everywhere',
};

export const createFiveNines = (scope: Construct, settings: MultiRegionSettings): MultiRegionStacks =>
  createMultiRegionStacks(scope, settings, REGION_RULES, EDGE_RULES);
