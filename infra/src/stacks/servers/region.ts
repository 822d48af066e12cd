/** What makes one region of a tier differ from the other, and from those of the tier's neighbours. */
import { createRegionNames, type RegionNames } from '../../constructs/region-names.ts';
import { type MultiRegionSettings, vpcCidrOf } from '../../settings/multi-region-settings.ts';

/** Header by which the edge is known to load balancers, and the key of the secret that holds its value. */
export const EDGE_KEY = { header: 'x-origin-key', secretKey: 'key' } as const;

/** What the tier asks of its regions. */
export interface RegionRules {
  /** The tier's id, as in `nines:tier`. */
  readonly tier: 'warm-standby' | 'five-nines';
  readonly title: string;
  readonly goalPercent: number;
  /** What a region has while it does not serve; the full size where every region serves. */
  readonly standby: { readonly serversPerZone: number; readonly databaseInstances: number } | 'full';
  /** Who starts a takeover: a person, or the watch on the other region. */
  readonly failover: 'decided' | 'automatic';
}

export interface Region {
  readonly region: string;
  readonly otherRegion: string;
  readonly rules: RegionRules;
  readonly names: RegionNames;
  /** With the range of addresses that is this region's. */
  readonly settings: MultiRegionSettings;
  /** Whether its database is made as the one that writes, and what all regions share is made here. */
  readonly isHome: boolean;
  /** Whether it serves at the time of the deployment. */
  readonly isActive: boolean;
  /** Its size while it does not serve; nothing where it serves, or is of full size always. */
  readonly standby: Exclude<RegionRules['standby'], 'full'> | undefined;
}

/** Every name of a tier's workload. */
export const namesOf = (tier: RegionRules['tier'], { domainName }: MultiRegionSettings): RegionNames =>
  createRegionNames({ workload: `nines-${tier}`, domainName });

export function createRegion(region: string, rules: RegionRules, settings: MultiRegionSettings): Region {
  const { homeRegion, standbyRegion, activeRegion } = settings;
  const isHome = region === homeRegion;
  const isActive = region === activeRegion;
  return {
    region,
    otherRegion: isHome ? standbyRegion : homeRegion,
    rules,
    names: namesOf(rules.tier, settings),
    settings: { ...settings, vpcCidr: vpcCidrOf(settings, region) },
    isHome,
    isActive,
    standby: isActive || rules.standby === 'full' ? undefined : rules.standby,
  };
}
