import { describe, expect, it } from 'vitest';
import type { DatabaseNode } from '@nines/topology';
import { topologyOf } from '../../test/region-nodes.ts';
import { CallUnknownError, clusterArn, createControlPlane } from './control-plane.ts';

const cluster = (region: string): DatabaseNode => ({
  kind: 'database',
  id: `${region}/Database`,
  type: 'AWS::RDS::DBCluster',
  region,
  zones: [],
  defaulted: [],
  engine: 'aurora-postgresql',
  engineVersion: '17',
  port: 5432,
  multiAz: true,
  standbyReplication: 'synchronous',
  encrypted: true,
  backupRetentionDays: 35,
  deletionProtection: true,
});

function plane() {
  const done: string[] = [];
  const instances = ['one', 'two'].map((id) => ({ id }) as never);
  let desired = 1;
  const service = createControlPlane({
    topology: topologyOf(cluster('a'), cluster('b')),
    global: {
      writerRegion: 'a',
      status: 'available',
      failOver: (region) => done.push(`fail over to ${region}`),
      switchOver: (region) => done.push(`switch over to ${region}`),
    },
    groups: new Map([
      [
        'b/Servers',
        {
          get desiredInstances() {
            return desired;
          },
          setMinimum: (count: number) => {
            desired = count;
          },
          instances,
          isInService: (instance: { id: string }) => instance.id === 'one',
        },
      ],
    ]),
    metrics: {
      put: (point) => {
        done.push(JSON.stringify(point));
      },
    },
    tell: (message) => done.push(message),
  });
  return { service, done, desired: () => desired };
}

describe('the control plane of a region', () => {
  it('says which cluster writes, by the ARNs that the template has', () => {
    expect(plane().service('rds:describeGlobalClusters', {})).toEqual({
      GlobalClusters: [
        {
          Status: 'available',
          GlobalClusterMembers: [
            { DbClusterArn: 'arn:aws:rds:a:${AWS::AccountId}:cluster:${a/Database}', IsWriter: true },
            { DbClusterArn: 'arn:aws:rds:b:${AWS::AccountId}:cluster:${b/Database}', IsWriter: false },
          ],
        },
      ],
    });
  });

  it('moves the writer to the region of the cluster that is named', () => {
    const { service, done } = plane();
    const TargetDbClusterIdentifier = clusterArn('b', 'b/Database');
    service('rds:failoverGlobalCluster', { TargetDbClusterIdentifier });
    service('rds:switchoverGlobalCluster', { TargetDbClusterIdentifier });
    expect(done).toEqual(['fail over to b', 'switch over to b']);
  });

  it('raises the minimum of a group, and never lowers it below what it has', () => {
    const { service, desired } = plane();
    const update = (MinSize: number) =>
      service('autoscaling:updateAutoScalingGroup', { AutoScalingGroupName: '${b/Servers}', MinSize });
    update(2);
    expect(desired()).toBe(2);
    update(1);
    expect(desired()).toBe(2);
  });

  it('calls the instances healthy that the load balancer does', () => {
    const answer = plane().service('autoscaling:describeAutoScalingGroups', {
      AutoScalingGroupNames: ['${b/Servers}'],
    });
    expect(answer).toEqual({
      AutoScalingGroups: [
        {
          Instances: [
            { LifecycleState: 'InService', HealthStatus: 'Healthy' },
            { LifecycleState: 'InService', HealthStatus: 'Unhealthy' },
          ],
        },
      ],
    });
  });

  it('publishes metrics and tells people', () => {
    const { service, done } = plane();
    service('cloudwatch:putMetricData', {
      Namespace: 'Shop',
      MetricData: [{ MetricName: 'Writes', Dimensions: [{ Name: 'Region', Value: 'b' }], Value: '1' }],
    });
    service('sns:publish', { Message: 'b is taking over.' });
    expect(done).toEqual([
      '{"namespace":"Shop","metricName":"Writes","dimensions":{"Region":"b"},"value":1}',
      'b is taking over.',
    ]);
  });

  it.each([
    ['ec2:terminateInstances', {}],
    ['rds:failoverGlobalCluster', { TargetDbClusterIdentifier: 'arn:of:another' }],
    ['autoscaling:updateAutoScalingGroup', { AutoScalingGroupName: '${a/Servers}', MinSize: 2 }],
  ])('refuses %s with %j, which it does not know', (call, parameters) => {
    expect(() => plane().service(call, parameters)).toThrow(CallUnknownError);
  });
});
