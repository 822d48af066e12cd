/** The durations of a tier of several regions that AWS decides, drawn as `declared-durations.ts` draws the others. */
import { assumptionOf, createSeededRandom, declaredTime, deriveSeed, drawSeconds } from '@nines/availability';
import type { DeclaredTimeId } from '@nines/availability';
import { failoverOf, servingRegions } from '@nines/local-cloud';
import type { RegionDurations } from '@nines/local-cloud';
import type { Topology } from '@nines/topology';
import type { Assumption } from './result.ts';

const SOURCES: Readonly<Record<keyof RegionDurations, DeclaredTimeId>> = {
  drawGlobalFailoverSeconds: 'aurora-global-failover',
  drawGlobalSwitchoverSeconds: 'aurora-global-switchover',
};

export const isOverRegions = (topology: Topology): boolean => servingRegions(topology).length > 1;

/** Each kind of duration draws from a sequence of its own, so that one move more or less changes no other. */
export function drawRegionDurations(seed: number): RegionDurations {
  const drawer = (id: DeclaredTimeId) => {
    const random = createSeededRandom(deriveSeed(seed, id));
    return () => drawSeconds(declaredTime(id).seconds, random);
  };
  return {
    drawGlobalFailoverSeconds: drawer(SOURCES.drawGlobalFailoverSeconds),
    drawGlobalSwitchoverSeconds: drawer(SOURCES.drawGlobalSwitchoverSeconds),
  };
}

/** The declared times behind them, as sentences for the verdict; a person's where the tier counts on one. */
export function regionAssumptions(topology: Topology): Assumption[] {
  const ids: readonly DeclaredTimeId[] = [
    ...Object.values(SOURCES),
    ...(failoverOf(topology) === 'decided' ? (['person-fails-over'] as const) : []),
  ];
  return ids.map((id) => assumptionOf(declaredTime(id)));
}
