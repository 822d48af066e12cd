/**
 * The verdict of a game day as plain text, for a terminal and for a log: the same facts as the page, without its
 * charts. Use it wherever a person reads; a program reads the result itself (`--json`).
 */
import type { FaultResult, GameDayReport, GameDayResult } from '@nines/game-day';
import {
  createPainter,
  figures,
  printable,
  wrap,
  type Column,
  type Painter,
  type Row,
} from './text-layout.ts';
import {
  availabilityFigure,
  causesSentence,
  count,
  duration,
  loadSentence,
  keptSentence,
  measuredSentence,
  moment,
  paceWarning,
  reasonsNotMet,
  recovery,
  runVerdict,
  seconds,
  tierName,
  windowSentence,
} from './words.ts';

export interface VerdictOptions {
  /** Whether to use a terminal's colours. */
  readonly colour: boolean;
  /** Columns to fit into; from 100 on figures stand in tables, below that in paragraphs. Never less than 40. */
  readonly width: number;
}

const NARROWEST = 40;
const INDENT = '  ';

/** Marks stand in a column of their own, so that the eye can run down it. */
const MARKS = { met: 'ok', notMet: 'NOT MET' };
const MARK_SPACE = ' '.repeat(MARKS.notMet.length + 2);

const fits = (line: string, width: number): boolean => line.length <= width;

const mark = (met: boolean, paint: Painter): string => {
  const word = met ? MARKS.met : MARKS.notMet;
  return paint(met ? 'green' : ['bold', 'red'], word) + MARK_SPACE.slice(word.length);
};

const left = (label: string): Column => ({ label, align: 'left' });
const right = (label: string): Column => ({ label, align: 'right' });

const USER_COLUMNS: readonly Column[] = [
  left('fault'),
  right('good'),
  right('bad'),
  right('dropped'),
  right('shed'),
  right('availability'),
  right('L'),
  right('RTO'),
];

const ORDER_COLUMNS: readonly Column[] = [
  left('fault'),
  right('acknowledged'),
  right('lost'),
  right('doubled'),
  right('RPO'),
];

interface Page {
  readonly paint: Painter;
  readonly width: number;
}

function heading(text: string, { paint }: Page): string[] {
  return ['', paint('bold', text.toUpperCase())];
}

function headLines(report: GameDayReport, { paint, width }: Page): string[] {
  const { result } = report;
  const warning = paceWarning(result);
  const about = [
    warning === undefined ? 'full pace' : `FAST PACE, divided by ${result.paceDivisor}`,
    `seed ${result.seed}`,
    `began ${moment(report.startedAt)}`,
    `lasted ${duration(result.durationSeconds)}`,
  ];
  const loud = warning === undefined ? [] : wrap(`FAST PACE: ${warning}`, width);
  return [
    `${paint(['bold', result.met ? 'green' : 'red'], runVerdict(result).toUpperCase())}: ${printable(tierName(result))}`,
    ...wrap(about.join(', '), width),
    ...loud.map((line) => paint(['bold', 'yellow'], line)),
  ];
}

function reasonLines(result: GameDayResult, page: Page): string[] {
  if (result.met) return [];
  const reasons = reasonsNotMet(result);
  return [
    ...heading('why not', page),
    ...reasons.flatMap((reason) => wrap(reason, page.width, INDENT)),
    ...(reasons.length === 0 ? [`${INDENT}The run gives no reason.`] : []),
  ];
}

/** A fault's name, red where its acceptance was missed. */
const faultTitle = ({ fault, met }: FaultResult, { paint }: Page): string =>
  met ? printable(fault) : paint(['bold', 'red'], printable(fault));

function userRow(title: string, result: Pick<GameDayResult, 'requests' | 'lossSeconds'>, rto: string): Row {
  const { good, bad, dropped, shed } = result.requests;
  return {
    cells: [
      title,
      ...[good, bad, dropped, shed].map(count),
      availabilityFigure(result.requests),
      seconds(result.lossSeconds),
      rto,
    ],
  };
}

function userLines(result: GameDayResult, page: Page): string[] {
  const rows = [
    ...result.faults.map((fault) => ({
      ...userRow(faultTitle(fault, page), fault, recovery(fault.rtoSeconds)),
      note: fault.target,
    })),
    userRow('whole run', result, '-'),
  ];
  return [...heading('what users saw', page), ...figures(USER_COLUMNS, rows, page.width)];
}

function orderLines(result: GameDayResult, page: Page): string[] {
  const figuresOf = (orders: Pick<GameDayResult, 'acknowledged' | 'lost' | 'doubled'>): string[] =>
    [orders.acknowledged, orders.lost, orders.doubled].map(count);
  const rows = [
    ...result.faults.map((fault) => ({
      cells: [faultTitle(fault, page), ...figuresOf(fault), seconds(fault.rpoSeconds)],
    })),
    { cells: ['whole run', ...figuresOf(result), '-'] },
  ];
  return [...heading('orders', page), ...figures(ORDER_COLUMNS, rows, page.width)];
}

function criterionLines(fault: FaultResult, { paint, width }: Page): string[] {
  const longest = Math.max(0, ...fault.acceptance.map(({ criterion }) => printable(criterion).length));
  return fault.acceptance.flatMap(({ criterion, measured, met }) => {
    const words = printable(criterion).padEnd(longest);
    const result = `measured ${printable(measured)}`;
    const lines = fits(`${MARK_SPACE}${MARK_SPACE}${words}  ${result}`, width)
      ? [`${words}  ${result}`]
      : wrap(`${criterion}: ${result}`, width - 2 * MARK_SPACE.length);
    return lines.map((line, index) => MARK_SPACE + (index === 0 ? mark(met, paint) : MARK_SPACE) + line);
  });
}

function acceptanceLines(fault: FaultResult, page: Page): string[] {
  const { paint, width } = page;
  const causes = causesSentence(fault);
  const about = [
    windowSentence(fault),
    `predicted: ${fault.predicted}`,
    `measured: ${measuredSentence(fault)}`,
    ...[keptSentence(fault)].filter((kept) => kept !== '').map((kept) => `kept: ${kept}`),
    ...(causes === '' ? [] : [`not good: ${causes}`]),
  ];
  const [title = '', ...more] = wrap(`${fault.fault}: ${fault.target}`, width - MARK_SPACE.length);
  return [
    mark(fault.met, paint) + paint('bold', title),
    ...more.map((line) => MARK_SPACE + line),
    ...about.flatMap((sentence) => wrap(sentence, width, MARK_SPACE)),
    ...criterionLines(fault, page),
  ];
}

function listLines(title: string, sentences: readonly string[], page: Page): string[] {
  if (sentences.length === 0) return [];
  return [...heading(title, page), ...sentences.flatMap((sentence) => wrap(sentence, page.width, INDENT))];
}

/** The whole verdict, lines ended by `\n`, ready to be written as it is. */
export function renderVerdict(report: GameDayReport, { colour, width }: VerdictOptions): string {
  const { result } = report;
  const page: Page = { paint: createPainter(colour), width: Math.max(NARROWEST, width) };
  const lines = [
    ...headLines(report, page),
    ...reasonLines(result, page),
    ...userLines(result, page),
    ...orderLines(result, page),
    ...heading('acceptance', page),
    ...result.faults.flatMap((fault) => acceptanceLines(fault, page)),
    ...listLines('what this supports', [...result.supports, loadSentence(result)], page),
    ...listLines(
      'assumptions',
      result.assumptions.map(({ id, statement, source }) => `${id}: ${statement} [${source}]`),
      page,
    ),
    ...listLines(
      'environment',
      [
        Object.entries(report.environment)
          .map(([k, v]) => `${k} ${v}`)
          .join(', '),
      ],
      page,
    ),
  ];
  return `${lines.join('\n')}\n`;
}
