import { App, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { createRegionNames } from './region-names.ts';
import { RegionRouting, type RegionRoutingProps } from './region-routing.ts';

function routed(options: Pick<RegionRoutingProps, 'failover' | 'readsEverywhere'>) {
  const stack = new Stack(new App(), 'global');
  const routing = new RegionRouting(stack, 'Routing', {
    names: createRegionNames({ workload: 'nines-test', domainName: 'shop.test' }),
    hostedZoneId: 'Z1',
    home: 'eu-west-1',
    standby: 'eu-central-1',
    ttl: Duration.seconds(5),
    ...options,
  });
  const { Resources } = Template.fromStack(stack).toJSON() as {
    Resources: Record<string, { Type: string; Properties: Record<string, unknown> }>;
  };
  const idOf = (check: { logicalId: string }): string => String(stack.resolve(check.logicalId));
  const configOf = (id: string): unknown => Resources[id]?.Properties['HealthCheckConfig'];
  const records = Object.values(Resources)
    .filter(({ Type }) => Type === 'AWS::Route53::RecordSet')
    .map(({ Properties }) => Properties);
  const reference = (id: string) => ({ 'Fn::GetAtt': [id, 'HealthCheckId'] });
  return { routing, idOf, configOf, records, reference };
}

describe('routing between regions', () => {
  it('asks each region for readiness every 10 s, by its own name, and gives up after three misses', () => {
    const { routing, idOf, configOf } = routed({ failover: 'decided' });
    const asked = Object.values(routing.answers).map((check) => configOf(idOf(check)));

    expect(asked).toEqual(
      ['eu-west-1.origin.shop.test', 'eu-central-1.origin.shop.test'].map((name) => ({
        Type: 'HTTPS',
        FullyQualifiedDomainName: name,
        Port: 443,
        ResourcePath: '/readyz',
        EnableSNI: true,
        RequestInterval: 10,
        FailureThreshold: 3,
      })),
    );
  });

  it('knows by the alarm of the standby region whether it has taken over, and keeps to that without news', () => {
    const { routing, idOf, configOf } = routed({ failover: 'decided' });

    expect(configOf(idOf(routing.standbyTookOver))).toEqual({
      Type: 'CLOUDWATCH_METRIC',
      AlarmIdentifier: { Name: 'nines-test-eu-central-1-took-over', Region: 'eu-central-1' },
      InsufficientDataHealthStatus: 'LastKnownStatus',
      Inverted: true,
    });
  });

  it('answers with the home region first and with the standby second, under one name', () => {
    const { routing, idOf, records, reference } = routed({ failover: 'decided' });

    expect(records).toEqual([
      {
        HostedZoneId: 'Z1',
        Name: 'origin.shop.test',
        Type: 'CNAME',
        TTL: '5',
        SetIdentifier: 'eu-west-1',
        ResourceRecords: ['eu-west-1.origin.shop.test'],
        Failover: 'PRIMARY',
        HealthCheckId: reference(idOf(routing.homeServes)),
      },
      {
        HostedZoneId: 'Z1',
        Name: 'origin.shop.test',
        Type: 'CNAME',
        TTL: '5',
        SetIdentifier: 'eu-central-1',
        ResourceRecords: ['eu-central-1.origin.shop.test'],
        Failover: 'SECONDARY',
        HealthCheckId: reference(idOf(routing.standbyServes)),
      },
    ]);
  });

  it('takes the home region out when the standby has taken over, answering or not', () => {
    const { routing, idOf, configOf } = routed({ failover: 'automatic' });
    const { ChildHealthChecks: children, HealthThreshold: needed } = configOf(idOf(routing.homeServes)) as {
      ChildHealthChecks: { 'Fn::GetAtt': [string, string] }[];
      HealthThreshold: number;
    };

    expect(needed).toBe(2);
    expect(children.map((child) => configOf(child['Fn::GetAtt'][0]))).toMatchObject([
      { FullyQualifiedDomainName: 'eu-west-1.origin.shop.test' },
      { AlarmIdentifier: { Region: 'eu-central-1' }, Inverted: false },
    ]);
  });

  it('waits for the decision where a person decides, and for nobody where it is automatic', () => {
    const neededBy = (failover: 'decided' | 'automatic') => {
      const { routing, idOf, configOf } = routed({ failover });
      return configOf(idOf(routing.standbyServes));
    };

    expect(neededBy('decided')).toMatchObject({ Type: 'CALCULATED', HealthThreshold: 2 });
    expect(neededBy('automatic')).toMatchObject({ Type: 'CALCULATED', HealthThreshold: 1 });
  });

  it('reads in the nearest region that answers, apart from writes, where reads are everywhere', () => {
    const { routing, idOf, records, reference } = routed({ failover: 'automatic', readsEverywhere: true });
    const reads = records.filter(({ Name }) => Name === 'reads.origin.shop.test');

    expect(records.map(({ Name }) => Name).filter((name) => name === 'writes.origin.shop.test')).toHaveLength(
      2,
    );
    expect(reads).toMatchObject([
      { Region: 'eu-west-1', SetIdentifier: 'eu-west-1', TTL: '5' },
      { Region: 'eu-central-1', SetIdentifier: 'eu-central-1', TTL: '5' },
    ]);
    expect(reads.map(({ HealthCheckId }) => HealthCheckId)).toEqual(
      Object.values(routing.answers).map((check) => reference(idOf(check))),
    );
  });
});
