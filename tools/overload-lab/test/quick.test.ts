/** What the gate runs of the lab: it fails when a cell misses its goal. */
import { availableParallelism } from 'node:os';
import { expect, it } from 'vitest';
import { runLab } from '../src/lab.ts';
import { planCells } from '../src/plan.ts';

it('our libraries reach every goal of the quick lab', { timeout: 600_000 }, async () => {
  const { cells } = await runLab(planCells({ quick: true }), { threads: availableParallelism() });
  const missed = cells.filter(({ met }) => met === false);
  expect(missed.map(({ run, section, worst }) => ({ section, worst, ...run }))).toEqual([]);
  // 2 loads, 3 outages, each with 2 fleets and 2 servers; a full failure of each fleet; naive clients at each load.
  expect(cells.filter(({ met }) => met === true)).toHaveLength(8 + 12 + 2 + 2);
});
