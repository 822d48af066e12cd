/** What a verdict on a serverless tier stands on and no measurement shows, as sentences with their source. */
import { assumptionOf, declaredTime } from '@nines/availability';
import type { DeclaredTimeId } from '@nines/availability';
import { SERVERLESS_REGION_STAND_INS, SERVERLESS_STAND_INS, TABLE_STAND_INS } from '@nines/emulator';
import type { ServerlessCloud } from '@nines/emulator';
import type { Pace } from '@nines/local-cloud';
import { CLIENT_PATIENCE_MS } from '../load-generator.ts';
import type { Assumption } from '../result.ts';
import type { TemplateSettings } from './template-settings.ts';

const OURS = 'Nines, tools/game-day/src/serverless';

function paceOf(
  { divisor }: Pace,
  { queue }: TemplateSettings,
  regions: ServerlessCloud['regions'],
): Assumption[] {
  if (divisor === 1) return [];
  const between =
    regions === undefined
      ? ''
      : `; health checks, alarms, TTLs, time limits of the edge, the lag between regions and a person's decision were divided by ${String(divisor)}`;
  const { visibilitySeconds } = queue;
  return [
    {
      id: 'pace',
      statement: `Fast pace: the time that the queues wait for their worker, ${String(visibilitySeconds)} s in the template, was ${String(visibilitySeconds / divisor)} s${between}. Nothing else of a serverless tier is divided, and the sweep of every minute is not.`,
      source: OURS,
    },
  ];
}

function stageOf({ stage }: TemplateSettings): Assumption[] {
  if (stage === undefined) return [];
  return [
    {
      id: 'stage-rate',
      statement: `The stage was deployed for ${String(stage.rateLimit)} requests/s, a rating that an emulator on this machine can bear; everything that follows from the rating (throttles, concurrency) was scaled down with it.`,
      source: OURS,
    },
    {
      id: 'no-retry-after',
      statement:
        'A stage that refuses answers 429 without Retry-After, as HTTP APIs of AWS do; clients wait by themselves.',
      source: OURS,
    },
  ];
}

/** What stands in between regions, and the declared times that their loss is measured with. */
function regionsOf(regions: ServerlessCloud['regions']): Assumption[] {
  if (regions === undefined) return [];
  const { consistency, failover } = regions;
  const times: readonly DeclaredTimeId[] = [
    ...(consistency === 'eventual' ? (['dynamodb-global-table-replication'] as const) : []),
    ...(failover === 'decided' ? (['person-fails-over'] as const) : []),
  ];
  return [
    ...[TABLE_STAND_INS[consistency], ...SERVERLESS_REGION_STAND_INS].map((statement, index) => ({
      id: `region-stand-in-${String(index + 1)}`,
      statement,
      source: 'Nines, tools/emulator/src/regions',
    })),
    ...times.map((id) => assumptionOf(declaredTime(id))),
  ];
}

export function serverlessAssumptions(
  pace: Pace,
  settings: TemplateSettings,
  { filtered: { leftOut }, regions }: Pick<ServerlessCloud, 'filtered' | 'regions'>,
): Assumption[] {
  return [
    ...paceOf(pace, settings, regions),
    ...stageOf(settings),
    ...regionsOf(regions),
    ...SERVERLESS_STAND_INS.map((statement, index) => ({
      id: `stand-in-${String(index + 1)}`,
      statement,
      source: 'Nines, tools/emulator',
    })),
    {
      id: 'left-out',
      statement:
        leftOut.length === 0
          ? 'Nothing was left out of the deployed stack.'
          : `Left out of the deployed stack, because the emulator lacks it: ${leftOut.map(({ type, logicalId }) => `${type} ${logicalId}`).join(', ')}.`,
      source: 'Nines, tools/emulator/src/lacking-types.ts',
    },
    {
      id: 'client-patience',
      statement: `A user waits ${String(CLIENT_PATIENCE_MS / 1000)} s for an answer, then the request is bad; users do not retry.`,
      source: OURS,
    },
    {
      id: 'payment',
      statement: 'A payment authorization takes 40 ms (10 ms of jitter) when nothing is wrong.',
      source: OURS,
    },
    {
      id: 'one-machine',
      statement:
        'Load generator, emulator, functions and services share this machine; availability per fault is what was seen here, with these faults, once each.',
      source: OURS,
    },
  ];
}
