/**
 * Puts the stacks of the serverless tiers of several regions together, in the order in which they are deployed: the
 * table, then one region after the other with what watches it, then the edge.
 */
import type { Construct } from 'constructs';
import { createRegionNames, type RegionNames } from '../../constructs/region-names.ts';
import type { ServerlessSettings } from '../../settings/serverless-settings.ts';
import { ApplicationStack } from './application-stack.ts';
import { DataStack } from './data-stack.ts';
import { GlobalStack } from './global-stack.ts';
import { OperationsStack } from './operations-stack.ts';
import { RegionPagesStack } from './region-pages-stack.ts';
import { FIVE_NINES, WARM_STANDBY, type RegionsRules } from './tier-rules.ts';

export interface ServerlessRegionsTier {
  readonly data: DataStack;
  /** By region, in the order of releases. */
  readonly applications: Readonly<Record<string, ApplicationStack>>;
  /** By region, too. */
  readonly operations: Readonly<Record<string, OperationsStack>>;
  /** Where the edge finds pages: the first two regions. */
  readonly pages: readonly RegionPagesStack[];
  readonly global: GlobalStack;
}

type Regions = readonly [string, string, ...string[]];

/** The live name is one of those below `origin.<domain>`, which all regions answer to. */
function namesOf(workload: string, { domainName }: ServerlessSettings): RegionNames {
  const names = createRegionNames({ workload, domainName });
  return { ...names, origin: `live.${names.origin}` };
}

function createTier(
  scope: Construct,
  settings: ServerlessSettings,
  rules: RegionsRules,
  regions: Regions,
): ServerlessRegionsTier {
  const workload = `nines-${rules.tier}-serverless`;
  const names = namesOf(workload, settings);
  const { hostedZoneId, activeRegion } = settings;
  const data = new DataStack(scope, `${workload}-data`, { settings, rules, names, regions });
  const applications: Record<string, ApplicationStack> = {};
  for (const region of regions) {
    const previous = Object.values(applications).at(-1);
    const standsBy = rules.serving !== 'all' && region !== activeRegion;
    const application = new ApplicationStack(scope, `${workload}-${region}`, {
      settings,
      rules,
      place: { region, names, hostedZoneId, standsBy },
    });
    application.addStackDependency(
      previous ?? data,
      previous === undefined ? 'The table is made there' : 'Releases go through one region after the other',
    );
    applications[region] = application;
  }
  const operations = Object.fromEntries(
    Object.entries(applications).map(([region, application]) => {
      const watching = new OperationsStack(scope, `${workload}-${region}-operations`, {
        settings,
        application,
        siteUrl: `https://${settings.domainName}`,
        replication: {
          others: regions.filter((other) => other !== region),
          consistency: rules.consistency,
        },
        ...(rules.serving !== 'all' && { duty: { isHome: region === regions[0] } }),
      });
      return [region, watching];
    }),
  );
  const pages = regions
    .slice(0, 2)
    .map(
      (region) =>
        new RegionPagesStack(scope, `${workload}-${region}-pages`, { settings, rules, names, region }),
    );
  const global = new GlobalStack(scope, `${workload}-global`, { settings, rules, names, regions });
  for (const stack of [...Object.values(applications), ...Object.values(operations), ...pages])
    global.addStackDependency(stack, 'The edge leads to it');
  return { data, applications, operations, pages, global };
}

export const createServerlessWarmStandby = (scope: Construct, settings: ServerlessSettings) =>
  createTier(scope, settings, WARM_STANDBY, [settings.homeRegion, settings.standbyRegion]);

export const createServerlessFiveNines = (scope: Construct, settings: ServerlessSettings) =>
  createTier(scope, settings, FIVE_NINES, settings.strongRegions);
