import { expect, test } from 'vitest';
import { PageInvalidError, shapeOfPage, staleness, wantedShape, writeTable } from './page.ts';
import { renderReport } from './report.ts';
import { judge, ROWS } from './rows.ts';

const EMPTY = 'before\n\n<!-- generated:benchmarks:start -->\n<!-- generated:benchmarks:end -->\n\nafter\n';
const PEERS = ['cockatiel 4.0.0', 'opossum 10.0.0'];

/** A page as a run leaves it, whatever was measured. */
const pageOf = (value: number) => {
  const rows = ROWS.map((row) =>
    judge(
      row,
      Object.fromEntries([row.subject, ...row.beside, ...(row.against ?? [])].map((name) => [name, [value]])),
    ),
  );
  const report = {
    met: true,
    date: '2026-01-02',
    environment: { node: 'v24' },
    peers: PEERS,
    effort: 'some',
    rows,
  };
  return writeTable(EMPTY, renderReport(report));
};

test('a run writes between the markers and nowhere else', () => {
  expect(writeTable(EMPTY, 'table')).toBe(
    'before\n\n<!-- generated:benchmarks:start -->\n\ntable\n\n<!-- generated:benchmarks:end -->\n\nafter\n',
  );
  expect(writeTable(writeTable(EMPTY, 'old'), 'new')).toBe(writeTable(EMPTY, 'new'));
});

test.each([
  '',
  EMPTY + EMPTY,
  EMPTY.replace('start', 'begin'),
  EMPTY.replace('end', 'stop'),
  `${EMPTY}<!-- generated:benchmarks:end -->`,
])('a page without its markers is refused', (page) => {
  expect(() => writeTable(page, 'table')).toThrow(PageInvalidError);
  expect(() => shapeOfPage(page)).toThrow(PageInvalidError);
});

test('a page is fresh whatever was measured', () => {
  expect(staleness(pageOf(1), PEERS)).toBeUndefined();
  expect(staleness(pageOf(123_456), PEERS)).toBeUndefined();
});

test('a page is fresh when it was formatted', () => {
  const padded = pageOf(1).replaceAll(' | ', '    |  ');
  expect(staleness(padded, PEERS)).toBeUndefined();
});

test('a page without a table is stale', () => {
  expect(staleness(EMPTY, PEERS)).toMatch(/^the page has "no peers" where the code has "retry \+ breaker/);
});

test.each([
  ['another target', (page: string) => page.replace('≤ 1600 B', '≤ 1700 B')],
  ['another figure', (page: string) => page.replace('gzip, retry', 'gzip, retries')],
  ['another contestant', (page: string) => page.replace('bare await:', 'bare call:')],
  ['a contestant less', (page: string) => page.replace('; opossum + p-retry: 1 ns', '')],
  ['another version of a peer', (page: string) => page.replace('opossum 10.0.0', 'opossum 10.0.1')],
  ['a row less', (page: string) => page.replace(/\| gzip, breaker.*\n/, '')],
  ['a row more', (page: string) => page.replace(/(\| gzip, breaker.*\n)/, '$1$1')],
])('a page with %s is stale', (_, change) => {
  const changed = change(pageOf(1));
  expect(changed).not.toBe(pageOf(1));
  expect(staleness(changed, PEERS)).toMatch(/^the page has ".*" where the code has ".*"$/);
});

test('the shape has a line for each row and one for the peers', () => {
  expect(wantedShape(PEERS)).toHaveLength(ROWS.length + 1);
  expect(shapeOfPage(pageOf(1))[5]).toBe(
    'heap for a call through retry + breaker + timeout | ≤ 1600 B | nines | bare await | cockatiel | opossum + p-retry',
  );
});
