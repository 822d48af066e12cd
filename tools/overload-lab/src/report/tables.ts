/** The result as Markdown tables. Each cell is the worst seed's value with that seed's number, to run it again. */
import { markdownTable } from 'markdown-table';
import { CLIENTS } from '../clients/index.ts';
import type { CellResult, LabResult } from '../lab.ts';
import { IN_A_ROW } from '../measures.ts';
import type { Goal, Measure } from '../plan.ts';

export interface Table {
  readonly title: string;
  /** What is counted, and what must be reached. */
  readonly words: string;
  readonly rows: readonly (readonly string[])[];
}

/** Cut and never rounded up, so that no figure looks like a goal that it missed. */
const cut = (value: number, digits: number): string => {
  const factor = 10 ** digits;
  return (Math.floor(value * factor + 1e-9) / factor).toFixed(digits);
};

/** Rounded up, where less is better, for the same reason. */
const up = (value: number, digits: number): string => {
  const factor = 10 ** digits;
  return (Math.ceil(value * factor - 1e-9) / factor).toFixed(digits);
};

export function formatValue(measure: Measure, value: number): string {
  switch (measure) {
    case 'goodput-share':
      return `${cut(value * 100, 1)}%`;
    case 'goodput-rps':
      return cut(value, 0);
    case 'recovery-seconds':
      return `${String(value)} s`;
    case 'attempts':
      return up(value, 2);
  }
}

/** A recovery that was not seen took longer than what was watched, less the ten good seconds that end it. */
const valueOf = ({ measure, worst, span }: CellResult): string =>
  worst === Infinity ? `over ${String(span.to - span.from - IN_A_ROW)} s` : formatValue(measure, worst);

function formatCell(cell: CellResult | undefined): string {
  if (!cell) return '';
  const value = valueOf(cell);
  const seed = cell.seeds.length > 1 ? ` #${String(cell.worstSeed)}` : '';
  return cell.met === false ? `**${value}${seed} missed**` : `${value}${seed}`;
}

const formatGoal = (measure: Measure, goal: Goal): string =>
  'atLeast' in goal
    ? `at least ${formatValue(measure, goal.atLeast)}`
    : `at most ${formatValue(measure, goal.atMost)}`;

const loadTitle = (load: number): string => `${String(load)}x`;
const outageTitle = ({ run }: CellResult): string => run.outage?.kind ?? loadTitle(run.load);

/** A row for each key of the first kind, a column for each of the second, both in the order in which they come. */
function crossTable(
  corner: string,
  cells: readonly CellResult[],
  rowOf: (cell: CellResult) => string,
  columnOf: (cell: CellResult) => string,
): string[][] {
  const rows = [...new Set(cells.map(rowOf))];
  const columns = [...new Set(cells.map(columnOf))];
  return [
    [corner, ...columns],
    ...rows.map((row) => [
      row,
      ...columns.map((column) =>
        formatCell(cells.find((cell) => rowOf(cell) === row && columnOf(cell) === column)),
      ),
    ]),
  ];
}

const fleetOf = ({ run }: CellResult): string => String(run.fleet);
const fleetAndServer = ({ run }: CellResult): string => `${String(run.fleet)}, ${SERVER_WORDS[run.server]}`;
const loadOf = ({ run }: CellResult): string => loadTitle(run.load);
const SERVER_WORDS = { fifo: 'plain queue', shedding: 'load shedder' } as const;

const seedsOf = (cells: readonly CellResult[]): string => {
  const count = cells[0]?.seeds.length ?? 0;
  return count === 1 ? '1 seed' : `the worst of ${String(count)} seeds`;
};

const goalsOf = (cells: readonly CellResult[]): string => {
  const goals = cells.flatMap(({ goal, measure }) => (goal ? [formatGoal(measure, goal)] : []));
  return [...new Set(goals)].join(', and above 100 clients ');
};

type Section = CellResult['section'];

const sectionsOf = (cells: readonly CellResult[]) => ({
  of: (section: Section) => cells.filter((cell) => cell.section === section),
});

function oursTables({ cells }: LabResult): Table[] {
  const { of } = sectionsOf(cells);
  const spanOf = ([cell]: readonly CellResult[]) => `from second ${String(cell?.span.from)} on`;
  const shares = (['fifo', 'shedding'] as const).map((server) => {
    const goodput = of('goodput').filter(({ run }) => run.server === server);
    return {
      title: `Goodput of our clients, server with a ${SERVER_WORDS[server]}`,
      words: `Good answers as a share of min(offered, capacity), ${spanOf(goodput)}, ${seedsOf(goodput)}. Asked for: ${goalsOf(goodput)}.`,
      rows: crossTable('clients', goodput, fleetOf, loadOf),
    };
  });
  const start = of('start').filter(({ run }) => run.server === 'fifo');
  const recovery = of('recovery');
  const failure = of('failure');
  return [
    ...shares,
    {
      title: 'The first seconds of a fleet that starts cold',
      words: `As the first table, but the ${String(start[0]?.span.to)} seconds before: each client begins with one call at a time. Shown, not judged.`,
      rows: crossTable('clients', start, fleetOf, loadOf),
    },
    {
      title: 'Recovery of our clients from an outage',
      words: `Seconds from the end of an outage of ten seconds, at 0.7x, to the first of ten seconds in a row with 95% good; ${seedsOf(recovery)}. Asked for: ${goalsOf(recovery)}.`,
      rows: crossTable('clients, server', recovery, fleetAndServer, outageTitle),
    },
    {
      title: 'Attempts for each request while everything fails',
      words: `Calls that reached the server for each request that came; ${seedsOf(failure)}. Over a full failure asked for: ${goalsOf(failure)}. Over the ten seconds of the outages above it is only shown: a client that comes into one with a full budget has ten retries to spend, which is much where it has only 35 requests.`,
      rows: crossTable('clients, server', [...failure, ...of('outage-attempts')], fleetAndServer, (cell) =>
        cell.section === 'failure'
          ? `full failure, ${String(cell.span.to - cell.span.from)} s`
          : `${outageTitle(cell)}, 10 s`,
      ),
    },
  ];
}

/** Asked for: what ten virtual minutes of 1000 requests a second may cost a machine. */
const LONG_RUN_PROCESSOR_SECONDS = 10;

/** What each long run has cost. Of another machine it would be something else, so it is shown and not judged. */
const processorRow = (long: readonly CellResult[], { runs }: LabResult): string[] => [
  'processor time',
  ...long.map(({ run, worstSeed }) => {
    const { processorMs } =
      runs.find(
        ({ job }) => job.durationMs === run.durationMs && job.load === run.load && job.seed === worstSeed,
      ) ?? {};
    return processorMs === undefined ? '' : `${up(processorMs / 1000, 1)} s`;
  }),
];

function otherTables(result: LabResult): Table[] {
  const { cells } = result;
  const { of } = sectionsOf(cells);
  const naive = of('naive');
  const long = of('long');
  const tables = [
    {
      title: 'Goodput of naive clients, server with a load shedder',
      words: `Clients that try four times at once. They keep no state, so that the size of the fleet plays no part; ${seedsOf(naive)}. Asked for: ${goalsOf(naive)}.`,
      cells: naive,
      rows: crossTable('clients', naive, () => 'any number', loadOf),
    },
    {
      title: 'Ten minutes of our clients, from the first second on',
      words: `Server with a plain queue, 20 clients. Asked for: ${goalsOf(long)}; and at most ${String(LONG_RUN_PROCESSOR_SECONDS)} s of a machine at 1x, where 1000 requests come a second.`,
      cells: long,
      rows: [...crossTable('clients', long, fleetOf, loadOf), processorRow(long, result)],
    },
  ];
  return tables.filter((table) => table.cells.length > 0);
}

function peerTables({ cells }: LabResult): Table[] {
  const peers = cells.filter(({ section }) => section === 'peers');
  if (peers.length === 0) return [];
  const title = ({ run }: CellResult): string =>
    CLIENTS[run.client].title + (run.fleet === 20 ? '' : `, ${String(run.fleet)} clients`);
  return (['fifo', 'shedding'] as const).map((server) => {
    const shown = peers.filter(({ run }) => run.server === server);
    return {
      title: `Side by side, server with a ${SERVER_WORDS[server]}`,
      words: `Good answers a second of 1000 that are possible, over the first ${String(shown[0]?.span.to)} seconds from a cold start${server === 'fifo' ? ', and recovery from an outage' : ''}; 20 clients, ${seedsOf(shown)}.`,
      rows: crossTable('client', shown, title, outageTitle),
    };
  });
}

export const tablesOf = (result: LabResult): Table[] => [
  ...oursTables(result),
  ...otherTables(result),
  ...peerTables(result),
];

export function renderMarkdown(result: LabResult, { headings = '##' } = {}): string {
  return tablesOf(result)
    .map(({ title, words, rows }) => {
      const align = rows[0]?.map((_, column) => (column === 0 ? 'l' : 'r')) ?? [];
      return `${headings} ${title}\n\n${words}\n\n${markdownTable(rows, { align })}\n`;
    })
    .join('\n');
}

/** What a pipeline wants to read: every cell with its worst seed, and no more. */
export function resultAsJson({ met, cells, requests, virtualSeconds }: LabResult): string {
  const flat = cells.map(({ section, measure, run, span, goal, worst, worstSeed, seeds, met: cellMet }) => ({
    section,
    measure,
    ...run,
    outage: run.outage?.kind,
    span,
    seeds: seeds.length,
    firstSeed: seeds[0],
    goal,
    worst: worst === Infinity ? 'not seen' : worst,
    worstSeed,
    met: cellMet,
  }));
  return JSON.stringify({ met, requests, virtualSeconds, cells: flat }, null, 2);
}
