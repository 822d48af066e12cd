/** `nines diff <tier> [other]`: what a deployment would change, or what another tier would. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TierId } from '@nines/availability';
import { parseTier, TIER_IDS } from '../arguments.ts';
import { EXIT, InputInvalidError } from '../exit-code.ts';
import type { ExitCode } from '../exit-code.ts';
import type { AddCommand, ProgramContext } from '../program.ts';
import { compareTiers } from '../tier-diff/compare-tiers.ts';
import type { TierReading } from '../tier-diff/compare-tiers.ts';
import { readTierPage } from '../tier-diff/tier-page.ts';
import { describeTierDiff } from '../terminal/tier-diff-lines.ts';
import { readTier, TIER_PAGES, topologyOf } from '../workspace.ts';
import type { Flavour, SynthesizedTier } from '../workspace.ts';
import { actOn, STACK_SOURCES, synthesizeTier, withStackOptions } from './stacks.ts';
import type { StackOptions, StackSources } from './stacks.ts';

const EXAMPLES = `
With one tier: what deploying it would change in the account of the profile, by \`cdk diff\`.
With two: what the second one buys in minutes a year, which settings decide differently in a failure, what it promises
in each of the seven topics and by what, and which resources it has more or fewer of. Needs no account.

Examples:
  nines diff three-nines --profile shop
  nines diff three-nines four-nines
  nines diff three-nines four-nines --json

Exit codes: 0 compared, 2 could not be run.`;

/** What the command needs of this repository; replaced in tests of the command itself. */
export interface DiffSources extends StackSources {
  /** Folder of the generated tier pages. */
  readonly pages: string;
}

async function topicsOf(name: string, pages: string) {
  try {
    return readTierPage(await readFile(join(pages, `${name}.md`), 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

async function readingOf(
  tier: TierId,
  synthesized: SynthesizedTier,
  { pages, flavour }: { readonly pages: string; readonly flavour: Flavour },
): Promise<TierReading> {
  const resourceTypes = Object.values(synthesized.templates).flatMap((template) =>
    Object.values((template as { Resources?: Record<string, { Type: string }> }).Resources ?? {}).map(
      ({ Type }) => Type,
    ),
  );
  const topics = await topicsOf(flavour === 'servers' ? tier : `${tier}-${flavour}`, pages);
  return { tier, topology: topologyOf(synthesized), resourceTypes, topics };
}

async function diff(
  [tier, other]: readonly [string, string | undefined],
  options: StackOptions,
  context: ProgramContext,
  sources: DiffSources,
): Promise<ExitCode> {
  if (other === undefined) {
    if (options.json) throw new InputInvalidError('--json compares two tiers; name the second one.');
    const synthesized = await synthesizeTier(tier, options, context, sources);
    const isDone = await actOn('diff', synthesized, options, context, sources);
    return isDone ? EXIT.met : EXIT.couldNotRun;
  }
  const [from, to] = [parseTier(tier), parseTier(other)];
  if (from === to) throw new InputInvalidError('name two different tiers.');
  // One synthesis writes the stacks of all tiers.
  const synthesized = await synthesizeTier(from, options, context, sources);
  const { flavour } = options;
  const pagesOf = { pages: sources.pages, flavour };
  const comparison = compareTiers(
    await readingOf(from, synthesized, pagesOf),
    await readingOf(to, await readTier(to, sources.assembly, flavour), pagesOf),
  );
  context.console.result(
    options.json ? JSON.stringify(comparison, null, 2) : describeTierDiff(comparison).join('\n'),
  );
  return EXIT.met;
}

export const createDiffCommand =
  (sources: DiffSources): AddCommand =>
  (program, context, finish) => {
    withStackOptions(program.command('diff'))
      .summary('compare a tier with what is deployed, or with another tier')
      .description('Shows what a deployment would change, or what another tier would.')
      .argument('<tier>', `which tier: ${TIER_IDS}`)
      .argument('[other]', 'the tier to compare it with')
      .option('--profile <name>', 'the AWS profile, to compare with what is deployed')
      .option('--json', 'with two tiers: print the comparison as one JSON object')
      .addHelpText('after', EXAMPLES)
      .action(async (tier: string, other: string | undefined, options: StackOptions) => {
        finish(await diff([tier, other], options, context, sources));
      });
  };

export const diffCommand = createDiffCommand({ ...STACK_SOURCES, pages: TIER_PAGES });
