/**
 * The 99.95% tier on servers: two regions, one of which serves while the other stands by, scaled down but complete. A
 * person decides that the standby takes over, and one command run there does it.
 *
 * docs/tiers/warm-standby.md says which resource fulfils which of the tier's promises.
 */
import { Duration } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { MultiRegionSettings } from '../../settings/multi-region-settings.ts';
import { type EdgeRules, GlobalEdgeStack } from './global-edge-stack.ts';
import type { RegionRules } from './region.ts';
import { RegionStack } from './region-stack.ts';

/** Rules of the tier, not settings. */
const REGION_RULES: RegionRules = {
  tier: 'warm-standby',
  title: '99.95%',
  goalPercent: 99.95,
  // One server in each zone answers checks and receives releases; two instances survive the loss of a zone.
  standby: { serversPerZone: 1, databaseInstances: 2 },
  failover: 'decided',
};
const EDGE_RULES: EdgeRules = {
  ...REGION_RULES,
  // Less than what the checks need to see a loss, so that it adds little to it.
  dnsTtl: Duration.seconds(10),
  reads: 'where-it-writes',
};

export interface MultiRegionStacks {
  readonly home: RegionStack;
  readonly standby: RegionStack;
  readonly global: GlobalEdgeStack;
}

/** Makes the stacks of a tier in the order in which they are deployed. */
export function createMultiRegionStacks(
  scope: Construct,
  settings: MultiRegionSettings,
  rules: RegionRules,
  edgeRules: EdgeRules,
): MultiRegionStacks {
  const { homeRegion, standbyRegion } = settings;
  const name = (part: string): string => `nines-${rules.tier}-${part}`;
  const home = new RegionStack(scope, name(homeRegion), { settings, rules, region: homeRegion });
  const standby = new RegionStack(scope, name(standbyRegion), { settings, rules, region: standbyRegion });
  const global = new GlobalEdgeStack(scope, name('global'), { settings, rules: edgeRules });
  // An order and no reference: the standby joins a global database that is there, the edge finds both regions.
  standby.addStackDependency(home, 'The global database and the secrets are made there');
  global.addStackDependency(standby, 'Pages are copied to its bucket, and its alarm decides about traffic');
  return { home, standby, global };
}

export const createWarmStandby = (scope: Construct, settings: MultiRegionSettings): MultiRegionStacks =>
  createMultiRegionStacks(scope, settings, REGION_RULES, EDGE_RULES);
