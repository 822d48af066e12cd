/** The charts and tables of a run as one HTML page that needs nothing else, for whoever wants to see them. */
import type { LabResult } from '../lab.ts';
import { hasComparison } from '../plan.ts';
import { goodputChart, outageChart } from './charts.ts';
import { tablesOf } from './tables.ts';

const STYLE = `body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; color: #222; background: #fff }
table { border-collapse: collapse; margin: 1rem 0 2rem } th, td { padding: .3rem .7rem; border-bottom: 1px solid #ddd; text-align: right }
th:first-child, td:first-child { text-align: left } svg { max-width: 100%; height: auto } strong { color: #b00020 }`;

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** What is missed is bold in Markdown; here too. */
const cellOf = (text: string): string => escape(text).replace(/^\*\*(.*)\*\*$/, '<strong>$1</strong>');

const rowOf = (cells: readonly string[], element: 'th' | 'td'): string =>
  `<tr>${cells.map((cell) => `<${element}>${cellOf(cell)}</${element}>`).join('')}</tr>`;

export function renderPage(result: LabResult): string {
  const charts = hasComparison(result.cells)
    ? `<h2>Goodput, side by side</h2>${goodputChart(result)}<h2>Outages of ten seconds, side by side</h2>${outageChart(result)}`
    : '';
  const tables = tablesOf(result).map(
    ({ title, words, rows: [head = [], ...body] }) =>
      `<h2>${escape(title)}</h2><p>${escape(words)}</p><table><thead>${rowOf(head, 'th')}</thead><tbody>${body
        .map((row) => rowOf(row, 'td'))
        .join('')}</tbody></table>`,
  );
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Overload lab: ${result.met ? 'met' : 'not met'}</title><style>${STYLE}</style></head>
<body><h1>Overload lab: ${result.met ? 'every cell met' : 'not met'}</h1>${charts}${tables.join('')}</body>
</html>
`;
}
