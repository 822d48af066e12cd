/** `nines cfn-lint`: every synthesized template by AWS's own linter. */
import { join } from 'node:path';
import { CFN_LINT_VERSION, judgeFindings, lintTemplates, provisionCfnLint } from '@nines/emulator';
import type { LintVerdict, TemplateFinding } from '@nines/emulator';
import { FLAVOURS, readTier, TierNotSynthesizedError } from '../workspace.ts';
import { EXIT } from '../exit-code.ts';
import type { ExitCode } from '../exit-code.ts';
import type { AddCommand, ProgramContext } from '../program.ts';
import { synthesize } from '../cdk/synthesize.ts';
import { tiers } from '@nines/availability';
import { STACK_SOURCES, withStackSettings } from './stacks.ts';
import type { StackSources } from './stacks.ts';

interface Options {
  readonly context: readonly string[];
  readonly json?: boolean;
}

/** What the command needs of this repository; replaced in tests of the command itself. */
export interface CfnLintSources extends StackSources {
  readonly lint: (files: readonly string[], context: ProgramContext) => Promise<TemplateFinding[]>;
}

const EXAMPLES = `
Lints the templates of all stacks, of both flavours; needs no account. cfn-lint ${CFN_LINT_VERSION} is installed from PyPI on first
use, into the user's cache (Python 3.10 or later with pip). Met is: no error, and no warning but those that
tools/emulator/src/cfn-lint.ts explains.

Examples:
  nines cfn-lint
  nines cfn-lint -c data=destroy     the templates of sandboxes
  nines cfn-lint --json

Exit codes: 0 met, 1 not met, 2 could not be run.`;

/** The files of all stacks that were synthesized. */
async function templatesIn(assembly: string): Promise<string[]> {
  const files: string[] = [];
  for (const { id } of tiers) {
    for (const flavour of FLAVOURS) {
      try {
        const { stacks } = await readTier(id, assembly, flavour);
        files.push(...stacks.map(({ templateFile }) => join(assembly, templateFile)));
      } catch (error) {
        if (!(error instanceof TierNotSynthesizedError)) throw error;
      }
    }
  }
  return files;
}

function describe({ findings, explained, stale }: LintVerdict, templates: number): string {
  return [
    ...findings.map(({ rule, template, where, message }) => `${rule} ${template} ${where}: ${message}`),
    ...stale.map(({ rule, says }) => `${rule} ${String(says)} is explained, and is not found any more`),
    `cfn-lint: ${String(templates)} templates, ${String(findings.length)} findings, ${String(explained)} explained warnings`,
  ].join('\n');
}

async function cfnLint(
  { context, json = false }: Options,
  program: ProgramContext,
  { build, runCdk, assembly, lint }: CfnLintSources,
): Promise<ExitCode> {
  const { console, signal } = program;
  console.line('synthesizing all stacks; this needs no account');
  // The synthesis of one tier is that of all.
  await synthesize({ tier: 'three-nines', settings: { context }, assembly, runCdk, build, signal });
  const files = await templatesIn(assembly);
  console.line(`linting ${String(files.length)} templates`);
  const verdict = judgeFindings(await lint(files, program));
  console.result(json ? JSON.stringify(verdict.findings, null, 2) : describe(verdict, files.length));
  return verdict.findings.length === 0 ? EXIT.met : EXIT.notMet;
}

export const createCfnLintCommand =
  (sources: CfnLintSources): AddCommand =>
  (program, context, finish) => {
    withStackSettings(program.command('cfn-lint'))
      .summary("check every template by AWS's own linter")
      .description('Synthesizes all stacks and lints their templates with cfn-lint; needs no account.')
      .option('--json', 'print the findings as JSON')
      .addHelpText('after', EXAMPLES)
      .action(async (options: Options) => {
        finish(await cfnLint(options, context, sources));
      });
  };

export const cfnLintCommand = createCfnLintCommand({
  ...STACK_SOURCES,
  lint: async (files, { console, signal }) => {
    const log = (line: string) => {
      console.line(line);
    };
    return lintTemplates({ installed: await provisionCfnLint({ log }), files, signal });
  },
});
