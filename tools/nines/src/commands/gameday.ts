/** `nines gameday <tier>`: break a tier on this machine and print the verdict. */
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, platform, release, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { serverlessFaultIds } from '@nines/availability';
import type { ServerlessFaultId, TierId } from '@nines/availability';
import { FAULTS, runGameDay, runServerlessGameDay } from '@nines/game-day';
import type { FaultName, GameDayReport } from '@nines/game-day';
import { ensureK6 } from '@nines/k6';
import { createPace, systemClock } from '@nines/local-cloud';
import { renderHtmlReport, renderVerdict } from '@nines/report';
import { InvalidArgumentError } from 'commander';
import { flavourOption, paceOption, parseSeed, parseTier, TIER_IDS } from '../arguments.ts';
import { EXIT, InputInvalidError } from '../exit-code.ts';
import type { ExitCode } from '../exit-code.ts';
import type { AddCommand, ProgramContext } from '../program.ts';
import { SERVERLESS_SOURCES, startServerlessTier } from '../start-serverless-tier.ts';
import { showProgress } from '../terminal/progress-lines.ts';
import { describeReading } from '../terminal/topology-lines.ts';
import { buildAll, BUNDLES, LOAD_SCRIPT, readTopologyOf, REPORTS } from '../workspace.ts';
import type { Flavour } from '../workspace.ts';

interface Options {
  readonly flavour: Flavour;
  readonly pace: 'full' | 'fast';
  readonly seed: number;
  readonly faults?: readonly AnyFault[];
  readonly json?: boolean;
  readonly report?: string;
}

const EXAMPLES = `
Examples:
  nines gameday three-nines                          every fault of the tier, in real time (about 15 min)
  nines gameday three-nines --pace fast              AWS's times divided by 10 (about 7 min)
  nines gameday two-nines --pace fast                half an hour in which a person decides is three minutes (about 12 min)
  nines gameday three-nines --faults zone-loss       one kind of fault
  nines gameday three-nines --json > verdict.json    the verdict for a pipeline
  nines gameday three-nines --flavour serverless --pace fast   the tier without servers, in an emulator of AWS (about 8 min)
  nines gameday five-nines --flavour serverless --faults region-loss   three regions, one of which is lost (about 6 min)

Environment:
  NINES_K6    the k6 to use, as a path; without it the pinned one, which is provided when it is missing

Exit codes: 0 every acceptance met, 1 not met, 2 could not be run.`;

/** What breaks a tier on servers, and what one without. */
type AnyFault = FaultName | ServerlessFaultId;

const faultNames: readonly FaultName[] = [...new Set(FAULTS.map((fault) => fault.name))];
const ofServers = (name: AnyFault): name is FaultName => faultNames.some((one) => one === name);
const withoutServers = (name: AnyFault): name is ServerlessFaultId =>
  serverlessFaultIds.some((one) => one === name);

function parseFaults(text: string): AnyFault[] {
  const all: readonly AnyFault[] = [...new Set<AnyFault>([...faultNames, ...serverlessFaultIds])];
  return text.split(',').map((name) => {
    const known = all.find((one) => one === name.trim());
    if (!known) throw new InvalidArgumentError(`There is no fault "${name}"; there are ${all.join(', ')}.`);
    return known;
  });
}

/** @throws InputInvalidError for a fault that the flavour does not have. */
function refuseFaultsOfOtherFlavour({ faults = [], flavour }: Options): void {
  const isOne = flavour === 'serverless' ? withoutServers : ofServers;
  const other = faults.filter((name) => !isOne(name));
  if (other.length > 0)
    throw new InputInvalidError(`there is no ${other.join(', ')} with --flavour ${flavour}.`);
}

/** Which machine a verdict was measured on: figures of a laptop and of a CI runner do not compare. */
const machine = (k6: string): Record<string, string> => ({
  system: `${platform()} ${release()}`,
  processors: `${String(cpus().length)} x ${cpus()[0]?.model ?? 'unknown'}`,
  memory: `${(totalmem() / 2 ** 30).toFixed(0)} GiB`,
  node: process.version,
  k6,
});

async function writeReport(report: GameDayReport, path: string | undefined): Promise<string> {
  const { tier, flavour = 'servers' } = report.result;
  const shape = flavour === 'servers' ? tier : `${tier}-${flavour}`;
  const name = `${shape}-${report.startedAt.replaceAll(':', '-').slice(0, 19)}.html`;
  const target = path ?? join(REPORTS, name);
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, renderHtmlReport(report));
  return target;
}

interface Run {
  readonly tier: TierId;
  readonly options: Options;
  readonly k6: string;
  readonly context: ProgramContext;
}

/** What a game day needs of either flavour. */
const commonOf = ({ tier, options, k6, context: { console, signal } }: Run) => ({
  tier,
  k6,
  loadScript: LOAD_SCRIPT,
  pace: createPace(options.pace),
  seed: options.seed,
  clock: systemClock,
  onProgress: showProgress({ console, clock: systemClock }),
  signal,
  environment: machine(k6),
});

async function breakServers(run: Run): Promise<GameDayReport> {
  const { console, signal } = run.context;
  const { faults } = run.options;
  console.line('building the applications and synthesizing the stack (skipped where nothing changed)');
  await buildAll(signal);
  const topology = await readTopologyOf(run.tier);
  for (const line of describeReading(topology)) console.line(line);
  return runGameDay({
    ...commonOf(run),
    ...(faults === undefined ? {} : { faults: faults.filter(ofServers) }),
    topology,
    bundles: BUNDLES,
  });
}

/**
 * Requests a second that the stage is deployed for: what an emulator, its functions and the load bear together on two
 * cores, with twice of it offered. The default of the stacks is ten times that.
 */
const EMULATED_PEAK_RPS = 25;

function breakServerless(run: Run): Promise<GameDayReport> {
  const { tier, options, context } = run;
  const common = commonOf(run);
  const settings = [`peakRps=${String(EMULATED_PEAK_RPS)}`];
  return runServerlessGameDay({
    ...common,
    ...(options.faults === undefined ? {} : { faults: options.faults.filter(withoutServers) }),
    startCloud: (onEvent) =>
      startServerlessTier(
        { tier, seed: options.seed, settings, pace: common.pace, onEvent },
        context,
        SERVERLESS_SOURCES,
      ),
  });
}

async function gameDay(tierText: string, options: Options, context: ProgramContext): Promise<ExitCode> {
  const { console } = context;
  const tier = parseTier(tierText);
  refuseFaultsOfOtherFlavour(options);
  const k6 =
    process.env['NINES_K6'] ??
    (await ensureK6({
      log: (text) => {
        console.line(`k6: ${text}`);
      },
    }));
  const run = { tier, options, k6, context };
  const report = await (options.flavour === 'serverless' ? breakServerless(run) : breakServers(run));
  console.settle();
  // The verdict first: a report that cannot be written must not take a quarter of an hour's measurement with it.
  if (options.json) console.result(JSON.stringify(report.result, null, 2));
  else console.result(renderVerdict(report, { colour: console.colour, width: console.width }));
  console.line(`report: ${await writeReport(report, options.report)}`);
  return report.result.met ? EXIT.met : EXIT.notMet;
}

export const gameDayCommand: AddCommand = (program, context, finish) => {
  program
    .command('gameday')
    .summary('break a tier on this machine and print the verdict')
    .description(
      'Starts the tier from its own CloudFormation template as local processes, loads it with k6 at an open-loop rate, ' +
        'injects each fault of the tier, and prints what users would have seen beside what the design promised.',
    )
    .argument('[tier]', `which tier: ${TIER_IDS}`, 'three-nines')
    .addOption(flavourOption())
    .addOption(paceOption())
    .option('--seed <number>', 'decides every draw, such as how long a failover takes', parseSeed, 1)
    .option(
      '--faults <names>',
      `only these, separated by commas: ${faultNames.join(', ')}; without servers ${serverlessFaultIds.join(', ')}`,
      parseFaults,
    )
    .option('--json', 'print the verdict as one JSON object')
    .option('--report <file>', 'where to write the HTML report (default: .nines/reports)')
    .addHelpText('after', EXAMPLES)
    .action(async (tier: string, options: Options) => {
      finish(await gameDay(tier, options, context));
    });
};
