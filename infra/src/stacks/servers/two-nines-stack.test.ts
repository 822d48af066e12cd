import { Match } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  propertyOf,
  resourcesOfType,
  type Synthesized,
  synthesize,
  userDataOf,
} from '../../../test/synthesized.ts';

const NAME = {
  domainName: 'shop.example.org',
  hostedZoneId: 'Z0123456789ABCDEFGHIJ',
  edgeCertificateArn: 'arn:aws:acm:us-east-1:111122223333:certificate/0a1b2c3d-0000-4000-8000-000000000000',
};

describe('the two-nines stack', () => {
  let synthesized: Synthesized;

  beforeAll(() => {
    synthesized = synthesize('two-nines');
  });

  const property = (logicalId: string, name: string) => propertyOf(synthesized, logicalId, name);
  const ofType = (type: string) => resourcesOfType(synthesized, type);

  it('is deployed without an account, a region or a lookup', () => {
    expect(synthesized.stack.environment).toBe('aws://unknown-account/unknown-region');
    expect(synthesized.app.synth().manifest.missing ?? []).toEqual([]);
  });

  it('has one server, never two, and replaces only a machine that is gone', () => {
    expect(synthesized.resources['Server']?.Properties).toMatchObject({
      MinSize: '1',
      MaxSize: '1',
      HealthCheckType: 'EC2',
    });
    synthesized.template.hasResource('AWS::AutoScaling::AutoScalingGroup', {
      UpdatePolicy: {
        AutoScalingRollingUpdate: { MaxBatchSize: 1, MinInstancesInService: 0, PauseTime: 'PT40M' },
      },
    });
  });

  it.each(['1', '2', '3'])('is in zone %s when that is asked for, and may be in any', (zone) => {
    const { resources } = synthesize('two-nines', { zone });
    const [{ Ref } = { Ref: '' }] = resources['Server']?.Properties['VPCZoneIdentifier'] as { Ref: string }[];

    expect(resources[Ref]?.Properties['AvailabilityZone']).toEqual({
      'Fn::Select': [Number(zone) - 1, { 'Fn::GetAZs': '' }],
    });
    expect(Object.values(resources).filter(({ Type }) => Type === 'AWS::EC2::Subnet')).toHaveLength(3);
  });

  it('pays for no way out but the server’s own', () => {
    expect(ofType('AWS::EC2::NatGateway')).toEqual([]);
    expect(ofType('AWS::ElasticLoadBalancingV2::LoadBalancer')).toEqual([]);
    expect(ofType('AWS::RDS::DBInstance')).toEqual([]);
  });

  it('admits the internet to port 80 and to nothing else', () => {
    const ingress = ofType('AWS::EC2::SecurityGroup').flatMap(
      ([, { Properties }]) => (Properties['SecurityGroupIngress'] ?? []) as object[],
    );

    expect(ingress).toEqual([expect.objectContaining({ CidrIp: '0.0.0.0/0', FromPort: 80, ToPort: 80 })]);
    expect(ofType('AWS::EC2::SecurityGroupIngress')).toEqual([]);
  });

  describe('keeps copies of its data', () => {
    it('encrypted, versioned, archived after a week, kept for 90 days', () => {
      expect(synthesized.resources['DatabaseCopies']).toMatchObject({
        DeletionPolicy: 'RetainExceptOnCreate',
        Properties: {
          VersioningConfiguration: { Status: 'Enabled' },
          LifecycleConfiguration: {
            Rules: [
              {
                ExpirationInDays: 90,
                NoncurrentVersionExpiration: { NoncurrentDays: 90 },
                Transitions: [{ StorageClass: 'GLACIER_IR', TransitionInDays: 7 }],
              },
            ],
          },
        },
      });
      expect(JSON.stringify(property('DatabaseCopies', 'BucketEncryption'))).toContain(
        '"Fn::GetAtt":["DataKey","Arn"]',
      );
    });

    it('which the server may write and read, and by no permission delete', () => {
      const actions = ofType('AWS::IAM::Policy')
        .filter(([, { Properties }]) => JSON.stringify(Properties['Roles']).includes('ServerRole'))
        .flatMap(
          ([, { Properties }]) =>
            (Properties['PolicyDocument'] as { Statement: { Action: string | string[] }[] }).Statement,
        )
        .flatMap(({ Action }) => Action);

      expect(actions.filter((action) => action.startsWith('s3:')).sort()).toEqual([
        's3:GetObject',
        's3:GetObject',
        's3:ListBucket',
        's3:PutObject',
      ]);
      synthesized.template.hasResourceProperties('AWS::S3::BucketPolicy', {
        Bucket: { Ref: 'DatabaseCopies' },
        PolicyDocument: {
          Statement: Match.arrayWith([
            Match.objectLike({
              Effect: 'Deny',
              Action: Match.arrayWith(['s3:DeleteObject', 's3:DeleteObjectVersion']),
              Principal: { AWS: { 'Fn::GetAtt': [Match.stringLikeRegexp('^ServerRole'), 'Arn'] } },
            }),
          ]),
        },
      });
    });

    it('every quarter of an hour and at the end, and tells when three are missing', () => {
      const script = userDataOf(synthesized);

      expect(script).toMatch(/units='shop-api\.service database-copy\.timer last-copy\.service /);
      expect(synthesized.resources['CopiesMissingAlarm']?.Properties).toMatchObject({
        Period: 900,
        EvaluationPeriods: 3,
        Threshold: 1,
        ComparisonOperator: 'LessThanThreshold',
        TreatMissingData: 'breaching',
      });
    });
  });

  it('begins with the newest copy, then the application, then takes over the address', () => {
    const script = userDataOf(synthesized);
    const moments = ['restore-database.sh', 'systemctl start --no-block', 'aws ec2 associate-address'].map(
      (part) => script.indexOf(part),
    );

    expect(moments.every((moment) => moment > 0)).toBe(true);
    expect(moments).toEqual([...moments].sort((a, b) => a - b));
    expect(script).toContain('COPIES_URL=s3://${DatabaseCopies}/copies');
    expect(script).not.toContain('database-password.timer');
  });

  it('can be rebuilt in any of its zones by one command', () => {
    const content = property('RebuildElsewhere', 'Content') as {
      parameters: { Subnet: { allowedValues: unknown[] } };
      mainSteps: { name: string; inputs: Record<string, unknown> }[];
    };

    expect(content.parameters.Subnet.allowedValues).toHaveLength(3);
    expect(content.mainSteps.map(({ name }) => name)).toEqual([
      'MoveTheGroup',
      'LetTheOldServerGo',
      'WaitForItsLastCopy',
      'StartTheNewServer',
      'WaitUntilItRuns',
    ]);
    expect(content.mainSteps.find(({ name }) => name === 'WaitForItsLastCopy')?.inputs).toEqual({
      Duration: 'PT3M',
    });
    // As long as readers of the template are told.
    expect(synthesized.resources['Server']).toMatchObject({
      Metadata: { 'nines:hosted-database': { copies: { lastCopySeconds: 180 } } },
    });
    for (const { inputs } of content.mainSteps.filter(({ name }) => name !== 'WaitForItsLastCopy')) {
      const names = [inputs['AutoScalingGroupName'], inputs['AutoScalingGroupNames']].flat();
      expect(names).toContainEqual({ Ref: 'Server' });
    }
  });

  describe('with a name', () => {
    it('shows the static page while the server does not answer', () => {
      const { resources } = synthesize('two-nines', NAME);

      expect(resources['ServerRecord']?.Properties).toMatchObject({
        Failover: 'PRIMARY',
        TTL: '60',
        ResourceRecords: [{ 'Fn::GetAtt': ['ServerAddress', 'PublicIp'] }],
        HealthCheckId: { 'Fn::GetAtt': ['SiteHealthCheck', 'HealthCheckId'] },
      });
      expect(resources['SiteHealthCheck']?.Properties['HealthCheckConfig']).toMatchObject({
        Port: 80,
        RequestInterval: 30,
        FailureThreshold: 3,
      });
      expect(resources['StaticPageRecord']?.Properties).toMatchObject({
        Failover: 'SECONDARY',
        AliasTarget: { DNSName: { 'Fn::GetAtt': ['StaticDistribution', 'DomainName'] } },
      });
      expect(resources['StaticDistribution']?.Properties['DistributionConfig']).toMatchObject({
        Aliases: ['shop.example.org'],
      });
    });

    it('needs none: there are no records without one', () => {
      expect(ofType('AWS::Route53::RecordSet')).toEqual([]);
    });
  });

  describe('burns its error budget, as a customer from outside sees it,', () => {
    it.each([
      // Percent of the looks: the rate times the budget of 1%.
      ['Fast', 14.4, 3_600, 300],
      ['Slow', 6, 21_600, 1_800],
      ['Trickle', 3, 86_400, 7_200],
    ])('and somebody is told when it goes %s', (id, threshold, longSeconds, shortSeconds) => {
      for (const [window, seconds] of [
        ['Long', longSeconds],
        ['Short', shortSeconds],
      ] as const) {
        expect(synthesized.resources[`${id}${window}Condition`]?.Properties).toMatchObject({
          Threshold: threshold,
          ComparisonOperator: 'GreaterThanThreshold',
          EvaluationPeriods: 1,
          Metrics: [
            { Expression: '100 - succeeded' },
            {
              MetricStat: {
                Metric: { Namespace: 'CloudWatchSynthetics', MetricName: 'SuccessPercent' },
                Period: seconds,
                Stat: 'Average',
              },
            },
          ],
        });
      }
      expect(synthesized.resources[`BudgetBurn${id}Alarm`]?.Properties).toHaveProperty('AlarmActions');
    });
  });
});
