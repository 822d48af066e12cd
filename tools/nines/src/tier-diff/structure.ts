/**
 * A topology in one line a fact: what decides behaviour in a failure, in words that can be compared between tiers.
 */
import { nodesOfKind } from '@nines/topology';
import type { DatabaseNode, HealthCheck, Topology } from '@nines/topology';

/** Name of the fact to its value; a fact that a tier does not have is missing. */
export type Structure = ReadonlyMap<string, string>;

/** Each value once, with how often it is there: a tier may have the same group in each of three zones. */
function counted(values: readonly string[]): string {
  return [...new Set(values)]
    .map((value) => {
      const count = values.filter((one) => one === value).length;
      return count === 1 ? value : `${String(count)} x ${value}`;
    })
    .join('; ');
}

const plural = (count: number, noun: string): string => `${String(count)} ${noun}${count === 1 ? '' : 's'}`;

function detection({
  enabled,
  path,
  intervalSeconds,
  unhealthyThreshold,
  timeoutSeconds,
}: HealthCheck): string {
  if (!enabled) return 'off';
  // The last of the missed checks is missed only when its time is over.
  const worst = intervalSeconds * unhealthyThreshold + timeoutSeconds;
  return `${path} every ${String(intervalSeconds)} s, out after ${String(unhealthyThreshold)} misses (at most ${String(worst)} s)`;
}

function describeDatabase(database: DatabaseNode): string {
  const { engine, zones, standbyReplication, cluster, heldBy, replicaOf } = database;
  if (heldBy !== undefined) return `${engine} on the server itself`;
  const where = plural(zones.length, 'zone');
  const instances = cluster === undefined ? '' : `, ${String(cluster.members.length)} instances`;
  const follower = replicaOf === undefined ? '' : ', follows another region asynchronously';
  const standby =
    standbyReplication === 'none'
      ? 'nothing takes over'
      : `what takes over has every write (${standbyReplication})`;
  return `${engine} in ${where}${instances}, ${standby}${follower}`;
}

function describeCopies({ backupRetentionDays, copies }: DatabaseNode): string {
  const window = backupRetentionDays > 0 ? `any moment of the last ${String(backupRetentionDays)} days` : '';
  const regular = copies === undefined ? '' : `a copy every ${String(copies.intervalMinutes)} min`;
  return [window, regular].filter(Boolean).join(', ') || 'none';
}

/** Regions without a zone hold nothing but global services. */
function place({ regions }: Topology): string {
  const zones = regions.map((region) => region.zones.length).filter((count) => count > 0);
  return `${plural(zones.length, 'region')} of ${[...new Set(zones)].map((count) => plural(count, 'zone')).join(' or ')}`;
}

/** The facts of a topology in the order in which a request meets them. */
export function structureOf(topology: Topology): Structure {
  const records = nodesOfKind(topology, 'dns-record');
  const checks = nodesOfKind(topology, 'dns-health-check').filter(
    ({ intervalSeconds }) => intervalSeconds > 0,
  );
  const edges = nodesOfKind(topology, 'edge');
  const balancers = nodesOfKind(topology, 'load-balancer');
  const groups = nodesOfKind(topology, 'compute-group');
  const databases = nodesOfKind(topology, 'database');
  const alarms = nodesOfKind(topology, 'alarm');
  const targetGroups = balancers.flatMap((balancer) => balancer.targetGroups);
  const facts: readonly (readonly [string, readonly string[]])[] = [
    ['place', [place(topology)]],
    ['DNS', records.map(({ routing, ttlSeconds }) => `${routing.policy}, TTL ${String(ttlSeconds)} s`)],
    [
      'DNS health checks',
      checks.map(
        ({ intervalSeconds, failureThreshold }) =>
          `every ${String(intervalSeconds)} s, ${String(failureThreshold)} in a row`,
      ),
    ],
    [
      'edge',
      edges.map(
        ({ behaviors }) => `CloudFront, paths ${behaviors.map(({ pathPattern }) => pathPattern).join(' ')}`,
      ),
    ],
    ['load balancer', balancers.map(({ internetFacing }) => (internetFacing ? 'public' : 'private'))],
    ['health check', targetGroups.map(({ healthCheck }) => detection(healthCheck))],
    [
      'draining',
      targetGroups.map(({ deregistrationDelaySeconds }) => `${String(deregistrationDelaySeconds)} s`),
    ],
    [
      'servers',
      groups.map(
        ({ minInstances, maxInstances, zones, instanceType }) =>
          `${String(minInstances)} to ${String(maxInstances)} ${instanceType} in ${plural(zones.length, 'zone')}`,
      ),
    ],
    ['database', databases.map(describeDatabase)],
    ['copies of data', databases.map(describeCopies)],
    [
      'alarms',
      alarms.length === 0
        ? []
        : [
            `${String(alarms.length)}, ${String(alarms.filter(({ actionCount }) => actionCount > 0).length)} tell somebody`,
          ],
    ],
  ];
  return new Map(
    facts.filter(([, values]) => values.length > 0).map(([name, values]) => [name, counted(values)]),
  );
}
