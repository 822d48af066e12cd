import { beforeAll, describe, expect, it } from 'vitest';
import { serverlessParts } from '../../test/synthesized-serverless.ts';
import {
  ALL_REGION_TIERS,
  type Resource,
  synthesize,
  synthesizeRegions,
  TIERS,
} from '../../test/synthesized.ts';

type Resources = Readonly<Record<string, Resource>>;

describe('a quota that healing or recovery would need', () => {
  let resources: Resources;

  beforeAll(() => {
    resources = Object.assign(
      {},
      synthesize('three-nines').resources,
      ...serverlessParts('three-nines').map((part) => part.resources),
    ) as Resources;
  });

  it.each([
    ['VcpuQuotaAlarm', 'EC2', 'vCPU', 'Standard/OnDemand'],
    ['ServerGroupQuotaAlarm', 'AutoScaling', 'NumberOfAutoScalingGroup', 'None'],
    ['LoadBalancerQuotaAlarm', 'Elastic Load Balancing', 'ApplicationLoadBalancersPerRegion', 'None'],
    ['ConcurrencyQuotaAlarm', 'Lambda', 'ConcurrentExecutions', 'None'],
  ])(
    'is watched by %s from four fifths on, against what this account may have',
    (id, service, resource, type) => {
      expect(resources[id]?.Properties).toMatchObject({
        ComparisonOperator: 'GreaterThanThreshold',
        Threshold: 80,
        EvaluationPeriods: 3,
        TreatMissingData: 'notBreaching',
        AlarmActions: [expect.anything()],
        Metrics: [
          { Expression: '100 * used / SERVICE_QUOTA(used)' },
          {
            Id: 'used',
            MetricStat: {
              Metric: {
                Namespace: 'AWS/Usage',
                MetricName: 'ResourceCount',
                Dimensions: expect.arrayContaining([
                  { Name: 'Service', Value: service },
                  { Name: 'Type', Value: 'Resource' },
                  { Name: 'Resource', Value: resource },
                  { Name: 'Class', Value: type },
                ]),
              },
              Period: 300,
              Stat: 'Maximum',
            },
          },
        ],
      });
    },
  );

  it('is watched in every stack that has servers', () => {
    const stacks = [
      ...TIERS.map((tier) => synthesize(tier)),
      ...ALL_REGION_TIERS.flatMap((tier) => Object.values(synthesizeRegions(tier).parts)),
    ].filter((stack) =>
      Object.values(stack.resources).some(({ Type }) => Type === 'AWS::AutoScaling::AutoScalingGroup'),
    );

    expect(stacks).toHaveLength(7);
    for (const stack of stacks) {
      expect(Object.keys(stack.resources)).toEqual(
        expect.arrayContaining(['VcpuQuotaAlarm', 'ServerGroupQuotaAlarm']),
      );
    }
  });

  it('is what the account allows a table, for reads and writes alike, as capacity a second', () => {
    expect(resources['TableLimitAlarm']?.Properties).toMatchObject({
      Threshold: 80,
      ComparisonOperator: 'GreaterThanThreshold',
      Metrics: expect.arrayContaining([
        expect.objectContaining({
          Expression:
            '100 * MAX([FILL(reads, 0) / PERIOD(reads) / readsLimit, FILL(writes, 0) / PERIOD(writes) / writesLimit])',
        }),
        expect.objectContaining({
          Id: 'writesLimit',
          MetricStat: {
            // Without dimensions: the limit is the account's.
            Metric: { Namespace: 'AWS/DynamoDB', MetricName: 'AccountMaxTableLevelWrites' },
            Period: 300,
            Stat: 'Maximum',
          },
        }),
        expect.objectContaining({
          Id: 'reads',
          MetricStat: expect.objectContaining({
            Metric: expect.objectContaining({ MetricName: 'ConsumedReadCapacityUnits' }),
            Stat: 'Sum',
          }),
        }),
      ]),
    });
  });
});
