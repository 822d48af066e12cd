/**
 * What AWS's own linter says of templates: types, properties and values that CloudFormation would refuse, some only
 * after half an hour of deployment. It needs no account and no network once it is installed.
 *
 * Use it on every synthesized template. It does not know what a stack means; that is for the tests of `infra`.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { provisionPythonProgram } from '@nines/local-dynamodb';
import type { InstalledProgram, ProvisionOptions, PythonProgram } from '@nines/local-dynamodb';

/** The version that requirements.txt pins; a test compares the two. */
export const CFN_LINT_VERSION = '1.58.0';

export class CfnLintError extends Error {
  readonly code: 'cfn-lint-unavailable' | 'cfn-lint-failed';
  override readonly name = 'CfnLintError';

  constructor(code: CfnLintError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

const CFN_LINT: PythonProgram = {
  name: 'cfn-lint',
  version: CFN_LINT_VERSION,
  requirements: fileURLToPath(new URL('../cfn-lint/requirements.txt', import.meta.url)),
  cost: 'about 20 seconds, 90 MB',
  unavailable: (reason, whatToDo, options) =>
    new CfnLintError(
      'cfn-lint-unavailable',
      `cfn-lint ${CFN_LINT_VERSION} is needed: ${reason}. ${whatToDo}`,
      options,
    ),
};

/** @throws CfnLintError when there is no fitting Python, or pip cannot install it. */
export const provisionCfnLint = (options: ProvisionOptions = {}): Promise<InstalledProgram> =>
  provisionPythonProgram(CFN_LINT, options);

export interface TemplateFinding {
  /** Such as `E3012`; the letter says how grave it is. */
  readonly rule: string;
  /** File name of the template. */
  readonly template: string;
  /** Keys from the template's root to what is wrong, with dots between. */
  readonly where: string;
  readonly message: string;
}

/** Runs cfn-lint over files; answers its standard output and error, whatever it found. */
export type RunCfnLint = (
  installed: InstalledProgram,
  files: readonly string[],
  signal: AbortSignal,
) => Promise<{ readonly stdout: string; readonly stderr: string }>;

const runCfnLint: RunCfnLint = async ({ python, packages }, files, signal) => {
  const main = 'import sys; from cfnlint.runner import main; sys.exit(main())';
  const child = spawn(python, ['-c', main, '--format', 'json', '--', ...files], {
    env: { ...process.env, PYTHONPATH: packages },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
  });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk: string) => (said[name] += chunk));
  }
  await once(child, 'close');
  return said;
};

export interface LintTemplatesOptions {
  readonly installed: InstalledProgram;
  /** Paths of templates. */
  readonly files: readonly string[];
  readonly signal: AbortSignal;
  /** @default the installed program as a process */
  readonly run?: RunCfnLint;
}

interface Reported {
  readonly Filename: string;
  readonly Location: { readonly Path: readonly (string | number)[] | null };
  readonly Message: string;
  readonly Rule: { readonly Id: string };
}

/**
 * All that it finds, errors and warnings.
 *
 * @throws CfnLintError when it does not say in its own words what it found.
 */
export async function lintTemplates(options: LintTemplatesOptions): Promise<TemplateFinding[]> {
  const { installed, files, signal, run = runCfnLint } = options;
  const { stdout, stderr } = await run(installed, files, signal);
  let reported: readonly Reported[];
  try {
    reported = JSON.parse(stdout) as readonly Reported[];
  } catch (cause) {
    const said = (stderr.trim() === '' ? stdout : stderr).trim().slice(-2_000);
    throw new CfnLintError('cfn-lint-failed', `cfn-lint ended without a result:\n${said}`, { cause });
  }
  return reported.map(({ Filename, Location, Message, Rule }) => ({
    rule: Rule.Id,
    template: basename(Filename),
    where: (Location.Path ?? []).join('.'),
    message: Message,
  }));
}

/** A warning that is none for these templates, and why. Errors are not explained but fixed. */
export interface ExplainedWarning {
  readonly rule: `W${string}`;
  /** What its message says; the same rule elsewhere is still a finding. */
  readonly says: RegExp;
  readonly why: string;
}

export const EXPLAINED_WARNINGS: readonly ExplainedWarning[] = [
  {
    rule: 'W3005',
    says: /dependency already enforced by/,
    why: 'The CDK states a dependency on all parts of a construct, also on one that a reference implies. It changes no order.',
  },
  {
    rule: 'W3691',
    says: /^Engine version '17' for engine 'postgres'/,
    why: 'RDS takes a major version as its newest minor one, which is meant: backups and replicas follow it. The list of the linter has minor ones only.',
  },
];

export interface LintVerdict {
  /** Errors, and warnings that nothing explains. */
  readonly findings: readonly TemplateFinding[];
  readonly explained: number;
  /** Explanations of what is not found any more. */
  readonly stale: readonly ExplainedWarning[];
}

export function judgeFindings(
  found: readonly TemplateFinding[],
  explanations: readonly ExplainedWarning[] = EXPLAINED_WARNINGS,
): LintVerdict {
  const explains = ({ rule, says }: ExplainedWarning, finding: TemplateFinding): boolean =>
    rule === finding.rule && says.test(finding.message);
  const findings = found.filter((finding) => !explanations.some((one) => explains(one, finding)));
  return {
    findings,
    explained: found.length - findings.length,
    stale: explanations.filter((one) => !found.some((finding) => explains(one, finding))),
  };
}
