/** Topologies with no more in them than what decides about a game day: the database, and the groups of servers. */
import type { ComputeGroupNode, DatabaseNode, Topology, TopologyNode } from '@nines/topology';

const BASE = { region: 'region-1', defaulted: [] };

const DATABASE: DatabaseNode = {
  ...BASE,
  kind: 'database',
  id: 'Database',
  type: 'AWS::RDS::DBInstance',
  zones: ['zone-a', 'zone-b'],
  engine: 'postgres',
  engineVersion: '17',
  port: 5432,
  multiAz: true,
  standbyReplication: 'synchronous',
  encrypted: true,
  backupRetentionDays: 7,
  deletionProtection: true,
};

export const group = (id: string, zones: readonly string[], desiredInstances: number): ComputeGroupNode => ({
  ...BASE,
  kind: 'compute-group',
  id,
  type: 'AWS::AutoScaling::AutoScalingGroup',
  zones,
  minInstances: 1,
  maxInstances: 8,
  desiredInstances,
  instanceType: 't4g.small',
  healthCheckType: 'ELB',
  healthCheckGracePeriodSeconds: 60,
  process: {
    unit: 'shop.service',
    environment: {},
    restart: 'always',
    restartDelaySeconds: 3,
    stopTimeoutSeconds: 30,
  },
});

export const topologyWith = (...nodes: readonly TopologyNode[]): Topology => ({
  name: 'nines-test',
  regions: [],
  nodes,
  links: [],
  others: [],
  notes: [],
});

export const MULTI_AZ = topologyWith(DATABASE, group('Servers', ['zone-a', 'zone-b'], 4));

/** Three zones with a group in each. */
export const CLUSTER = topologyWith(
  {
    ...DATABASE,
    type: 'AWS::RDS::DBCluster',
    cluster: {
      members: [
        { id: 'A', role: 'writer', zone: 'zone-a', instanceClass: 'db.r7g.large', promotionTier: 0 },
        { id: 'B', role: 'replica', zone: 'zone-b', instanceClass: 'db.r7g.large', promotionTier: 1 },
      ],
    },
  },
  ...['zone-a', 'zone-b', 'zone-c'].map((zone) => group(`Servers-${zone}`, [zone], 2)),
);

/** One server that holds its own database, copied every quarter of an hour. */
export const SINGLE_SERVER = topologyWith(
  {
    ...DATABASE,
    type: 'Nines::HostedDatabase',
    zones: ['zone-a'],
    multiAz: false,
    standbyReplication: 'none',
    heldBy: 'Server',
    copies: { intervalMinutes: 15 },
  },
  { ...group('Server', ['zone-a'], 1), healthCheckType: 'EC2' },
);
