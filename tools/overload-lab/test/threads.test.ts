import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { CLIENTS } from '../src/clients/index.ts';
import type { ClientName } from '../src/clients/index.ts';
import type { Job } from '../src/threads/job.ts';
import { runJobs } from '../src/threads/run-jobs.ts';
import { sumOf } from '../src/world/tally.ts';

const NAMES = Object.keys(CLIENTS) as ClientName[];
const jobOf = (client: ClientName, changes: Partial<Job> = {}): Job => ({
  client,
  server: 'fifo',
  fleet: 20,
  load: 0.5,
  durationMs: 2000,
  seed: 1,
  ...changes,
});

describe('virtual globals', () => {
  it('are all that a library sees of time and chance, and forget the run before', async () => {
    const worker = new Worker(new URL('globals-thread.ts', import.meta.url), {
      execArgv: ['--conditions=@nines/source'],
    });
    const [answer] = (await once(worker, 'message')) as [unknown];
    await worker.terminate();
    expect(answer).toEqual({
      seen: ['at once@1', 'immediate@1', 'tick@100', 'tick@200', 'tick@300', 'timeout@3600000'],
      passedMs: 3_600_000,
      dates: ['2026-01-01T00:00:00.000Z', '2026-01-01T01:00:00.000Z', '1970-01-01T00:00:00.000Z'],
      isDate: true,
      random: 0.5,
    });
  });
});

describe('every client', () => {
  it('is served far below the capacity, with one attempt for nearly every request', async () => {
    const jobs = NAMES.map((name) => jobOf(name, { load: 0.2, durationMs: 4000 }));
    for (const seconds of await runJobs(jobs, { threads: 1 })) {
      // Without the first second, in which our clients find their limit.
      const { offered, good, attempts } = sumOf(seconds, 1, 4);
      // 600, give or take four standard deviations of 24.5.
      expect(Math.abs(offered - 600)).toBeLessThan(98);
      expect(good).toBeGreaterThan(offered * 0.98);
      // What was refused in the first second is tried again in the next.
      expect(Math.abs(attempts - offered)).toBeLessThan(offered * 0.05);
    }
  });

  it('gets the same run again from the same seed, whatever ran before it and on however many threads', async () => {
    const trouble = { load: 2, outage: { kind: 'errors', fromMs: 500, toMs: 1000 } } as const;
    const jobs = NAMES.map((name) => jobOf(name, trouble));
    const alone = await runJobs(jobs, { threads: 1 });
    const shared = await runJobs([...jobs].reverse(), { threads: 2 });
    expect([...shared].reverse()).toEqual(alone);
    for (const seconds of alone) expect(sumOf(seconds, 0, 1).failed).toBeGreaterThan(0);
  });
});

describe('spreading runs', () => {
  it('tells of each run when it is done', async () => {
    const done: number[] = [];
    const jobs = [1, 2, 3].map((seed) => jobOf('no-retry', { seed }));
    await runJobs(jobs, { threads: 2, onDone: ({ seed }) => done.push(seed) });
    expect(done.sort()).toEqual([1, 2, 3]);
  });

  it('ends at once when it is interrupted', async () => {
    const controller = new AbortController();
    const jobs = Array.from({ length: 10 }, (_, seed) => jobOf('no-retry', { seed, durationMs: 3_600_000 }));
    const running = runJobs(jobs, { threads: 2, signal: controller.signal });
    setImmediate(() => {
      controller.abort();
    });
    await expect(running).rejects.toMatchObject({ name: 'AbortError' });
    await expect(runJobs(jobs, { threads: 1, signal: controller.signal })).rejects.toMatchObject({
      name: 'AbortError',
    });
  });

  it('says which run failed and why', async () => {
    const job = jobOf('nothing' as ClientName);
    await expect(runJobs([job], { threads: 1 })).rejects.toMatchObject({
      code: 'run-failed',
      message: expect.stringMatching(/"client":"nothing".*TypeError/) as string,
    });
  });
});
