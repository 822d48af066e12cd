/** What a verdict on a tier of servers stands on and no measurement shows, as sentences with their source. */
import { acceptancesOf, clientRetriesOf } from '@nines/availability';
import type { TierId } from '@nines/availability';
import { REGION_STAND_INS, STAND_INS } from '@nines/local-cloud';
import type { DeclaredDurations, Pace } from '@nines/local-cloud';
import type { Topology } from '@nines/topology';
import { declaredAssumptions } from './declared-durations.ts';
import { ERROR_PERIOD_SECONDS, watchesErrors } from './fault-window.ts';
import { CLIENT_PATIENCE_MS } from './load-generator.ts';
import { isOverRegions, regionAssumptions } from './region-durations.ts';
import type { Assumption } from './result.ts';

const OURS = 'Nines, tools/game-day';

const usesErrorPeriod = (tier: TierId): boolean => acceptancesOf(tier).some(watchesErrors);

/** What of a run decides on what it stands. */
interface AssumedRun {
  readonly tier: TierId;
  readonly topology: Topology;
  readonly pace: Pace;
  /** Those that were given instead of drawn. */
  readonly durations?: Partial<DeclaredDurations>;
}

export function assumptionsOf({ tier, topology, pace, durations }: AssumedRun): Assumption[] {
  const paceNote =
    pace.divisor === 1
      ? []
      : [
          {
            id: 'pace',
            statement: `Fast pace: every time that AWS or the template decides was divided by ${String(pace.divisor)}, and so was what the limits allow for them. Times in this verdict are as measured, not multiplied back.`,
            source: OURS,
          },
        ];
  return [
    ...paceNote,
    ...declaredAssumptions(topology, durations),
    ...(usesErrorPeriod(tier)
      ? [
          {
            id: 'error-period',
            statement: `By how much errors went up is told over ${String(ERROR_PERIOD_SECONDS)} s from the fault on, the shortest period over which the tier's burn-rate alarms look.`,
            source: OURS,
          },
        ]
      : []),
    ...(isOverRegions(topology) ? regionAssumptions(topology) : []),
    ...[...STAND_INS, ...(isOverRegions(topology) ? REGION_STAND_INS : [])].map((statement, index) => ({
      id: `stand-in-${String(index + 1)}`,
      statement,
      source: 'Nines, tools/local-cloud',
    })),
    {
      id: 'client-patience',
      statement: `A user waits ${String(CLIENT_PATIENCE_MS / 1000)} s for an answer, then the request is bad; ${clientRetriesOf(tier) === 0 ? 'users do not retry' : 'within that time their client tries once more what was cut off or failed, which counts as one request'}.`,
      source: OURS,
    },
    {
      id: 'payment',
      statement:
        'A payment authorization takes 40 ms (10 ms of jitter) when nothing is wrong, and reviews 15 ms.',
      source: OURS,
    },
    {
      id: 'standby-rebuild',
      statement:
        'A new standby is built as fast as this machine copies; RDS takes minutes to hours, during which a second loss of the primary would not fail over.',
      source: OURS,
    },
    {
      id: 'one-machine',
      statement:
        'Load generator, instances, database and stand-ins share this machine; availability per fault is what was seen here, with these faults, once each.',
      source: OURS,
    },
  ];
}
