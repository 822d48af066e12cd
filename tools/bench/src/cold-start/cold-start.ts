/**
 * `npm run bench:cold-start -w @nines/bench`: what a cold start of the shop's function costs, beside the same routes
 * with plain handler code and with hono + Powertools. A full run writes its tables into docs/cold-start.md.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { environment } from '../environment.ts';
import { measureColdStarts } from './measure.ts';
import {
  coldStartStaleness,
  renderColdStart,
  toFigures,
  writeColdStart,
  type ColdStartReport,
} from './report.ts';
import { readVersions } from './versions.ts';

const EXIT_DONE = 0;
const EXIT_STALE = 1;
const EXIT_COULD_NOT_RUN = 2;

/** Starts of each contestant that a published figure rests on. */
const ROUNDS = 20;
const QUICK_ROUNDS = 3;

const PAGE = fileURLToPath(new URL('../../../../docs/cold-start.md', import.meta.url));

const HELP = `Usage: npm run bench:cold-start -w @nines/bench -- [options]

Measures bundle, init and first requests of the shop's function beside the same routes with plain handler code and with
hono + Powertools, each start in a fresh process, prints the tables and writes them into docs/cold-start.md.

Options:
  --quick   three starts of each instead of twenty; writes no page
  --json    print the result as one JSON object
  --check   measure nothing; fail when the page does not have the figures, contestants and versions of the code
  --help    show this

Examples:
  npm run bench:cold-start -w @nines/bench                      every figure, about two minutes
  npm run bench:cold-start -w @nines/bench -- --quick           a look
  npm run --silent bench:cold-start -w @nines/bench -- --json   for a pipeline

Exit codes: 0 measured (with --check: fresh), 1 stale, 2 could not be run.
`;

const say = (line: string) => process.stderr.write(`bench: ${line}\n`);

async function writePage(report: ColdStartReport): Promise<void> {
  const text = writeColdStart(readFileSync(PAGE, 'utf8'), report);
  writeFileSync(PAGE, await format(text, { ...(await resolveConfig(PAGE)), parser: 'markdown' }));
  say('docs/cold-start.md written');
}

function check(): number {
  const problem = coldStartStaleness(readFileSync(PAGE, 'utf8'), readVersions());
  const state = problem ?? 'has the figures, contestants and versions of the code';
  process.stdout.write(`docs/cold-start.md: ${state}\n`);
  if (problem === undefined) return EXIT_DONE;
  process.stdout.write('measure again with `npm run bench:cold-start -w @nines/bench`\n');
  return EXIT_STALE;
}

async function measure({ quick, json }: { quick: boolean; json: boolean }): Promise<number> {
  const rounds = quick ? QUICK_ROUNDS : ROUNDS;
  const machine = environment();
  const measured = await measureColdStarts({ rounds, onStep: say });
  const report: ColdStartReport = {
    date: new Date().toISOString().slice(0, 10),
    environment: machine,
    versions: readVersions(),
    starts: rounds,
    repeated: measured.repeated,
    figures: toFigures(measured),
  };
  process.stdout.write(`${json ? JSON.stringify(report, null, 2) : renderColdStart(report)}\n`);
  if (!quick) await writePage(report);
  return EXIT_DONE;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return EXIT_DONE;
  }
  return values.check ? check() : measure(values);
}

try {
  process.exitCode = await main();
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = EXIT_COULD_NOT_RUN;
}
