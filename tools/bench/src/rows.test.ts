import { describe, expect, test } from 'vitest';
import { EXPERIMENTS } from './experiments/all-experiments.ts';
import { judge, ROWS, type Row } from './rows.ts';

const alone: Row = {
  id: 'r',
  figure: 'a call',
  experiment: 'happy-path',
  unit: 'ns',
  subject: 'ours',
  limit: 0.5,
  target: '≤ 1/2',
  beside: ['a', 'b'],
};
const row: Row = { ...alone, against: ['a', 'b'] };
const series = { ours: [4, 4, 9], a: [10, 8, 20], b: [20, 10, 16] };

describe('a row', () => {
  test('is judged by the median of its ratios to the faster opponent of each round', () => {
    // 4/10, 4/8, 9/16 = 0.4, 0.5, 0.5625.
    expect(judge(row, series)).toMatchObject({ measured: { median: 0.5 }, met: true });
    expect(judge({ ...row, limit: 0.49 }, series).met).toBe(false);
  });

  test('without an opponent is judged as it was measured', () => {
    expect(judge({ ...alone, limit: 4 }, series)).toMatchObject({ measured: { median: 4 }, met: true });
    expect(judge({ ...alone, limit: 3.9 }, series).met).toBe(false);
  });

  test('without a limit has nothing to reach, but must have been measured', () => {
    const { limit, ...free } = alone;
    expect(limit).toBe(0.5);
    expect(judge(free, series).met).toBe(true);
    expect(judge(free, {}).met).toBe(false);
  });

  test('whose figure is missing is not met', () => {
    expect(judge(row, {}).met).toBe(false);
    expect(judge(row, { ours: [1] }).met).toBe(false);
  });

  test('shows everybody in it as measured, the subject first', () => {
    const { contestants } = judge(row, series);
    expect(Object.entries(contestants).map(([name, { median }]) => [name, median])).toEqual([
      ['ours', 4],
      ['a', 10],
      ['b', 16],
    ]);
  });
});

describe('the table', () => {
  test('has a row for every figure that must be measured, under an id of its own', () => {
    expect(ROWS.map(({ id }) => id)).toEqual([
      'happy-path',
      'retry',
      'breaker',
      'timeout-opossum',
      'timeout-cockatiel',
      'heap',
      'refusal-thrown',
      'refusal-typed',
      'failure',
      'idempotency-cpu',
      'idempotency-powertools',
      'idempotency-key-alone',
      'gzip-retry',
      'gzip-breaker',
      'gzip-core',
      'gzip-idempotency',
      'idle-bytes',
      'idle-timers',
      'left-behind',
      'left-behind-idempotency',
    ]);
  });

  test('measures nothing that no row shows', () => {
    expect(new Set(ROWS.map(({ experiment }) => experiment))).toEqual(new Set(Object.keys(EXPERIMENTS)));
  });
});
