/**
 * Writes the page of each tier, `docs/tiers/<tier>.md`. With `--check` it writes nothing and fails, with exit
 * code 1, when a page is not what it would write.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, CfnResource, type Stack } from 'aws-cdk-lib';
import { format, resolveConfig } from 'prettier';
import { featureFlags } from '../settings/feature-flags.ts';
import { readSettings } from '../settings/settings.ts';
import { readSingleZoneSettings, type SingleZoneSettings } from '../settings/single-zone-settings.ts';
import { FOUR_NINES_TOPICS } from '../stacks/servers/four-nines-topics.ts';
import { FourNinesStack } from '../stacks/servers/four-nines-stack.ts';
import { THREE_NINES_TOPICS } from '../stacks/servers/three-nines-topics.ts';
import { ThreeNinesStack } from '../stacks/servers/three-nines-stack.ts';
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
    return use(appDist, join(folder, 'cdk.out'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function resourceTypes(stack: Stack): Record<string, string> {
  const resources = stack.node.findAll().filter((construct) => CfnResource.isCfnResource(construct));
  return Object.fromEntries(
    resources.map((resource) => [String(stack.resolve(resource.logicalId)), resource.cfnResourceType]),
  );
}

type TierStack = new (scope: App, id: string, props: { readonly settings: SingleZoneSettings }) => Stack;

/** Types by logical id, of the stack as it is without any settings. */
function typesOf(TierStack: TierStack, { stackName }: TierTopics): Record<string, string> {
  return withEmptyApplication((appDist) =>
    resourceTypes(
      new TierStack(new App({ context: { ...featureFlags() } }), stackName, {
        settings: readSingleZoneSettings({}, readSettings({ appDist })),
      }),
    ),
  );
}

const TIERS: readonly (readonly [TierTopics, TierStack])[] = [
  [TWO_NINES_TOPICS, TwoNinesStack],
  [THREE_NINES_TOPICS, ThreeNinesStack],
  [FOUR_NINES_TOPICS, FourNinesStack],
];

const isCheck = process.argv.includes('--check');
mkdirSync(join(REPOSITORY, TIER_PAGES_FOLDER), { recursive: true });
for (const [topics, TierStack] of TIERS) {
  const path = join(REPOSITORY, tierPagePath(topics));
  const options = await resolveConfig(path);
  const page = await format(renderTierPage(topics, typesOf(TierStack, topics)), {
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
