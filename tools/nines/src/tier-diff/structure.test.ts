import { readTopology } from '@nines/topology';
import { expect, it } from 'vitest';
import { structureOf } from './structure.ts';

const subnet = (zone: string) => ({ Type: 'AWS::EC2::Subnet', Properties: { AvailabilityZone: zone } });
const group = (name: string) => ({
  Type: 'AWS::AutoScaling::AutoScalingGroup',
  Properties: {
    MinSize: 2,
    MaxSize: 4,
    VPCZoneIdentifier: [{ Ref: name }],
    LaunchTemplate: { LaunchTemplateId: { Ref: 'T' } },
    TargetGroupARNs: [{ Ref: 'Targets' }],
  },
});

const TEMPLATE = {
  Resources: {
    A: subnet('eu-west-1a'),
    B: subnet('eu-west-1b'),
    T: {
      Type: 'AWS::EC2::LaunchTemplate',
      Properties: { LaunchTemplateData: { InstanceType: 't4g.small' } },
    },
    GroupA: group('A'),
    GroupB: group('B'),
    Balancer: {
      Type: 'AWS::ElasticLoadBalancingV2::LoadBalancer',
      Properties: { Scheme: 'internal', Subnets: [{ Ref: 'A' }, { Ref: 'B' }] },
    },
    Listener: {
      Type: 'AWS::ElasticLoadBalancingV2::Listener',
      Properties: {
        LoadBalancerArn: { Ref: 'Balancer' },
        DefaultActions: [{ TargetGroupArn: { Ref: 'Targets' } }],
      },
    },
    Targets: {
      Type: 'AWS::ElasticLoadBalancingV2::TargetGroup',
      Properties: {
        HealthCheckPath: '/readyz',
        HealthCheckIntervalSeconds: 5,
        HealthCheckTimeoutSeconds: 2,
        UnhealthyThresholdCount: 2,
        TargetGroupAttributes: [{ Key: 'deregistration_delay.timeout_seconds', Value: '20' }],
      },
    },
    Database: {
      Type: 'AWS::RDS::DBInstance',
      Properties: { Engine: 'postgres', BackupRetentionPeriod: 14, AvailabilityZone: 'eu-west-1a' },
    },
    Told: { Type: 'AWS::CloudWatch::Alarm', Properties: { AlarmActions: ['x'] } },
    Untold: { Type: 'AWS::CloudWatch::Alarm', Properties: {} },
  },
};

it('names what decides in a failure, and leaves out what a tier does not have', () => {
  expect(Object.fromEntries(structureOf(readTopology(TEMPLATE, { stackName: 'x' })))).toEqual({
    place: '1 region of 2 zones',
    'load balancer': 'private',
    // Two missed checks five seconds apart, and the second one's two seconds.
    'health check': '/readyz every 5 s, out after 2 misses (at most 12 s)',
    draining: '20 s',
    servers: '2 x 2 to 4 t4g.small in 1 zone',
    database: 'postgres in 1 zone, nothing takes over',
    'copies of data': 'any moment of the last 14 days',
    alarms: '2, 1 tell somebody',
  });
});
