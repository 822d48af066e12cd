/** Runs the experiments, each in processes of its own, one after the other, and judges the rows. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { EXPERIMENTS, type ExperimentName } from './experiments/all-experiments.ts';
import { environment } from './environment.ts';
import type { Effort, Experiment, Series } from './experiments/experiment.ts';
import { judge, ROWS } from './rows.ts';
import type { BenchReport } from './report.ts';

const run = promisify(execFile);

/** The process of one experiment. */
const CHILD = fileURLToPath(new URL('./measure-one.ts', import.meta.url));
/** A process that has not ended after this is not slow, it hangs: the longest takes a minute. */
const CHILD_TIMEOUT_MS = 600_000;

export interface Plan extends Effort {
  /** Processes for each experiment: the compiler decides anew in each, and what it decides is part of the spread. */
  readonly processes: number;
}

/** Figures to keep: about four minutes. */
export const FULL: Plan = {
  processes: 3,
  rounds: 15,
  turnMs: 25,
  warmUpMs: 400,
  repetitions: 1_000_000,
  largeWindow: 200_000,
};

/** A look: well under a minute. Nothing of it is kept. */
export const QUICK: Plan = {
  processes: 1,
  rounds: 7,
  turnMs: 8,
  warmUpMs: 150,
  repetitions: 20_000,
  largeWindow: 200_000,
};

export class MeasurementFailedError extends Error {
  readonly code = 'measurement-failed';
  override readonly name = 'MeasurementFailedError';
}

/** A missing number must not pass for a small one. */
function complete(series: Series): Series {
  for (const [contestant, values] of Object.entries(series)) {
    if (values.length === 0 || !values.every(Number.isFinite)) throw new Error(`${contestant} has no figure`);
  }
  return series;
}

async function measureOnce(name: ExperimentName, effort: Effort): Promise<Series> {
  const { execArgv = [] }: Experiment = EXPERIMENTS[name];
  const flags = ['--conditions=@nines/source', '--expose-gc', ...execArgv];
  try {
    const { stdout } = await run(process.execPath, [...flags, CHILD, name, JSON.stringify(effort)], {
      timeout: CHILD_TIMEOUT_MS,
    });
    return complete(JSON.parse(stdout) as Series);
  } catch (error) {
    const { stderr = '', message } = error as { stderr?: string; message: string };
    throw new MeasurementFailedError(`${name} could not be measured: ${stderr || message}`);
  }
}

/** The rounds of several processes, one after the other. */
export const join = (all: readonly Series[]): Series =>
  Object.fromEntries(Object.keys(all[0] ?? {}).map((name) => [name, all.flatMap((one) => one[name] ?? [])]));

async function measure(name: ExperimentName, plan: Plan): Promise<Series> {
  const all: Series[] = [];
  const { counted }: Experiment = EXPERIMENTS[name];
  for (let time = 0; time < (counted ? 1 : plan.processes); time++) all.push(await measureOnce(name, plan));
  return join(all);
}

const inWords = ({ processes, rounds, turnMs, repetitions, largeWindow }: Plan): string =>
  `${String(processes * rounds)} rounds, ${String(rounds)} in a process; turns of ${String(turnMs)} ms, ` +
  `${String(largeWindow)} calls in the large window, ${String(repetitions)} calls before looking what is left`;

export interface MeasureOptions {
  readonly plan: Plan;
  /** Name and version of each peer. */
  readonly peers: readonly string[];
  /** Told of each experiment before it starts. */
  readonly onExperiment?: (name: ExperimentName) => void;
}

/** @throws MeasurementFailedError when a process fails: a table with holes would look like one that is met */
export async function measureAll({ plan, peers, onExperiment }: MeasureOptions): Promise<BenchReport> {
  const date = new Date().toISOString().slice(0, 10);
  const machine = environment();
  const results = new Map<ExperimentName, Series>();
  for (const name of Object.keys(EXPERIMENTS) as ExperimentName[]) {
    onExperiment?.(name);
    results.set(name, await measure(name, plan));
  }
  const rows = ROWS.map((row) => judge(row, results.get(row.experiment) ?? {}));
  return {
    met: rows.every(({ met }) => met),
    date,
    environment: machine,
    peers,
    effort: inWords(plan),
    rows,
  };
}
