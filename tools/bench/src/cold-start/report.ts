/**
 * docs/cold-start.md: two tables between markers, what each contestant took and how the shop compares. The numbers are
 * those of one day and one machine and cannot be fresh; the figures, the contestants and their versions can. Pure.
 */
import { ratiosByRound, spreadOf, type Spread } from '../arithmetic.ts';
import { PageInvalidError } from '../page.ts';
import { digits } from '../report.ts';
import { CONTESTANTS, SHOP, type ContestantName } from './bundles.ts';
import type { Measured, Start } from './measure.ts';

const START = '<!-- generated:cold-start:start -->';
const END = '<!-- generated:cold-start:end -->';

interface Figure {
  readonly id: string;
  readonly name: string;
  readonly unit: 'kB' | 'ms';
  /** One value for each start; for bytes one. */
  read(measured: Measured, contestant: ContestantName): readonly number[];
}

const ofStarts =
  (value: (start: Start) => number): Figure['read'] =>
  ({ starts }, contestant) =>
    starts[contestant].map(value);

const ofBundle =
  (value: 'bytes' | 'gzipBytes'): Figure['read'] =>
  ({ bundles }, contestant) =>
    bundles.filter(({ name }) => name === contestant).map((bundle) => bundle[value] / 1_000);

export const FIGURES: readonly Figure[] = [
  { id: 'gzip', name: 'bundle, gzip', unit: 'kB', read: ofBundle('gzipBytes') },
  { id: 'bundle', name: 'bundle', unit: 'kB', read: ofBundle('bytes') },
  { id: 'init', name: 'init', unit: 'ms', read: ofStarts(({ init }) => init) },
  { id: 'first', name: 'first request, a product', unit: 'ms', read: ofStarts((one) => one.firstProduct) },
  {
    id: 'cold-start',
    name: 'cold start: init and first request',
    unit: 'ms',
    read: ofStarts(({ init, firstProduct }) => init + firstProduct),
  },
  { id: 'order', name: 'first order, after it', unit: 'ms', read: ofStarts((one) => one.firstOrder) },
  { id: 'again', name: 'the product again', unit: 'ms', read: ofStarts((one) => one.secondProduct) },
];

export interface ColdStartReport {
  /** The day, as YYYY-MM-DD. */
  readonly date: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly versions: readonly string[];
  readonly starts: number;
  /** How many starts were made again. */
  readonly repeated: number;
  readonly figures: readonly {
    readonly id: string;
    readonly name: string;
    readonly unit: string;
    readonly contestants: Readonly<Record<string, Spread>>;
    /** The shop's value divided by the other's, round by round. */
    readonly ratios: Readonly<Record<string, Spread>>;
  }[];
}

const OTHERS = CONTESTANTS.filter((name) => name !== SHOP);

export function toFigures(measured: Measured): ColdStartReport['figures'] {
  return FIGURES.map(({ id, name, unit, read }) => {
    const shop = read(measured, SHOP);
    const spreads = CONTESTANTS.map((one) => [one, spreadOf(read(measured, one))] as const);
    const ratios = OTHERS.map((one) => [one, spreadOf(ratiosByRound(shop, read(measured, one)))] as const);
    return {
      id,
      name,
      unit,
      contestants: Object.fromEntries(spreads),
      ratios: Object.fromEntries(ratios),
    };
  });
}

const write = ({ median, low, high }: Spread, text: (value: number) => string): string =>
  text(low) === text(high) ? text(median) : `${text(median)} (${text(low)} to ${text(high)})`;

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

function table(headings: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  return [line(headings), line(headings.map(() => '---')), ...rows.map(line)];
}

const TOOK = ['what it took', ...CONTESTANTS];
const RATIO = ['the shop, against', ...OTHERS];

/** The tables and under which circumstances, as Markdown. */
export function renderColdStart(report: ColdStartReport): string {
  const { date, environment, versions, starts, repeated, figures } = report;
  const took = figures.map(({ name, unit, contestants }) => [
    name,
    ...CONTESTANTS.map((one) => {
      const spread = contestants[one];
      return spread === undefined ? '?' : write(spread, (value) => `${digits(value)} ${unit}`);
    }),
  ]);
  const ratios = figures.map(({ name, ratios: all }) => [
    name,
    ...OTHERS.map((one) => {
      const spread = all[one];
      return spread === undefined ? '?' : write(spread, (value) => `${value.toFixed(2)}x`);
    }),
  ]);
  const machine = Object.entries(environment).map(([name, value]) => `${name}: ${value}`);
  return [
    ...table(TOOK, took),
    '',
    ...table(RATIO, ratios),
    '',
    `- Versions: ${versions.join(', ')}`,
    `- Measured: ${date}; ${String(starts)} starts of each, in turns, each in a fresh process; medians, and quartiles; ${String(repeated)} starts missed a time limit of their own and were made again`,
    `- Machine: ${machine.join('; ')}`,
  ].join('\n');
}

function parts(page: string): readonly [head: string, generated: string, tail: string] {
  const [head = '', rest = '', ...more] = page.split(START);
  const [generated = '', tail, ...others] = rest.split(END);
  if (tail === undefined || more.length > 0 || others.length > 0)
    throw new PageInvalidError(`the page must have ${START} and ${END} once each, in this order`);
  return [head, generated, tail];
}

/** @throws PageInvalidError when the markers are not there once each */
export function writeColdStart(page: string, report: ColdStartReport): string {
  const [head, , tail] = parts(page);
  return `${head}${START}\n\n${renderColdStart(report)}\n\n${END}${tail}`;
}

const cellsOf = (row: string): readonly string[] =>
  row
    .trim()
    .slice(1, -1)
    .split('|')
    .map((cell) => cell.trim());

/** What a change of the code changes, and a run does not: figures, contestants, versions. */
function shapeOf(generated: string): readonly string[] {
  const lines = generated.split('\n').map((one) => one.trim());
  const rows = lines.filter((one) => one.startsWith('|') && !/^\|[ :|-]+\|$/.test(one)).map(cellsOf);
  const headings = rows.filter(([first]) => first === TOOK[0] || first === RATIO[0]);
  const names = rows.filter((row) => !headings.includes(row)).map(([first]) => first ?? '');
  const versions = lines.find((one) => one.startsWith('- Versions: ')) ?? '- no versions';
  return [...headings.map((cells) => cells.join(' | ')), ...names, versions.slice(2)];
}

/** The first difference in words, or nothing. */
export function coldStartStaleness(page: string, versions: readonly string[]): string | undefined {
  const [, generated] = parts(page);
  const names = FIGURES.map(({ name }) => name);
  const found = shapeOf(generated);
  const wanted = [
    TOOK.join(' | '),
    RATIO.join(' | '),
    ...names,
    ...names,
    `Versions: ${versions.join(', ')}`,
  ];
  const index = wanted.findIndex((one, at) => one !== found[at]);
  if (index < 0) return undefined;
  return `the page has "${found[index] ?? 'nothing'}" where the code has "${wanted[index] ?? 'nothing'}"`;
}
