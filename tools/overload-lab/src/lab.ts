/** Runs a plan and judges it: each run once, however many cells read it, and in each cell the worst seed. */
import { isMoreBetter, measureOf } from './plan.ts';
import type { Cell } from './plan.ts';
import type { Job } from './threads/job.ts';
import { runJobs } from './threads/run-jobs.ts';
import type { Second } from './world/tally.ts';

export interface CellResult extends Cell {
  readonly worst: number;
  readonly worstSeed: number;
  /** Undefined where nothing is asked for. */
  readonly met: boolean | undefined;
}

/** The seconds of one run, for a chart, and what they cost. */
export interface RunSeconds {
  readonly job: Job;
  readonly seconds: readonly Second[];
  /** Processor time of the thread that did it, milliseconds. */
  readonly processorMs: number;
}

export interface LabResult {
  readonly met: boolean;
  readonly cells: readonly CellResult[];
  readonly runs: readonly RunSeconds[];
  /** Virtual seconds that were simulated, and requests in them. */
  readonly virtualSeconds: number;
  readonly requests: number;
}

export interface LabProgress {
  readonly done: number;
  readonly total: number;
  /** How much of the work is done, 0 to 1: runs differ by a hundred times, and the longest come first. */
  readonly workShare: number;
  readonly job: Job;
}

export interface LabOptions {
  readonly threads: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: LabProgress) => void;
}

const keyOf = (job: Job): string => JSON.stringify(job);

/** What a run costs, in no unit: about as many requests as come in it. */
const sizeOf = ({ durationMs, load }: Job): number => durationMs * load;

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Every run that the cells need, once, the longest first, so that no thread is left alone with one at the end. */
export function jobsOf(cells: readonly Cell[]): Job[] {
  const jobs = new Map<string, Job>();
  for (const { run, seeds } of cells) {
    for (const seed of seeds) {
      const job = { ...run, seed };
      jobs.set(keyOf(job), job);
    }
  }
  return [...jobs.values()].sort((one, other) => sizeOf(other) - sizeOf(one));
}

export function judge(cell: Cell, bySeed: readonly (readonly [seed: number, value: number])[]): CellResult {
  const moreIsBetter = isMoreBetter(cell.measure);
  const [worstSeed, worst] = bySeed.reduce((worst, next) =>
    (moreIsBetter ? next[1] < worst[1] : next[1] > worst[1]) ? next : worst,
  );
  const { goal } = cell;
  const met = goal && ('atLeast' in goal ? worst >= goal.atLeast : worst <= goal.atMost);
  return { ...cell, worst, worstSeed, met };
}

export async function runLab(cells: readonly Cell[], options: LabOptions): Promise<LabResult> {
  const { onProgress, ...rest } = options;
  const jobs = jobsOf(cells);
  const work = sum(jobs.map(sizeOf));
  let done = 0;
  let workDone = 0;
  const processorMs = new Map<Job, number>();
  const answers = await runJobs(jobs, {
    ...rest,
    onDone: (job, tookMs) => {
      done++;
      workDone += sizeOf(job);
      processorMs.set(job, tookMs);
      onProgress?.({ done, total: jobs.length, workShare: workDone / work, job });
    },
  });
  const runs = jobs.map((job, index) => ({
    job,
    seconds: answers[index] as readonly Second[],
    processorMs: processorMs.get(job) as number,
  }));
  const byKey = new Map(runs.map(({ job, seconds }) => [keyOf(job), seconds]));
  const results = cells.map((cell) =>
    judge(
      cell,
      cell.seeds.map((seed) => [
        seed,
        measureOf(cell, byKey.get(keyOf({ ...cell.run, seed })) as readonly Second[]),
      ]),
    ),
  );
  return {
    met: results.every(({ met }) => met !== false),
    cells: results,
    runs,
    virtualSeconds: sum(jobs.map(({ durationMs }) => durationMs / 1000)),
    requests: sum(runs.map(({ seconds }) => sum(seconds.map(({ offered }) => offered)))),
  };
}
