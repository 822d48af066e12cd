/** k6 as a process: the shop's script with one workload, its samples handed on while they come. */
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { parseK6Line } from '@nines/game-day';
import type { Sample } from '@nines/game-day';
import { killGroup } from '@nines/local-cloud';
import type { Guardian } from '@nines/local-cloud';

export const WORKLOADS = ['smoke', 'average', 'spike', 'stress', 'breakpoint'] as const;
export type Workload = (typeof WORKLOADS)[number];

export interface LoadRun {
  readonly k6: string;
  readonly script: string;
  readonly url: string;
  readonly workload: Workload;
  readonly tier: string;
  /** Requests a second; absent for the workload's own. */
  readonly rate?: number;
  /** As k6 writes it: `30s`, `5m`; absent for the workload's own. */
  readonly duration?: string;
  readonly seed: number;
  readonly guardian: Guardian;
  readonly workingDirectory: string;
  readonly signal: AbortSignal;
  readonly onSample: (sample: Sample) => void;
}

export class LoadFailedError extends Error {
  readonly code = 'load-failed';
  override readonly name = 'LoadFailedError';
}

/** k6's exit code when a threshold was missed. */
const THRESHOLDS_MISSED = 99;
const PROBLEM_KEPT = 2000;

/**
 * Resolves when the load is over: whether every threshold was met.
 *
 * @throws LoadFailedError when k6 could not do its work, with what it said; an AbortError when the signal ended it.
 */
export async function runK6(run: LoadRun): Promise<boolean> {
  const { guardian, signal } = run;
  const child = guardian.spawn(
    run.k6,
    [
      'run',
      '--quiet',
      '--no-usage-report',
      '--no-color',
      '--summary-mode=disabled',
      '--out',
      'json=-',
      run.script,
    ],
    {
      cwd: run.workingDirectory,
      env: {
        PATH: process.env['PATH'],
        HOME: run.workingDirectory,
        BASE_URL: run.url,
        WORKLOAD: run.workload,
        TIER: run.tier,
        SEED: String(run.seed),
        ...(run.rate === undefined ? {} : { RATE: String(run.rate) }),
        ...(run.duration === undefined ? {} : { DURATION: run.duration }),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let problem = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    problem = (problem + chunk.toString()).slice(-PROBLEM_KEPT);
  });
  const interrupt = () => {
    killGroup(child, 'SIGINT');
  };
  signal.addEventListener('abort', interrupt);
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream, crlfDelay: Infinity });
  let unreadable: unknown;
  lines.on('line', (line) => {
    try {
      const sample = parseK6Line(line);
      if (sample) run.onSample(sample);
    } catch (error) {
      // A measurement with samples missing is none.
      unreadable ??= error;
      killGroup(child, 'SIGKILL');
    }
  });
  try {
    const [[code]] = (await Promise.all([once(child, 'close'), once(lines, 'close')])) as [
      [number | null],
      unknown,
    ];
    signal.throwIfAborted();
    if (unreadable !== undefined) throw unreadable as Error;
    if (code === 0) return true;
    if (code === THRESHOLDS_MISSED) return false;
    throw new LoadFailedError(`k6 ended with exit code ${String(code)}:\n${problem}`);
  } finally {
    signal.removeEventListener('abort', interrupt);
  }
}
