/**
 * Runs a command as the leader of its own process group, so that Ctrl-C can end it with everything it started:
 * nx starts vitest, vitest starts workers, and a worker left behind would hold a core of the next run.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

export interface CommandResult {
  /** Exit code; 127 when the command could not be started at all, 128 when a signal ended it. */
  readonly code: number;
  /** Standard output and standard error as they came, interleaved. */
  readonly output: string;
}

export interface RunCommandOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Called with each piece of output as it comes. @default nothing is called: the output comes at the end */
  readonly onOutput?: (chunk: string) => void;
  /** After this long the command and all it started are killed, in ms. @default none: the command ends by itself */
  readonly timeoutMs?: number;
}

const COULD_NOT_START = 127;
const ENDED_BY_SIGNAL = 128;

/** How long a child may take to end tidily before it is killed: nx needs a moment to stop its own children. */
const GRACE_MS = 5_000;

const running = new Set<ChildProcess>();

export function runCommand(
  command: string,
  args: readonly string[],
  { cwd, env, onOutput, timeoutMs }: RunCommandOptions,
): Promise<CommandResult> {
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    detached: process.platform !== 'win32',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let output = '';
  const collect = (chunk: string): void => {
    output += chunk;
    onOutput?.(chunk);
  };
  const deadline =
    timeoutMs === undefined ? undefined : setTimeout(() => signalGroup(child, 'SIGKILL'), timeoutMs);
  child.stdout.setEncoding('utf8').on('data', collect);
  child.stderr.setEncoding('utf8').on('data', collect);
  return new Promise((resolve) => {
    child.once('error', (error) => {
      clearTimeout(deadline);
      running.delete(child);
      resolve({ code: COULD_NOT_START, output: `${output}${command}: ${error.message}\n` });
    });
    child.once('close', (code) => {
      clearTimeout(deadline);
      running.delete(child);
      resolve({ code: code ?? ENDED_BY_SIGNAL, output });
    });
  });
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(process.platform === 'win32' ? child.pid : -child.pid, signal);
  } catch {
    // The group has ended between the look and the signal, which is what was wanted.
  }
}

/** Ends every command still running, tidily first and then for certain. */
export async function endRunningCommands(graceMs: number = GRACE_MS): Promise<void> {
  const children = [...running];
  const ended = Promise.all(children.map((child) => new Promise((resolve) => child.once('close', resolve))));
  for (const child of children) signalGroup(child, 'SIGTERM');
  const giveUp = new AbortController();
  await Promise.race([ended, sleep(graceMs, undefined, { signal: giveUp.signal }).catch(() => undefined)]);
  giveUp.abort();
  for (const child of children) signalGroup(child, 'SIGKILL');
}
