/** Serverless stacks for tests, made as `bin/nines.ts` makes them but with a stand-in for the built application. */
import { App, type Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { readSettings } from '../src/settings/settings.ts';
import { createServerlessTiers } from '../src/stacks/serverless/serverless-tiers.ts';
import { APPLICATION_FIXTURE, FEATURE_FLAGS, type Resource, type Synthesized } from './synthesized.ts';

/** Tiers of one region, weakest first. */
export const SERVERLESS_TIERS = ['two-nines', 'three-nines', 'four-nines'] as const;

export type ServerlessTierName = (typeof SERVERLESS_TIERS)[number];

export interface SynthesizedServerless {
  readonly app: App;
  readonly application: Synthesized;
}

/** Each app is made once: nothing changes what has been synthesized. */
const known = new Map<string, Readonly<Record<ServerlessTierName, SynthesizedServerless>>>();

/** @param settings As after `-c`. */
export function synthesizeServerless(
  tier: ServerlessTierName,
  settings: Readonly<Record<string, string>> = {},
): SynthesizedServerless {
  const key = JSON.stringify(settings);
  const made = known.get(key) ?? synthesizeAll(settings);
  known.set(key, made);
  return made[tier];
}

function synthesizeAll(settings: Readonly<Record<string, string>>) {
  const app = new App({ context: { ...FEATURE_FLAGS, appDist: APPLICATION_FIXTURE, ...settings } });
  const tiers = createServerlessTiers(app, readSettings(app.node.getAllContext()));
  const synthesized = (stack: Stack): Synthesized => {
    const template = Template.fromStack(stack);
    const { Resources: resources } = template.toJSON() as {
      readonly Resources: Readonly<Record<string, Resource>>;
    };
    return { app, stack, template, resources };
  };
  return Object.fromEntries(
    SERVERLESS_TIERS.map((tier, index) => {
      const stacks = tiers[index];
      if (stacks === undefined) throw new RangeError(tier);
      return [tier, { app, application: synthesized(stacks.application) }];
    }),
  ) as Record<ServerlessTierName, SynthesizedServerless>;
}
