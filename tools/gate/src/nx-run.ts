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

/** A line with which nx begins a task's output, with the task's name; and the one with which its own words begin. */
const TASK_LINE = /^[>✔✖■]\s+nx run (\S+)/;
const NX_LINE = /^ NX {3}/;

/** What each task printed, by `project:target`, cut out of nx's output between the tasks' own lines. */
export function outputByTask(output: string): ReadonlyMap<string, string> {
  const texts = new Map<string, string[]>();
  let lines: string[] = [];
  for (const line of output.split(/\r?\n/)) {
    const plain = stripVTControlCharacters(line).trimEnd();
    const task = TASK_LINE.exec(plain)?.[1];
    if (task !== undefined || NX_LINE.test(plain)) {
      lines = [];
      if (task !== undefined) texts.set(task, lines);
    } else {
      lines.push(line);
    }
  }
  return new Map([...texts].map(([task, all]) => [task, all.join('\n').trim()]));
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
  const args = [
    'run-many',
    '--targets',
    targets.join(','),
    `--parallel=${parallel}`,
    '--skip-sync',
    '--output-style=static',
  ];
  try {
    const { code, output } = await runCommand('nx', args, {
      cwd: root,
      env: {
        NX_PROFILE: profile,
        NX_DAEMON: 'false',
        NX_TUI: 'false',
        NX_NO_CLOUD: 'true',
        NX_SKIP_LOG_GROUPING: 'true',
      },
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
