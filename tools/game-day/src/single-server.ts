/**
 * What is different about a tier of one server that holds its own database: what is lost with it comes back from a copy,
 * in another zone only when a person says so.
 */
import { declaredTime, longestSeconds, tierOf } from '@nines/availability';
import { nodesOfKind } from '@nines/topology';
import type { Topology } from '@nines/topology';

/** What the paper gives the recovery once it is decided; twice that means that it will not come. */
export const RESTORE_SECONDS = 2 * 60 * tierOf('two-nines').events.recoverMinutes;

export const decisionSeconds = (): number => longestSeconds(declaredTime('person-rebuilds').seconds);

export const holdsItsDatabase = (topology: Topology): boolean =>
  nodesOfKind(topology, 'database').some(({ heldBy }) => heldBy !== undefined);

/** How long after a copy the next one is made; undefined where none is. */
export function copyIntervalSeconds(topology: Topology): number | undefined {
  const minutes = nodesOfKind(topology, 'database')[0]?.copies?.intervalMinutes;
  return minutes === undefined ? undefined : minutes * 60;
}
