/** `nines lab overload`: what clients and a server do to each other under overload, in virtual time. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { replaceMarkedPart } from '@nines/gate';
import {
  drawCharts,
  FLEETS,
  hasComparison,
  jobsOf,
  LOADS,
  planCells,
  renderMarkdown,
  renderPage,
  resultAsJson,
  runLab,
} from '@nines/overload-lab';
import type { CellResult, LabProgress, LabResult } from '@nines/overload-lab';
import { InvalidArgumentError } from 'commander';
import { EXIT, InputInvalidError } from '../exit-code.ts';
import type { ExitCode } from '../exit-code.ts';
import type { AddCommand, ProgramContext } from '../program.ts';
import type { Console } from '../terminal/console.ts';
import { REPORTS, ROOT } from '../workspace.ts';

interface Options {
  readonly quick?: boolean;
  readonly seed: number;
  readonly seeds?: number;
  readonly fleet?: readonly number[];
  readonly load?: readonly number[];
  readonly threads: number;
  readonly json?: boolean;
  readonly report?: string;
  readonly writeDocs?: boolean;
}

const EXAMPLES = `
The world: 50 workers that take 50 ms a request on average, so 1000 requests a second, and a queue of 1000 that never
hears of callers who have gone; clients with 500 ms for an attempt and 2 s for a request. Our libraries have to reach
their goals in every seed; unmodified libraries that people use today run beside them in the same world. The same
seed gives the same run, on any machine.

Examples:
  nines lab overload                                  everything, with 20 seeds (ten minutes on two idle processors)
  nines lab overload --quick                          a part of it, in well under a minute
  nines lab overload --fleet 100 --load 2,5 --seeds 3 one fleet, two loads (outages always come with it)
  nines lab overload --seed 7 --seeds 1 --fleet 200   run one seed again
  nines lab overload --write-docs                     everything, and bring docs/overload-lab.md up to date

Exit codes: 0 every goal met, 1 not met, 2 could not be run.`;

const DOCS_PAGE = join(ROOT, 'docs/overload-lab.md');
const CHART_FILES = {
  goodput: join(ROOT, 'docs/overload-lab-goodput.generated.svg'),
  outages: join(ROOT, 'docs/overload-lab-outages.generated.svg'),
};

const LARGEST_FLEET = 10_000;
const LARGEST_LOAD = 100;

function parseCount(text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < 1 || count > 1000) {
    throw new InvalidArgumentError('It is a whole number from 1 to 1000.');
  }
  return count;
}

function parseSeed(text: string): number {
  const seed = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(seed)) {
    throw new InvalidArgumentError('A seed is a whole number from 0 to 2^53 - 1.');
  }
  return seed;
}

const parseNumbers = (text: string, isValid: (value: number) => boolean, words: string): number[] => {
  const values = text.split(',').map(Number);
  if (text.trim() === '' || !values.every(isValid)) throw new InvalidArgumentError(words);
  return [...new Set(values)];
};

const parseFleets = (text: string): number[] =>
  parseNumbers(
    text,
    (value) => Number.isInteger(value) && value >= 1 && value <= LARGEST_FLEET,
    `Fleets are whole numbers from 1 to ${String(LARGEST_FLEET)}, separated by commas.`,
  );

const parseLoads = (text: string): number[] =>
  parseNumbers(
    text,
    (value) => value > 0 && value <= LARGEST_LOAD,
    `Loads are multiples of the capacity, above 0 and up to ${String(LARGEST_LOAD)}, separated by commas.`,
  );

/** At most so many plain lines come in a log: of the whole lab, on two processors, one within each minute. */
const LINES_IN_A_LOG = 20;

/** A live line for each run on a terminal, a plain line for each twentieth of the work in a log. */
export function showRuns(console: Console): (progress: LabProgress) => void {
  let shown = 0;
  return ({ done, total, workShare, job }) => {
    const { client, server, fleet, load, outage, seed } = job;
    const text = `${String(done)} of ${String(total)} runs, ${(100 * workShare).toFixed(0)}% of the work`;
    console.live(
      `${text}: ${client}, ${server}, ${String(fleet)} clients, ${outage?.kind ?? `${String(load)}x`}, seed ${String(seed)}`,
    );
    // A share is a sum of fractions, and may end a hair below a whole.
    const due = Math.floor(LINES_IN_A_LOG * workShare + 1e-9);
    if (console.interactive || due === shown) return;
    shown = due;
    console.line(text);
  };
}

/** One line for the whole, and for each missed goal how to see it again. */
export function verdictOf({ cells, requests, virtualSeconds }: LabResult): string[] {
  const judged = cells.filter(({ met }) => met !== undefined);
  const missed = judged.filter(({ met }) => met === false);
  const again = ({ section, run, worstSeed }: CellResult) =>
    `missed: ${section}, ${run.server}, ${String(run.fleet)} clients, ${run.outage?.kind ?? `${String(run.load)}x`}; again: ` +
    `nines lab overload --seed ${String(worstSeed)} --seeds 1${
      // The long runs come only with the whole.
      section === 'long'
        ? ''
        : ` --fleet ${String(run.fleet)}${run.outage ? '' : ` --load ${String(run.load)}`}`
    }`;
  return [
    ...missed.map(again),
    `${missed.length === 0 ? 'MET' : 'NOT MET'}: ${String(judged.length - missed.length)} of ${String(judged.length)} cells, ` +
      `${(requests / 1e6).toFixed(1)} million requests in ${(virtualSeconds / 3600).toFixed(1)} virtual hours`,
  ];
}

/** The generated part of docs/overload-lab.md and its charts. */
async function writeDocs(result: LabResult): Promise<void> {
  const charts = await drawCharts(result);
  const page = await readFile(DOCS_PAGE, 'utf8');
  const text = renderMarkdown(result, { headings: '###' });
  await writeFile(DOCS_PAGE, replaceMarkedPart(page, 'overload-lab', text));
  await writeFile(CHART_FILES.goodput, `${charts.goodput}\n`);
  await writeFile(CHART_FILES.outages, `${charts.outages}\n`);
}

async function overload(
  options: Options,
  { console, signal }: ProgramContext,
  run: typeof runLab,
): Promise<ExitCode> {
  const { quick = false, seed, seeds, fleet, load } = options;
  if (options.writeDocs && (quick || fleet || load)) {
    throw new InputInvalidError('--write-docs needs the whole lab: leave out --quick, --fleet and --load.');
  }
  const cells = planCells({
    quick,
    firstSeed: seed,
    ...(seeds ? { seeds } : {}),
    ...(fleet ? { fleets: fleet } : {}),
    ...(load ? { loads: load } : {}),
  });
  console.line(`${String(cells.length)} cells, ${String(jobsOf(cells).length)} runs`);
  const result = await run(cells, {
    threads: options.threads,
    signal,
    onProgress: showRuns(console),
  });
  console.settle();
  // The figures first: a page that cannot be written must not take them with it.
  console.result(options.json ? resultAsJson(result) : renderMarkdown(result));
  for (const line of verdictOf(result)) console.line(line);
  if (options.report !== undefined || hasComparison(result.cells)) {
    const target = options.report ?? join(REPORTS, 'overload-lab.html');
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, await renderPage(result));
    console.line(`report: ${target}`);
  }
  if (options.writeDocs) {
    await writeDocs(result);
    console.line(`written: ${DOCS_PAGE}`);
  }
  return result.met ? EXIT.met : EXIT.notMet;
}

/** The command with what runs the cells: threads, or a test's own result. */
export const labCommandWith =
  (run: typeof runLab): AddCommand =>
  (program, context, finish) => {
    program
      .command('lab')
      .summary('experiments in virtual time')
      .description('Experiments in virtual time: the real libraries in a simulated world.')
      .command('overload')
      .summary('what clients and a server do to each other under overload')
      .description(
        'Runs our libraries and unmodified others in a simulated world under overload and outages.',
      )
      .option('--quick', 'a part of it that takes seconds; the gate runs it')
      .option('--seed <number>', 'the first seed', parseSeed, 1)
      .option(
        '--seeds <count>',
        'how many seeds, each of which must reach the goals (default: 20, quick 1)',
        parseCount,
      )
      .option('--fleet <sizes>', `only these numbers of clients (default: ${FLEETS.join(',')})`, parseFleets)
      .option('--load <multiples>', `only these loads (default: ${LOADS.join(',')})`, parseLoads)
      .option('--threads <count>', 'how many runs at once', parseCount, availableParallelism())
      .option('--json', 'print every cell with its worst seed as one JSON object')
      .option(
        '--report <file>',
        'where to write the page with charts (default: .nines/reports, when peers ran too)',
      )
      .option('--write-docs', 'bring the tables and charts of docs/overload-lab.md up to date')
      .addHelpText('after', EXAMPLES)
      .action(async (options: Options) => {
        finish(await overload(options, context, run));
      });
  };

export const labCommand = labCommandWith(runLab);
