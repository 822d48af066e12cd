/**
 * The real CDK's command line against an emulator: the same program and the same synthesized assembly as for AWS, with
 * the emulator's address and keys in its environment, and a copy of the assembly without what the emulator lacks.
 *
 * It runs under the guardian, unlike a deployment to AWS (tools/nines), because an emulator ends with the command.
 */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Guardian } from '@nines/local-cloud';
import { ACCOUNT } from './emulator.ts';
import type { Emulator } from './emulator.ts';

/** What a stack tells of itself, by stack and output. */
export type StackOutputs = Readonly<Record<string, Readonly<Record<string, string>>>>;

export interface EmulatorCdk {
  /** Makes what the CDK needs in a region; once for each. */
  bootstrap(region: string): Promise<void>;
  /** Deploys the stacks of a filtered assembly, or updates them. */
  deploy(assembly: string, stacks: readonly string[]): Promise<StackOutputs>;
  destroy(assembly: string, stacks: readonly string[]): Promise<void>;
}

export interface EmulatorCdkOptions {
  readonly emulator: Pick<Emulator, 'environment' | 'ended'>;
  readonly guardian: Guardian;
  /** Folder of the workspace that has the CDK's command line in its `node_modules`. */
  readonly root: string;
  readonly signal: AbortSignal;
  /** Gets each line that the CDK writes. @default nobody listens */
  readonly log?: (line: string) => void;
  /**
   * How long one run of the CDK may take, in milliseconds. A custom resource whose function does not answer would else
   * hold a deployment for an hour, as in AWS.
   *
   * @default 300000, many times what the largest of our stacks takes on a busy machine
   */
  readonly timeoutMs?: number;
}

/** The CDK did not do it; the message ends with what it said. */
export class DeploymentFailedError extends Error {
  readonly code: 'bootstrap-failed' | 'deployment-failed' | 'destruction-failed';
  override readonly name = 'DeploymentFailedError';

  constructor(code: DeploymentFailedError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

/** The emulator does not know a resource type, and the list of what it lacks does not name it either. */
export class TypeNotListedError extends Error {
  readonly code = 'type-not-listed';
  override readonly name = 'TypeNotListedError';
  readonly types: readonly string[];

  constructor(types: readonly string[]) {
    super(
      `the emulator does not know ${types.join(', ')}, and tools/emulator/src/lacking-types.ts does not list it; ` +
        'an entry there leaves such resources out, in print.',
    );
    this.types = types;
  }
}

const LONGEST_MS = 300_000;
const LINES_KEPT = 60;
const UNRECOGNIZED = /Unrecognized resource types: \[([^\]]*)\]/;

/** Nothing but what was asked for leaves this machine; colours and a bar are for people. */
const QUIET = {
  CDK_DISABLE_VERSION_CHECK: '1',
  CDK_DISABLE_CLI_TELEMETRY: 'true',
  NO_COLOR: '1',
  AWS_EC2_METADATA_DISABLED: 'true',
} as const;

export async function createEmulatorCdk(options: EmulatorCdkOptions): Promise<EmulatorCdk> {
  const { emulator, guardian, root, signal, log, timeoutMs = LONGEST_MS } = options;
  const program = join(root, 'node_modules/aws-cdk/bin/cdk');
  const directory = await guardian.makeDirectory('nines-emulator-cdk-');

  async function run(code: DeploymentFailedError['code'], args: readonly string[]): Promise<void> {
    const limit = AbortSignal.timeout(timeoutMs);
    const child = guardian.spawn(process.execPath, [program, '--no-notices', '--ci', ...args], {
      // A folder without a cdk.json, so that nothing is synthesized again and nothing is written into infra.
      cwd: directory,
      env: { PATH: process.env['PATH'], HOME: directory, ...QUIET, ...emulator.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      signal: AbortSignal.any([signal, limit]),
    });
    // An abort ends it, and is thrown below; without a listener it would end this process.
    child.on('error', () => undefined);
    const said: string[] = [];
    const reading = [child.stdout, child.stderr].map((stream) => {
      const lines = createInterface({ input: stream as NodeJS.ReadableStream });
      lines.on('line', (line) => {
        said.push(line);
        if (said.length > LINES_KEPT) said.shift();
        log?.(line);
      });
      return once(lines, 'close');
    });
    const [exitCode] = (await once(child, 'close').catch(() => [null])) as [number | null];
    await Promise.all(reading);
    signal.throwIfAborted();
    if (exitCode === 0) return;
    const text = said.join('\n');
    const types = UNRECOGNIZED.exec(text)?.[1];
    if (types !== undefined) throw new TypeNotListedError(types.split(', '));
    const how = limit.aborted
      ? `took longer than ${String(timeoutMs / 1000)} s`
      : `ended with ${String(exitCode)}`;
    throw new DeploymentFailedError(code, `cdk ${args.join(' ')} ${how}:\n${text}`);
  }

  return {
    bootstrap: (region) => run('bootstrap-failed', ['bootstrap', `aws://${ACCOUNT}/${region}`]),
    async deploy(assembly, stacks) {
      const outputs = join(directory, 'outputs.json');
      const how = ['--require-approval', 'never', '--progress', 'events', '--outputs-file', outputs];
      await run('deployment-failed', ['deploy', '--app', assembly, ...how, '--exclusively', ...stacks]);
      return JSON.parse(await readFile(outputs, 'utf8')) as StackOutputs;
    },
    destroy: (assembly, stacks) =>
      run('destruction-failed', ['destroy', '--app', assembly, '--force', '--exclusively', ...stacks]),
  };
}
