/**
 * Starts processes and makes folders that cannot be left behind: each is listed with a guardian process that
 * removes it when this one ends, even by SIGKILL or a closed terminal. Use it for every process and folder of a
 * run; a process started without it is a process that may stay.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Guardian {
  /**
   * Starts a process in a group of its own, so that it can be killed with its children and not by our Ctrl-C. Its
   * children are also killed when it ends by itself, as systemd does with what is left of a service.
   * A process that leaves something behind when it is killed names a milder end as `killSignal` (PostgreSQL gives
   * back its shared memory at SIGQUIT); it is killed all the same when it does not obey.
   */
  spawn(command: string, args: readonly string[], options: SpawnOptions): ChildProcess;
  /** Makes a folder for this run in the system's temporary folder. */
  makeDirectory(prefix: string): Promise<string>;
  /** Kills what is still running, removes the folders and ends the guardian process. */
  close(): Promise<void>;
}

export interface GuardianOptions {
  /**
   * How long a process may take to obey its `killSignal` before it is killed.
   *
   * @default 2000, many times what PostgreSQL needs to stop at once
   */
  readonly patienceMs?: number;
}

/** Signals a whole process group; quietly, because a group that is gone already is what was asked for. */
export function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    // macOS answers EPERM where Linux answers ESRCH: for a group whose last process is a zombie.
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}

/** Resolves when the process has ended, by its own signal or, when that was not enough, by SIGKILL. */
function end(child: ChildProcess, signal: NodeJS.Signals, patienceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const kill = setTimeout(() => {
      killGroup(child, 'SIGKILL');
    }, patienceMs);
    const ended = () => {
      clearTimeout(kill);
      resolve();
    };
    child.once('exit', ended);
    // One that could not even be started has no exit.
    child.once('error', ended);
    killGroup(child, signal);
  });
}

export function createGuardian({ patienceMs = 2_000 }: GuardianOptions = {}): Guardian {
  const script = fileURLToPath(new URL('guardian-process.mjs', import.meta.url));
  // The working directory is not the project's, so that the guardian never keeps a folder busy.
  const guardian = spawn(process.execPath, [script, String(patienceMs)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    cwd: tmpdir(),
  });
  guardian.unref();
  const tell = (line: string) => guardian.stdin.write(`${line}\n`);
  // If the guardian is killed from outside, the run goes on; its own clean-up still happens in `close`.
  guardian.stdin.on('error', () => undefined);
  const children = new Map<ChildProcess, NodeJS.Signals>();
  const directories = new Set<string>();

  return {
    spawn(command, args, options) {
      const child = spawn(command, args, { ...options, detached: true });
      const signal = (options.killSignal ?? 'SIGKILL') as NodeJS.Signals;
      children.set(child, signal);
      if (child.pid !== undefined) tell(`+pid ${String(child.pid)} ${signal}`);
      const forget = () => {
        children.delete(child);
        // What it started itself must not outlive it: nobody would know of it any more. Its number cannot have been
        // given to a stranger yet while a process of the group lives, and without one this signals nothing.
        killGroup(child, 'SIGKILL');
        if (child.pid !== undefined) tell(`-pid ${String(child.pid)}`);
      };
      child.once('exit', forget);
      child.once('error', forget);
      return child;
    },
    async makeDirectory(prefix) {
      const directory = await mkdtemp(join(tmpdir(), prefix));
      directories.add(directory);
      tell(`+dir ${directory}`);
      return directory;
    },
    async close() {
      await Promise.all([...children].map(([child, signal]) => end(child, signal, patienceMs)));
      for (const directory of directories) {
        await rm(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
      }
      // From here on its end is worth waiting for.
      guardian.ref();
      const ending = new Promise<void>((resolve) => {
        guardian.once('exit', () => {
          resolve();
        });
        if (guardian.exitCode !== null || guardian.signalCode !== null) resolve();
      });
      guardian.stdin.end();
      await ending;
    },
  };
}
