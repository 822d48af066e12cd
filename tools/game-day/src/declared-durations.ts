/**
 * The durations that AWS decides, drawn from their declared ranges by the run's seed, and the sentences that name
 * them in the verdict. What a run used and what it printed come from the same list.
 */
import { createSeededRandom, declaredTime, deriveSeed, drawSeconds } from '@nines/availability';
import type { DeclaredSeconds, DeclaredTimeId } from '@nines/availability';
import type { DeclaredDurations } from '@nines/local-cloud';
import type { Assumption } from './result.ts';

const USED: readonly DeclaredTimeId[] = [
  'rds-multi-az-failover',
  'rds-standby-loss-detection',
  'ec2-instance-start',
  'asg-unhealthy-detection',
  'alb-dns-ttl',
];

/** Each kind of duration draws from a sequence of its own, so that one fault more or less moves no other. */
export function drawDeclaredDurations(seed: number): DeclaredDurations {
  const drawer = (id: DeclaredTimeId) => {
    const random = createSeededRandom(deriveSeed(seed, id));
    return () => drawSeconds(declaredTime(id).seconds, random);
  };
  return {
    drawFailoverSeconds: drawer('rds-multi-az-failover'),
    drawStandbyLossSeconds: drawer('rds-standby-loss-detection'),
    drawInstanceStartSeconds: drawer('ec2-instance-start'),
    drawUnhealthyDetectionSeconds: drawer('asg-unhealthy-detection'),
    albDnsTtlSeconds: drawer('alb-dns-ttl')(),
    replicationLagSeconds: drawer('aurora-global-replication-lag')(),
  };
}

const range = (seconds: DeclaredSeconds): string =>
  typeof seconds === 'number' ? `${String(seconds)} s` : `${String(seconds.min)} to ${String(seconds.max)} s`;

export function declaredAssumptions(): Assumption[] {
  return USED.map((id) => {
    const { seconds, what, source, published, assumption } = declaredTime(id);
    const statement = `${what}: ${range(seconds)}${published ? '' : ` (not published by AWS; ${assumption ?? ''})`}`;
    return { id, statement, source };
  });
}
