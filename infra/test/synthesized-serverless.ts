/** Serverless stacks for tests, made as `bin/nines.ts` makes them but with a stand-in for the built application. */
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { readMultiRegionSettings } from '../src/settings/multi-region-settings.ts';
import { readServerlessSettings } from '../src/settings/serverless-settings.ts';
import { readSettings } from '../src/settings/settings.ts';
import {
  createServerlessFiveNines,
  createServerlessWarmStandby,
} from '../src/stacks/serverless/multi-region-tiers.ts';
import { createServerlessTier } from '../src/stacks/serverless/serverless-tiers.ts';
import { APPLICATION_FIXTURE, FEATURE_FLAGS, type Resource, type Synthesized } from './synthesized.ts';

/** Tiers of one region, weakest first. */
export const SERVERLESS_TIERS = ['two-nines', 'three-nines', 'four-nines'] as const;

export const SERVERLESS_REGION_TIERS = ['warm-standby', 'five-nines'] as const;

export const ALL_SERVERLESS_TIERS = [...SERVERLESS_TIERS, ...SERVERLESS_REGION_TIERS] as const;

export type ServerlessTierName = (typeof ALL_SERVERLESS_TIERS)[number];

/** Each tier is made once for the same settings: nothing changes what has been synthesized. */
const known = new Map<string, App>();

function appWith(tier: ServerlessTierName, settings: Readonly<Record<string, string>>): App {
  const key = JSON.stringify([tier, settings]);
  const made = known.get(key);
  if (made !== undefined) return made;
  const app = new App({ context: { ...FEATURE_FLAGS, appDist: APPLICATION_FIXTURE, ...settings } });
  const context = app.node.getAllContext() as Readonly<Record<string, unknown>>;
  const deployment = readSettings(context);
  const regions = readServerlessSettings(context, readMultiRegionSettings(context, deployment));
  if (tier === 'warm-standby') createServerlessWarmStandby(app, regions);
  else if (tier === 'five-nines') createServerlessFiveNines(app, regions);
  else createServerlessTier(app, deployment, tier);
  known.set(key, app);
  return app;
}

export interface SynthesizedTier {
  readonly app: App;
  readonly stackNames: readonly string[];
  /**
   * @param part What follows the tier's name: nothing for the application of one region, else such as `edge`,
   *   `eu-west-1` or `eu-west-1-operations`.
   */
  part(part?: string): Synthesized;
}

/** @param settings As after `-c`. */
export function serverlessTier(
  tier: ServerlessTierName,
  settings: Readonly<Record<string, string>> = {},
): SynthesizedTier {
  const app = appWith(tier, settings);
  const name = `nines-${tier}-serverless`;
  const stacks = app.node.children.filter(
    (child): child is Stack => Stack.isStack(child) && child.stackName.startsWith(name),
  );
  return {
    app,
    stackNames: stacks.map(({ stackName }) => stackName),
    part: (part = '') => {
      const stack = stacks.find(({ stackName }) => stackName === (part === '' ? name : `${name}-${part}`));
      if (stack === undefined) throw new RangeError(`There is no ${part} of ${name}.`);
      const template = Template.fromStack(stack);
      const { Resources: resources } = template.toJSON() as {
        readonly Resources: Readonly<Record<string, Resource>>;
      };
      return { app, stack, template, resources };
    },
  };
}

/** Of the tier's application; in tiers of several regions of the first one. */
export const applicationOf = (
  tier: ServerlessTierName,
  settings: Readonly<Record<string, string>> = {},
): Synthesized =>
  serverlessTier(tier, settings).part(
    (SERVERLESS_TIERS as readonly string[]).includes(tier) ? '' : 'eu-west-1',
  );

/** Every stack of a tier. */
export const serverlessParts = (
  tier: ServerlessTierName,
  settings: Readonly<Record<string, string>> = {},
): readonly Synthesized[] => {
  const { stackNames, part } = serverlessTier(tier, settings);
  return stackNames.map((name) => part(name.slice(`nines-${tier}-serverless-`.length)));
};
