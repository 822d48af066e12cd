import { describe, expect, it } from 'vitest';
import { twoZones } from '../test/templates/two-zones.ts';
import { findNodeOfKind, readTopology } from './index.ts';

const topology = readTopology(twoZones, { stackName: 'three-nines' });

describe('reading a two-zone template', () => {
  it('names the tier that the resources are tagged with', () => {
    expect(topology.tier).toBe('three-nines');
  });

  it('takes zones from the subnets, by letter when the template leaves them to AWS', () => {
    expect(topology.regions).toEqual([{ id: 'region-1', zones: ['zone-a', 'zone-b'] }]);
  });

  it('reads the load balancer with its target group and lists what was left to AWS', () => {
    expect(findNodeOfKind(topology, 'load-balancer', 'LoadBalancer')).toEqual({
      id: 'LoadBalancer',
      type: 'AWS::ElasticLoadBalancingV2::LoadBalancer',
      kind: 'load-balancer',
      region: 'region-1',
      zones: ['zone-a', 'zone-b'],
      internetFacing: true,
      crossZone: true,
      idleTimeoutSeconds: 20,
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
          deregistrationDelaySeconds: 20,
          slowStartSeconds: 0,
          failOpenBelowHealthyTargets: 1,
          targets: ['Group'],
        },
      ],
      defaulted: [
        'clientKeepAliveSeconds',
        'crossZone',
        'targetGroups.TargetGroup.failOpenBelowHealthyTargets',
        'targetGroups.TargetGroup.healthCheck.enabled',
        'targetGroups.TargetGroup.slowStartSeconds',
      ],
    });
  });

  it('reads the compute group with the process that its user data sets up', () => {
    expect(findNodeOfKind(topology, 'compute-group', 'Group')).toEqual({
      id: 'Group',
      type: 'AWS::AutoScaling::AutoScalingGroup',
      kind: 'compute-group',
      region: 'region-1',
      zones: ['zone-a', 'zone-b'],
      minInstances: 2,
      maxInstances: 6,
      desiredInstances: 2,
      instanceType: 't3.small',
      healthCheckType: 'ELB',
      healthCheckGracePeriodSeconds: 60,
      cpuTargetPercent: 70,
      process: {
        unit: 'shop-api.service',
        environment: {
          PORT: '8080',
          HOST: '0.0.0.0',
          LOG_LEVEL: 'info',
          GREETING: 'hello world',
          DATABASE_HOST: '${Database.Endpoint.Address}',
          DATABASE_PORT: '${Database.Endpoint.Port}',
          PAYMENT_URL: '${PaymentUrl}',
        },
        restart: 'always',
        restartDelaySeconds: 0.5,
        stopTimeoutSeconds: 90,
      },
      defaulted: ['desiredInstances'],
    });
  });

  it('reads the Multi-AZ database in two zones with a synchronous standby', () => {
    expect(findNodeOfKind(topology, 'database', 'Database')).toMatchObject({
      engine: 'postgres',
      port: 5432,
      databaseName: 'shop',
      multiAz: true,
      standbyReplication: 'synchronous',
      encrypted: true,
      backupRetentionDays: 7,
      deletionProtection: false,
      zones: ['zone-a', 'zone-b'],
      defaulted: ['deletionProtection', 'port'],
    });
  });

  it('links the request path from the balancer through the group to what the group needs', () => {
    expect(topology.links).toEqual([
      { from: 'Group', to: 'Database', necessity: 'hard', onRequestPath: true },
      { from: 'Group', to: 'external:payment', necessity: 'hard', onRequestPath: true },
      { from: 'Group', to: 'external:reviews', necessity: 'soft', onRequestPath: true },
      { from: 'LoadBalancer', to: 'Group', necessity: 'hard', onRequestPath: true },
    ]);
  });

  it('keeps what no reader knows and has nothing to note', () => {
    expect(topology.others).toEqual([{ id: 'Vpc', type: 'AWS::EC2::VPC' }]);
    expect(topology.notes).toEqual([]);
  });
});
