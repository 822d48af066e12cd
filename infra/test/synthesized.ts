/** Stacks for tests, made as `bin/nines.ts` makes them but with a stand-in for the built application. */
import { join } from 'node:path';
import { App, type Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import type { Construct } from 'constructs';
import { featureFlags } from '../src/settings/feature-flags.ts';
import { readSettings } from '../src/settings/settings.ts';
import { readSingleZoneSettings, type SingleZoneSettings } from '../src/settings/single-zone-settings.ts';
import { type MultiRegionSettings, readMultiRegionSettings } from '../src/settings/multi-region-settings.ts';
import { createFiveNines } from '../src/stacks/servers/five-nines-stacks.ts';
import { FourNinesStack } from '../src/stacks/servers/four-nines-stack.ts';
import { ThreeNinesStack } from '../src/stacks/servers/three-nines-stack.ts';
import { TwoNinesStack } from '../src/stacks/servers/two-nines-stack.ts';
import { createWarmStandby, type MultiRegionStacks } from '../src/stacks/servers/warm-standby-stacks.ts';

export const APPLICATION_FIXTURE = join(import.meta.dirname, 'fixtures/shop-api-dist');

/** As deployed, except for the flag by which synthesis prints what the command line prints as well. */
export const FEATURE_FLAGS = { ...featureFlags(), '@aws-cdk/core:annotationsInValidationReport': false };

export interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
  readonly Metadata?: Readonly<Record<string, unknown>>;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  readonly DependsOn?: readonly string[];
}

export interface Synthesized {
  readonly app: App;
  readonly stack: Stack;
  readonly template: Template;
  readonly resources: Readonly<Record<string, Resource>>;
}

type TierStack = new (scope: App, id: string, props: { readonly settings: SingleZoneSettings }) => Stack;

/** Tiers of one stack, by the name that each is deployed under without `nines-`. */
const TIER_STACKS = {
  'two-nines': TwoNinesStack,
  'three-nines': ThreeNinesStack,
  'four-nines': FourNinesStack,
} as const satisfies Readonly<Record<string, TierStack>>;

export type Tier = keyof typeof TIER_STACKS;

/** Weakest first. */
export const TIERS = Object.keys(TIER_STACKS) as readonly Tier[];

/** @param settings As after `-c`. */
export function synthesize(tier: Tier, settings: Readonly<Record<string, string>> = {}): Synthesized {
  const app = new App({ context: { ...FEATURE_FLAGS, appDist: APPLICATION_FIXTURE, ...settings } });
  const context: Readonly<Record<string, unknown>> = app.node.getAllContext();
  const stack = new TIER_STACKS[tier](app, `nines-${tier}`, {
    settings: readSingleZoneSettings(context, readSettings(context)),
  });
  const template = Template.fromStack(stack);
  const { Resources: resources } = template.toJSON() as {
    readonly Resources: Readonly<Record<string, Resource>>;
  };
  return { app, stack, template, resources };
}

export const synthesizeThreeNines = (settings: Readonly<Record<string, string>> = {}): Synthesized =>
  synthesize('three-nines', settings);

const MULTI_REGION_TIERS = {
  'warm-standby': createWarmStandby,
  'five-nines': createFiveNines,
} as const satisfies Readonly<
  Record<string, (scope: Construct, settings: MultiRegionSettings) => MultiRegionStacks>
>;

/** A tier of several regions. */
export type MultiRegionTier = keyof typeof MULTI_REGION_TIERS;

export interface SynthesizedRegions {
  readonly app: App;
  /** By their part in the tier, in the order in which they are deployed. */
  readonly parts: Readonly<Record<keyof MultiRegionStacks, Synthesized>>;
}

/** Each is made once: nothing changes what has been synthesized, and two regions take their time. */
const synthesizedRegions = new Map<string, SynthesizedRegions>();

/** @param settings As after `-c`. */
export function synthesizeRegions(
  tier: MultiRegionTier,
  settings: Readonly<Record<string, string>> = {},
): SynthesizedRegions {
  const key = JSON.stringify([tier, settings]);
  const known = synthesizedRegions.get(key);
  if (known !== undefined) return known;
  const app = new App({ context: { ...FEATURE_FLAGS, appDist: APPLICATION_FIXTURE, ...settings } });
  const context = app.node.getAllContext() as Readonly<Record<string, unknown>>;
  const stacks = MULTI_REGION_TIERS[tier](app, readMultiRegionSettings(context, readSettings(context)));
  const part = (stack: Stack): Synthesized => {
    const template = Template.fromStack(stack);
    const { Resources: resources } = template.toJSON() as {
      readonly Resources: Readonly<Record<string, Resource>>;
    };
    return { app, stack, template, resources };
  };
  const made = {
    app,
    parts: { home: part(stacks.home), standby: part(stacks.standby), global: part(stacks.global) },
  };
  synthesizedRegions.set(key, made);
  return made;
}

export const ALL_REGION_TIERS = Object.keys(MULTI_REGION_TIERS) as readonly MultiRegionTier[];

/** Text with `${LogicalId.Attribute}` where the template refers to something, as libs/topology renders it. */
export function rendered(value: unknown): string {
  if (typeof value === 'string') return value;
  const node = value as Readonly<Record<string, unknown>>;
  if ('Fn::Base64' in node) return rendered(node['Fn::Base64']);
  if ('Fn::Sub' in node) return String(node['Fn::Sub']);
  if ('Ref' in node) return `\${${String(node['Ref'])}}`;
  if ('Fn::GetAtt' in node) return `\${${(node['Fn::GetAtt'] as readonly string[]).join('.')}}`;
  const [separator, parts] = node['Fn::Join'] as [string, readonly unknown[]];
  return parts.map(rendered).join(separator);
}

/** The shell script that a server runs at its first start. */
export function userDataOf({ resources }: Synthesized, launchTemplate = 'ServerLaunchTemplate'): string {
  const launch = resources[launchTemplate]?.Properties['LaunchTemplateData'];
  return rendered((launch as { readonly UserData: unknown }).UserData);
}

/** A property of a resource that a stack has pinned a name to. */
export const propertyOf = ({ resources }: Synthesized, logicalId: string, name: string): unknown =>
  resources[logicalId]?.Properties[name];

export const resourcesOfType = ({ resources }: Synthesized, type: string): [string, Resource][] =>
  Object.entries(resources).filter(([, resource]) => resource.Type === type);
