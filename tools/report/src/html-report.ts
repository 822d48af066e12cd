/**
 * The report of a game day as one HTML page that needs nothing else: charts, styles and data stand in it, and its
 * own Content-Security-Policy forbids it to load or run anything more. Use it for people who want to see the run;
 * for a log or a terminal use `renderVerdict`, for a program the result itself.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { transformSync } from 'esbuild';
import type { GameDayReport } from '@nines/game-day';
import { chartDataOf } from './chart-data.ts';
import { dataElement, html, ownScript, ownStyle, toText } from './html.ts';
import {
  acceptanceSection,
  assumptionsSection,
  chartsSection,
  faultsSection,
  footer,
  supportsSection,
  tilesSection,
  verdictSection,
} from './html-sections.ts';
import { runVerdict, tierName } from './words.ts';

const require = createRequire(import.meta.url);

const readPackageFile = (name: string): string => readFileSync(require.resolve(name), 'utf8');
const readOwnFile = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8');

/** The page's script without its types, and closed off from the page's global names. */
const chartScript = (): string =>
  transformSync(readOwnFile('./page/charts.ts'), { loader: 'ts', format: 'iife', target: 'es2022' }).code;

const title = ({ result }: GameDayReport): string =>
  `Game day of the ${tierName(result)}: ${runVerdict(result)}`;

/** The page as text, to be written to a file. Every string of the report is escaped, whoever wrote it. */
export function renderHtmlReport(report: GameDayReport): string {
  const { result } = report;
  const styles = [readPackageFile('uplot/dist/uPlot.min.css'), readOwnFile('./page/report.css')].map(
    ownStyle,
  );
  const scripts = [readPackageFile('uplot/dist/uPlot.iife.min.js'), chartScript()].map(ownScript);
  const hashes = (parts: readonly { readonly hash: string }[]): string =>
    parts.map(({ hash }) => hash).join(' ');
  const policy = `default-src 'none'; style-src ${hashes(styles)}; script-src ${hashes(scripts)}; base-uri 'none'; form-action 'none'`;
  return toText(
    html`<!doctype html>
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta http-equiv="Content-Security-Policy" content="${policy}" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <title>${title(report)}</title>
          ${styles.map(({ element }) => element)}
        </head>
        <body>
          <main>
            ${verdictSection(report)} ${tilesSection(result)} ${chartsSection(report)}
            ${faultsSection(result)} ${acceptanceSection(result)} ${supportsSection(result)}
            ${assumptionsSection(result)} ${footer(report)}
          </main>
          ${dataElement('chart-data', chartDataOf(report))} ${scripts.map(({ element }) => element)}
        </body>
      </html> `,
  );
}
