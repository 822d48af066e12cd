/** `nines up <tier>`: a tier's topology as local processes, until the user ends it. */
import { once } from 'node:events';
import type { TierId } from '@nines/availability';
import { createPace, REGION_STAND_INS, STAND_INS } from '@nines/local-cloud';
import type { LocalCloud } from '@nines/local-cloud';
import { SERVERLESS_REGION_STAND_INS, SERVERLESS_STAND_INS, TABLE_STAND_INS } from '@nines/emulator';
import type { ServerlessCloud } from '@nines/emulator';
import { flavourOption, paceOption, parseSeed, parseTier, TIER_IDS } from '../arguments.ts';
import { EXIT } from '../exit-code.ts';
import type { ExitCode } from '../exit-code.ts';
import type { AddCommand, ProgramContext } from '../program.ts';
import { SERVERLESS_SOURCES, startServerlessTier } from '../start-serverless-tier.ts';
import type { ServerlessSources } from '../start-serverless-tier.ts';
import { startTier, WORKSPACE_SOURCES } from '../start-tier.ts';
import type { TierSources } from '../start-tier.ts';
import { describeRunningServerless } from '../terminal/serverless-lines.ts';
import type { RunningServerlessTier } from '../terminal/serverless-lines.ts';
import { describeRunning } from '../terminal/topology-lines.ts';
import type { RunningTier } from '../terminal/topology-lines.ts';
import type { Flavour } from '../workspace.ts';

interface Options {
  readonly flavour: Flavour;
  readonly pace: 'full' | 'fast';
  readonly seed: number;
  readonly region?: string;
  readonly json?: boolean;
}

const EXAMPLES = `
What stands in for AWS, and what it does not do:
${[...STAND_INS, ...REGION_STAND_INS].map((one) => `- ${one}`).join('\n')}

And with --flavour serverless:
${SERVERLESS_STAND_INS.map((one) => `- ${one}`).join('\n')}

And where that stands in several regions:
${[...Object.values(TABLE_STAND_INS), ...SERVERLESS_REGION_STAND_INS].map((one) => `- ${one}`).join('\n')}

Examples:
  nines up three-nines                   prints where everything is, then what happens, until Ctrl-C
  nines up three-nines --pace fast       AWS's times (failover, start of an instance, health checks) divided by 10
  nines up warm-standby                  both regions, each from its own stack, and the edge in front of them
  nines up warm-standby --region eu-west-1    the region that writes alone
  nines up three-nines --flavour serverless   the application stack, deployed by cdk to an emulator of AWS
  nines up five-nines --flavour serverless    three emulators, one for each region, and the edge in front of them
  nines up three-nines --json            one line of JSON on standard output when the tier is ready

Exit codes: 0 it was up and the user ended it, 2 could not be run.`;

function describe(cloud: LocalCloud, tier: string, pace: string): RunningTier {
  const { instances, database, services, url, zones } = cloud;
  const { user, password } = database.credentials;
  const { endpoint } = database;
  return {
    tier,
    pace,
    url,
    zones,
    instances: instances.map(({ id, zone, address, pid }) => ({
      id,
      zone,
      url: `http://${address.host}:${String(address.port)}`,
      pid: pid ?? null,
    })),
    database: {
      url: `postgres://${user}:${password}@${endpoint?.host ?? ''}:${String(endpoint?.port ?? '')}/${database.databaseName}`,
      zone: database.primaryZone,
      standbyZone: database.standbyZone ?? null,
    },
    services: [...services.values()].map((service) => ({ name: service.name, url: service.url })),
  };
}

function describeServerless(cloud: ServerlessCloud, tier: string): RunningServerlessTier {
  const { url, stackName, region, emulator, outputs, services, times, regions } = cloud;
  return {
    tier,
    flavour: 'serverless',
    url,
    stack: stackName,
    region,
    emulator: emulator.endpoint,
    outputs,
    services: [...services.values()].map((service) => ({ name: service.name, url: service.url })),
    times: { ...times },
    ...(regions === undefined
      ? {}
      : {
          regions: regions.places.map(({ region: id, url: at, emulator: endpoint }) => ({
            region: id,
            url: at,
            emulator: endpoint,
          })),
        }),
  };
}

async function upServerless(
  tier: TierId,
  options: Options,
  context: ProgramContext,
  sources: UpSources,
): Promise<ExitCode> {
  const { console, signal } = context;
  const cloud = await startServerlessTier(
    {
      tier,
      seed: options.seed,
      pace: createPace(options.pace),
      onEvent: ({ message }) => {
        console.line(message);
      },
    },
    context,
    sources.serverless,
  );
  try {
    const running = describeServerless(cloud, tier);
    console.result(options.json ? JSON.stringify(running) : describeRunningServerless(running).join('\n'));
    if (!signal.aborted) await once(signal, 'abort');
  } finally {
    console.line('stopping');
    await cloud.close();
  }
  return EXIT.met;
}

async function up(
  tierText: string,
  options: Options,
  context: ProgramContext,
  sources: UpSources,
): Promise<ExitCode> {
  const { console, signal } = context;
  const tier = parseTier(tierText);
  if (options.flavour === 'serverless') return upServerless(tier, options, context, sources);
  const cloud = await startTier({ tier, ...options }, context, sources);
  try {
    const running = describe(cloud, tier, options.pace);
    console.result(options.json ? JSON.stringify(running) : describeRunning(running).join('\n'));
    if (!signal.aborted) await once(signal, 'abort');
  } finally {
    console.line('stopping');
    await cloud.close();
  }
  return EXIT.met;
}

/** What the command needs of this repository; replaced in tests of the command itself. */
export interface UpSources extends TierSources {
  readonly serverless: ServerlessSources;
}

export const createUpCommand =
  (sources: UpSources): AddCommand =>
  (program, context, finish) => {
    program
      .command('up')
      .summary('run a tier on this machine')
      .description(
        'Starts the tier from its own CloudFormation template as local processes: instances in their zones behind a ' +
          'load balancer, PostgreSQL, the third parties. Prints where they are and lives until Ctrl-C.',
      )
      .argument('<tier>', `which tier: ${TIER_IDS}`)
      .addOption(flavourOption())
      .addOption(paceOption())
      .option('--seed <number>', 'decides every draw, such as how long a failover takes', parseSeed, 1)
      .option('--region <id>', 'only this region of a tier that serves from several')
      .option('--json', 'print where everything is as one line of JSON')
      .addHelpText('after', EXAMPLES)
      .action(async (tier: string, options: Options) => {
        finish(await up(tier, options, context, sources));
      });
  };

export const upCommand = createUpCommand({
  ...WORKSPACE_SOURCES,
  serverless: SERVERLESS_SOURCES,
});
