/** Nodes of a tier of two regions, as its templates are read: what the tests of regions start from. */
import type {
  AlarmNode,
  DnsHealthCheckNode,
  DnsRecordNode,
  EventRuleNode,
  Topology,
  TopologyNode,
} from '@nines/topology';

const base = (id: string, region = 'us-east-1') => ({
  id,
  type: 'Test::Resource',
  region,
  zones: [],
  defaulted: [],
});

export const topologyOf = (...nodes: readonly TopologyNode[]): Topology => ({
  name: 'test',
  regions: [],
  nodes,
  links: [],
  others: [],
  notes: [],
});

export const record = (id: string, over: Partial<DnsRecordNode>): DnsRecordNode => ({
  ...base(id),
  kind: 'dns-record',
  name: 'origin.shop',
  recordType: 'CNAME',
  ttlSeconds: 10,
  routing: { policy: 'simple' },
  targets: [],
  values: [],
  evaluatesTargetHealth: false,
  ...over,
});

export const healthCheck = (id: string, over: Partial<DnsHealthCheckNode>): DnsHealthCheckNode => ({
  ...base(id),
  kind: 'dns-health-check',
  checkType: 'HTTPS',
  intervalSeconds: 10,
  failureThreshold: 3,
  targets: [],
  inverted: false,
  children: [],
  healthyChildren: 0,
  ...over,
});

export const alarm = (id: string, over: Partial<AlarmNode>): AlarmNode => ({
  ...base(id),
  kind: 'alarm',
  namespace: 'Shop',
  metricName: 'Writes',
  dimensions: { Region: 'b' },
  statistic: 'Maximum',
  comparison: 'GreaterThanOrEqualToThreshold',
  threshold: 1,
  periodSeconds: 60,
  evaluationPeriods: 1,
  datapointsToAlarm: 1,
  treatMissingData: 'ignore',
  actionCount: 1,
  ...over,
});

export const eventRule = (id: string, region: string, over: Partial<EventRuleNode>): EventRuleNode => ({
  ...base(id, region),
  kind: 'event-rule',
  enabled: true,
  alarms: [],
  targets: [],
  ...over,
});

/** The records and checks of a tier in which a person decides: the home region a, the standby b. */
export const routing = (standbyNeedsTakeover: boolean): TopologyNode[] => [
  record('a/record', { name: 'a.origin.shop', recordType: 'A', ttlSeconds: 60, targets: ['a/balancer'] }),
  record('b/record', { name: 'b.origin.shop', recordType: 'A', ttlSeconds: 60, targets: ['b/balancer'] }),
  record('home', {
    routing: { policy: 'failover', failover: 'primary' },
    targets: ['a/record'],
    healthCheck: 'home-serves',
  }),
  record('standby', {
    routing: { policy: 'failover', failover: 'secondary' },
    targets: ['b/record'],
    healthCheck: 'standby-serves',
  }),
  healthCheck('a-answers', { host: 'a.origin.shop', path: '/readyz' }),
  healthCheck('b-answers', { host: 'b.origin.shop', path: '/readyz' }),
  healthCheck('took-over', {
    checkType: 'CLOUDWATCH_METRIC',
    intervalSeconds: 0,
    targets: ['alarm'],
    inverted: true,
  }),
  healthCheck('not-taken-over', { checkType: 'CLOUDWATCH_METRIC', intervalSeconds: 0, targets: ['alarm'] }),
  healthCheck('home-serves', {
    checkType: 'CALCULATED',
    intervalSeconds: 0,
    children: ['a-answers', 'not-taken-over'],
    healthyChildren: 2,
  }),
  healthCheck('standby-serves', {
    checkType: 'CALCULATED',
    intervalSeconds: 0,
    children: standbyNeedsTakeover ? ['b-answers', 'took-over'] : ['b-answers'],
    healthyChildren: standbyNeedsTakeover ? 2 : 1,
  }),
];
