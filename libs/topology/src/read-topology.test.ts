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

describe('the tier', () => {
  const topic = (tier: string) => ({
    Type: 'AWS::SNS::Topic',
    Properties: { Tags: [{ Key: 'nines:tier', Value: tier }] },
  });
  const tierOf = (template: unknown, metadata = {}) =>
    readTopology(template, { stackName: 'x', metadata }).tier;

  it('is what the stack tags say, before the template and its resources', () => {
    const template = { Metadata: { 'nines:tier': 'four-nines' }, Resources: { A: topic('two-nines') } };
    expect(tierOf(template, { 'nines:tier': 'three-nines' })).toBe('three-nines');
    expect(tierOf(template)).toBe('four-nines');
    expect(tierOf({ Resources: template.Resources })).toBe('two-nines');
  });

  it('is unknown when resources disagree or say nothing', () => {
    expect(tierOf({ Resources: { A: topic('two-nines'), B: topic('three-nines') } })).toBeUndefined();
    expect(tierOf({ Resources: { A: { Type: 'AWS::SNS::Topic' } } })).toBeUndefined();
  });
});

describe('the region', () => {
  it('is the given one, zones by letter', () => {
    const topology = readTopology(twoZones, { stackName: 'x', regionId: 'eu-west-1' });
    expect(topology.regions).toEqual([{ id: 'eu-west-1', zones: ['zone-a', 'zone-b'] }]);
    expect(topology.nodes.every((node) => node.region === 'eu-west-1')).toBe(true);
  });
});

describe('parameters', () => {
  it('take the values they are given', () => {
    const topology = readTopology(twoZones, {
      stackName: 'x',
      parameters: { PaymentUrl: 'https://pay.example' },
    });
    expect(findNodeOfKind(topology, 'compute-group', 'Group')?.process?.environment['PAYMENT_URL']).toBe(
      'https://pay.example',
    );
  });
});

describe('a template that cannot be read', () => {
  it.each([
    ['text', 'template-not-an-object'],
    [null, 'template-not-an-object'],
    [[], 'template-not-an-object'],
    [{}, 'template-without-resources'],
    [{ Resources: {} }, 'template-without-resources'],
    [{ Resources: [1] }, 'template-without-resources'],
  ])('%o is refused as %s, with what to do', (template, code) => {
    let thrown: unknown;
    try {
      readTopology(template, { stackName: 'shop' });
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ name: 'TopologyTemplateError', code });
    expect((thrown as Error).message).toMatch(/^The template of shop .*\. Pass .*\.$/);
  });

  it('is not one with a single odd resource: that is noted and the rest is read', () => {
    const topology = readTopology(
      {
        Resources: {
          Odd: 7,
          Bad: { Type: 'AWS::SNS::Topic', Properties: 'x' },
          B: { Type: 'AWS::S3::Bucket' },
        },
      },
      { stackName: 'shop' },
    );
    expect(topology.nodes.map((node) => node.id)).toEqual(['B']);
    expect(topology.notes).toEqual([
      { resource: 'Bad', message: 'has Properties that are not an object; read as if it had none' },
      { resource: 'Odd', message: 'is not a resource: it has no Type, and was left out' },
    ]);
  });
});
