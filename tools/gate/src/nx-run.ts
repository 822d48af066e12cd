/**
 * Runs targets of all projects through nx and says, task by task, what became of them. nx's `NX_PROFILE` file
 * holds every finished task with its state and time; its printed output is kept only for tasks that failed.
 * One call for all targets: nx reads the whole workspace at each start (about 2 s), and with one call both cores
 * stay busy until the last task.
 */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { runCommand } from './child-process.ts';

export interface TaskOutcome {
  readonly project: string;
  readonly target: string;
  readonly ok: boolean;
  readonly fromCache: boolean;
  /** When it began and ended, in ms of nx's own clock; only differences mean something. */
  readonly beganMs: number;
  readonly endedMs: number;
}

export interface NxRun {
  readonly code: number;
  readonly tasks: readonly TaskOutcome[];
  readonly output: string;
}

interface ProfileEvent {
  readonly ph: string;
  readonly ts: number;
  readonly dur?: number;
  readonly args: { readonly target?: { project: string; target: string }; readonly status?: string };
}

const FROM_CACHE = new Set(['local-cache', 'local-cache-kept-existing', 'remote-cache']);

/** Reads nx's profile; an event that is not a task (the names of its threads) is left out. */
export function readProfile(json: string): TaskOutcome[] {
  return (JSON.parse(json) as ProfileEvent[]).flatMap(({ ph, ts, dur = 0, args }) => {
    if (ph !== 'X' || args.target === undefined) return [];
    const status = args.status ?? 'unknown';
    const fromCache = FROM_CACHE.has(status);
    const { project, target } = args.target;
    const beganMs = ts / 1000;
    return [
      {
        project,
        target,
        ok: fromCache || status === 'success',
        fromCache,
        beganMs,
        endedMs: beganMs + dur / 1000,
      },
    ];
  });
}

/** What one failed task printed, cut out of nx's output between its heading and the next task's line. */
export function outputOfTask(output: string, project: string, target: string): string {
  const lines = output.split(/\r?\n/);
  const plain = lines.map((line) => stripVTControlCharacters(line).trimEnd());
  const id = `nx run ${project}:${target}`;
  const start = plain.findIndex((line) => /^(>|✖)\s+nx run /.test(line) && line.includes(id));
  if (start === -1) return '';
  const length = plain.slice(start + 1).findIndex((line) => /^([>✔✖■])\s+nx run |^ NX {3}/.test(line));
  const end = length === -1 ? lines.length : start + 1 + length;
  return lines
    .slice(start + 1, end)
    .join('\n')
    .trim();
}

export interface RunTargetsOptions {
  readonly root: string;
  readonly targets: readonly string[];
  readonly parallel: number;
  /** Called with the name of each task as nx reports it finished. */
  readonly onTask?: (task: string) => void;
}

export async function runTargets({ root, targets, parallel, onTask }: RunTargetsOptions): Promise<NxRun> {
  const folder = join('.nines', 'gate');
  mkdirSync(join(root, folder), { recursive: true });
  const profile = join(folder, `profile-${process.pid}.json`);
  const args = ['run-many', '--targets', targets.join(','), `--parallel=${parallel}`, '--skip-sync'];
  try {
    const { code, output } = await runCommand('nx', args, {
      cwd: root,
      env: { NX_PROFILE: profile, NX_DAEMON: 'false', NX_TUI: 'false', NX_NO_CLOUD: 'true' },
      onOutput: (chunk) => {
        const plain = stripVTControlCharacters(chunk);
        for (const [, task] of plain.matchAll(/^[✔✖>]\s+nx run (\S+)/gm)) onTask?.(task ?? '');
      },
    });
    return { code, output, tasks: readProfileFile(join(root, profile)) };
  } finally {
    rmSync(join(root, profile), { force: true });
  }
}

function readProfileFile(path: string): TaskOutcome[] {
  try {
    return readProfile(readFileSync(path, 'utf8'));
  } catch {
    // nx stopped before its end; the caller finds every expected task missing and shows what nx printed.
    return [];
  }
}
