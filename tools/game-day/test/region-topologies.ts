/** Topologies of two regions with no more in them than what decides about the loss of one: a is home, b the other. */
import type { DnsRecordNode, Topology, TopologyNode } from '@nines/topology';
import { CLUSTER, group, topologyWith } from './topologies.ts';

const base = (id: string, region: string) => ({
  id,
  type: 'Test::Resource',
  region,
  zones: [],
  defaulted: [],
});

const record = (id: string, ttlSeconds: number, routing: DnsRecordNode['routing']): DnsRecordNode => ({
  ...base(id, 'us-east-1'),
  kind: 'dns-record',
  name: 'origin.shop',
  recordType: 'CNAME',
  ttlSeconds,
  routing,
  targets: [],
  values: [],
  evaluatesTargetHealth: false,
});

const alarm = (id: string, periodSeconds: number, evaluationPeriods: number): TopologyNode => ({
  ...base(id, 'b'),
  kind: 'alarm',
  dimensions: {},
  periodSeconds,
  evaluationPeriods,
  datapointsToAlarm: evaluationPeriods,
  treatMissingData: 'ignore',
  actionCount: 1,
});

const database = CLUSTER.nodes.find((node) => node.kind === 'database');

const shared: readonly TopologyNode[] = [
  { ...group('a/Servers', ['a-zone-a'], 2), region: 'a' },
  { ...group('b/Servers', ['b-zone-a'], 1), region: 'b' },
  ...(database
    ? [
        { ...database, id: 'a/Database', region: 'a' },
        { ...database, id: 'b/Database', region: 'b', replicaOf: 'a/Database' },
      ]
    : []),
  {
    ...base('a-answers', 'us-east-1'),
    kind: 'dns-health-check',
    checkType: 'HTTPS',
    intervalSeconds: 10,
    failureThreshold: 3,
    targets: [],
    inverted: false,
    children: [],
    healthyChildren: 0,
  },
  {
    ...base('took-over', 'us-east-1'),
    kind: 'dns-health-check',
    checkType: 'CLOUDWATCH_METRIC',
    intervalSeconds: 0,
    failureThreshold: 0,
    targets: ['b/TookOver'],
    inverted: true,
    children: [],
    healthyChildren: 0,
  },
  alarm('b/TookOver', 60, 1),
  {
    ...base('b/TakeOver', 'b'),
    kind: 'workflow',
    workflowType: 'STANDARD',
    definition: {
      StartAt: 'Promote',
      States: { Promote: { Type: 'Task', Resource: 'arn:aws:states:::aws-sdk:rds:failoverGlobalCluster' } },
    },
  },
];

/** A person decides, and DNS follows the writer. */
export const WARM_STANDBY: Topology = topologyWith(
  ...shared,
  record('home', 10, { policy: 'failover', failover: 'primary' }),
);

/** Both serve, and an alarm starts the takeover. */
export const ACTIVE_ACTIVE: Topology = topologyWith(
  ...shared,
  record('reads', 1, { policy: 'latency', region: 'a' }),
  alarm('b/Lost', 10, 3),
  {
    ...base('b/Start', 'b'),
    kind: 'event-rule',
    enabled: true,
    alarms: ['b/Lost'],
    targets: ['b/TakeOver'],
  },
);
