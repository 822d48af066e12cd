/** Where things lie in this repository, and the builds that a command needs before it can begin. */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createGuardian } from '@nines/local-cloud';
import type { Guardian } from '@nines/local-cloud';
import { readAssembly, stacksOfAssembly } from '@nines/topology';
import type { AssemblyStack, Topology } from '@nines/topology';

export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

export const BUNDLES = {
  application: join(ROOT, 'apps/shop-api/dist/server.mjs'),
  services: {
    payment: join(ROOT, 'apps/payment-service/dist/server.mjs'),
    reviews: join(ROOT, 'apps/reviews-service/dist/server.mjs'),
  },
} as const;

export const LOAD_SCRIPT = join(ROOT, 'load-tests/src/k6/shop.ts');
export const REPORTS = join(ROOT, '.nines/reports');
export const INFRA = join(ROOT, 'infra');
export const ASSEMBLY = join(INFRA, 'cdk.out');
/** Where the commands synthesize with settings of the user's own, so that the build's own assembly stays as it is. */
export const COMMAND_ASSEMBLY = join(ROOT, '.nines/cdk.out');
export const TIER_PAGES = join(ROOT, 'docs/tiers');

export class BuildFailedError extends Error {
  readonly code = 'build-failed';
  override readonly name = 'BuildFailedError';
}

export class TierNotSynthesizedError extends Error {
  readonly code = 'tier-not-synthesized';
  override readonly name = 'TierNotSynthesizedError';
}

/**
 * Builds the applications and synthesizes the stacks; nx skips what has not changed.
 *
 * @param guardian Ends the build when this command is killed; closed when the build is over. A new one by default,
 *   because the build comes before everything that has one.
 * @throws BuildFailedError with the end of what the build said.
 */
export const buildAll = (signal: AbortSignal, guardian?: Guardian): Promise<void> =>
  build([], signal, guardian);

/**
 * Builds the applications only, for a command that synthesizes with settings of its own.
 *
 * @throws BuildFailedError with the end of what the build said.
 */
export const buildApplications = (signal: AbortSignal, guardian?: Guardian): Promise<void> =>
  build(['--projects', APPLICATIONS.join(',')], signal, guardian);

const APPLICATIONS = ['@nines/shop-api', '@nines/payment-service', '@nines/reviews-service'] as const;

async function build(
  which: readonly string[],
  signal: AbortSignal,
  guardian: Guardian = createGuardian(),
): Promise<void> {
  try {
    await runBuild(which, signal, guardian);
  } finally {
    await guardian.close();
  }
}

async function runBuild(which: readonly string[], signal: AbortSignal, guardian: Guardian): Promise<void> {
  const child = guardian.spawn(
    join(ROOT, 'node_modules/.bin/nx'),
    ['run-many', '-t', 'build', '--outputStyle=static', ...which],
    {
      cwd: ROOT,
      env: { ...process.env, NX_DAEMON: 'false', NX_TUI: 'false' },
      stdio: ['ignore', 'pipe', 'pipe'],
      signal,
    },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-8000);
    });
  }
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new BuildFailedError(`the build failed:\n${output}`);
}

/** Which of a tier's two shapes: on servers, or without any. */
export const FLAVOURS = ['servers', 'serverless'] as const;
export type Flavour = (typeof FLAVOURS)[number];

const isOrHasSuffix = (stackName: string, name: string): boolean =>
  stackName === name || stackName.startsWith(`${name}-`);

/** The stacks of a tier are named after it and its flavour; one that stands in two regions has a suffix for each. */
function isOfTier(stackName: string, tier: string, flavour: Flavour): boolean {
  const isServerless = isOrHasSuffix(stackName, `nines-${tier}-serverless`);
  return flavour === 'serverless' ? isServerless : !isServerless && isOrHasSuffix(stackName, `nines-${tier}`);
}

/** What `cdk synth` wrote for one tier. */
export interface SynthesizedTier {
  readonly manifest: unknown;
  readonly stacks: readonly AssemblyStack[];
  /** Parsed templates by file name. */
  readonly templates: Readonly<Record<string, unknown>>;
}

/**
 * The synthesized stacks of a tier.
 *
 * @throws TierNotSynthesizedError with the stacks that there are.
 */
export async function readTier(
  tier: string,
  assembly: string = ASSEMBLY,
  flavour: Flavour = 'servers',
): Promise<SynthesizedTier> {
  const manifest: unknown = JSON.parse(await readFile(join(assembly, 'manifest.json'), 'utf8'));
  const all = stacksOfAssembly(manifest);
  const stacks = all.filter(({ stackName }) => isOfTier(stackName, tier, flavour));
  if (stacks.length === 0) {
    throw new TierNotSynthesizedError(
      `${tier}${flavour === 'servers' ? '' : `, ${flavour},`} is no stack of infra yet; there are ${all.map(({ stackName }) => stackName).join(', ')}.`,
    );
  }
  const templates: Record<string, unknown> = {};
  for (const { templateFile } of stacks)
    templates[templateFile] = JSON.parse(await readFile(join(assembly, templateFile), 'utf8'));
  return { manifest, stacks, templates };
}

export const topologyOf = ({ manifest, stacks, templates }: SynthesizedTier): Topology =>
  readAssembly({ manifest, templates, stacks: stacks.map(({ artifactId }) => artifactId) });

/** The synthesized stacks of a tier, read into one topology. */
export const readTopologyOf = async (tier: string, assembly: string = ASSEMBLY): Promise<Topology> =>
  topologyOf(await readTier(tier, assembly));
