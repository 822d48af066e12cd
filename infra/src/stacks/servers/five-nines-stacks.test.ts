import { beforeAll, describe, expect, it } from 'vitest';
import { type Resource, type Synthesized, synthesizeRegions, userDataOf } from '../../../test/synthesized.ts';

describe('the five-nines stacks', () => {
  let home: Synthesized;
  let standby: Synthesized;
  let global: Synthesized;

  beforeAll(() => {
    ({ home, standby, global } = synthesizeRegions('five-nines').parts);
  });

  const ofType = ({ resources }: Synthesized, type: string): Resource[] =>
    Object.values(resources).filter(({ Type }) => Type === type);
  const originOf = (path: string): string => {
    const { CacheBehaviors: behaviors, Origins: origins } = global.resources['Distribution']?.Properties[
      'DistributionConfig'
    ] as {
      readonly CacheBehaviors: readonly { readonly PathPattern: string; readonly TargetOriginId: string }[];
      readonly Origins: readonly { readonly Id: string; readonly DomainName: string }[];
    };
    const id = behaviors.find(({ PathPattern }) => PathPattern === path)?.TargetOriginId;
    return origins.find(({ Id }) => Id === id)?.DomainName ?? '';
  };

  it('have the full size in every region: two servers and an instance of the database in each zone', () => {
    for (const region of [home, standby]) {
      for (const zone of ['ServersZone1', 'ServersZone2', 'ServersZone3'])
        expect(region.resources[zone]?.Properties).toMatchObject({ MinSize: '2', MaxSize: '4' });
      expect(ofType(region, 'AWS::RDS::DBInstance')).toHaveLength(3);
    }
  });

  it('bring the schema up to date in one region only', () => {
    expect(userDataOf(home, 'ServerLaunchTemplateZone1')).toContain('MIGRATE_ON_START=true');
    expect(userDataOf(standby, 'ServerLaunchTemplateZone1')).toContain('MIGRATE_ON_START=false');
  });

  it('read from the replicas of their own region', () => {
    for (const region of [home, standby])
      expect(userDataOf(region, 'ServerLaunchTemplateZone1')).toContain(
        'DATABASE_READ_HOST=${Database.ReadEndpoint.Address}',
      );
  });

  it('burn alarms at the budget of five nines', () => {
    // 0.001% may fail; 14.4 times that is 0.0144%.
    expect(home.resources['FastLongCondition']?.Properties).toMatchObject({ Threshold: 0.0144 });
  });

  describe('lead users', () => {
    it('to the nearest region that answers for products, asked for again after a second', () => {
      expect(originOf('/products*')).toBe('reads.origin.shop.example.com');
      for (const [record, region, check] of [
        ['ReadRecord1', 'eu-west-1', 'HomeAnswers'],
        ['ReadRecord2', 'eu-central-1', 'StandbyAnswers'],
      ] as const)
        expect(global.resources[record]?.Properties).toMatchObject({
          Name: 'reads.origin.shop.example.com',
          Region: region,
          TTL: '1',
          ResourceRecords: [`${region}.origin.shop.example.com`],
          HealthCheckId: { 'Fn::GetAtt': [check, 'HealthCheckId'] },
        });
    });

    it('to the region that writes for orders, and to the other one as soon as that does not answer', () => {
      expect(originOf('/orders*')).toBe('writes.origin.shop.example.com');
      expect(global.resources['HomeRecord']?.Properties).toMatchObject({
        Name: 'writes.origin.shop.example.com',
        Failover: 'PRIMARY',
        TTL: '1',
      });
      expect(global.resources['StandbyServes']?.Properties).toMatchObject({
        HealthCheckConfig: {
          HealthThreshold: 1,
          ChildHealthChecks: [{ 'Fn::GetAtt': ['StandbyAnswers', 'HealthCheckId'] }],
        },
      });
    });

    it('never back to a region whose database no longer writes, though it answers again', () => {
      const { HealthCheckConfig: config } = global.resources['HomeServes']?.Properties as {
        readonly HealthCheckConfig: {
          readonly HealthThreshold: number;
          readonly ChildHealthChecks: readonly { readonly 'Fn::GetAtt': readonly [string, string] }[];
        };
      };
      const [, notTakenOver] = config.ChildHealthChecks;

      expect(config.HealthThreshold).toBe(2);
      expect(global.resources[notTakenOver?.['Fn::GetAtt'][0] ?? '']?.Properties).toMatchObject({
        HealthCheckConfig: {
          AlarmIdentifier: { Name: 'nines-five-nines-eu-central-1-took-over', Region: 'eu-central-1' },
          Inverted: false,
        },
      });
    });
  });

  describe('take over without anybody', () => {
    it('each watching the other, by its own name', () => {
      for (const [region, other] of [
        [home, 'eu-central-1'],
        [standby, 'eu-west-1'],
      ] as const)
        expect(region.resources['RegionWatch']?.Properties).toMatchObject({
          Environment: {
            Variables: {
              OTHER_REGION: other,
              READINESS_URL: `https://${other}.origin.shop.example.com/readyz`,
              VERDICT_NAME: `${other}.verdict.shop.example.com`,
              METRIC_NAMESPACE: 'Nines/nines-five-nines',
            },
          },
        });
    });

    it('after three looks in ten seconds each that found it lost, and not for want of a look', () => {
      for (const region of [home, standby])
        expect(region.resources['OtherRegionLostAlarm']?.Properties).toMatchObject({
          MetricName: 'Lost',
          Period: 10,
          EvaluationPeriods: 3,
          DatapointsToAlarm: 3,
          Statistic: 'Minimum',
          TreatMissingData: 'notBreaching',
        });
    });

    it('by an event of that alarm that starts the workflow of the region that saw it', () => {
      for (const region of [home, standby]) {
        expect(region.resources['TakeOverStart']?.Properties).toMatchObject({
          EventPattern: {
            source: ['aws.cloudwatch'],
            resources: [{ 'Fn::GetAtt': ['OtherRegionLostAlarm', 'Arn'] }],
            detail: { state: { value: ['ALARM'] } },
          },
          Targets: [{ Arn: { Ref: 'TakeOver' } }],
        });
      }
    });

    it('asking the world by DNS: answers as long as the checkers reach the region, else lost', () => {
      const verdicts = ofType(global, 'AWS::Route53::RecordSet').filter(
        ({ Properties }) => Properties['Type'] === 'TXT',
      );

      expect(
        verdicts.map(({ Properties: { Name, Failover, ResourceRecords } }) => [
          Name,
          Failover,
          ResourceRecords,
        ]),
      ).toEqual([
        ['eu-west-1.verdict.shop.example.com', 'PRIMARY', ['"answers"']],
        ['eu-west-1.verdict.shop.example.com', 'SECONDARY', ['"lost"']],
        ['eu-central-1.verdict.shop.example.com', 'PRIMARY', ['"answers"']],
        ['eu-central-1.verdict.shop.example.com', 'SECONDARY', ['"lost"']],
      ]);
    });
  });
});
