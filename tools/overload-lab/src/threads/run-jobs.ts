/** Spreads runs over threads. The answers do not depend on how many there are, nor on which thread did which run. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Second } from '../world/tally.ts';
import type { Job, JobAnswer } from './job.ts';

export class RunFailedError extends Error {
  readonly code = 'run-failed';
  override readonly name = 'RunFailedError';
}

export interface RunJobsOptions {
  readonly threads: number;
  /** Ends all threads at once. */
  readonly signal?: AbortSignal | undefined;
  /** Called for each run that is done, in no particular order, with what it cost the machine. */
  readonly onDone?: (job: Job, processorMs: number) => void;
}

/** @returns the seconds of each run, in the order of the jobs */
export async function runJobs(jobs: readonly Job[], options: RunJobsOptions): Promise<(readonly Second[])[]> {
  const { threads, signal, onDone } = options;
  signal?.throwIfAborted();
  const answers: (readonly Second[])[] = [];
  const workers: Worker[] = [];
  let next = 0;

  const workOff = async () => {
    const worker = new Worker(new URL('lab-thread.ts', import.meta.url), {
      execArgv: ['--conditions=@nines/source'],
    });
    workers.push(worker);
    for (let index = next++; index < jobs.length; index = next++) {
      const job = jobs[index] as Job;
      worker.postMessage(job);
      const [answer] = (await once(worker, 'message', signal ? { signal } : {})) as [JobAnswer];
      if ('error' in answer)
        throw new RunFailedError(`the run ${JSON.stringify(job)} failed: ${answer.error}`);
      answers[index] = answer.seconds;
      onDone?.(job, answer.processorMs);
    }
  };

  try {
    await Promise.all(Array.from({ length: Math.min(threads, jobs.length) }, workOff));
    return answers;
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}
