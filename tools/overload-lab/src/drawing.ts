/**
 * What draws. It is loaded only when something is to be drawn: a document and a chart library take half a second that
 * most commands do not need.
 */
import type { LabResult } from './lab.ts';

export interface Drawings {
  /** Each is a whole SVG file. */
  readonly goodput: string;
  readonly outages: string;
}

/** For a result with peers in it: see `hasComparison`. */
export async function drawCharts(result: LabResult): Promise<Drawings> {
  const { goodputChart, outageChart } = await import('./report/charts.ts');
  return { goodput: goodputChart(result), outages: outageChart(result) };
}

/** @returns a whole HTML page */
export async function renderPage(result: LabResult): Promise<string> {
  const page = await import('./report/page.ts');
  return page.renderPage(result);
}
