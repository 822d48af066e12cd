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

const start = (nodes: readonly TopologyNode[]) => {
  const topology: Topology = {
    name: 'nines-test',
    regions: [{ id: 'region-1', zones: [] }],
    nodes,
    links: [],
    others: [],
    notes: [],
  };
  return createLocalCloud({
    topology,
    bundles: { application: '/no/such/bundle.mjs', services: {} },
    serviceBehaviour: {},
    declared: {
      drawInstanceStartSeconds: () => 1,
      drawUnhealthyDetectionSeconds: () => 1,
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
    ['with an unknown service', [BALANCER, GROUP, DATABASE, PAYMENT], 'the template calls "payment"'],
  ])('%s', async (_, nodes, message) => {
    const refused = start(nodes);
    await expect(refused).rejects.toMatchObject({ code: 'topology-not-runnable' });
    await expect(refused).rejects.toThrow(message);
  });
});

it('leaves nothing listening when it could not be started', { timeout: 60_000 }, async () => {
  const listening = () => process.getActiveResourcesInfo().filter((one) => one === 'TCPServerWrap').length;
  const before = listening();
  await expect(start([BALANCER, GROUP, DATABASE])).rejects.toMatchObject({ code: 'environment-unresolved' });
  expect(listening()).toBe(before);
});
