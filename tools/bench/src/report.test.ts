import { expect, test } from 'vitest';
import { digits, renderReport } from './report.ts';
import { judge, type Row } from './rows.ts';

test.each([
  [0, '0'],
  [2, '2'],
  [0.3333, '0.33'],
  [4.9512, '4.95'],
  [42.04, '42.0'],
  [244.37, '244'],
  [15_221_500.4, '15221500'],
  [NaN, '?'],
])('%d is written as %s', (value, text) => {
  expect(digits(value)).toBe(text);
});

const alone: Row = {
  id: 'r',
  figure: 'a call',
  experiment: 'happy-path',
  unit: 'ns',
  subject: 'ours',
  limit: 1 / 3,
  target: '≤ 1/3',
  beside: ['theirs'],
};
const row: Row = { ...alone, against: ['theirs'] };

const render = (one: Row, series: Record<string, number[]>) =>
  renderReport({
    met: true,
    date: '2026-01-02',
    environment: { node: 'v24.0.0', processor: '2 x some' },
    peers: ['cockatiel 4.0.0', 'opossum 10.0.0'],
    effort: '3 rounds',
    rows: [judge(one, series)],
  });

test('the table says what was measured, whether it is met, and under which circumstances', () => {
  expect(render(row, { ours: [20, 25, 100], theirs: [100, 100, 100] }).split('\n')).toEqual([
    '| figure | must reach | measured | met | everybody in the row |',
    '| --- | --- | --- | --- | --- |',
    // Ratios 0.2, 0.25 and 1; the quartiles are 0.225 and 0.625.
    '| a call | ≤ 1/3 | 1/4 (1/4.44 to 1/1.60) | yes | ours: 25 ns; theirs: 100 ns |',
    '',
    '- Peers: cockatiel 4.0.0, opossum 10.0.0',
    '- Measured: 2026-01-02; 3 rounds',
    '- Machine: node: v24.0.0; processor: 2 x some',
  ]);
});

test('what is not met is said aloud, and a spread of nothing is left out', () => {
  expect(render({ ...alone, unit: '', limit: 0, target: '0', beside: [] }, { ours: [2] })).toContain(
    '| a call | 0 | 2 | **no** | ours: 2 |',
  );
});

test('a figure with nothing to reach is neither met nor missed', () => {
  const { limit, ...free } = alone;
  expect(limit).toBe(1 / 3);
  expect(render({ ...free, target: '-', beside: [] }, { ours: [2] })).toContain(
    '| a call | - | 2 ns | - | ours: 2 ns |',
  );
});

test('a ratio above one is written as so many times', () => {
  expect(render(row, { ours: [30], theirs: [20] })).toContain('| 1.50x | **no** |');
});
