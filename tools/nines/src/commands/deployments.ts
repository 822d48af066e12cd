/** `nines deployments [tier...]`: every stack deployed, updated and destroyed by the CDK in an emulator of AWS. */
import { join } from 'node:path';
import type { TierId } from '@nines/availability';
import { tiers } from '@nines/availability';
import {
  createEmulatorCdk,
  findStaleEntries,
  LACKING_TYPES,
  runDeployment,
  startEmulator,
} from '@nines/emulator';
import type { DeployableTier, Emulator, EmulatorCdk } from '@nines/emulator';
import { createGuardian, systemClock } from '@nines/local-cloud';
import type { Guardian } from '@nines/local-cloud';
import { Option } from 'commander';
import { parseTier, TIER_IDS } from '../arguments.ts';
import { createRunCdk } from '../cdk/cdk-cli.ts';
import type { RunCdk } from '../cdk/cdk-cli.ts';
import { synthesize } from '../cdk/synthesize.ts';
import { EXIT } from '../exit-code.ts';
import type { ExitCode } from '../exit-code.ts';
import type { AddCommand, ProgramContext } from '../program.ts';
import { describeDeployments, describeOutcome } from '../terminal/deployment-lines.ts';
import type { DeploymentOutcome, DeploymentsReport } from '../terminal/deployment-lines.ts';
import { buildApplications, FLAVOURS, readTier, ROOT, TierNotSynthesizedError } from '../workspace.ts';
import type { Flavour, SynthesizedTier } from '../workspace.ts';

interface Options {
  readonly flavour: Flavour | 'all';
  readonly checkList?: boolean;
  readonly json?: boolean;
}

const EXAMPLES = `
Each tier is deployed with data=destroy, deployed again with a change that harms nothing, and destroyed. Met is: the
CDK says so each time, the update takes nothing away that holds data, and what is left is what the templates say.
What the emulator lacks is left out and printed; tools/emulator/src/lacking-types.ts is the list, with its reasons.

Examples:
  nines deployments                                  all tiers of both flavours
  nines deployments three-nines --flavour serverless
  nines deployments --check-list                     only: which entries of the list are needed no more
  nines deployments four-nines --json

Exit codes: 0 met, 1 not met, 2 could not be run.`;

/** What the command needs of this repository; replaced in tests of the command itself. */
export interface DeploymentsSources {
  readonly build: (signal: AbortSignal) => Promise<void>;
  readonly runCdk: RunCdk;
}

const SANDBOX = ['data=destroy', 'paymentUrl=http://127.0.0.1:9', 'reviewsUrl=http://127.0.0.1:9'] as const;
/** One more subscriber, and a higher rating: what a team changes on a quiet day. */
const CHANGED = [...SANDBOX, 'alertEmail=somebody@shop.test', 'peakRps=251'] as const;

/** A name that is nobody's (RFC 6761), for the tiers of several regions. */
const DOMAIN = 'shop.test';

interface Chosen {
  readonly name: string;
  readonly tier: DeployableTier;
  readonly changed: DeployableTier;
  readonly regions: readonly string[];
}

const deployable = (assembly: string, { stacks, templates }: SynthesizedTier): DeployableTier => ({
  assembly,
  stacks: stacks.map(({ artifactId, stackName, templateFile }) => ({
    artifactId,
    stackName,
    template: templates[templateFile],
  })),
});

/** A tier of a flavour that infra does not have is none of the chosen ones, unless it was named. */
async function readChosen(
  tier: TierId,
  flavour: Flavour,
  assemblies: readonly [string, string],
  region: string,
): Promise<Chosen | undefined> {
  const [first, second] = assemblies;
  try {
    const [synthesized, changed] = [
      await readTier(tier, first, flavour),
      await readTier(tier, second, flavour),
    ];
    const regions = synthesized.stacks.map(({ regionId }) => regionId ?? region);
    return {
      name: flavour === 'servers' ? tier : `${tier}, ${flavour}`,
      tier: deployable(first, synthesized),
      changed: deployable(second, changed),
      regions: [...new Set(regions)],
    };
  } catch (error) {
    if (error instanceof TierNotSynthesizedError) return undefined;
    throw error;
  }
}

interface Workshop {
  readonly guardian: Guardian;
  readonly emulator: Emulator;
  readonly sources: DeploymentsSources;
  readonly context: ProgramContext;
}

/** Two syntheses serve all tiers: as a sandbox, and with a change. */
async function synthesizeTwice({
  guardian,
  emulator,
  sources,
  context,
}: Workshop): Promise<[string, string]> {
  const { console, signal } = context;
  const domain = [`domainName=${DOMAIN}`, `hostedZoneId=${await emulator.createHostedZone(DOMAIN)}`];
  const folder = await guardian.makeDirectory('nines-deployments-');
  const synthesizeInto = async (name: string, settings: readonly string[]): Promise<string> => {
    console.line(`synthesizing all stacks ${name === 'first' ? 'as sandboxes' : 'with a change'}`);
    const assembly = join(folder, name);
    await synthesize({
      tier: 'three-nines',
      settings: { context: [...settings, ...domain] },
      assembly,
      runCdk: sources.runCdk,
      build: () => Promise.resolve(),
      signal,
    });
    return assembly;
  };
  return [await synthesizeInto('first', SANDBOX), await synthesizeInto('second', CHANGED)];
}

async function bootstrapAll(
  chosen: readonly Chosen[],
  cdk: EmulatorCdk,
  { emulator, context: { console } }: Workshop,
): Promise<Record<string, number>> {
  const took: Record<string, number> = {};
  for (const region of new Set(chosen.flatMap(({ regions }) => regions))) {
    console.line(`bootstrapping ${region}`);
    const startedMs = systemClock.now();
    await emulator.makeDefaultNetwork(region);
    await cdk.bootstrap(region);
    took[region] = (systemClock.now() - startedMs) / 1000;
  }
  return took;
}

/** A deployment that fails is a verdict on the stack, and the others still have theirs. */
async function deployOne(
  { name, tier, changed }: Chosen,
  cdk: EmulatorCdk,
  { guardian, emulator, context }: Workshop,
): Promise<DeploymentOutcome> {
  const log = (line: string) => {
    context.console.line(`${name}: ${line}`);
  };
  try {
    return {
      name,
      result: await runDeployment({ emulator, cdk, guardian, clock: systemClock, tier, changed, log }),
    };
  } catch (error) {
    context.signal.throwIfAborted();
    const { code, message } = error as Error & { code?: string };
    if (code === undefined) throw error;
    return { name, error: { code, message } };
  }
}

async function runAll(
  asked: readonly TierId[],
  flavours: readonly Flavour[],
  workshop: Workshop,
): Promise<DeploymentsReport> {
  const { guardian, emulator, context } = workshop;
  const assemblies = await synthesizeTwice(workshop);
  const chosen: Chosen[] = [];
  for (const tier of asked.length === 0 ? tiers.map(({ id }) => id) : asked) {
    const found = await Promise.all(
      flavours.map((flavour) => readChosen(tier, flavour, assemblies, emulator.region)),
    );
    chosen.push(...found.filter((one) => one !== undefined));
  }
  const cdk = await createEmulatorCdk({ emulator, guardian, root: ROOT, signal: context.signal });
  const bootstrapSeconds = await bootstrapAll(chosen, cdk, workshop);
  const outcomes: DeploymentOutcome[] = [];
  for (const one of chosen) {
    const outcome = await deployOne(one, cdk, workshop);
    outcomes.push(outcome);
    for (const line of describeOutcome(outcome)) context.console.line(line);
  }
  // Nothing deployed is nothing shown.
  const met = outcomes.length > 0 && outcomes.every(({ result }) => result?.met === true);
  return { bootstrapSeconds, outcomes, met };
}

async function checkList({ emulator, context: { console } }: Workshop, json: boolean): Promise<ExitCode> {
  const stale = await findStaleEntries(emulator, LACKING_TYPES);
  const text =
    stale.length === 0
      ? `All ${String(LACKING_TYPES.length)} entries are needed.`
      : `The emulator knows these types by now, so that their entries can go: ${stale.join(', ')}`;
  console.result(json ? JSON.stringify({ stale }) : text);
  return stale.length === 0 ? EXIT.met : EXIT.notMet;
}

async function deployments(
  asked: readonly TierId[],
  { flavour, checkList: onlyList = false, json = false }: Options,
  context: ProgramContext,
  sources: DeploymentsSources,
): Promise<ExitCode> {
  const { console, signal } = context;
  const guardian = createGuardian();
  try {
    if (!onlyList) {
      console.line('building the applications (skipped where nothing changed)');
      await sources.build(signal);
    }
    const log = (line: string) => {
      console.line(line);
    };
    const emulator = await startEmulator({ guardian, log });
    const workshop = { guardian, emulator, sources, context };
    if (onlyList) return await checkList(workshop, json);
    const report = await runAll(asked, flavour === 'all' ? FLAVOURS : [flavour], workshop);
    console.result(json ? JSON.stringify(report, null, 2) : describeDeployments(report).join('\n'));
    return report.met ? EXIT.met : EXIT.notMet;
  } finally {
    await guardian.close();
  }
}

export const createDeploymentsCommand =
  (sources: DeploymentsSources): AddCommand =>
  (program, context, finish) => {
    program
      .command('deployments')
      .summary('deploy, update and destroy the stacks in an emulator of AWS')
      .description(
        'Takes the stacks of the tiers through a life in an emulator on this machine, by the real CDK: deployed, ' +
          'updated, destroyed, and nothing left but what the templates say. Needs no account.',
      )
      .argument('[tier...]', `which tiers (default: all): ${TIER_IDS}`)
      .addOption(
        new Option('--flavour <name>', 'which stacks of the tiers')
          .choices([...FLAVOURS, 'all'])
          .default('all'),
      )
      .option('--check-list', 'only look for types that are listed as lacking and are not')
      .option('--json', 'print the result as one JSON object')
      .addHelpText('after', EXAMPLES)
      .action(async (asked: string[], options: Options) => {
        finish(await deployments(asked.map(parseTier), options, context, sources));
      });
  };

export const deploymentsCommand = createDeploymentsCommand({
  build: buildApplications,
  runCdk: createRunCdk(),
});
