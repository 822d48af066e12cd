/**
 * Writes the page of each tier, `docs/tiers/<tier>.md`. With `--check` it writes nothing and fails, with exit
 * code 1, when a page is not what it would write.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, CfnResource, Stack } from 'aws-cdk-lib';
import { format, resolveConfig } from 'prettier';
import { featureFlags } from '../settings/feature-flags.ts';
import { readMultiRegionSettings } from '../settings/multi-region-settings.ts';
import { type DeploymentSettings, readSettings } from '../settings/settings.ts';
import { readServerlessSettings } from '../settings/serverless-settings.ts';
import { readSingleZoneSettings, type SingleZoneSettings } from '../settings/single-zone-settings.ts';
import {
  createServerlessFiveNines,
  createServerlessWarmStandby,
} from '../stacks/serverless/multi-region-tiers.ts';
import { createServerlessTier, type OneRegionTier } from '../stacks/serverless/serverless-tiers.ts';
import { SERVERLESS_TOPICS } from '../stacks/serverless/topics.ts';
import { createFiveNines } from '../stacks/servers/five-nines-stacks.ts';
import { FIVE_NINES_TOPICS } from '../stacks/servers/five-nines-topics.ts';
import { FOUR_NINES_TOPICS } from '../stacks/servers/four-nines-topics.ts';
import { FourNinesStack } from '../stacks/servers/four-nines-stack.ts';
import { THREE_NINES_TOPICS } from '../stacks/servers/three-nines-topics.ts';
import { ThreeNinesStack } from '../stacks/servers/three-nines-stack.ts';
import { createWarmStandby } from '../stacks/servers/warm-standby-stacks.ts';
import { WARM_STANDBY_TOPICS } from '../stacks/servers/warm-standby-topics.ts';
import { TWO_NINES_TOPICS } from '../stacks/servers/two-nines-topics.ts';
import { TwoNinesStack } from '../stacks/servers/two-nines-stack.ts';
import { renderTierPage, TIER_PAGES_FOLDER, tierPagePath } from './render-tier-page.ts';
import type { TierTopics } from './topics.ts';

const REPOSITORY = join(import.meta.dirname, '../../..');

/** The application's build is no part of a page, so an empty one will do and nothing has to be built. */
function withEmptyApplication<T>(use: (appDist: string, outdir: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'nines-tier-pages-'));
  const appDist = join(folder, 'dist');
  try {
    mkdirSync(appDist);
    for (const file of ['server.mjs', 'rds-ca.pem']) writeFileSync(join(appDist, file), '');
    for (const name of ['shop-api', 'order-worker', 'seed-catalogue']) {
      mkdirSync(join(appDist, 'functions', name), { recursive: true });
      writeFileSync(join(appDist, 'functions', name, 'index.mjs'), '');
    }
    return use(appDist, join(folder, 'cdk.out'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Types by logical id. Where several stacks have one of the same name, the first keeps it and all are counted. */
function resourceTypes(stacks: readonly Stack[]): Record<string, string> {
  const types: Record<string, string> = {};
  for (const stack of stacks) {
    for (const resource of stack.node.findAll().filter((construct) => CfnResource.isCfnResource(construct))) {
      const logicalId = String(stack.resolve(resource.logicalId));
      types[logicalId in types ? `${stack.stackName}/${logicalId}` : logicalId] = resource.cfnResourceType;
    }
  }
  return types;
}

type TierStack = new (scope: App, id: string, props: { readonly settings: SingleZoneSettings }) => Stack;

/** Makes the stacks of a tier as they are without any settings. */
type MakeStacks = (app: App, settings: DeploymentSettings) => readonly Stack[];

const oneStack =
  (TierStack: TierStack, { stackName }: TierTopics): MakeStacks =>
  (app, settings) => [new TierStack(app, stackName, { settings: readSingleZoneSettings({}, settings) })];

const severalRegions =
  (make: typeof createWarmStandby): MakeStacks =>
  (app, settings) =>
    Object.values<Stack>({ ...make(app, readMultiRegionSettings({}, settings)) });

const serverless =
  ({ tier }: TierTopics): MakeStacks =>
  (app, settings) => {
    const regions = readServerlessSettings({}, readMultiRegionSettings({}, settings));
    if (tier === 'warm-standby') createServerlessWarmStandby(app, regions);
    else if (tier === 'five-nines') createServerlessFiveNines(app, regions);
    else createServerlessTier(app, settings, tier as OneRegionTier);
    return app.node.children.filter((child): child is Stack => Stack.isStack(child));
  };

const typesOf = (make: MakeStacks): Record<string, string> =>
  withEmptyApplication((appDist) =>
    resourceTypes(make(new App({ context: { ...featureFlags() } }), readSettings({ appDist }))),
  );

const TIERS: readonly (readonly [TierTopics, MakeStacks])[] = [
  [TWO_NINES_TOPICS, oneStack(TwoNinesStack, TWO_NINES_TOPICS)],
  [THREE_NINES_TOPICS, oneStack(ThreeNinesStack, THREE_NINES_TOPICS)],
  [FOUR_NINES_TOPICS, oneStack(FourNinesStack, FOUR_NINES_TOPICS)],
  [WARM_STANDBY_TOPICS, severalRegions(createWarmStandby)],
  [FIVE_NINES_TOPICS, severalRegions(createFiveNines)],
  ...SERVERLESS_TOPICS.map((topics): readonly [TierTopics, MakeStacks] => [topics, serverless(topics)]),
];

const isCheck = process.argv.includes('--check');
mkdirSync(join(REPOSITORY, TIER_PAGES_FOLDER), { recursive: true });
for (const [topics, make] of TIERS) {
  const path = join(REPOSITORY, tierPagePath(topics));
  const options = await resolveConfig(path);
  const page = await format(renderTierPage(topics, typesOf(make)), {
    ...options,
    parser: 'markdown',
  });
  if (!isCheck) {
    writeFileSync(path, page);
  } else if (!existsSync(path) || readFileSync(path, 'utf8') !== page) {
    process.stderr.write(`${tierPagePath(topics)} is stale: run npm run generate.\n`);
    process.exitCode = 1;
  }
}
