import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createNinesClient } from '../clients/nines.ts';
import { sumOf } from './tally.ts';
import { runWorld } from './world.ts';
import type { CreateClient, RunOptions } from './world.ts';

const once: CreateClient = () => (attempt) => attempt();
const run = (options: Partial<RunOptions>) =>
  runWorld({ createClient: once, seed: 1, fleet: 5, load: 0.5, durationMs: 5000, ...options });

describe('a run', () => {
  it('offers the load, and below capacity everything is good, with one attempt each', async () => {
    const sum = sumOf(await run({ durationMs: 20_000 }));
    // 500 a second for 20 s, give or take four standard deviations (100) of a Poisson number of 10 000.
    expect(Math.abs(sum.offered - 10_000)).toBeLessThan(400);
    expect(sum).toEqual({ ...sum, good: sum.offered, attempts: sum.offered, shed: 0, failed: 0 });
  });

  it('cannot serve more than the capacity, and counts what comes too late as failed', async () => {
    const seconds = await run({ load: 3, durationMs: 20_000 });
    // A queue of 1000 is one second long, and clients that wait for it are all within their deadline.
    const { good, failed } = sumOf(seconds, 5, 15);
    expect(Math.abs(good - 10_000)).toBeLessThan(500);
    expect(failed).toBeGreaterThan(18_000);
    const patient: CreateClient =
      ({ time }) =>
      async (attempt) => {
        await attempt();
        await new Promise<void>((resolve) => time.schedule(resolve, 2001));
      };
    expect(sumOf(await run({ createClient: patient })).good).toBe(0);
  });

  it('does the same again from the same seed, and something else from another', async () => {
    const options = { createClient: createNinesClient, load: 2, fleet: 20 };
    const first = await run(options);
    expect(await run(options)).toEqual(first);
    expect(await run({ ...options, seed: 2 })).not.toEqual(first);
  });

  it('lets nothing good come from a server that fails or hangs, until it is well again', async () => {
    for (const kind of ['errors', 'hang'] as const) {
      const seconds = await run({ durationMs: 10_000, outage: { kind, fromMs: 3000, toMs: 6000 } });
      expect(sumOf(seconds, 0, 2)).toMatchObject({ failed: 0 });
      expect(sumOf(seconds, 7, 10)).toMatchObject({ failed: 0 });
      expect(sumOf(seconds, 3, 4).good).toBe(0);
    }
  });

  it('offers five times the capacity in a spike, and only then', async () => {
    const seconds = await run({ durationMs: 9000, outage: { kind: 'spike', fromMs: 3000, toMs: 6000 } });
    // 15 000 in three seconds, with four standard deviations of 122.
    expect(Math.abs(sumOf(seconds, 3, 6).offered - 15_000)).toBeLessThan(490);
    expect(sumOf(seconds, 6, 9).offered).toBeLessThan(1700);
  });

  it('ends with the reason of its signal', async () => {
    const signal = AbortSignal.abort(new Error('interrupted'));
    await expect(run({ signal })).rejects.toThrow('interrupted');
  });

  it('accounts for each request exactly once, and never sees an answer before its request', async () => {
    const load = fc.constantFrom(0.5, 1, 2, 5);
    const outage = fc.option(
      fc.record({
        kind: fc.constantFrom('hang' as const, 'errors' as const, 'spike' as const),
        fromMs: fc.integer({ min: 0, max: 500 }),
        toMs: fc.integer({ min: 500, max: 1000 }),
      }),
      { nil: undefined },
    );
    const server = fc.constantFrom('fifo' as const, 'shedding' as const);
    const client = fc.constantFrom(once, createNinesClient);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(),
        fc.integer({ min: 1, max: 30 }),
        load,
        outage,
        server,
        client,
        async (seed, fleet, ...rest) => {
          const [load, outage, server, createClient] = rest;
          let lastMs = 0;
          const watching: CreateClient = (surroundings) => {
            const { time } = surroundings;
            const client = createClient(surroundings);
            return async (attempt, deadlineMs) => {
              const cameAtMs = time.now();
              expect(cameAtMs).toBeGreaterThanOrEqual(lastMs);
              lastMs = cameAtMs;
              try {
                await client(attempt, deadlineMs);
              } finally {
                expect(time.now()).toBeGreaterThanOrEqual(cameAtMs);
              }
            };
          };
          const options = { createClient: watching, seed, fleet, load, durationMs: 1000, server };
          const sum = sumOf(await runWorld({ ...options, ...(outage ? { outage } : {}) }));
          expect(sum.good + sum.shed + sum.failed).toBe(sum.offered);
          expect(sum.good).toBeLessThanOrEqual(sum.attempts);
        },
      ),
      { numRuns: 25 },
    );
  });
});
