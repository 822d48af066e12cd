/** `nines synth|deploy|destroy <tier>`: the tier's stacks by the CDK's own command line. */
import { readLeftovers } from '@nines/topology';
import type { Command } from 'commander';
import { flavourOption, parseTier, TIER_IDS } from '../arguments.ts';
import { actionArguments } from '../cdk/cdk-arguments.ts';
import { createRunCdk } from '../cdk/cdk-cli.ts';
import type { RunCdk } from '../cdk/cdk-cli.ts';
import { synthesize } from '../cdk/synthesize.ts';
import { EXIT } from '../exit-code.ts';
import type { ExitCode } from '../exit-code.ts';
import type { AddCommand, ProgramContext } from '../program.ts';
import { describeLeftovers, isLeft } from '../terminal/leftover-lines.ts';
import type { StackLeftover } from '../terminal/leftover-lines.ts';
import { buildAll, COMMAND_ASSEMBLY } from '../workspace.ts';
import type { Flavour, SynthesizedTier } from '../workspace.ts';

export interface StackOptions {
  readonly flavour: Flavour;
  readonly context: readonly string[];
  readonly profile?: string;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** What the commands need of this repository; replaced in tests of the commands themselves. */
export interface StackSources {
  readonly build: (signal: AbortSignal) => Promise<void>;
  readonly runCdk: RunCdk;
  readonly assembly: string;
}

export const STACK_SOURCES: StackSources = {
  build: buildAll,
  runCdk: createRunCdk(),
  assembly: COMMAND_ASSEMBLY,
};

const collect = (value: string, before: readonly string[]): string[] => [...before, value];

/** Settings of the deployment. */
export const withStackSettings = (command: Command): Command =>
  command.option(
    '-c, --context <name=value>',
    'a setting of the deployment (infra/README.md), any number',
    collect,
    [],
  );

/** The options that all commands on the stacks of a tier have. */
export const withStackOptions = (command: Command): Command =>
  withStackSettings(command.addOption(flavourOption()));

export const synthesizeTier = (
  tier: string,
  { context, profile, flavour }: StackOptions,
  { console, signal }: ProgramContext,
  { build, runCdk, assembly }: StackSources,
): Promise<SynthesizedTier> => {
  const id = parseTier(tier);
  console.line(`synthesizing ${id}; this needs no account`);
  const settings = { context, ...(profile === undefined ? {} : { profile }) };
  return synthesize({ tier: id, flavour, settings, assembly, runCdk, build, signal });
};

/** Lets the CDK do it on the terminal; its own exit code tells failure from success and no more. */
export async function actOn(
  action: 'deploy' | 'diff' | 'destroy',
  { stacks }: SynthesizedTier,
  { profile, yes }: StackOptions,
  { signal }: ProgramContext,
  { runCdk, assembly }: StackSources,
): Promise<boolean> {
  const args = actionArguments(action, {
    assembly,
    stacks: stacks.map(({ artifactId }) => artifactId),
    ...(profile === undefined ? {} : { profile }),
    ...(yes === undefined ? {} : { yes }),
  });
  const { exitCode } = await runCdk({ args, signal, speaks: 'terminal' });
  signal.throwIfAborted();
  return exitCode === 0;
}

const resourcesIn = (template: unknown): number =>
  Object.keys((template as { Resources?: object }).Resources ?? {}).length;

function showSynthesized(
  tier: SynthesizedTier,
  options: StackOptions,
  context: ProgramContext,
  assembly: string,
): void {
  const stacks = tier.stacks.map(({ stackName, templateFile, regionId }) => ({
    stack: stackName,
    region: regionId ?? null,
    resources: resourcesIn(tier.templates[templateFile]),
    template: `${assembly}/${templateFile}`,
  }));
  const lines = stacks.map(
    ({ stack, region, resources, template }) =>
      `${stack}: ${String(resources)} resources, ${region ?? 'any region'}, ${template}`,
  );
  context.console.result(options.json ? JSON.stringify(stacks, null, 2) : lines.join('\n'));
}

const leftoversOf = ({ stacks, templates }: SynthesizedTier): StackLeftover[] =>
  stacks.flatMap(({ stackName, templateFile }) =>
    readLeftovers(templates[templateFile], { stackName }).map((one) => ({ stack: stackName, ...one })),
  );

async function destroy(
  tier: string,
  options: StackOptions,
  context: ProgramContext,
  sources: StackSources,
): Promise<ExitCode> {
  const synthesized = await synthesizeTier(tier, options, context, sources);
  const leftovers = leftoversOf(synthesized);
  const text = describeLeftovers(leftovers).join('\n');
  if (options.dryRun) {
    context.console.result(options.json ? JSON.stringify(leftovers, null, 2) : text);
    return leftovers.some(isLeft) ? EXIT.notMet : EXIT.met;
  }
  context.console.line(text);
  return (await actOn('destroy', synthesized, options, context, sources)) ? EXIT.met : EXIT.notMet;
}

const SETTINGS =
  'Settings are checked before anything is sent; infra/README.md lists them, such as data=destroy.';

const HELP = {
  synth: `
Examples:
  nines synth three-nines                     the template, without an account
  nines synth three-nines -c data=destroy     as a sandbox: nothing is kept
  nines synth three-nines --flavour serverless
  nines synth three-nines --json              stacks, regions, resources and where the templates are

${SETTINGS}
Exit codes: 0 synthesized, 2 could not be run.`,
  deploy: `
Examples:
  nines deploy three-nines --profile shop -c paymentUrl=https://payment.shop.test
  nines deploy three-nines --profile sandbox -c data=destroy --yes

An account and region needs \`npx cdk bootstrap\` once. Region and account are the profile's.
${SETTINGS}
Exit codes: 0 deployed, 1 the deployment failed (it is rolled back), 2 could not be run.`,
  destroy: `
Examples:
  nines destroy three-nines --dry-run                    what would be left, or in the way
  nines destroy three-nines --dry-run -c data=destroy    of a sandbox: nothing
  nines destroy three-nines --profile sandbox -c data=destroy

Give the settings that it was deployed with: what stays is decided by the deployed template.
Exit codes: 0 destroyed, or nothing would be left; 1 not destroyed, or something would be; 2 could not be run.`,
} as const;

export const createStackCommands =
  (sources: StackSources): AddCommand =>
  (program, context, finish) => {
    const tierOf = (name: string, summary: string, description: string): Command =>
      withStackOptions(program.command(name).summary(summary).description(description)).argument(
        '<tier>',
        `which tier: ${TIER_IDS}`,
      );
    tierOf(
      'synth',
      "write a tier's CloudFormation templates",
      'Synthesizes the stacks of a tier; needs no account.',
    )
      .option('--json', 'print the stacks as JSON')
      .addHelpText('after', HELP.synth)
      .action(async (tier: string, options: StackOptions) => {
        const synthesized = await synthesizeTier(tier, options, context, sources);
        showSynthesized(synthesized, options, context, sources.assembly);
        finish(EXIT.met);
      });
    tierOf('deploy', 'deploy a tier to your AWS account', "Deploys the tier's stacks with the CDK.")
      .option('--profile <name>', 'the AWS profile')
      .option('--yes', 'ask nobody, also when permissions widen')
      .addHelpText('after', HELP.deploy)
      .action(async (tier: string, options: StackOptions) => {
        const synthesized = await synthesizeTier(tier, options, context, sources);
        finish((await actOn('deploy', synthesized, options, context, sources)) ? EXIT.met : EXIT.notMet);
      });
    tierOf(
      'destroy',
      'destroy a deployed tier',
      "Destroys the tier's stacks with the CDK, and says what stays.",
    )
      .option('--profile <name>', 'the AWS profile')
      .option('--yes', 'ask nobody')
      .option('--dry-run', 'only say what would be left behind, or be in the way')
      .option('--json', 'with --dry-run: as JSON')
      .addHelpText('after', HELP.destroy)
      .action(async (tier: string, options: StackOptions) => {
        finish(await destroy(tier, options, context, sources));
      });
  };

export const stackCommands = createStackCommands(STACK_SOURCES);
