/** `nines load <tier|url>`: k6 at an open-loop rate, judged by what the tier promises. */
import type { TierId } from '@nines/availability';
import { ensureK6 } from '@nines/k6';
import { createGuardian, systemClock } from '@nines/local-cloud';
import { InvalidArgumentError, Option } from 'commander';
import { flavourOption, paceOption, parseSeed, parseTier, TIER_IDS } from '../arguments.ts';
import { EXIT } from '../exit-code.ts';
import type { ExitCode } from '../exit-code.ts';
import { runK6, WORKLOADS } from '../load/run-k6.ts';
import type { Workload } from '../load/run-k6.ts';
import { createTally } from '../load/tally.ts';
import { parseTarget } from '../load/target.ts';
import type { AddCommand, ProgramContext } from '../program.ts';
import { SERVERLESS_SOURCES, startServerlessTier } from '../start-serverless-tier.ts';
import type { ServerlessSources } from '../start-serverless-tier.ts';
import { startTier, WORKSPACE_SOURCES } from '../start-tier.ts';
import type { TierSources } from '../start-tier.ts';
import { describeLoad } from '../terminal/load-lines.ts';
import type { LoadResult } from '../terminal/load-lines.ts';
import { showProgress } from '../terminal/progress-lines.ts';
import { LOAD_SCRIPT } from '../workspace.ts';
import type { Flavour } from '../workspace.ts';

interface Options {
  readonly flavour: Flavour;
  readonly workload: Workload;
  readonly tier?: string;
  readonly iOwn?: string;
  readonly rate?: number;
  readonly duration?: string;
  readonly pace: 'full' | 'fast';
  readonly seed: number;
  readonly region?: string;
  readonly json?: boolean;
}

const EXAMPLES = `
Workloads (requests arrive whether or not earlier ones were answered; one that could not be sent counts as bad):
  smoke        5/s for 30 s                          judged by the tier
  average      50/s for 5 min                        judged by the tier
  spike        50/s, three times that, back; 4 min   nothing is promised; read it
  stress       50/s up to 150/s in steps, back; 6 min   nothing is promised; read it
  breakpoint   from 50/s to 500/s in 10 min          ends when a tenth of the answers is not good

An address is this machine's own, or its host is named once more by --i-own: a load on a host that is not yours is an
attack. Redirects are not followed.

Examples:
  nines load three-nines                             starts the tier here, loads it, and ends it
  nines load three-nines --flavour serverless        its application stack in an emulator, warmed up first
  nines load http://127.0.0.1:8080 --workload average --tier four-nines
  nines load https://shop.example.com --i-own shop.example.com --workload smoke
  nines load three-nines --workload breakpoint --duration 2m --json

Exit codes: 0 met, or nothing promised; 1 not met, or it broke; 2 could not be run.
NINES_K6 names the k6 to use instead of the pinned one.`;

/** What the command needs of this repository; replaced in tests of the command itself. */
export interface LoadSources extends TierSources {
  readonly serverless: ServerlessSources;
  readonly k6: (log: (line: string) => void) => Promise<string>;
}

const FASTEST_RPS = 100_000;

function parseRate(text: string): number {
  const rate = Number(text);
  if (!/^\d+$/.test(text) || rate < 1 || rate > FASTEST_RPS) {
    throw new InvalidArgumentError('A rate is a whole number of requests/s from 1 to 100000.');
  }
  return rate;
}

function parseDuration(text: string): string {
  if (!/^(?:\d+h)?(?:\d+m)?(?:\d+s)?$/.test(text) || !/[1-9]/.test(text)) {
    throw new InvalidArgumentError('A duration is written as 30s, 5m or 1m30s.');
  }
  return text;
}

interface Load {
  readonly k6: string;
  readonly url: string;
  readonly target: string;
  readonly tier: TierId;
  /** @default the workload's own */
  readonly rate?: number | undefined;
}

async function runLoad(
  { k6, url, target, tier, rate }: Load,
  options: Options,
  { console, signal }: ProgramContext,
): Promise<LoadResult> {
  const { workload, duration, seed } = options;
  const tally = createTally();
  const show = showProgress({ console, clock: systemClock });
  const guardian = createGuardian();
  const over = new AbortController();
  const showSeconds = async (): Promise<void> => {
    while (!over.signal.aborted) {
      await systemClock.sleep(1000, over.signal);
      if (!over.signal.aborted) show({ kind: 'second', phase: workload, ...tally.takeSecond() });
    }
  };
  const showing = showSeconds();
  try {
    const met = await runK6({
      k6,
      script: LOAD_SCRIPT,
      url,
      workload,
      tier,
      ...(rate === undefined ? {} : { rate }),
      ...(duration === undefined ? {} : { duration }),
      seed,
      guardian,
      workingDirectory: await guardian.makeDirectory('nines-load-'),
      signal,
      onSample: (sample) => {
        tally.add(sample);
      },
    });
    return { target, workload, tier, met, ...tally.figures() };
  } finally {
    over.abort();
    await showing;
    console.settle();
    await guardian.close();
  }
}

/**
 * Processes of the function that are ready before the load: what Lambda starts within a moment takes seconds on a small
 * machine, and they would all be measured. As many as in a game day.
 */
const WARM_PROCESSES = 24;

/**
 * What an emulator on two cores bears, as the calibration of game days finds (60% of 25 requests/s): at the 50 that
 * workloads begin with, most requests waited for processes to start.
 */
const EMULATOR_RPS = 15;

/** The rate of the load; where the workload's own is too much for what serves it here, it is scaled down in print. */
export function rateOf(
  { rate, flavour, workload }: Pick<Options, 'rate' | 'flavour' | 'workload'>,
  say: (line: string) => void,
): number | undefined {
  if (rate !== undefined || flavour !== 'serverless' || workload === 'smoke') return rate;
  say(
    `scaled down: ${workload} begins with ${String(EMULATOR_RPS)} requests/s instead of its own rate, which an emulator ` +
      'on one machine does not bear; --rate sets another',
  );
  return EMULATOR_RPS;
}

interface Started {
  readonly url: string;
  readonly name: string;
  readonly close: () => Promise<void>;
}

async function start(
  tier: TierId,
  { flavour, pace, seed, region }: Options,
  context: ProgramContext,
  sources: LoadSources,
): Promise<Started> {
  if (flavour === 'serverless') {
    const cloud = await startServerlessTier({ tier, seed }, context, sources.serverless);
    const { url, close } = cloud;
    const ready = await cloud.warmUp(WARM_PROCESSES);
    context.console.line(`warmed up: ${String(ready)} processes of functions are ready`);
    return { url, close, name: `${tier} without servers, in an emulator on this machine` };
  }
  const chosen = region === undefined ? {} : { region };
  const cloud = await startTier({ tier, pace, seed, ...chosen }, context, sources);
  return { url: cloud.url, name: `${tier} on this machine`, close: () => cloud.close() };
}

async function load(
  text: string,
  options: Options,
  context: ProgramContext,
  sources: LoadSources,
): Promise<ExitCode> {
  const { console } = context;
  const target = parseTarget(text, options.iOwn);
  const goal = parseTier(options.tier ?? (target.kind === 'tier' ? target.tier : 'three-nines'));
  const k6 = await sources.k6((line) => {
    console.line(`k6: ${line}`);
  });
  const run = (url: string, name: string, rate: number | undefined): Promise<LoadResult> =>
    runLoad({ k6, url, target: name, tier: goal, rate }, options, context);
  let result: LoadResult;
  if (target.kind === 'address') result = await run(target.url, target.url, options.rate);
  else {
    const { url, name, close } = await start(target.tier, options, context, sources);
    try {
      result = await run(
        url,
        name,
        rateOf(options, (line) => {
          console.line(line);
        }),
      );
    } finally {
      await close();
    }
  }
  console.result(options.json ? JSON.stringify(result, null, 2) : describeLoad(result).join('\n'));
  return result.met ? EXIT.met : EXIT.notMet;
}

export const createLoadCommand =
  (sources: LoadSources): AddCommand =>
  (program, context, finish) => {
    program
      .command('load')
      .summary('load a tier or an address and judge it by its goal')
      .description(
        'Sends requests of the shop at an open-loop rate with k6, holds every answer against the contract, and judges ' +
          'the result by thresholds that are generated from the tier.',
      )
      .argument('<tier|url>', `a tier to start here (${TIER_IDS}), or the address of a running shop`)
      .addOption(
        new Option('--workload <name>', 'how many requests arrive, and when')
          .choices([...WORKLOADS])
          .default('smoke'),
      )
      .option('--tier <tier>', 'whose goal it is held to (default: the tier, or three-nines for an address)')
      .option('--i-own <host>', 'the host of the address once more: it is yours to load')
      .option('--rate <number>', "requests a second (default: the workload's own)", parseRate)
      .option(
        '--duration <time>',
        "length of the run, such as 5m (default: the workload's own)",
        parseDuration,
      )
      .addOption(flavourOption())
      .addOption(paceOption())
      .option('--region <id>', 'which region of a tier that serves from several')
      .option('--seed <number>', 'decides which requests are sent', parseSeed, 1)
      .option('--json', 'print the result as one JSON object')
      .addHelpText('after', EXAMPLES)
      .action(async (target: string, options: Options) => {
        finish(await load(target, options, context, sources));
      });
  };

export const loadCommand = createLoadCommand({
  ...WORKSPACE_SOURCES,
  serverless: SERVERLESS_SOURCES,
  k6: async (log) => process.env['NINES_K6'] ?? (await ensureK6({ log })),
});
