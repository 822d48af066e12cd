import { describe, expect, it } from 'vitest';
import { SAMPLE } from '../../test/sample-result.ts';
import { CLIENTS } from '../clients/index.ts';
import { drawCharts, renderPage } from '../drawing.ts';
import { spreadLabels } from './charts.ts';

const TITLES = Object.values(CLIENTS).map(({ title }) => title);

describe('the charts', () => {
  it('are whole SVG files that name every client', async () => {
    const { goodput, outages } = await drawCharts(SAMPLE);
    for (const chart of [goodput, outages]) {
      expect(chart).toMatch(/^<svg .*xmlns="http:\/\/www.w3.org\/2000\/svg"[^]*<\/svg>$/);
      for (const title of TITLES) expect(chart).toContain(`>${title}<`);
    }
  });

  it('draw a line for each client against each server, and an area for each client', async () => {
    const { goodput, outages } = await drawCharts(SAMPLE);
    const count = (text: string, pattern: RegExp) => text.match(pattern)?.length ?? 0;
    // 9 clients, 2 servers; each line is one path with a colour of its own.
    expect(count(goodput, /<path [^>]*stroke="#[0-9a-f]{6}"/g)).toBeGreaterThanOrEqual(18);
    expect(count(outages, /<path fill="#[0-9a-f]{6}"/g)).toBe(9);
  });

  it('keep labels apart that would hide each other, lowest first', () => {
    const points = [500, 0, 10].map((rps) => ({ server: 'one', rps }));
    expect(spreadLabels(points).map(({ at }) => at)).toEqual([0, 48, 500]);
    const high = [1000, 1020, 1060].map((rps) => ({ server: 'one', rps }));
    expect(spreadLabels(high).map(({ at }) => at)).toEqual([979, 1027, 1075]);
  });
});

describe('the page', () => {
  it('holds charts and tables, marks what was missed, and needs nothing from elsewhere', async () => {
    const page = await renderPage(SAMPLE);
    expect(page.match(/<svg /g)).toHaveLength(2);
    expect(page).toContain('<td><strong>94.9% #7 missed</strong></td>');
    expect(page).toContain('Overload lab: not met');
    expect(page).not.toMatch(/(?:src|href)="http/);
  });

  it('has no charts when the peers have not run', async () => {
    const page = await renderPage({ ...SAMPLE, cells: SAMPLE.cells.slice(0, 3) });
    expect(page).not.toContain('<svg');
    expect(page).toContain('98.9% #7');
  });
});
