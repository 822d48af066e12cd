/**
 * The durations that AWS decides, drawn from their declared ranges by the run's seed, and the sentences that name
 * them in the verdict. What a run used and what it printed come from the same list.
 */
import { assumptionOf, createSeededRandom, declaredTime, deriveSeed, drawSeconds } from '@nines/availability';
import type { DeclaredTimeId } from '@nines/availability';
import type { DeclaredDurations } from '@nines/local-cloud';
import { nodesOfKind } from '@nines/topology';
import type { Topology } from '@nines/topology';
import type { Assumption } from './result.ts';

/** Which declared time each duration of the local cloud is drawn from. */
type Sources = Readonly<Record<keyof DeclaredDurations, DeclaredTimeId>>;

const OF_RDS: Sources = {
  drawFailoverSeconds: 'rds-multi-az-failover',
  drawStandbyLossSeconds: 'rds-standby-loss-detection',
  drawInstanceStartSeconds: 'ec2-instance-start',
  drawUnhealthyDetectionSeconds: 'asg-unhealthy-detection',
  drawInstanceLossSeconds: 'ec2-instance-loss-detection',
  albDnsTtlSeconds: 'alb-dns-ttl',
  replicationLagSeconds: 'aurora-global-replication-lag',
};

const OF_AURORA: Sources = {
  ...OF_RDS,
  drawFailoverSeconds: 'aurora-failover-with-replica',
  drawStandbyLossSeconds: 'aurora-reader-loss',
};

const databaseOf = (topology: Topology) => nodesOfKind(topology, 'database')[0];

const isSingleServer = (topology: Topology): boolean => databaseOf(topology)?.heldBy !== undefined;

/** The times that a topology's own shape decides by: a cluster fails over as Aurora does, not as RDS Multi-AZ. */
export const declaredSourcesOf = (topology: Topology): Sources =>
  databaseOf(topology)?.cluster === undefined ? OF_RDS : OF_AURORA;

/** Those that a run of the topology can meet at all; the others would be read as if they mattered. */
function durationsMetBy(topology: Topology): readonly (keyof DeclaredDurations)[] {
  if (isSingleServer(topology)) return ['drawInstanceLossSeconds', 'drawInstanceStartSeconds'];
  const names = Object.keys(OF_RDS) as (keyof DeclaredDurations)[];
  return names.filter((name) => name !== 'drawInstanceLossSeconds');
}

/** Each kind of duration draws from a sequence of its own, so that one fault more or less moves no other. */
export function drawDeclaredDurations(seed: number, topology: Topology): DeclaredDurations {
  const sources = declaredSourcesOf(topology);
  const drawer = (name: keyof DeclaredDurations) => {
    const random = createSeededRandom(deriveSeed(seed, sources[name]));
    return () => drawSeconds(declaredTime(sources[name]).seconds, random);
  };
  return {
    drawFailoverSeconds: drawer('drawFailoverSeconds'),
    drawStandbyLossSeconds: drawer('drawStandbyLossSeconds'),
    drawInstanceStartSeconds: drawer('drawInstanceStartSeconds'),
    drawUnhealthyDetectionSeconds: drawer('drawUnhealthyDetectionSeconds'),
    drawInstanceLossSeconds: drawer('drawInstanceLossSeconds'),
    albDnsTtlSeconds: drawer('albDnsTtlSeconds')(),
    replicationLagSeconds: drawer('replicationLagSeconds')(),
  };
}

/**
 * The declared times behind a run, as sentences; one that the caller has replaced says so instead of naming AWS.
 */
export function declaredAssumptions(
  topology: Topology,
  replaced: Partial<DeclaredDurations> = {},
): Assumption[] {
  const sources = declaredSourcesOf(topology);
  const drawn = durationsMetBy(topology).map((name) => {
    const assumption = assumptionOf(declaredTime(sources[name]));
    if (replaced[name] === undefined) return assumption;
    return {
      id: assumption.id,
      statement: `Replaced for this run by the caller's own (${name}). Declared: ${assumption.statement}`,
      source: 'the caller of this run',
    };
  });
  return isSingleServer(topology) ? [...drawn, assumptionOf(declaredTime('person-rebuilds'))] : drawn;
}
