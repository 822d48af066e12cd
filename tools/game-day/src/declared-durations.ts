/**
 * The durations that AWS decides, drawn from their declared ranges by the run's seed, and the sentences that name
 * them in the verdict. What a run used and what it printed come from the same list.
 */
import { assumptionOf, createSeededRandom, declaredTime, deriveSeed, drawSeconds } from '@nines/availability';
import type { DeclaredTimeId } from '@nines/availability';
import type { DeclaredDurations } from '@nines/local-cloud';
import type { Assumption } from './result.ts';

/** Which declared time each duration of the local cloud is drawn from. */
const SOURCES: Readonly<Record<keyof DeclaredDurations, DeclaredTimeId>> = {
  drawFailoverSeconds: 'rds-multi-az-failover',
  drawStandbyLossSeconds: 'rds-standby-loss-detection',
  drawInstanceStartSeconds: 'ec2-instance-start',
  drawUnhealthyDetectionSeconds: 'asg-unhealthy-detection',
  albDnsTtlSeconds: 'alb-dns-ttl',
  replicationLagSeconds: 'aurora-global-replication-lag',
};

/** Each kind of duration draws from a sequence of its own, so that one fault more or less moves no other. */
export function drawDeclaredDurations(seed: number): DeclaredDurations {
  const drawer = (id: DeclaredTimeId) => {
    const random = createSeededRandom(deriveSeed(seed, id));
    return () => drawSeconds(declaredTime(id).seconds, random);
  };
  return {
    drawFailoverSeconds: drawer(SOURCES.drawFailoverSeconds),
    drawStandbyLossSeconds: drawer(SOURCES.drawStandbyLossSeconds),
    drawInstanceStartSeconds: drawer(SOURCES.drawInstanceStartSeconds),
    drawUnhealthyDetectionSeconds: drawer(SOURCES.drawUnhealthyDetectionSeconds),
    albDnsTtlSeconds: drawer(SOURCES.albDnsTtlSeconds)(),
    replicationLagSeconds: drawer(SOURCES.replicationLagSeconds)(),
  };
}

/**
 * The declared times behind a run, as sentences; one that the caller has replaced says so instead of naming AWS.
 */
export function declaredAssumptions(replaced: Partial<DeclaredDurations> = {}): Assumption[] {
  const names = Object.keys(SOURCES) as (keyof DeclaredDurations)[];
  return names.map((name) => {
    const assumption = assumptionOf(declaredTime(SOURCES[name]));
    if (replaced[name] === undefined) return assumption;
    return {
      id: assumption.id,
      statement: `Replaced for this run by the caller's own (${name}). Declared: ${assumption.statement}`,
      source: 'the caller of this run',
    };
  });
}
