import type { LocalCloud } from '@nines/local-cloud';
import { decisionSeconds, holdsItsDatabase, RESTORE_SECONDS } from '../single-server.ts';
import type { Fault, Response } from './fault.ts';
import { FaultHitNothingError } from './fault.ts';

/** A zone that is away longer than this has long shown whether its tier lives without it. */
const AT_MOST_AWS_SECONDS = 300;
/** The machine's own share, which no pace divides: starting processes, reconnecting. */
const MACHINE_SECONDS = 5;

/** Which of the zones to lose, decided at injection: a failover before may have moved the primary. */
export type ZoneChoice = 'database-standby' | 'database-primary';

function zoneOf(cloud: LocalCloud, choice: ZoneChoice): string | undefined {
  const { primaryZone, standbyZone } = cloud.database;
  if (choice === 'database-primary') return primaryZone;
  return standbyZone ?? cloud.zones.find((zone) => zone !== primaryZone) ?? primaryZone;
}

/** A single server comes back in another zone when a person says so; everything else heals without one. */
function responseOf({ rebuildElsewhere }: LocalCloud): { response?: Response } {
  if (!rebuildElsewhere) return {};
  return {
    response: {
      what: 'rebuild the server in another zone',
      afterSeconds: decisionSeconds(),
      act: rebuildElsewhere,
    },
  };
}

/**
 * Loses a zone whole: its instances die, its links and its load balancer node swallow what they get, and the
 * database node in it crashes. Nobody is told; detection is part of what is measured.
 */
export function createZoneLoss(choice: ZoneChoice): Fault {
  return {
    name: 'zone-loss',
    variant: choice,
    hold: {
      kind: 'until-recovered',
      atMostSeconds: (pace, topology) => {
        const rebuilt = decisionSeconds() + RESTORE_SECONDS;
        return (
          pace.scaleMs(holdsItsDatabase(topology) ? rebuilt : AT_MOST_AWS_SECONDS) / 1000 + MACHINE_SECONDS
        );
      },
    },
    // Where one server holds everything there is one zone to lose.
    appliesTo: (topology) => choice === 'database-primary' || !holdsItsDatabase(topology),
    async inject({ cloud }) {
      const zone = zoneOf(cloud, choice);
      if (zone === undefined) throw new FaultHitNothingError('zone-loss found no zone to lose.');
      const hit = await cloud.loseZone(zone);
      if (hit.length === 0) throw new FaultHitNothingError(`zone-loss hit nothing: nothing ran in ${zone}.`);
      return {
        target: `${zone} (${hit.join(', ')})`,
        ...responseOf(cloud),
        heal: () => {
          cloud.restoreZone(zone);
          return Promise.resolve();
        },
      };
    },
  };
}
