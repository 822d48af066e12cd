/**
 * How long things take that AWS decides and no template shows. Each is a named, sourced constant, to be
 * printed with every result that used it. Where AWS publishes no figure, `published` is false and `assumption`
 * says what was assumed instead and on what grounds: replace it with your own measurement.
 */
import { requireThat } from './availability-argument-error.ts';
import type { Random } from './seeded-random.ts';

/** A duration: exactly known, or somewhere in a range. */
export type DeclaredSeconds = number | { readonly min: number; readonly max: number };

export interface DeclaredTime {
  readonly id: string;
  readonly seconds: DeclaredSeconds;
  /** What takes this long, from which moment to which. */
  readonly what: string;
  /** Document and section, with its address. */
  readonly source: string;
  /** Whether AWS publishes the figure. */
  readonly published: boolean;
  /** What was assumed, as a sentence; present exactly when AWS publishes no figure. */
  readonly assumption?: string;
}

const RDS_FAILOVER_GUIDE =
  'Amazon RDS User Guide, "Failing over a Multi-AZ DB instance", https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.MultiAZ.Failover.html';

const PAPER =
  'AWS Well-Architected Framework, Reliability Pillar, edition of April 2020, "Availability implementation scenarios"';

const declared = [
  {
    id: 'rds-multi-az-failover',
    seconds: { min: 60, max: 120 },
    what: 'loss of the primary of an RDS Multi-AZ instance until its standby takes writes under the same name',
    source: RDS_FAILOVER_GUIDE,
    published: true,
  },
  {
    id: 'rds-standby-loss-detection',
    seconds: { min: 10, max: 30 },
    what: 'loss of the standby of an RDS Multi-AZ instance until the primary commits without it',
    source: 'unpublished: the RDS User Guide says that replication is synchronous, not when it is given up',
    published: false,
    assumption:
      'RDS gives up a lost standby after 10 to 30 s, during which commits wait; well under the 60 s that a whole failover takes at least.',
  },
  {
    id: 'rds-standby-rebuild',
    seconds: { min: 300, max: 900 },
    what: 'end of an RDS Multi-AZ failover until the instance has a standby in step again',
    source: 'unpublished: it depends on how much storage must be copied',
    published: false,
    assumption:
      'RDS has a new standby in step after 5 to 15 min for a database of a few gigabytes; a large one takes hours.',
  },
  {
    id: 'rds-multi-az-cluster-failover',
    seconds: { min: 0, max: 35 },
    what: 'loss of the writer of an RDS Multi-AZ cluster until a reader takes writes',
    source:
      'Amazon RDS User Guide, "Failing over a Multi-AZ DB cluster", https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/multi-az-db-clusters-concepts-failover.html',
    published: true,
  },
  {
    id: 'aurora-failover-with-replica',
    seconds: { min: 0, max: 60 },
    what: 'loss of an Aurora writer until a replica takes writes; often under 30 s',
    source:
      'Amazon Aurora User Guide, "High availability for Amazon Aurora", https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Concepts.AuroraHighAvailability.html',
    published: true,
  },
  {
    id: 'aurora-failover-without-replica',
    seconds: { min: 0, max: 600 },
    what: 'loss of the only instance of an Aurora cluster until a new one takes writes',
    source:
      'Amazon Aurora User Guide, "High availability for Amazon Aurora", https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Concepts.AuroraHighAvailability.html',
    published: true,
  },
  {
    id: 'aurora-reader-loss',
    seconds: 0,
    what: 'loss of an Aurora reader, or of the copies of the data in its zone, until the writer commits without them',
    source:
      'Amazon Aurora User Guide, "Amazon Aurora storage", six copies in three zones and no wait for any two of them, https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.Overview.StorageReliability.html',
    published: true,
  },
  {
    id: 'aurora-global-replication-lag',
    seconds: { min: 0, max: 1 },
    what: 'commit in the primary region of an Aurora global database until it is in the secondary region',
    source:
      'Amazon Aurora User Guide, "Using Amazon Aurora Global Database", https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-global-database.html',
    published: true,
  },
  {
    id: 'aurora-global-failover',
    seconds: { min: 60, max: 180 },
    what: 'request to fail an Aurora global database over until the cluster of the other region takes writes',
    source:
      'unpublished: Amazon Aurora User Guide, "Using switchover or failover in Aurora Global Database", says that the RTO can be in the order of minutes, the features page that a region is promoted in under a minute, https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-global-database-disaster-recovery.html',
    published: false,
    assumption: 'An unplanned failover to another region takes one to three minutes.',
  },
  {
    id: 'aurora-global-switchover',
    seconds: { min: 30, max: 120 },
    what: 'request to switch an Aurora global database over, with both regions well, until the other cluster takes writes',
    source:
      'unpublished: Amazon RDS API reference, SwitchoverGlobalCluster, says "a short time", https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_SwitchoverGlobalCluster.html',
    published: false,
    assumption: 'A planned switch takes half a minute to two minutes, in which nobody writes.',
  },
  {
    id: 'dynamodb-global-table-replication',
    seconds: { min: 0, max: 1 },
    what: 'write to a DynamoDB global table (eventual consistency over regions) until it is in the other region',
    source:
      'Amazon DynamoDB Developer Guide, "Global tables", https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GlobalTables.html',
    published: true,
  },
  {
    id: 'ec2-instance-start',
    seconds: { min: 60, max: 90 },
    what: 'launch of an instance by its Auto Scaling group until its process answers the first health check',
    source:
      'unpublished; third-party measurements of launch until SSH answers: 29 s (C. Percival, "EC2 boot time benchmarking", 2021), 26 s (brevdev/ec2-coldboot-research)',
    published: false,
    assumption:
      'An instance needs 60 to 90 s: about 30 s of launch and boot as others measured, the rest for user data that installs and starts the process.',
  },
  {
    id: 'ec2-instance-loss-detection',
    seconds: { min: 60, max: 120 },
    what: 'loss of an instance until its Auto Scaling group begins to replace it, where only its own status checks tell',
    source:
      'unpublished: Amazon EC2 User Guide, "Status checks for Amazon EC2 instances", says that they run every minute, https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/monitoring-system-instance-status-check.html',
    published: false,
    assumption:
      'An Auto Scaling group begins to replace a machine that is gone after one or two status checks.',
  },
  {
    id: 'asg-unhealthy-detection',
    seconds: { min: 0, max: 30 },
    what: 'target found unhealthy by the load balancer until its Auto Scaling group begins to replace it',
    source:
      'unpublished: Amazon EC2 Auto Scaling User Guide, "Health checks for instances", says "periodically", https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-health-checks.html',
    published: false,
    assumption: 'An Auto Scaling group notices a target that the load balancer finds unhealthy within 30 s.',
  },
  {
    id: 'alb-dns-ttl',
    seconds: 60,
    what: 'time for which resolvers keep the addresses of a load balancer after AWS has changed them',
    source:
      'Elastic Load Balancing User Guide, "How Elastic Load Balancing works", request routing, https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/how-elastic-load-balancing-works.html',
    published: true,
  },
  {
    id: 'route53-health-check-fast',
    seconds: 30,
    what: 'loss of an endpoint until a Route 53 health check finds it unhealthy: 10 s interval, threshold 3',
    source:
      'Amazon Route 53 Developer Guide, "Values that you specify when you create or update health checks", https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/health-checks-creating-values.html',
    published: true,
  },
  {
    id: 'route53-health-check-standard',
    seconds: 90,
    what: 'loss of an endpoint until a Route 53 health check finds it unhealthy: 30 s interval, threshold 3',
    source:
      'Amazon Route 53 Developer Guide, "Values that you specify when you create or update health checks", https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/health-checks-creating-values.html',
    published: true,
  },
  {
    id: 'cloudfront-origin-timeout',
    seconds: 30,
    what: 'unreachable origin until CloudFront fails over to the other: 3 attempts of 10 s by default, 1 of 1 s at least',
    source:
      'Amazon CloudFront Developer Guide, "Control origin timeouts and attempts", https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/high_availability_origin_failover.html',
    published: true,
  },
  {
    id: 'arc-zonal-autoshift',
    seconds: 300,
    what: 'loss of a zone until ARC zonal autoshift moves traffic out of it',
    source:
      'unpublished: the ARC Developer Guide, "When AWS starts and stops autoshifts", says "as early as possible", https://docs.aws.amazon.com/r53recovery/latest/dg/arc-zonal-autoshift.how-it-works.start-stop-auto.html',
    published: false,
    assumption:
      "Autoshift begins 5 min after a zone is lost, as in AWS's own fault injection scenario for the power of a zone.",
  },
  {
    id: 'person-rebuilds',
    seconds: 1800,
    what: 'loss of the zone of a single server until a person has understood it and begins to rebuild elsewhere',
    source: PAPER,
    published: true,
  },
  {
    id: 'person-fails-over',
    seconds: 1200,
    what: 'loss of a region until a person has understood it and begins to fail over to the standby',
    source: PAPER,
    published: true,
  },
] as const satisfies readonly DeclaredTime[];

export type DeclaredTimeId = (typeof declared)[number]['id'];

export const declaredTimes: readonly (DeclaredTime & { readonly id: DeclaredTimeId })[] = declared;

export function declaredTime(id: DeclaredTimeId): DeclaredTime & { readonly id: DeclaredTimeId } {
  const found = declaredTimes.find((time) => time.id === id);
  if (found === undefined) throw new Error(`There is no declared time ${id}.`);
  return found;
}

export const shortestSeconds = (seconds: DeclaredSeconds): number =>
  typeof seconds === 'number' ? seconds : seconds.min;

export const longestSeconds = (seconds: DeclaredSeconds): number =>
  typeof seconds === 'number' ? seconds : seconds.max;

/** One duration from the range, every length equally likely: AWS publishes no distribution. */
export function drawSeconds(seconds: DeclaredSeconds, random: Random): number {
  if (typeof seconds === 'number') return seconds;
  requireThat(seconds.min <= seconds.max, 'A range runs from its shorter to its longer end.');
  return seconds.min + (seconds.max - seconds.min) * random();
}

export const formatSeconds = (seconds: DeclaredSeconds): string =>
  typeof seconds === 'number' ? `${String(seconds)} s` : `${String(seconds.min)} to ${String(seconds.max)} s`;

/** The time as a line for a verdict: what it is, how long, and whether anybody but us says so. */
export function assumptionOf(time: DeclaredTime): {
  readonly id: string;
  readonly statement: string;
  readonly source: string;
} {
  const statement = `${formatSeconds(time.seconds)}: ${time.what}`;
  return {
    id: time.id,
    statement:
      time.assumption === undefined ? statement : `${statement}. Assumed, not published: ${time.assumption}`,
    source: time.source,
  };
}
