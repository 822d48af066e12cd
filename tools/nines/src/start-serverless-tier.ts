/** Starts a serverless tier on this machine: its application stack in an emulator of AWS, deployed by the CDK. */
import { join } from 'node:path';
import { createSeededRandom } from '@nines/availability';
import type { TierId } from '@nines/availability';
import { createServerlessCloud } from '@nines/emulator';
import type { ServerlessCloud, SynthesizedApplication } from '@nines/emulator';
import { NORMAL_PAYMENT } from '@nines/game-day';
import { createGuardian, systemClock } from '@nines/local-cloud';
import type { Guardian } from '@nines/local-cloud';
import { createRunCdk } from './cdk/cdk-cli.ts';
import type { RunCdk } from './cdk/cdk-cli.ts';
import { synthesize } from './cdk/synthesize.ts';
import { InputInvalidError } from './exit-code.ts';
import type { ProgramContext } from './program.ts';
import { describeFiltered } from './terminal/serverless-lines.ts';
import { buildApplications, BUNDLES, ROOT } from './workspace.ts';

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
}

/** The stack that serves; what watches it, and pages with their edge, are stacks of their own and are not run here. */
async function synthesizeApplication(
  tier: TierId,
  context: readonly string[],
  { guardian, signal, runCdk }: { guardian: Guardian; signal: AbortSignal; runCdk: RunCdk },
): Promise<SynthesizedApplication> {
  const assembly = join(await guardian.makeDirectory('nines-synthesis-'), 'cdk.out');
  const { stacks, templates } = await synthesize({
    tier,
    flavour: 'serverless',
    settings: { context },
    assembly,
    runCdk,
    build: () => Promise.resolve(),
    signal,
  });
  const application = stacks.find(({ stackName }) => stackName === `nines-${tier}-serverless`);
  if (application === undefined) {
    const names = stacks.map(({ stackName }) => stackName).join(', ');
    throw new InputInvalidError(
      `${tier} without servers stands in several regions, which do not run here yet (${names}).`,
    );
  }
  return { assembly, stack: application.artifactId, template: templates[application.templateFile] };
}

/**
 * @returns The running tier; its `close` leaves nothing.
 * @throws An AbortError when the user ends the command first; nothing is then left running.
 */
export async function startServerlessTier(
  { tier, seed, settings: own = [] }: StartServerlessTierOptions,
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
    const cloud = await createServerlessCloud({
      synthesize: (settings) =>
        synthesizeApplication(tier, [...settings, ...own], { guardian, signal, runCdk }),
      services: BUNDLES.services,
      serviceBehaviour: { payment: NORMAL_PAYMENT },
      root: ROOT,
      guardian,
      clock: systemClock,
      random: createSeededRandom(seed),
      signal,
      log,
    });
    for (const line of describeFiltered(cloud.filtered)) log(line);
    return {
      ...cloud,
      async close() {
        await cloud.close();
        await guardian.close();
      },
    };
  } catch (error) {
    log('stopping');
    await guardian.close();
    throw error;
  }
}
