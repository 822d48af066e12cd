import { describe, expect, it } from 'vitest';
import { serverlessTier, type ServerlessTierName } from '../../../test/synthesized-serverless.ts';

const resource = (tier: ServerlessTierName, part: string, id: string) =>
  serverlessTier(tier).part(part).resources[id];
const property = (tier: ServerlessTierName, part: string, id: string, name: string): unknown =>
  resource(tier, part, id)?.Properties[name];
const dependenciesOf = (tier: ServerlessTierName, part: string): string[] =>
  serverlessTier(tier)
    .part(part)
    .stack.dependencies.map(({ stackName }) => stackName)
    .sort();

describe('the stacks of a serverless tier', () => {
  it('are deployed in order: what serves, its pages, what watches', () => {
    expect(dependenciesOf('four-nines', '')).toEqual([]);
    expect(dependenciesOf('four-nines', 'edge')).toEqual([
      'nines-four-nines-serverless',
      'nines-four-nines-serverless-firewall',
    ]);
    expect(dependenciesOf('four-nines', 'operations')).toEqual([
      'nines-four-nines-serverless',
      'nines-four-nines-serverless-edge',
    ]);
  });

  it('go through one region after the other, the table first and the edge last', () => {
    expect(dependenciesOf('five-nines', 'eu-west-1')).toEqual(['nines-five-nines-serverless-data']);
    expect(dependenciesOf('five-nines', 'eu-central-1')).toEqual(['nines-five-nines-serverless-eu-west-1']);
    expect(dependenciesOf('five-nines', 'eu-west-2')).toEqual(['nines-five-nines-serverless-eu-central-1']);
    expect(dependenciesOf('five-nines', 'global')).toEqual(
      serverlessTier('five-nines')
        .stackNames.filter((name) => !/-(data|global)$/.test(name))
        .sort(),
    );
  });
});

describe('the edge', () => {
  it.each(['two-nines', 'three-nines'] as const)(
    'of the %s tier shows pages and leads nowhere else',
    (tier) => {
      const config = property(tier, 'edge', 'StaticDistribution', 'DistributionConfig') as object;

      expect(config).not.toHaveProperty('CacheBehaviors');
      expect(config).not.toHaveProperty('WebACLId');
    },
  );

  it.each([
    ['four-nines', 'edge'],
    ['warm-standby', 'global'],
    ['five-nines', 'global'],
  ] as const)(
    'of the %s tier keeps products for a second, a failure no longer, and no order',
    (tier, part) => {
      const config = property(tier, part, 'Distribution', 'DistributionConfig') as {
        CacheBehaviors: { PathPattern: string; CachePolicyId: unknown; AllowedMethods: string[] }[];
        CustomErrorResponses: unknown[];
      };
      const [reads, ...writes] = config.CacheBehaviors;
      const policy = (reads?.CachePolicyId as { Ref: string }).Ref;

      expect(property(tier, part, policy, 'CachePolicyConfig')).toMatchObject({
        MinTTL: 1,
        DefaultTTL: 1,
        MaxTTL: 1,
      });
      expect(reads).toMatchObject({ PathPattern: '/products*', AllowedMethods: ['GET', 'HEAD', 'OPTIONS'] });
      // CloudFront's own policy that keeps nothing.
      for (const write of writes) expect(write.CachePolicyId).toBe('4135ea2d-6df8-44a3-9df3-4b5a84be39ad');
      expect(writes.map(({ PathPattern }) => PathPattern)).toEqual(['/orders*', '/order-intakes*']);
      for (const status of [500, 502, 503, 504])
        expect(config.CustomErrorResponses).toContainEqual({ ErrorCode: status, ErrorCachingMinTTL: 1 });
    },
  );

  it('has its firewall in us-east-1, for distributions', () => {
    expect(serverlessTier('four-nines').part('firewall').stack.region).toBe('us-east-1');
    expect(property('four-nines', 'firewall', 'Firewall', 'Scope')).toBe('CLOUDFRONT');
    expect(property('four-nines', 'edge', 'Distribution', 'DistributionConfig')).toMatchObject({
      WebACLId: {
        'Fn::GetStackOutput': {
          StackName: 'nines-four-nines-serverless-firewall',
          OutputName: 'FirewallArn',
          Region: 'us-east-1',
        },
      },
    });
    for (const tier of ['warm-standby', 'five-nines'] as const)
      expect(property(tier, 'global', 'Distribution', 'DistributionConfig')).toMatchObject({
        WebACLId: { 'Fn::GetAtt': ['Firewall', 'Arn'] },
      });
  });
});

describe('the table of several regions', () => {
  const replicas = (tier: ServerlessTierName): string[] =>
    (property(tier, 'data', 'Table', 'Replicas') as { Region: string }[]).map(({ Region }) => Region).sort();

  it('is in two with eventual consistency where one serves, and forgets keys by itself', () => {
    expect(replicas('warm-standby')).toEqual(['eu-central-1', 'eu-west-1']);
    expect(property('warm-standby', 'data', 'Table', 'MultiRegionConsistency')).toBeUndefined();
    expect(property('warm-standby', 'data', 'Table', 'TimeToLiveSpecification')).toEqual({
      AttributeName: 'expiresAt',
      Enabled: true,
    });
  });

  it('is in three with strong consistency where all serve, which knows no time to live', () => {
    expect(replicas('five-nines')).toEqual(['eu-central-1', 'eu-west-1', 'eu-west-2']);
    expect(property('five-nines', 'data', 'Table', 'MultiRegionConsistency')).toBe('STRONG');
    expect(property('five-nines', 'data', 'Table', 'TimeToLiveSpecification')).toBeUndefined();
  });

  it.each(['warm-standby', 'five-nines'] as const)('has the name that regions of %s know it by', (tier) => {
    expect(property(tier, 'data', 'Table', 'TableName')).toBe(`nines-${tier}-serverless`);
    expect(property(tier, 'eu-central-1', 'ReadsFunction', 'Environment')).toMatchObject({
      Variables: { TABLE_NAME: `nines-${tier}-serverless` },
    });
    expect(resource(tier, 'eu-central-1', 'Table')).toBeUndefined();
  });
});

describe('a region that stands by', () => {
  const levers = (region: string): unknown =>
    Object.values(serverlessTier('warm-standby').part(region).resources)
      .filter(({ Type }) => Type === 'AWS::AppConfig::HostedConfigurationVersion')
      .map(({ Properties }) => JSON.parse(String(Properties['Content'])) as unknown)[0];
  const ready = (region: string, settings = {}): unknown =>
    serverlessTier('warm-standby', settings).part(region).resources['OrdersLive']?.Properties[
      'ProvisionedConcurrencyConfig'
    ];

  it('is read-only and has one environment ready; the one on duty has what the peak needs', () => {
    expect(levers('eu-west-1')).toMatchObject({ 'read-only': false });
    expect(levers('eu-central-1')).toMatchObject({ 'read-only': true });
    expect(ready('eu-west-1')).toEqual({ ProvisionedConcurrentExecutions: 36 });
    expect(ready('eu-central-1')).toEqual({ ProvisionedConcurrentExecutions: 1 });
  });

  it('is the other one once that is deployed', () => {
    const settings = { activeRegion: 'eu-central-1' };

    expect(ready('eu-west-1', settings)).toEqual({ ProvisionedConcurrentExecutions: 1 });
    expect(ready('eu-central-1', settings)).toEqual({ ProvisionedConcurrentExecutions: 36 });
  });

  const workflow = (region: string, id: string) => {
    const definition = property('warm-standby', `${region}-operations`, id, 'DefinitionString');
    return JSON.stringify(definition);
  };

  it('takes over in an order: capacity, writes, traffic', () => {
    const text = workflow('eu-central-1', 'TakeOver');
    const steps = ['MakeReady1', 'MakeReady2', 'AllowWrites', 'GoOnDuty', 'SayIt'].map((name) =>
      text.indexOf(`\\"${name}\\":{`),
    );

    expect(steps.every((position) => position > 0)).toBe(true);
    expect(text).toContain('\\"StartAt\\":\\"MakeReady1\\"');
    expect(text).toMatch(/Next\\":\\"AllowWrites\\"/);
    expect(text).toContain('\\"ProvisionedConcurrentExecutions\\":36');
    expect(text).toContain('read-only\\\\\\":false');
  });

  it('steps aside in the other order: writes, what is under way, traffic', () => {
    const text = workflow('eu-central-1', 'StepAside');

    expect(text).toContain('\\"StartAt\\":\\"StopWrites\\"');
    expect(text).toContain(
      '\\"LetWritesArrive\\":{\\"Type\\":\\"Wait\\",\\"Seconds\\":30,\\"Next\\":\\"GoOffDuty\\"}',
    );
    expect(text).toContain('read-only\\\\\\":true');
  });

  it('asks nothing of another region when it changes duty', () => {
    for (const id of ['TakeOver', 'StepAside', 'DutyBeacon'])
      expect(workflow('eu-central-1', id)).not.toContain('eu-west-1');
  });

  it('moves traffic by its own alarm, which the home region has none of', () => {
    expect(property('warm-standby', 'eu-central-1-operations', 'TookOverAlarm', 'AlarmName')).toBe(
      'nines-warm-standby-serverless-eu-central-1-took-over',
    );
    expect(property('warm-standby', 'global', 'StandbyTookOver', 'HealthCheckConfig')).toMatchObject({
      AlarmIdentifier: {
        Name: 'nines-warm-standby-serverless-eu-central-1-took-over',
        Region: 'eu-central-1',
      },
    });
    expect(resource('warm-standby', 'eu-west-1-operations', 'TookOverAlarm')).toBeUndefined();
  });
});

describe('regions that all serve', () => {
  it.each([1, 2, 3])('are each found by distance as long as they answer: record %i', (number) => {
    const region = ['eu-west-1', 'eu-central-1', 'eu-west-2'][number - 1] ?? '';

    expect(
      property('five-nines', 'global', `RegionAnswers${String(number)}`, 'HealthCheckConfig'),
    ).toMatchObject({
      FullyQualifiedDomainName: `${region}.origin.shop.example.com`,
      ResourcePath: '/readyz',
      RequestInterval: 10,
      FailureThreshold: 3,
    });
    expect(resource('five-nines', 'global', `RegionRecord${String(number)}`)?.Properties).toMatchObject({
      Name: 'live.origin.shop.example.com',
      Region: region,
      TTL: '1',
      ResourceRecords: [`${region}.origin.shop.example.com`],
      HealthCheckId: { 'Fn::GetAtt': [`RegionAnswers${String(number)}`, 'HealthCheckId'] },
    });
    expect(property('five-nines', region, 'RegionName', 'DomainName')).toBe('*.origin.shop.example.com');
    expect(property('five-nines', region, 'OrdersLive', 'ProvisionedConcurrencyConfig')).toEqual({
      ProvisionedConcurrentExecutions: 36,
    });
  });

  const variables = (tier: ServerlessTierName, part: string, id: string): unknown =>
    (property(tier, part, id, 'Environment') as { Variables: Record<string, unknown> }).Variables[
      'ORDER_WRITES'
    ];

  it.each(['eu-west-1', 'eu-central-1', 'eu-west-2'])('write orders item by item: %s', (region) => {
    for (const id of ['ReadsFunction', 'OrdersFunction', 'WorkerFunction'])
      expect(variables('five-nines', region, id)).toBe('single-item');
  });

  it('alone do: where there are transactions, an order is one', () => {
    expect(variables('warm-standby', 'eu-west-1', 'OrdersFunction')).toBeUndefined();
    expect(variables('four-nines', '', 'OrdersFunction')).toBeUndefined();
  });

  it('count orders that meet at a product by themselves, since there are no transactions to count', () => {
    const alarm = (tier: ServerlessTierName) =>
      property(tier, 'eu-west-1-operations', 'TransactionConflictAlarm', 'MetricName');
    expect(alarm('five-nines')).toBe('OrdersRepeated');
    expect(alarm('warm-standby')).toBe('TransactionConflict');
  });

  it('each have what is abandoned and expired removed, every minute, and tell when nobody does', () => {
    for (const region of ['eu-west-1', 'eu-central-1', 'eu-west-2']) {
      expect(property('five-nines', region, 'Housekeeping', 'ScheduleExpression')).toBe('rate(1 minute)');
      expect(property('five-nines', region, 'Housekeeping', 'Targets')).toMatchObject([
        {
          Arn: { 'Fn::GetAtt': ['WorkerFunction', 'Arn'] },
          Input: '{"work":"housekeeping"}',
          RetryPolicy: { MaximumRetryAttempts: 0 },
        },
      ]);
      expect(resource('five-nines', `${region}-operations`, 'NoHousekeepingAlarm')?.Properties).toMatchObject(
        { Namespace: 'AWS/Events', MetricName: 'Invocations', TreatMissingData: 'breaching', Threshold: 1 },
      );
    }
    expect(resource('warm-standby', 'eu-west-1', 'Housekeeping')).toBeUndefined();
    expect(resource('warm-standby', 'eu-west-1-operations', 'NoHousekeepingAlarm')).toBeUndefined();
  });

  it('have nobody who could take over', () => {
    expect(resource('five-nines', 'eu-west-1-operations', 'TakeOver')).toBeUndefined();
    expect(resource('five-nines', 'eu-west-1-operations', 'Duty')).toBeUndefined();
  });
});
