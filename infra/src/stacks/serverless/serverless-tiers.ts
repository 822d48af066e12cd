/**
 * Puts the stacks of the serverless tiers of one region together, in the order in which they are deployed: the firewall
 * where there is one, what serves, its pages, what watches all of it.
 */
import type { Construct } from 'constructs';
import type { DeploymentSettings } from '../../settings/settings.ts';
import { ApplicationStack } from './application-stack.ts';
import { EdgeStack } from './edge-stack.ts';
import { FirewallStack } from './firewall-stack.ts';
import { OperationsStack } from './operations-stack.ts';
import { FOUR_NINES, THREE_NINES, TWO_NINES, type ApplicationRules } from './tier-rules.ts';

export interface ServerlessTier {
  /** None where the edge has no application behind it. */
  readonly firewall?: FirewallStack;
  readonly application: ApplicationStack;
  readonly edge: EdgeStack;
  readonly operations: OperationsStack;
}

/** Tiers of one region, weakest first. */
const RULES = { 'two-nines': TWO_NINES, 'three-nines': THREE_NINES, 'four-nines': FOUR_NINES } as const;

export type OneRegionTier = keyof typeof RULES;

export function createServerlessTier(
  scope: Construct,
  settings: DeploymentSettings,
  tier: OneRegionTier,
): ServerlessTier {
  const rules: ApplicationRules = RULES[tier];
  const name = `nines-${rules.tier}-serverless`;
  const firewall = rules.isStaticallyStable
    ? new FirewallStack(scope, `${name}-firewall`, { settings, rules })
    : undefined;
  const application = new ApplicationStack(scope, name, { settings, rules });
  const edge = new EdgeStack(scope, `${name}-edge`, {
    settings,
    application,
    ...(firewall !== undefined && { firewallStackName: firewall.stackName }),
  });
  if (firewall !== undefined) edge.addStackDependency(firewall, 'The distribution names its firewall');
  const operations = new OperationsStack(scope, `${name}-operations`, {
    settings,
    application,
    siteUrl: edge.siteUrl,
    site: edge.site,
    ...(firewall === undefined && { apiUrl: application.api.url }),
  });
  return { application, edge, operations, ...(firewall !== undefined && { firewall }) };
}

export function createServerlessTiers(
  scope: Construct,
  settings: DeploymentSettings,
): readonly ServerlessTier[] {
  return (Object.keys(RULES) as OneRegionTier[]).map((tier) => createServerlessTier(scope, settings, tier));
}
