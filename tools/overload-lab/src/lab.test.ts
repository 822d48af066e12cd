import { describe, expect, it } from 'vitest';
import { judge } from './lab.ts';
import type { Cell, Goal, Measure } from './plan.ts';

const cell = (measure: Measure, goal?: Goal): Cell => ({
  section: 'goodput',
  measure,
  run: { client: 'nines', server: 'fifo', fleet: 5, load: 1, durationMs: 1000 },
  span: { from: 0, to: 1 },
  seeds: [1, 2, 3],
  ...(goal ? { goal } : {}),
});
const BY_SEED = [
  [1, 0.97],
  [2, 0.94],
  [3, 0.99],
] as const;

describe('of several seeds', () => {
  it('the lowest goodput counts', () => {
    expect(judge(cell('goodput-share'), BY_SEED)).toMatchObject({
      worst: 0.94,
      worstSeed: 2,
      met: undefined,
    });
  });

  it('the highest number of seconds or attempts counts', () => {
    expect(judge(cell('recovery-seconds'), BY_SEED)).toMatchObject({ worst: 0.99, worstSeed: 3 });
    expect(
      judge(cell('attempts'), [
        [4, Infinity],
        [5, 3],
      ]),
    ).toMatchObject({ worst: Infinity, worstSeed: 4 });
  });

  it('the first one counts when they are equal', () => {
    expect(
      judge(cell('attempts'), [
        [4, 3],
        [5, 3],
      ]).worstSeed,
    ).toBe(4);
  });
});

describe('a goal', () => {
  it('is met when it is just reached, in the worst seed', () => {
    expect(judge(cell('goodput-share', { atLeast: 0.94 }), BY_SEED).met).toBe(true);
    expect(judge(cell('goodput-share', { atLeast: 0.941 }), BY_SEED).met).toBe(false);
    expect(judge(cell('attempts', { atMost: 0.99 }), BY_SEED).met).toBe(true);
    expect(judge(cell('attempts', { atMost: 0.98 }), BY_SEED).met).toBe(false);
  });
});
