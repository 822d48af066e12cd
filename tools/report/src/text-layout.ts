/**
 * Plain text that fits a width: wrapped paragraphs, and figures as a table where there is room, else as
 * wrapped `label value` pairs.
 */
import { stripVTControlCharacters, styleText } from 'node:util';
import Table from 'cli-table3';

/** Anything that could move a terminal's cursor, change its colours or turn its text around, were it printed. */
// eslint-disable-next-line no-control-regex -- control characters are exactly what is looked for
const CONTROL = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u2028\u2029\u202A-\u202E\u2066-\u2069]/g;

/** Text from elsewhere, made harmless for a terminal and put on one line. */
export const printable = (text: string): string =>
  stripVTControlCharacters(text).replaceAll(/\s+/g, ' ').replaceAll(CONTROL, '').trim();

/** Words put on lines of at most `width`; a word longer than that is cut, never left to stick out. */
export function wrap(text: string, width: number, indent = ''): string[] {
  const room = Math.max(1, width - indent.length);
  const lines: string[] = [];
  let line = '';
  for (const word of printable(text).split(' ')) {
    let rest = word;
    if (line !== '' && line.length + 1 + rest.length <= room) {
      line += ` ${rest}`;
      continue;
    }
    if (line !== '') lines.push(line);
    while (rest.length > room) {
      lines.push(rest.slice(0, room));
      rest = rest.slice(room);
    }
    line = rest;
  }
  if (line !== '') lines.push(line);
  return lines.map((one) => indent + one);
}

export type Style = 'bold' | 'dim' | 'green' | 'red' | 'yellow';

export type Painter = (style: Style | readonly Style[], text: string) => string;

/** Colours or nothing; whether the output can show them is the caller's to know. */
export const createPainter =
  (colour: boolean): Painter =>
  (style, text) =>
    colour ? styleText(style as Parameters<typeof styleText>[0], text, { validateStream: false }) : text;

export interface Column {
  readonly label: string;
  readonly align: 'left' | 'right';
}

export interface Row {
  readonly cells: readonly string[];
  /** A line below the row's cells, such as what was hit. */
  readonly note?: string;
}

const NO_BORDERS = {
  ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '' },
  ...{ bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' },
  ...{ left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '' },
};

/** Between columns, where there is room for it. */
const GAPS = ['  ', ' '];

const NOTE_INDENT = '  ';

function asTable(columns: readonly Column[], rows: readonly Row[], gap: string): string[] {
  const table = new Table({
    head: columns.map(({ label }) => label),
    colAligns: columns.map(({ align }) => align),
    chars: { ...NO_BORDERS, middle: gap },
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
  });
  for (const { cells } of rows) table.push([...cells]);
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd());
}

/** Where a table would not fit, each row is a paragraph that names its figures. */
function asParagraphs(columns: readonly Column[], rows: readonly Row[], width: number): string[] {
  return rows.flatMap(({ cells: [title = '', ...figures], note }) => [
    ...wrap(title, width),
    ...(note === undefined ? [] : wrap(note, width, NOTE_INDENT)),
    ...wrap(
      figures.map((figure, index) => `${columns[index + 1]?.label ?? ''} ${figure}`).join(', '),
      width,
      NOTE_INDENT,
    ),
  ]);
}

/** Figures by row and column; the first cell of a row is its title. Every line fits the width. */
export function figures(columns: readonly Column[], rows: readonly Row[], width: number): string[] {
  const table = GAPS.map((gap) => asTable(columns, rows, gap)).find((lines) =>
    lines.every((line) => stripVTControlCharacters(line).length <= width),
  );
  if (table === undefined) return asParagraphs(columns, rows, width);
  const [head = '', ...lines] = table;
  return [
    head,
    ...lines.flatMap((line, index) => {
      const note = rows[index]?.note;
      return note === undefined ? [line] : [line, ...wrap(note, width, NOTE_INDENT)];
    }),
  ];
}
