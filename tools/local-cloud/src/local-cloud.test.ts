import { fileURLToPath } from 'node:url';
import type {
  ComputeGroupNode,
  DatabaseNode,
  LoadBalancerNode,
  Topology,
  TopologyNode,
} from '@nines/topology';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { paceOf } from '../test/virtual-time.ts';
import { systemClock } from './clock.ts';
import { createGuardian } from './guardian/guardian.ts';
import type { Guardian } from './guardian/guardian.ts';
import { createLocalCloud } from './local-cloud.ts';

const BASE = { region: 'region-1', zones: ['zone-a', 'zone-b'], defaulted: [] };
const BALANCER: LoadBalancerNode = {
  ...BASE,
  kind: 'load-balancer',
  id: 'LoadBalancer',
  type: 'AWS::ElasticLoadBalancingV2::LoadBalancer',
  internetFacing: true,
  crossZone: true,
  idleTimeoutSeconds: 60,
  clientKeepAliveSeconds: 3600,
  listeners: [{ port: 80, protocol: 'HTTP' }],
  targetGroups: [
    {
      id: 'TargetGroup',
      port: 8080,
      healthCheck: {
        enabled: true,
        path: '/readyz',
        matcher: '200',
        intervalSeconds: 5,
        timeoutSeconds: 2,
        healthyThreshold: 2,
        unhealthyThreshold: 2,
      },
      deregistrationDelaySeconds: 30,
      slowStartSeconds: 0,
      failOpenBelowHealthyTargets: 1,
      targets: ['Group'],
    },
  ],
};
const GROUP: ComputeGroupNode = {
  ...BASE,
  kind: 'compute-group',
  id: 'Group',
  type: 'AWS::AutoScaling::AutoScalingGroup',
  minInstances: 2,
  maxInstances: 4,
  desiredInstances: 2,
  instanceType: 't4g.small',
  healthCheckType: 'ELB',
  healthCheckGracePeriodSeconds: 60,
  process: {
    unit: 'shop.service',
    environment: { QUEUE_URL: '${Queue}' },
    restart: 'always',
    restartDelaySeconds: 1,
    stopTimeoutSeconds: 30,
  },
};
const DATABASE: DatabaseNode = {
  ...BASE,
  kind: 'database',
  id: 'Database',
  type: 'AWS::RDS::DBInstance',
  engine: 'postgres',
  engineVersion: '18',
  port: 5432,
  multiAz: false,
  standbyReplication: 'none',
  encrypted: true,
  backupRetentionDays: 7,
  deletionProtection: false,
};
const PAYMENT: TopologyNode = {
  ...BASE,
  kind: 'external-service',
  id: 'external:payment',
  type: 'external',
  name: 'payment',
  addressVariable: 'PAYMENT_URL',
};

let guardian: Guardian;
beforeEach(() => {
  guardian = createGuardian();
});
afterEach(async () => {
  await guardian.close();
});

const start = (
  nodes: readonly TopologyNode[],
  application = '/no/such/bundle.mjs',
  zones: readonly string[] = [],
) => {
  const topology: Topology = {
    name: 'nines-test',
    regions: [{ id: 'region-1', zones }],
    nodes,
    links: [],
    others: [],
    notes: [],
  };
  return createLocalCloud({
    topology,
    bundles: { application, services: {} },
    serviceBehaviour: {},
    declared: {
      drawInstanceStartSeconds: () => 1,
      drawUnhealthyDetectionSeconds: () => 1,
      drawInstanceLossSeconds: () => 1,
      drawFailoverSeconds: () => 1,
      drawStandbyLossSeconds: () => 1,
      albDnsTtlSeconds: 1,
      replicationLagSeconds: 0,
    },
    pace: paceOf(10),
    clock: systemClock,
    onEvent: () => undefined,
    guardian,
  });
};

describe('a topology that does not run here is refused', () => {
  const groupWithoutUnit: ComputeGroupNode = { ...GROUP };
  Reflect.deleteProperty(groupWithoutUnit, 'process');

  it.each<[string, TopologyNode[], string]>([
    ['without a load balancer', [GROUP, DATABASE], 'stack nines-test has no load-balancer'],
    ['without a compute group', [BALANCER, DATABASE], 'stack nines-test has no compute-group'],
    ['without a database', [BALANCER, GROUP], 'stack nines-test has no database'],
    [
      'without a systemd unit',
      [BALANCER, groupWithoutUnit, DATABASE],
      'the user data of Group writes no systemd unit',
    ],
    [
      'without a zone',
      [BALANCER, { ...GROUP, zones: [] }, DATABASE],
      'Group is in no zone that the template names',
    ],
    [
      'over two regions',
      [BALANCER, GROUP, { ...GROUP, id: 'Other', region: 'region-2' }, DATABASE],
      'nines-test serves from region-1 and region-2; the local cloud runs one region at a time',
    ],
    [
      'whose database follows another region',
      [BALANCER, GROUP, { ...DATABASE, replicaOf: 'Elsewhere' }],
      'Database follows Elsewhere in another region',
    ],
    ['with an unknown service', [BALANCER, GROUP, DATABASE, PAYMENT], 'the template calls "payment"'],
  ])('%s', async (_, nodes, message) => {
    const refused = start(nodes);
    await expect(refused).rejects.toMatchObject({ code: 'topology-not-runnable' });
    await expect(refused).rejects.toThrow(message);
  });
});

it('a single server needs no load balancer', { timeout: 60_000 }, async () => {
  const single = { ...GROUP, desiredInstances: 1, zones: ['zone-a'] };
  // It gets as far as the unit's own environment.
  await expect(start([single, DATABASE])).rejects.toMatchObject({ code: 'environment-unresolved' });
});

it('leaves nothing listening when it could not be started', { timeout: 60_000 }, async () => {
  const listening = () => process.getActiveResourcesInfo().filter((one) => one === 'TCPServerWrap').length;
  const before = listening();
  await expect(start([BALANCER, GROUP, DATABASE])).rejects.toMatchObject({ code: 'environment-unresolved' });
  expect(listening()).toBe(before);
});

/** Answers every request, its health check among them. */
const TINY_SERVER = fileURLToPath(new URL('../test/tiny-server.mjs', import.meta.url));

it(
  'runs a group in each of three zones behind one load balancer, and loses the servers of a lost zone alone',
  { timeout: 120_000 },
  async () => {
    const zones = ['zone-a', 'zone-b', 'zone-c'];
    const groups = zones.map((zone, index) => ({
      ...GROUP,
      id: `Group${String(index + 1)}`,
      zones: [zone],
      process: { ...GROUP.process!, environment: {} },
    }));
    const cluster = {
      members: [
        { id: 'C', role: 'writer', zone: 'zone-c', instanceClass: 'x', promotionTier: 0 },
        { id: 'A', role: 'replica', zone: 'zone-a', instanceClass: 'x', promotionTier: 1 },
      ],
    } as const;
    const database: DatabaseNode = { ...DATABASE, zones, standbyReplication: 'synchronous', cluster };
    const cloud = await start([{ ...BALANCER, zones }, ...groups, database], TINY_SERVER);
    try {
      await cloud.settle();
      expect(cloud.zones).toEqual(zones);
      expect(cloud.instances.map(({ id, zone }) => `${id} ${zone}`)).toEqual([
        'instance-1 zone-a',
        'instance-2 zone-a',
        'instance-3 zone-b',
        'instance-4 zone-b',
        'instance-5 zone-c',
        'instance-6 zone-c',
      ]);
      // In the zone of the writer, whatever its letter, and the standby where the next in line is.
      expect([cloud.database.primaryZone, cloud.database.standbyZone]).toEqual(['zone-c', 'zone-a']);
      expect(await cloud.loseZone('zone-b')).toEqual(['instance-3', 'instance-4']);
      const served = new Set<string>();
      for (let count = 0; count < 12; count += 1) {
        const reply = await fetch(cloud.url, { signal: AbortSignal.timeout(2000) }).catch(() => undefined);
        if (reply?.ok) {
          const { environment } = (await reply.json()) as { environment: { ZONE: string } };
          served.add(environment.ZONE);
        }
      }
      expect(served).not.toContain('zone-b');
      expect(served.size).toBeGreaterThan(0);
    } finally {
      await cloud.close();
    }
  },
);

it(
  'runs a single server behind a passage, replaces it from a copy where it was, and rebuilds it elsewhere when told',
  { timeout: 120_000 },
  async () => {
    const single: ComputeGroupNode = {
      ...GROUP,
      minInstances: 1,
      maxInstances: 1,
      desiredInstances: 1,
      zones: ['zone-a'],
      healthCheckType: 'EC2',
      process: { ...GROUP.process!, environment: {} },
    };
    const database: DatabaseNode = { ...DATABASE, zones: ['zone-a'], heldBy: 'Group' };
    const cloud = await start([single, database], TINY_SERVER, ['zone-a', 'zone-b']);
    const whereItServes = async () => {
      expect((await fetch(cloud.url)).ok).toBe(true);
      return [...cloud.instances.map(({ id, zone }) => `${id} ${zone}`), cloud.database.primaryZone];
    };
    try {
      await cloud.settle();
      expect(await whereItServes()).toEqual(['instance-1 zone-a', 'zone-a']);
      await cloud.database.query('CREATE TABLE since_the_copy (n int)');

      expect(await cloud.database.losePrimary()).toBe('server with its database-1 in zone-a');
      await cloud.settle();
      expect(await whereItServes()).toEqual(['instance-2 zone-a', 'zone-a']);
      await expect(cloud.database.query('SELECT n FROM since_the_copy')).rejects.toThrow('does not exist');

      expect(await cloud.loseZone('zone-a')).toEqual(['instance-2', 'database-2 in zone-a']);
      expect(await cloud.rebuildElsewhere?.()).toBe('zone-b');
      expect(await whereItServes()).toEqual(['instance-3 zone-b', 'zone-b']);
    } finally {
      await cloud.close();
    }
  },
);
