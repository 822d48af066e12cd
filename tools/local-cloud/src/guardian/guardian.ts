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
  /** Starts a process in a group of its own, so that it can be killed with its children and not by our Ctrl-C. */
  spawn(command: string, args: readonly string[], options: SpawnOptions): ChildProcess;
  /** Makes a folder for this run in the system's temporary folder. */
  makeDirectory(prefix: string): Promise<string>;
  /** Kills what is still running, removes the folders and ends the guardian process. */
  close(): Promise<void>;
}

/** Kills a whole process group; quietly, because a group that is gone already is what was asked for. */
export function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

export function createGuardian(): Guardian {
  const script = fileURLToPath(new URL('guardian-process.mjs', import.meta.url));
  // The working directory is not the project's, so that the guardian never keeps a folder busy.
  const guardian = spawn(process.execPath, [script], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    cwd: tmpdir(),
  });
  guardian.unref();
  const tell = (line: string) => guardian.stdin.write(`${line}\n`);
  // If the guardian is killed from outside, the run goes on; its own clean-up still happens in `close`.
  guardian.stdin.on('error', () => undefined);
  const children = new Set<ChildProcess>();
  const directories = new Set<string>();

  return {
    spawn(command, args, options) {
      const child = spawn(command, args, { ...options, detached: true });
      children.add(child);
      if (child.pid !== undefined) tell(`+pid ${String(child.pid)}`);
      const forget = () => {
        children.delete(child);
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
      const ended = [...children].map(
        (child) =>
          new Promise<void>((resolve) => {
            child.once('exit', () => {
              resolve();
            });
            killGroup(child, 'SIGKILL');
          }),
      );
      await Promise.all(ended);
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
