/**
 * Puts the stacks of the serverless tiers together, each in the order in which they are deployed: what serves, then what
 * watches it.
 */
import type { Construct } from 'constructs';
import type { DeploymentSettings } from '../../settings/settings.ts';
import { ApplicationStack } from './application-stack.ts';
import { FOUR_NINES, THREE_NINES, TWO_NINES, type ApplicationRules } from './tier-rules.ts';

export interface ServerlessTier {
  readonly application: ApplicationStack;
}

function createTier(scope: Construct, settings: DeploymentSettings, rules: ApplicationRules): ServerlessTier {
  const name = `nines-${rules.tier}-serverless`;
  const application = new ApplicationStack(scope, name, { settings, rules });
  return { application };
}

/** Tiers of one region, weakest first. */
export function createServerlessTiers(scope: Construct, settings: DeploymentSettings) {
  return [TWO_NINES, THREE_NINES, FOUR_NINES].map((rules) => createTier(scope, settings, rules));
}
