/** The result of a run, and how it is written. Pure. */
import type { Spread } from './arithmetic.ts';
import type { JudgedRow, Unit } from './rows.ts';

export interface BenchReport {
  readonly met: boolean;
  /** The day, as YYYY-MM-DD. */
  readonly date: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Name and version of each peer. */
  readonly peers: readonly string[];
  /** How much was measured, in words. */
  readonly effort: string;
  readonly rows: readonly JudgedRow[];
}

/** Three digits say all that a shared machine can know; bytes and counts below a thousand are exact. */
export const digits = (value: number): string =>
  Number.isNaN(value)
    ? '?'
    : Math.abs(value) >= 100 || Number.isInteger(value)
      ? String(Math.round(value))
      : value.toPrecision(2 + Number(Math.abs(value) >= 1));

const withUnit = (value: number, unit: Unit): string =>
  unit === '' ? digits(value) : `${digits(value)} ${unit}`;

/** Where the figure is below one it is a share, and people read shares as one part of so many. */
const asRatio = (value: number): string => (value < 1 ? `1/${digits(1 / value)}` : `${digits(value)}x`);

const measuredText = ({ measured, against, unit }: JudgedRow): string => {
  const write = (value: number) => (against ? asRatio(value) : withUnit(value, unit));
  const { median, low, high } = measured;
  const same = write(low) === write(median) && write(high) === write(median);
  return same ? write(median) : `${write(median)} (${write(low)} to ${write(high)})`;
};

const contestantsText = ({ contestants, unit }: JudgedRow): string =>
  Object.entries(contestants)
    .map(([name, { median }]: [string, Spread]) => `${name}: ${withUnit(median, unit)}`)
    .join('; ');

export const HEADINGS = ['figure', 'must reach', 'measured', 'met', 'everybody in the row'] as const;

const tableLine = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

export const rowCells = (row: JudgedRow): readonly string[] => [
  row.figure,
  row.target,
  measuredText(row),
  row.limit === undefined ? '-' : row.met ? 'yes' : '**no**',
  contestantsText(row),
];

/** The table and under which circumstances, as Markdown. */
export function renderReport({ rows, date, environment, peers, effort }: BenchReport): string {
  const machine = Object.entries(environment).map(([name, value]) => `${name}: ${value}`);
  return [
    tableLine(HEADINGS),
    tableLine(HEADINGS.map(() => '---')),
    ...rows.map((row) => tableLine(rowCells(row))),
    '',
    `- Peers: ${peers.join(', ')}`,
    `- Measured: ${date}; ${effort}`,
    `- Machine: ${machine.join('; ')}`,
  ].join('\n');
}
