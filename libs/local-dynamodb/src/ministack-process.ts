/**
 * MiniStack as a process on loopback: all services of the emulator, empty, for as long as its owner lives.
 *
 * Use it for a whole emulator (tools/emulator deploys stacks to it); a test that only needs a table has
 * `startLocalDynamodb`. State is in memory and goes with the process.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { provisionMinistack } from './provision-ministack.ts';
import type { ProvisionOptions } from './python-program.ts';

const SERVE = fileURLToPath(new URL('../ministack/serve.py', import.meta.url));

/** Slow shared machines need several seconds for a first start; a healthy one half a second. */
const START_TIMEOUT_MS = 60_000;
const COMPLAINT_KEPT = 4000;

/** Starts a process; the local cloud passes one that also tells its guardian. */
export type SpawnProcess = (command: string, args: readonly string[], options: SpawnOptions) => ChildProcess;

export interface StartMinistackOptions extends ProvisionOptions {
  /** @default node's `spawn` */
  readonly spawnProcess?: SpawnProcess;
  /**
   * More of the process's environment, which the functions that it runs inherit.
   *
   * @default only what it needs: the search path for programs, and its packages
   */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface MinistackProcess {
  readonly port: number;
  /** `http://127.0.0.1:<port>`, for `AWS_ENDPOINT_URL` and a client's `endpoint`. */
  readonly endpoint: string;
  readonly pid: number | undefined;
  /** Resolves when the process has ended, whyever that was. */
  readonly ended: Promise<void>;
  /** The end of what it has complained about. */
  complaint(): string;
  /** Ends the process and the functions that it runs, and resolves when it has ended. */
  stop(): Promise<void>;
}

export class MinistackStartError extends Error {
  readonly code = 'ministack-start';
  override readonly name = 'MinistackStartError';
}

/** The port, which is the first line that the process writes; or why there is none. */
function portOf(child: ChildProcess, complaint: () => string): Promise<number> {
  return new Promise((resolve, reject) => {
    let said = '';
    const fail = (reason: string) => {
      clearTimeout(limit);
      reject(new MinistackStartError(`MiniStack ${reason}\n${complaint()}`.trim()));
    };
    const limit = setTimeout(() => {
      child.kill('SIGKILL');
      fail(`did not start within ${String(START_TIMEOUT_MS / 1000)} s`);
    }, START_TIMEOUT_MS);
    child.stdout?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (!said.includes('\n')) return;
      clearTimeout(limit);
      resolve(Number(said.slice(0, said.indexOf('\n'))));
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
 * @throws MinistackUnavailableError when it cannot be installed; MinistackStartError when it does not start.
 */
export async function startMinistack(options: StartMinistackOptions = {}): Promise<MinistackProcess> {
  const { spawnProcess = spawn as SpawnProcess, environment = {} } = options;
  const { python, packages } = await provisionMinistack(options);
  const child = spawnProcess(python, [SERVE], {
    // Its own packages only, and the working directory is nobody's, so that no folder is kept busy.
    env: {
      PATH: process.env['PATH'],
      PYTHONPATH: packages,
      PYTHONNOUSERSITE: '1',
      LOG_LEVEL: 'WARNING',
      ...environment,
    },
    cwd: tmpdir(),
    stdio: ['pipe', 'pipe', 'pipe'],
    // A group of its own: a Ctrl-C in the terminal ends the owner, and only through it the emulator.
    detached: true,
  });
  // The pipe breaks when the emulator ends first, which `ended` tells.
  child.stdin?.on('error', () => undefined);
  let complaint = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    complaint = (complaint + chunk.toString()).slice(-COMPLAINT_KEPT);
  });
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => {
      resolve();
    });
  });
  const port = await portOf(child, () => complaint);
  return {
    port,
    endpoint: `http://127.0.0.1:${String(port)}`,
    pid: child.pid,
    ended,
    complaint: () => complaint,
    async stop() {
      child.stdin?.end();
      await ended;
    },
  };
}
