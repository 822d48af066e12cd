import { describe, expect, it } from 'vitest';
import { jobsOf } from './lab.ts';
import { hasComparison, measureOf, planCells } from './plan.ts';

const cells = planCells();
const of = (section: string) => cells.filter((cell) => cell.section === section);

describe('the whole lab', () => {
  it('runs every load with every fleet against both servers, with twenty seeds', () => {
    const goodput = of('goodput');
    // 8 loads x 4 fleets x 2 servers.
    expect(goodput).toHaveLength(64);
    expect(new Set(goodput.map(({ run }) => [run.load, run.fleet, run.server].join())).size).toBe(64);
    for (const { seeds } of goodput) expect(new Set(seeds).size).toBe(20);
  });

  it('runs every outage with every fleet against both servers', () => {
    expect(of('recovery')).toHaveLength(24);
    expect(of('failure')).toHaveLength(4);
  });

  it('asks for 95% up to 100 clients and 90% above, 98% of naive clients, 5 s and 1.1 attempts', () => {
    for (const { run, goal } of of('goodput')) {
      expect(goal).toEqual({ atLeast: run.fleet === 200 ? 0.9 : 0.95 });
    }
    for (const { goal } of of('naive')) expect(goal).toEqual({ atLeast: 0.98 });
    for (const { goal } of of('recovery')) expect(goal).toEqual({ atMost: 5 });
    for (const { goal } of of('failure')) expect(goal).toEqual({ atMost: 1.1 });
  });

  it('shows the peers beside ours with three seeds, and asks nothing of them', () => {
    const peers = of('peers');
    expect(new Set(peers.map(({ run }) => run.client)).size).toBe(9);
    expect(peers.every(({ goal, seeds }) => goal === undefined && seeds.length === 3)).toBe(true);
    expect(hasComparison(cells)).toBe(true);
  });

  it('does each run once, the longest first', () => {
    const jobs = jobsOf(cells);
    expect(new Set(jobs.map((job) => JSON.stringify(job))).size).toBe(jobs.length);
    expect(jobs[0]).toMatchObject({ durationMs: 600_000, load: 2 });
    // Goodput and start, recovery and its attempts are read from the same runs.
    expect(jobs.length).toBeLessThan(cells.reduce((sum, { seeds }) => sum + seeds.length, 0));
  });

  it('measures only seconds that are run', () => {
    for (const { run, span } of [...cells, ...planCells({ quick: true })]) {
      expect(span.to).toBeGreaterThan(span.from);
      expect(span.to * 1000).toBeLessThanOrEqual(run.durationMs);
    }
  });
});

describe('a part of the lab', () => {
  it('keeps to the seeds, fleets and loads that were asked for, without peers', () => {
    const part = planCells({ firstSeed: 7, seeds: 2, fleets: [50], loads: [4] });
    expect(part.every(({ seeds }) => seeds[0] === 7 && seeds[1] === 8 && seeds.length === 2)).toBe(true);
    const ours = part.filter(({ run }) => run.client === 'nines');
    expect(ours.every(({ run }) => run.fleet === 50)).toBe(true);
    expect(part.filter(({ section }) => section === 'goodput').map(({ run }) => run.load)).toEqual([4, 4]);
    expect(hasComparison(part)).toBe(false);
  });

  it('has every kind of goal when it is quick', () => {
    const sections = new Set(planCells({ quick: true }).flatMap((cell) => (cell.goal ? [cell.section] : [])));
    expect([...sections]).toEqual(['goodput', 'recovery', 'failure', 'naive']);
  });
});

it('reads each measure from its seconds', () => {
  const run = { client: 'nines', server: 'fifo', fleet: 1, load: 1, durationMs: 2000 } as const;
  const second = { offered: 500, good: 400, shed: 50, failed: 50, attempts: 550 };
  const bad = { ...second, good: 0, attempts: 0 };
  const read = (measure: Parameters<typeof measureOf>[0]['measure']) =>
    measureOf({ section: 'peers', measure, run, span: { from: 1, to: 2 }, seeds: [1] }, [bad, second]);
  expect(read('goodput-share')).toBe(0.8);
  expect(read('goodput-rps')).toBe(400);
  expect(read('attempts')).toBe(1.1);
  expect(read('recovery-seconds')).toBe(Infinity);
});
