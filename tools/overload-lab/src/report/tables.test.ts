import { describe, expect, it } from 'vitest';
import { SAMPLE, shareCell } from '../../test/sample-result.ts';
import type { CellResult } from '../lab.ts';
import { formatValue, renderMarkdown, resultAsJson, tablesOf } from './tables.ts';

const tableOf = (title: string) => tablesOf(SAMPLE).find((table) => table.title.startsWith(title));

describe('a figure', () => {
  it('is never rounded to look better than it is', () => {
    expect(formatValue('goodput-share', 0.94999)).toBe('94.9%');
    expect(formatValue('goodput-share', 0.95)).toBe('95.0%');
    expect(formatValue('goodput-rps', 949.9)).toBe('949');
    expect(formatValue('attempts', 1.1001)).toBe('1.11');
    expect(formatValue('attempts', 1.1)).toBe('1.10');
    expect(formatValue('recovery-seconds', 3)).toBe('3 s');
  });
});

describe('a table', () => {
  it('has the worst seed in each cell and marks what was missed', () => {
    expect(tableOf('Goodput of our clients, server with a plain queue')).toMatchObject({
      words:
        'Good answers as a share of min(offered, capacity), from second 5 on, the worst of 2 seeds. ' +
        'Asked for: at least 95.0%, and above 100 clients at least 90.0%.',
      rows: [
        ['clients', '1x', '2x'],
        ['5', '98.9% #7', '**94.9% #7 missed**'],
        ['200', '90.0% #7', ''],
      ],
    });
  });

  it('has a row for each client when they are compared, and says how long one was watched that did not recover', () => {
    const rows = tableOf('Side by side, server with a plain queue')?.rows;
    expect(rows).toHaveLength(10);
    expect(rows?.slice(0, 3)).toEqual([
      ['client', '1x', '2x', 'hang'],
      ['Nines', '900', '0', '2 s'],
      ['no retry', '899', '1', 'over 20 s'],
    ]);
  });

  it('says what ten minutes have cost the machine, and nothing where that is not known', () => {
    const long = (load: number): CellResult => ({
      ...shareCell(20, load, 0.99),
      section: 'long',
      run: { client: 'nines', server: 'fifo', fleet: 20, load, durationMs: 600_000 },
      worstSeed: 1,
    });
    const cells = [long(1), long(2)];
    const ran = { job: { ...long(1).run, seed: 1 }, seconds: [], processorMs: 2301 };
    const tables = tablesOf({ ...SAMPLE, cells, runs: [...SAMPLE.runs, ran] });
    const rows = tables.find(({ title }) => title.startsWith('Ten minutes'))?.rows;
    expect(rows?.[2]).toEqual(['processor time', '2.4 s', '']);
  });

  it('is left out when nothing of it was run', () => {
    expect(tableOf('Ten minutes')).toBeUndefined();
    expect(tableOf('Goodput of naive clients')).toBeUndefined();
  });
});

it('renders as Markdown under headings of the wanted size', () => {
  const text = renderMarkdown(SAMPLE, { headings: '###' });
  expect(text).toContain('### Goodput of our clients, server with a plain queue\n\nGood answers');
  expect(text).toContain('| 5       | 98.9% #7 | **94.9% #7 missed** |');
});

it('is JSON for a pipeline, with every cell and without the seconds of the runs', () => {
  const json = JSON.parse(resultAsJson(SAMPLE)) as { met: boolean; cells: Record<string, unknown>[] };
  expect(json.met).toBe(false);
  expect(json.cells).toHaveLength(SAMPLE.cells.length);
  expect(json.cells[1]).toEqual({
    section: 'goodput',
    measure: 'goodput-share',
    client: 'nines',
    server: 'fifo',
    fleet: 5,
    load: 2,
    durationMs: 35_000,
    span: { from: 5, to: 35 },
    seeds: 2,
    firstSeed: 1,
    goal: { atLeast: 0.95 },
    worst: 0.9499,
    worstSeed: 7,
    met: false,
  });
  expect(json.cells.at(-1)).toMatchObject({ outage: 'hang', worst: 'not seen' });
});
