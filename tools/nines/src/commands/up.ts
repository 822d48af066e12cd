/** `nines up <tier>`: a tier's topology as local processes, until the user ends it. */
import { once } from 'node:events';
import { STAND_INS } from '@nines/local-cloud';
import type { LocalCloud } from '@nines/local-cloud';
import { paceOption, parseSeed, parseTier, TIER_IDS } from '../arguments.ts';
import { EXIT } from '../exit-code.ts';
import type { ExitCode } from '../exit-code.ts';
import type { AddCommand, ProgramContext } from '../program.ts';
import { startTier, WORKSPACE_SOURCES } from '../start-tier.ts';
import type { TierSources } from '../start-tier.ts';
import { describeRunning } from '../terminal/topology-lines.ts';
import type { RunningTier } from '../terminal/topology-lines.ts';

interface Options {
  readonly pace: 'full' | 'fast';
  readonly seed: number;
  readonly region?: string;
  readonly json?: boolean;
}

const EXAMPLES = `
What stands in for AWS, and what it does not do:
${STAND_INS.map((one) => `- ${one}`).join('\n')}

Examples:
  nines up three-nines                   prints where everything is, then what happens, until Ctrl-C
  nines up three-nines --pace fast       AWS's times (failover, start of an instance, health checks) divided by 10
  nines up warm-standby --region eu-west-1    the region that writes; the other one is not run
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

async function up(
  tierText: string,
  options: Options,
  context: ProgramContext,
  sources: TierSources,
): Promise<ExitCode> {
  const { console, signal } = context;
  const tier = parseTier(tierText);
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

export const createUpCommand =
  (sources: TierSources): AddCommand =>
  (program, context, finish) => {
    program
      .command('up')
      .summary('run a tier on this machine')
      .description(
        'Starts the tier from its own CloudFormation template as local processes: instances in their zones behind a ' +
          'load balancer, PostgreSQL, the third parties. Prints where they are and lives until Ctrl-C.',
      )
      .argument('<tier>', `which tier: ${TIER_IDS}`)
      .addOption(paceOption())
      .option('--seed <number>', 'decides every draw, such as how long a failover takes', parseSeed, 1)
      .option('--region <id>', 'which region of a tier that serves from several; one runs here at a time')
      .option('--json', 'print where everything is as one line of JSON')
      .addHelpText('after', EXAMPLES)
      .action(async (tier: string, options: Options) => {
        finish(await up(tier, options, context, sources));
      });
  };

export const upCommand = createUpCommand(WORKSPACE_SOURCES);
