/** What the gate runs of the lab: it fails when a cell misses its goal. */
import { availableParallelism } from 'node:os';
import { expect, it } from 'vitest';
import { runLab } from '../src/lab.ts';
import { planCells } from '../src/plan.ts';
import { runJobs } from '../src/threads/run-jobs.ts';
import { sumOf } from '../src/world/tally.ts';

it(
  'ten virtual minutes of a thousand requests a second cost at most ten seconds of a processor',
  { timeout: 120_000 },
  async () => {
    const costs: number[] = [];
    const job = {
      client: 'nines',
      server: 'fifo',
      fleet: 20,
      load: 1,
      durationMs: 600_000,
      seed: 1,
    } as const;
    const [seconds] = await runJobs([job], {
      threads: 1,
      onDone: (_, processorMs) => costs.push(processorMs),
    });
    // 600,000, give or take four standard deviations of 775.
    expect(Math.abs(sumOf(seconds ?? []).offered - 600_000)).toBeLessThan(3100);
    expect(costs).toHaveLength(1);
    expect(costs[0]).toBeGreaterThan(100);
    expect(costs[0]).toBeLessThanOrEqual(10_000);
  },
);

it('our libraries reach every goal of the quick lab', { timeout: 600_000 }, async () => {
  const { cells } = await runLab(planCells({ quick: true }), { threads: availableParallelism() });
  const missed = cells.filter(({ met }) => met === false);
  expect(missed.map(({ run, section, worst }) => ({ section, worst, ...run }))).toEqual([]);
  // 2 loads, 3 outages, each with 2 fleets and 2 servers; a full failure of each fleet; naive clients at each load.
  expect(cells.filter(({ met }) => met === true)).toHaveLength(8 + 12 + 2 + 2);
});
