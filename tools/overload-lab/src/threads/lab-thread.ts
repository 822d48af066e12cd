/** The thread itself: puts the virtual globals in place, then does one run after the other as it is told. */
import { parentPort } from 'node:worker_threads';
import { createSeededRandom, deriveSeed } from '@nines/availability';
import { CLIENTS } from '../clients/index.ts';
import { createVirtualTime } from '../world/virtual-time.ts';
import { runWorld } from '../world/world.ts';
import type { Job, JobAnswer } from './job.ts';
import { installVirtualGlobals } from './virtual-globals.ts';

const globals = installVirtualGlobals();
// Taking stacks is most of what an error costs, and nobody reads those of simulated failures.
Error.stackTraceLimit = 0;

async function run(job: Job): Promise<JobAnswer> {
  const before = process.threadCpuUsage();
  const time = createVirtualTime();
  globals.use(time, createSeededRandom(deriveSeed(job.seed, 'global random')));
  const createClient = await CLIENTS[job.client].load();
  const seconds = await runWorld({ ...job, createClient, time });
  const { user, system } = process.threadCpuUsage(before);
  return { seconds, processorMs: (user + system) / 1000 };
}

parentPort?.on('message', (job: Job) => {
  run(job).then(
    (answer) => parentPort?.postMessage(answer),
    (error: unknown) => {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      parentPort?.postMessage({ error: text } satisfies JobAnswer);
    },
  );
});
