/**
 * The CDK's command line as a process. It shares our terminal, so that it can ask, and is no child of a guardian: a
 * deployment that is under way goes on in AWS whatever happens to this process, and its last words matter.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { INFRA, ROOT } from '../workspace.ts';

export interface CdkRun {
  /** `null` when it was ended by a signal. */
  readonly exitCode: number | null;
  /** What it said; empty when it said it to the terminal. */
  readonly output: string;
}

export interface CdkCall {
  readonly args: readonly string[];
  readonly signal: AbortSignal;
  /** `terminal`: it speaks and asks for itself. `kept`: what it says is handed back. */
  readonly speaks: 'terminal' | 'kept';
}

export type RunCdk = (call: CdkCall) => Promise<CdkRun>;

const CDK = join(ROOT, 'node_modules/aws-cdk/bin/cdk');
const OUTPUT_KEPT = 20_000;

/** Neither a check for a newer version nor usage data: nothing but what the user asked for leaves this machine. */
const QUIET = { CDK_DISABLE_VERSION_CHECK: '1', CDK_DISABLE_CLI_TELEMETRY: 'true' };

/**
 * @param program What is run, with the arguments that come before the CDK's.
 * @default the CDK that the workspace pins, under this Node
 */
export const createRunCdk =
  (program: readonly [command: string, ...before: string[]] = [process.execPath, CDK]): RunCdk =>
  async ({ args, signal, speaks }) => {
    const [command, ...before] = program;
    const stdio = speaks === 'terminal' ? 'inherit' : (['ignore', 'pipe', 'pipe'] as const);
    const child = spawn(command, [...before, ...args], {
      cwd: INFRA,
      env: { ...process.env, ...QUIET },
      stdio: stdio === 'inherit' ? stdio : [...stdio],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        output = (output + chunk.toString()).slice(-OUTPUT_KEPT);
      });
    }
    // On a terminal Ctrl-C reaches it by itself; a signal that was sent to this process alone does not.
    const interrupt = () => child.kill('SIGINT');
    signal.addEventListener('abort', interrupt);
    try {
      const [exitCode] = (await once(child, 'close')) as [number | null];
      return { exitCode, output };
    } finally {
      signal.removeEventListener('abort', interrupt);
    }
  };
