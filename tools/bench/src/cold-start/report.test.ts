import { expect, test } from 'vitest';
import { PageInvalidError } from '../page.ts';
import { CONTESTANTS, type ContestantName } from './bundles.ts';
import type { Measured, Start, Starts } from './measure.ts';
import { coldStartStaleness, FIGURES, renderColdStart, toFigures, writeColdStart } from './report.ts';

const EMPTY = 'before\n\n<!-- generated:cold-start:start -->\n<!-- generated:cold-start:end -->\n\nafter\n';
const VERSIONS = ['hono 4.0.0', 'one-more 1.0.0'];

const start = (init: number): Start => ({ init, firstProduct: 10, firstOrder: 20, secondProduct: 5 });

/** The shop's starts took 30, 40 and 50 ms; everybody else's twice as long. */
const measured: Measured = {
  repeated: 2,
  bundles: CONTESTANTS.map((name, index) => ({
    name,
    file: name,
    bytes: 200_000,
    gzipBytes: (index + 1) * 50_000,
  })),
  starts: Object.fromEntries(
    CONTESTANTS.map((name, index) => [
      name,
      [30, 40, 50].map((init) => start(index === 0 ? init : init * 2)),
    ]),
  ) as Record<ContestantName, Start[]> satisfies Starts,
};

const report = {
  date: '2026-01-02',
  environment: { node: 'v24' },
  versions: VERSIONS,
  starts: 3,
  repeated: measured.repeated,
  figures: toFigures(measured),
};
const page = writeColdStart(EMPTY, report);

const rowOf = (text: string, first: string) =>
  text.split('\n').filter((line) => line.startsWith(`| ${first} |`));

test('each figure has a median and quartiles for each contestant, and bytes are exact', () => {
  const [took] = rowOf(renderColdStart(report), 'init');
  expect(took).toBe(
    '| init | 40 ms (35 ms to 45 ms) | 80 ms (70 ms to 90 ms) | 80 ms (70 ms to 90 ms) | 80 ms (70 ms to 90 ms) | 80 ms (70 ms to 90 ms) |',
  );
  expect(rowOf(renderColdStart(report), 'bundle, gzip')[0]).toBe(
    '| bundle, gzip | 50 kB | 100 kB | 150 kB | 200 kB | 250 kB |',
  );
});

test('a cold start is init and first request together, and a ratio is taken within a round', () => {
  const [took, ratios] = rowOf(renderColdStart(report), 'cold start: init and first request');
  expect(took).toContain('| 50 ms (45 ms to 55 ms) | 90 ms (80 ms to 100 ms) |');
  // 40 of 70, 50 of 90, 60 of 110 ms.
  expect(ratios).toContain('| 0.56x (0.55x to 0.56x) |');
});

test('how many starts there were, and how many were made again, stands below', () => {
  expect(page).toContain('3 starts of each');
  expect(page).toContain('2 starts missed a time limit of their own');
});

test('a run writes between the markers and nowhere else', () => {
  expect(page.startsWith('before\n\n<!-- generated:cold-start:start -->\n\n| what it took |')).toBe(true);
  expect(page.endsWith('<!-- generated:cold-start:end -->\n\nafter\n')).toBe(true);
  expect(writeColdStart(page, report)).toBe(page);
});

test.each(['', EMPTY + EMPTY, EMPTY.replace('start -->', 'begin -->'), EMPTY.replace('end', 'stop')])(
  'a page without its markers is refused',
  (broken) => {
    expect(() => writeColdStart(broken, report)).toThrow(PageInvalidError);
    expect(() => coldStartStaleness(broken, VERSIONS)).toThrow(PageInvalidError);
  },
);

test('a page is fresh whatever was measured, and when it was formatted', () => {
  expect(coldStartStaleness(page, VERSIONS)).toBeUndefined();
  expect(
    coldStartStaleness(page.replaceAll(/\d+ ms/g, '7 ms').replaceAll(' | ', '    |  '), VERSIONS),
  ).toBeUndefined();
});

test.each([
  ['nothing measured', EMPTY, 'no versions'],
  ['another figure', page.replace('| init |', '| start |'), 'start'],
  ['another contestant', page.replace('| plain |', '| bare |'), 'bare'],
  ['another version', page.replace('hono 4.0.0', 'hono 3.0.0'), 'hono 3.0.0'],
])('a page with %s is stale, and says what it has', (_, stale, has) => {
  expect(coldStartStaleness(stale, VERSIONS)).toContain(has);
});

test('figures have names of their own', () => {
  expect(new Set(FIGURES.map(({ name }) => name)).size).toBe(FIGURES.length);
});
