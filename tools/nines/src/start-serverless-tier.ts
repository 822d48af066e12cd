/** Starts a serverless tier on this machine: its application stack in an emulator of AWS, deployed by the CDK. */
import { join } from 'node:path';
import { createSeededRandom, declaredTime, longestSeconds, tierOf } from '@nines/availability';
import type { TierId } from '@nines/availability';
import { createServerlessCloud, createServerlessRegions } from '@nines/emulator';
import type { ServerlessCloud, SynthesizedApplication, SynthesizedRegions } from '@nines/emulator';
import { NORMAL_PAYMENT } from '@nines/game-day';
import { createGuardian, createPace, systemClock } from '@nines/local-cloud';
import type { Guardian, OnCloudEvent, Pace } from '@nines/local-cloud';
import { createRunCdk } from './cdk/cdk-cli.ts';
import type { RunCdk } from './cdk/cdk-cli.ts';
import { synthesize } from './cdk/synthesize.ts';
import { InputInvalidError } from './exit-code.ts';
import type { ProgramContext } from './program.ts';
import { describeFiltered } from './terminal/serverless-lines.ts';
import { buildApplications, BUNDLES, ROOT, topologyOf } from './workspace.ts';
import type { SynthesizedTier } from './workspace.ts';

/** What it takes from this repository; replaced in tests of the commands themselves. */
export interface ServerlessSources {
  readonly build: (signal: AbortSignal) => Promise<void>;
  readonly runCdk: RunCdk;
}

export const SERVERLESS_SOURCES: ServerlessSources = { build: buildApplications, runCdk: createRunCdk() };

export interface StartServerlessTierOptions {
  readonly tier: TierId;
  readonly seed: number;
  /** Settings of the deployment beside those that it takes to run here, `name=value` each. @default none */
  readonly settings?: readonly string[];
  /** Divides AWS's and the template's times between regions. @default full */
  readonly pace?: Pace;
  /** Told of what happens to regions. @default nobody */
  readonly onEvent?: OnCloudEvent;
}

interface Workshop {
  readonly guardian: Guardian;
  readonly signal: AbortSignal;
  readonly runCdk: RunCdk;
}

async function synthesizeTier(
  tier: TierId,
  context: readonly string[],
  { guardian, signal, runCdk }: Workshop,
): Promise<SynthesizedTier & { readonly assembly: string }> {
  const assembly = join(await guardian.makeDirectory('nines-synthesis-'), 'cdk.out');
  const synthesized = await synthesize({
    tier,
    flavour: 'serverless',
    settings: { context },
    assembly,
    runCdk,
    build: () => Promise.resolve(),
    signal,
  });
  return { ...synthesized, assembly };
}

/** The stack that serves; what watches it, and pages with their edge, are stacks of their own and are not run here. */
async function synthesizeApplication(
  tier: TierId,
  context: readonly string[],
  workshop: Workshop,
): Promise<SynthesizedApplication> {
  const { assembly, stacks, templates } = await synthesizeTier(tier, context, workshop);
  const application = stacks.find(({ stackName }) => stackName === `nines-${tier}-serverless`);
  if (application === undefined) {
    const names = stacks.map(({ stackName }) => stackName).join(', ');
    throw new InputInvalidError(`there is no stack that serves ${tier} without servers among ${names}.`);
  }
  return { assembly, stack: application.artifactId, template: templates[application.templateFile] };
}

/** All stacks of a tier of several regions: the global ones are read, for the way that users find a region. */
async function synthesizeRegions(
  tier: TierId,
  context: readonly string[],
  workshop: Workshop,
): Promise<SynthesizedRegions> {
  const synthesized = await synthesizeTier(tier, context, workshop);
  return {
    assembly: synthesized.assembly,
    stacks: synthesized.stacks.flatMap(({ artifactId, stackName, templateFile, regionId }) =>
      regionId === undefined
        ? []
        : [{ artifactId, stackName, regionId, template: synthesized.templates[templateFile] }],
    ),
    topology: topologyOf(synthesized),
  };
}

/**
 * @returns The running tier; its `close` leaves nothing.
 * @throws An AbortError when the user ends the command first; nothing is then left running.
 */
export async function startServerlessTier(
  {
    tier,
    seed,
    settings: own = [],
    pace = createPace('full'),
    onEvent = () => undefined,
  }: StartServerlessTierOptions,
  { console, signal }: ProgramContext,
  { build, runCdk }: ServerlessSources,
): Promise<ServerlessCloud> {
  const log = (line: string) => {
    console.line(line);
  };
  log('building the applications (skipped where nothing changed)');
  await build(signal);
  const guardian = createGuardian();
  try {
    const workshop = { guardian, signal, runCdk };
    const shared = {
      services: BUNDLES.services,
      serviceBehaviour: { payment: NORMAL_PAYMENT },
      root: ROOT,
      guardian,
      clock: systemClock,
      random: createSeededRandom(seed),
      signal,
      log,
    };
    const cloud =
      tierOf(tier).regions === 1
        ? await createServerlessCloud({
            ...shared,
            synthesize: (settings) => synthesizeApplication(tier, [...settings, ...own], workshop),
          })
        : await createServerlessRegions({
            ...shared,
            synthesize: (settings) => synthesizeRegions(tier, [...settings, ...own], workshop),
            replicationLagSeconds: longestSeconds(declaredTime('dynamodb-global-table-replication').seconds),
            pace,
            onEvent,
          });
    for (const line of describeFiltered(cloud.filtered)) log(line);
    const closeCloud = cloud.close.bind(cloud);
    // Assigned, not spread: what belongs to the region that serves is asked for anew each time.
    return Object.assign(cloud, {
      async close() {
        await closeCloud();
        await guardian.close();
      },
    });
  } catch (error) {
    log('stopping');
    await guardian.close();
    throw error;
  }
}
