/**
 * docs/benchmarks.md: the table of the last full run stands between two markers. Its numbers are those of one day and one
 * machine and cannot be fresh; its shape can: the rows, targets, contestants and peers must be those of the code.
 */
import { rowCells, type BenchReport } from './report.ts';
import { judge, ROWS } from './rows.ts';

const START = '<!-- generated:benchmarks:start -->';
const END = '<!-- generated:benchmarks:end -->';

export class PageInvalidError extends Error {
  readonly code = 'page-invalid';
  override readonly name = 'PageInvalidError';
}

function parts(page: string): readonly [head: string, table: string, tail: string] {
  const [head = '', rest = '', ...more] = page.split(START);
  const [table = '', tail, ...others] = rest.split(END);
  if (tail === undefined || more.length > 0 || others.length > 0)
    throw new PageInvalidError(`the page must have ${START} and ${END} once each, in this order`);
  return [head, table, tail];
}

/** @throws PageInvalidError when the markers are not there once each */
export function writeTable(page: string, table: string): string {
  const [head, , tail] = parts(page);
  return `${head}${START}\n\n${table}\n\n${END}${tail}`;
}

/** What a change of the code changes, and a run does not. */
const shapeOfCells = ([figure, target, , , contestants = '']: readonly string[]): string =>
  [figure, target, ...contestants.split('; ').map((one) => one.split(': ')[0])].join(' | ');

/** The shape that the code asks for. */
export const wantedShape = (peers: readonly string[]): string[] => [
  ...ROWS.map((row) => shapeOfCells(rowCells(judge(row, {})))),
  `Peers: ${peers.join(', ')}`,
];

/** The shape that the page has. @throws PageInvalidError when the markers are not there once each */
export function shapeOfPage(page: string): string[] {
  const [, table] = parts(page);
  const lines = table.split('\n').map((line) => line.trim());
  const rows = lines
    .filter((line) => line.startsWith('|'))
    .slice(2)
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    );
  const peers = lines.find((line) => line.startsWith('- Peers: '))?.slice(2) ?? 'no peers';
  return [...rows.map(shapeOfCells), peers];
}

/** The first difference in words, or nothing. */
export function staleness(page: string, peers: BenchReport['peers']): string | undefined {
  const [wanted, found] = [wantedShape(peers), shapeOfPage(page)];
  const index = Array.from({ length: Math.max(wanted.length, found.length) }).findIndex(
    (_, line) => wanted[line] !== found[line],
  );
  if (index < 0) return undefined;
  return `the page has "${found[index] ?? 'nothing'}" where the code has "${wanted[index] ?? 'nothing'}"`;
}
