/**
 * One DynamoDB endpoint on loopback, empty, for as long as a test or a benchmark needs it.
 *
 * The same endpoint answers for SQS. Not for keeping data, which is in memory and goes with the process, and no
 * witness for capacity: an emulator has no partitions, so it throttles nothing and nothing in it is hot.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { provisionMinistack } from './provision-ministack.ts';
import type { ProvisionMinistackOptions } from './provision-ministack.ts';

const SERVE = fileURLToPath(new URL('../ministack/serve.py', import.meta.url));

/** Slow shared machines need several seconds for a first start; a healthy one half a second. */
const START_TIMEOUT_MS = 60_000;

/** Starts a process; the local cloud passes one that also tells its guardian. */
export type SpawnProcess = (command: string, args: readonly string[], options: SpawnOptions) => ChildProcess;

export interface LocalDynamodbOptions extends ProvisionMinistackOptions {
  /** @default node's `spawn` */
  readonly spawnProcess?: SpawnProcess;
  /**
   * An engine that runs already, used as it is.
   *
   * @default the environment's `NINES_DYNAMODB_ENDPOINT`; without it, an emulator is started
   */
  readonly endpoint?: string | undefined;
}

export interface LocalDynamodb {
  /** For a client's `endpoint`. */
  readonly endpoint: string;
  readonly region: string;
  /** For a client's `credentials`: an emulator takes any, and these are no secret. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** The emulator's process; absent when the engine was running already. */
  readonly pid: number | undefined;
  /** Ends the process, and resolves when it has ended. An engine that was running already stays. */
  stop(): Promise<void>;
}

export class LocalDynamodbStartError extends Error {
  readonly code = 'local-dynamodb-start';
  override readonly name = 'LocalDynamodbStartError';
}

const IDENTITY = {
  region: 'eu-west-1',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
} as const;

/** The port, which is the first line that the process writes; or why there is none. */
function portOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let said = '';
    let complaint = '';
    const fail = (reason: string) => {
      clearTimeout(limit);
      reject(new LocalDynamodbStartError(`the emulator of DynamoDB ${reason}\n${complaint}`.trim()));
    };
    const limit = setTimeout(() => {
      child.kill('SIGKILL');
      fail(`did not start within ${String(START_TIMEOUT_MS / 1000)} s`);
    }, START_TIMEOUT_MS);
    child.stdout?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (!said.includes('\n')) return;
      clearTimeout(limit);
      resolve(Number(said.trim()));
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      complaint = (complaint + chunk.toString()).slice(-4000);
    });
    child.once('error', (error) => {
      fail(`could not be started: ${error.message}`);
    });
    child.once('close', (code) => {
      fail(`ended while it started (exit code ${String(code)})`);
    });
  });
}

/**
 * Starts an emulator, installing it first where there is none yet. It ends with `stop`, and also when this process
 * ends in any other way.
 *
 * @throws MinistackUnavailableError when it cannot be installed; LocalDynamodbStartError when it does not start.
 */
export async function startLocalDynamodb(options: LocalDynamodbOptions = {}): Promise<LocalDynamodb> {
  const { spawnProcess = spawn as SpawnProcess } = options;
  const running = options.endpoint ?? process.env['NINES_DYNAMODB_ENDPOINT'];
  if (running) return { ...IDENTITY, endpoint: running, pid: undefined, stop: () => Promise.resolve() };

  const { python, packages } = await provisionMinistack(options);
  const child = spawnProcess(python, [SERVE], {
    // Its own packages only, and the working directory is nobody's, so that no folder is kept busy.
    env: { PATH: process.env['PATH'], PYTHONPATH: packages, PYTHONNOUSERSITE: '1', LOG_LEVEL: 'WARNING' },
    cwd: tmpdir(),
    stdio: ['pipe', 'pipe', 'pipe'],
    // A group of its own: a Ctrl-C in the terminal ends the owner, and only through it the emulator.
    detached: true,
  });
  // The pipe breaks when the emulator ends first, which `close` reports.
  child.stdin?.on('error', () => undefined);
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => {
      resolve();
    });
  });
  const port = await portOf(child);
  return {
    ...IDENTITY,
    endpoint: `http://127.0.0.1:${String(port)}`,
    pid: child.pid,
    async stop() {
      child.stdin?.end();
      await ended;
    },
  };
}
