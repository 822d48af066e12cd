/**
 * `npm run bench`: what the resilience libraries cost, side by side with those that people use today. A full run
 * writes its table into docs/benchmarks.md.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { FULL, measureAll, QUICK } from './measure.ts';
import { staleness, writeTable } from './page.ts';
import { readPeers } from './peers.ts';
import { renderReport, type BenchReport } from './report.ts';

const EXIT_MET = 0;
const EXIT_NOT_MET = 1;
const EXIT_COULD_NOT_RUN = 2;

const PAGE = fileURLToPath(new URL('../../../docs/benchmarks.md', import.meta.url));

const HELP = `Usage: npm run bench -- [options]

Measures the resilience libraries beside cockatiel, opossum, p-retry, the AWS SDK's util-retry and Powertools
idempotency, prints the table and writes it into docs/benchmarks.md.

Options:
  --quick   fewer and shorter rounds, under a minute; writes no page
  --json    print the result as one JSON object
  --check   measure nothing; fail when the page does not have the rows, targets and peers of the code
  --help    show this

Examples:
  npm run bench                          every figure, about five minutes on a quiet machine
  npm run bench -- --quick               a look
  npm run --silent bench -- --json > bench.json   for a pipeline

Exit codes: 0 every target met, 1 not met, 2 could not be run.
`;

const say = (line: string) => process.stderr.write(`bench: ${line}\n`);

async function writePage(report: BenchReport): Promise<void> {
  const text = writeTable(readFileSync(PAGE, 'utf8'), renderReport(report));
  writeFileSync(PAGE, await format(text, { ...(await resolveConfig(PAGE)), parser: 'markdown' }));
  say('docs/benchmarks.md written');
}

function check(): number {
  const problem = staleness(readFileSync(PAGE, 'utf8'), readPeers());
  process.stdout.write(`docs/benchmarks.md: ${problem ?? 'has the rows, targets and peers of the code'}\n`);
  if (problem === undefined) return EXIT_MET;
  process.stdout.write('measure again with `npm run bench`\n');
  return EXIT_NOT_MET;
}

async function bench({ quick, json }: { quick: boolean; json: boolean }): Promise<number> {
  const report = await measureAll({
    plan: quick ? QUICK : FULL,
    peers: readPeers(),
    onExperiment: (name) => say(`measuring ${name}`),
  });
  process.stdout.write(`${json ? JSON.stringify(report, null, 2) : renderReport(report)}\n`);
  for (const { figure, target, met } of report.rows) if (!met) say(`not met: ${figure} (${target})`);
  if (!quick) await writePage(report);
  return report.met ? EXIT_MET : EXIT_NOT_MET;
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
    return EXIT_MET;
  }
  return values.check ? check() : bench(values);
}

try {
  process.exitCode = await main();
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = EXIT_COULD_NOT_RUN;
}
