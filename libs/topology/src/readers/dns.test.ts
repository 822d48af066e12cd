import { describe, expect, it } from 'vitest';
import { readResources, subnet } from '../../test/read-resources.ts';
import { findNodeOfKind, type DnsRecordNode, type Topology } from '../index.ts';

const balancer = {
  Type: 'AWS::ElasticLoadBalancingV2::LoadBalancer',
  Properties: { Subnets: [{ Ref: 'A' }] },
};
const record = (properties: Record<string, unknown>) => ({
  Type: 'AWS::Route53::RecordSet',
  Properties: { Name: 'shop.example.com.', Type: 'A', ...properties },
});
const toBalancer = {
  DNSName: { 'Fn::Join': ['', ['dualstack.', { 'Fn::GetAtt': ['Lb', 'DNSName'] }]] },
  HostedZoneId: { 'Fn::GetAtt': ['Lb', 'CanonicalHostedZoneID'] },
};
const check = (config: Record<string, unknown>) => ({
  Type: 'AWS::Route53::HealthCheck',
  Properties: { HealthCheckConfig: config },
});

const read = (resources: Record<string, unknown>): Topology =>
  readResources({ A: subnet('eu-west-1a'), Lb: balancer, ...resources });
const recordOf = (topology: Topology, id = 'Record'): DnsRecordNode =>
  findNodeOfKind(topology, 'dns-record', id)!;
const checkOf = (topology: Topology) => findNodeOfKind(topology, 'dns-health-check', 'Check')!;

describe('a record', () => {
  it('that is an alias has the TTL of its target and leads there', () => {
    const topology = read({ Record: record({ AliasTarget: { ...toBalancer, EvaluateTargetHealth: true } }) });
    expect(recordOf(topology)).toEqual({
      id: 'Record',
      type: 'AWS::Route53::RecordSet',
      kind: 'dns-record',
      region: 'eu-west-1',
      zones: [],
      name: 'shop.example.com',
      recordType: 'A',
      ttlSeconds: 60,
      routing: { policy: 'simple' },
      targets: ['Lb'],
      values: [],
      evaluatesTargetHealth: true,
      defaulted: [],
    });
    expect(topology.links).toEqual([{ from: 'Record', to: 'Lb', necessity: 'hard', onRequestPath: true }]);
    expect(topology.others).toEqual([]);
  });

  it('with values has a TTL of its own, and keeps the values that are no part of the template', () => {
    const topology = read({
      Record: record({
        Type: 'CNAME',
        TTL: '5',
        ResourceRecords: [{ 'Fn::GetAtt': ['Lb', 'DNSName'] }, '192.0.2.1'],
      }),
    });
    expect(recordOf(topology)).toMatchObject({
      recordType: 'CNAME',
      ttlSeconds: 5,
      targets: ['Lb'],
      values: ['192.0.2.1'],
    });
  });

  it.each([
    [{ Failover: 'PRIMARY' }, { policy: 'failover', failover: 'primary' }],
    [{ Failover: 'SECONDARY' }, { policy: 'failover', failover: 'secondary' }],
    [{ Weight: 10 }, { policy: 'weighted', weight: 10 }],
    [{ Weight: 0 }, { policy: 'weighted', weight: 0 }],
    [{ Region: 'eu-central-1' }, { policy: 'latency', region: 'eu-central-1' }],
    [{ GeoLocation: { ContinentCode: 'EU' } }, { policy: 'geolocation' }],
    [{ GeoProximityLocation: { AWSRegion: 'eu-west-1' } }, { policy: 'geoproximity' }],
    [{ MultiValueAnswer: true }, { policy: 'multivalue' }],
    [{ CidrRoutingConfig: {} }, { policy: 'cidr' }],
  ])('with %j is routed by %j, and another one may answer instead of it', (properties, routing) => {
    const topology = read({
      Record: record({ ...properties, SetIdentifier: 'first', AliasTarget: toBalancer }),
    });
    expect(recordOf(topology).routing).toEqual({ ...routing, setIdentifier: 'first' });
    expect(topology.links.map(({ necessity }) => necessity)).toEqual(['soft']);
  });

  it('names the health check that takes it out', () => {
    const topology = read({
      Record: record({ Failover: 'PRIMARY', AliasTarget: toBalancer, HealthCheckId: { Ref: 'Check' } }),
      Check: check({ Type: 'HTTPS' }),
    });
    expect(recordOf(topology).healthCheck).toBe('Check');
  });

  it('may lead to records of another name', () => {
    const topology = read({
      Record: record({ Type: 'CNAME', TTL: 1, ResourceRecords: ['api.example.com'] }),
      Api: record({ Name: 'API.Example.com.', AliasTarget: toBalancer }),
    });
    expect(recordOf(topology).targets).toEqual(['Api']);
  });

  it('that names a resource itself and no name of it leads nowhere', () => {
    const topology = read({ Record: record({ TTL: 1, ResourceRecords: [{ Ref: 'Lb' }] }) });
    expect(recordOf(topology)).toMatchObject({ targets: [], values: ['${Lb}'] });
  });

  it('is never its own answer', () => {
    const topology = read({
      Record: record({ Type: 'CNAME', TTL: 1, ResourceRecords: ['shop.example.com'] }),
    });
    expect(recordOf(topology)).toMatchObject({ targets: [], values: ['shop.example.com'] });
  });

  it('without a TTL has the one that the console proposes, named as a default', () => {
    const topology = read({ Record: record({ ResourceRecords: ['192.0.2.1'] }) });
    expect(recordOf(topology)).toMatchObject({ ttlSeconds: 300, defaulted: ['ttlSeconds'] });
  });
});

it('a group of records is read record by record, and none of it is left over', () => {
  const topology = read({
    Group: {
      Type: 'AWS::Route53::RecordSetGroup',
      Properties: {
        RecordSets: [
          { Name: 'a.example.com', Type: 'A', TTL: 1, ResourceRecords: ['192.0.2.1'] },
          { Name: 'b.example.com', Type: 'A', AliasTarget: toBalancer },
        ],
      },
    },
  });
  expect(recordOf(topology, 'Group.1').name).toBe('a.example.com');
  expect(recordOf(topology, 'Group.2').targets).toEqual(['Lb']);
  expect(topology.others).toEqual([]);
});

describe('a health check', () => {
  it('asks every 30 s and changes its mind after three answers, unless told otherwise', () => {
    expect(checkOf(read({ Check: check({ Type: 'HTTPS' }) }))).toEqual({
      id: 'Check',
      type: 'AWS::Route53::HealthCheck',
      kind: 'dns-health-check',
      region: 'eu-west-1',
      zones: [],
      checkType: 'HTTPS',
      intervalSeconds: 30,
      failureThreshold: 3,
      targets: [],
      port: 443,
      inverted: false,
      children: [],
      healthyChildren: 0,
      defaulted: ['failureThreshold', 'intervalSeconds'],
    });
  });

  it('asks a node of the template every 10 s when told so', () => {
    const config = {
      Type: 'HTTP',
      RequestInterval: 10,
      FailureThreshold: '2',
      FullyQualifiedDomainName: { 'Fn::GetAtt': ['Lb', 'DNSName'] },
      Port: 8080,
      ResourcePath: '/readyz',
      Inverted: true,
    };
    expect(checkOf(read({ Check: check(config) }))).toMatchObject({
      intervalSeconds: 10,
      failureThreshold: 2,
      targets: ['Lb'],
      host: '${Lb.DNSName}',
      port: 8080,
      path: '/readyz',
      inverted: true,
      defaulted: [],
    });
  });

  it('may count others, all of them unless told how many', () => {
    const children = [{ Ref: 'First' }, { Ref: 'Second' }];
    const resources = { First: check({ Type: 'TCP', Port: 1 }), Second: check({ Type: 'TCP', Port: 2 }) };
    const all = read({ ...resources, Check: check({ Type: 'CALCULATED', ChildHealthChecks: children }) });
    expect(checkOf(all)).toMatchObject({
      children: ['First', 'Second'],
      healthyChildren: 2,
      intervalSeconds: 0,
      failureThreshold: 0,
      defaulted: ['healthyChildren'],
    });
    const one = check({ Type: 'CALCULATED', ChildHealthChecks: children, HealthThreshold: 1 });
    expect(checkOf(read({ ...resources, Check: one })).healthyChildren).toBe(1);
  });

  it('may go by an alarm', () => {
    const topology = read({
      Check: check({ Type: 'CLOUDWATCH_METRIC', AlarmIdentifier: { Name: { Ref: 'Alarm' }, Region: 'x' } }),
      Alarm: { Type: 'AWS::CloudWatch::Alarm', Properties: {} },
    });
    expect(checkOf(topology)).toMatchObject({ targets: ['Alarm'], intervalSeconds: 0 });
  });
});
