import { beforeAll, describe, expect, it } from 'vitest';
import {
  propertyOf,
  resourcesOfType,
  type Synthesized,
  synthesize,
  userDataOf,
} from '../../../test/synthesized.ts';
import { serversPerZone } from './three-zones.ts';

const ZONES = [1, 2, 3];
const zoneName = (index: number) => ({ 'Fn::Select': [index, { 'Fn::GetAZs': '' }] });

describe('the size of a zone', () => {
  it.each([
    // Peak, rating, servers: two zones carry the peak at 70% of the rating each.
    [250, 100, 2],
    [280, 100, 2],
    [281, 100, 3],
    [1_400, 100, 10],
    [1, 100, 1],
    [100_000, 1_000, 72],
  ])('for a peak of %d requests/s at %d a server is %d servers', (peakRps, ratedRps, servers) => {
    expect(serversPerZone({ peakRps, ratedRps })).toBe(servers);
  });
});

describe('the four-nines stack', () => {
  let synthesized: Synthesized;

  beforeAll(() => {
    synthesized = synthesize('four-nines', { alertEmail: 'team@shop.test' });
  });

  const property = (logicalId: string, name: string) => propertyOf(synthesized, logicalId, name);
  const ofType = (type: string) => resourcesOfType(synthesized, type);

  it('says what it is, and what it is sized for', () => {
    expect(synthesized.template.toJSON()['Metadata']).toMatchObject({
      'nines:tier': 'four-nines',
      'nines:flavour': 'servers',
      'nines:peak-rps': 250,
    });
  });

  it('is deployed without an account, a region or a lookup', () => {
    expect(synthesized.stack.environment).toBe('aws://unknown-account/unknown-region');
    expect(synthesized.app.synth().manifest.missing ?? []).toEqual([]);
  });

  describe('is statically stable', () => {
    it('with a subnet of each kind and a NAT gateway in each of three zones', () => {
      expect(ofType('AWS::EC2::Subnet')).toHaveLength(9);
      expect(ofType('AWS::EC2::NatGateway')).toHaveLength(3);
    });

    it.each(ZONES)('with half of the peak in zone %d, which grows to twice that', (zone) => {
      expect(synthesized.resources[`ServersZone${String(zone)}`]?.Properties).toMatchObject({
        MinSize: '2',
        MaxSize: '4',
        HealthCheckType: 'ELB',
        TargetGroupARNs: [{ Ref: 'ServerTargets' }],
      });
      const subnets = property(`ServersZone${String(zone)}`, 'VPCZoneIdentifier') as { Ref: string }[];
      expect(subnets.map(({ Ref }) => property(Ref, 'AvailabilityZone'))).toEqual([zoneName(zone - 1)]);
    });

    it.each(ZONES)('with an instance of the database in zone %d', (zone) => {
      expect(synthesized.resources[`DatabaseZone${String(zone)}`]?.Properties).toMatchObject({
        AvailabilityZone: zoneName(zone - 1),
        DBClusterIdentifier: { Ref: 'Database' },
        DBInstanceClass: 'db.r7g.large',
        PubliclyAccessible: false,
      });
    });

    it('with AWS leaving an impaired zone, and practising it while nothing else is wrong', () => {
      expect(synthesized.resources['ZoneAutoshift']?.Properties).toMatchObject({
        ResourceIdentifier: { Ref: 'LoadBalancer' },
        ZonalAutoshiftStatus: 'ENABLED',
        PracticeRunConfiguration: {
          OutcomeAlarms: [{ Type: 'CLOUDWATCH', AlarmIdentifier: { 'Fn::GetAtt': ['ErrorAlarm', 'Arn'] } }],
          BlockingAlarms: [
            { Type: 'CLOUDWATCH', AlarmIdentifier: { 'Fn::GetAtt': ['UnreadyServerAlarm', 'Arn'] } },
          ],
        },
      });
      expect(property('LoadBalancer', 'LoadBalancerAttributes')).toContainEqual({
        Key: 'zonal_shift.config.enabled',
        Value: 'true',
      });
    });
  });

  describe('has the edge in front', () => {
    it('and no way around it: nothing in the network admits the internet', () => {
      expect(property('LoadBalancer', 'Scheme')).toBe('internal');
      const groups = ofType('AWS::EC2::SecurityGroup').flatMap(
        ([, { Properties }]) => (Properties['SecurityGroupIngress'] ?? []) as { CidrIp?: string }[],
      );
      const rules = ofType('AWS::EC2::SecurityGroupIngress').map(([, { Properties }]) => Properties);
      const ranges = [...groups, ...rules].flatMap((rule) => ('CidrIp' in rule ? [rule['CidrIp']] : []));
      expect(ranges).toEqual(['10.39.0.0/16']);
    });

    it('for the API by its paths, uncached, with every method; for the rest from S3', () => {
      const { CacheBehaviors: behaviors, Origins: origins } = property(
        'Distribution',
        'DistributionConfig',
      ) as {
        CacheBehaviors: { PathPattern: string }[];
        Origins: Record<string, unknown>[];
      };
      const paths = behaviors.map(({ PathPattern }) => PathPattern);
      expect(paths).toEqual(['/products*', '/orders*', '/order-intakes*']);
      for (const behavior of behaviors) {
        expect(behavior).toMatchObject({
          // CachingDisabled and AllViewerExceptHostHeader, as CloudFront names them.
          CachePolicyId: '4135ea2d-6df8-44a3-9df3-4b5a84be39ad',
          OriginRequestPolicyId: 'b689b0a8-53d0-40ab-baf2-68738e2966ac',
          ViewerProtocolPolicy: 'https-only',
          AllowedMethods: ['GET', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'POST', 'DELETE'],
        });
      }
      expect(origins.find((origin) => 'VpcOriginConfig' in origin)).toMatchObject({
        ConnectionAttempts: 2,
        ConnectionTimeout: 2,
        VpcOriginConfig: { OriginReadTimeout: 12, OriginKeepaliveTimeout: 25 },
      });
    });

    it('and a firewall that counts by the address that the edge saw', () => {
      const [rate, ...managed] = property('Firewall', 'Rules') as Record<string, unknown>[];
      expect(property('Firewall', 'Scope')).toBe('REGIONAL');
      expect(rate).toMatchObject({
        Action: { Block: { CustomResponse: { ResponseCode: 429 } } },
        Statement: {
          RateBasedStatement: {
            Limit: 3000,
            EvaluationWindowSec: 60,
            AggregateKeyType: 'FORWARDED_IP',
            ForwardedIPConfig: { HeaderName: 'x-client-address' },
          },
        },
      });
      expect(managed.map(({ Name }) => Name)).toEqual([
        'AWSManagedRulesAmazonIpReputationList',
        'AWSManagedRulesKnownBadInputsRuleSet',
        'AWSManagedRulesCommonRuleSet',
      ]);
      synthesized.template.hasResourceProperties('AWS::WAFv2::WebACLAssociation', {
        ResourceArn: { Ref: 'LoadBalancer' },
      });
      const [[, edgeFunction] = []] = ofType('AWS::CloudFront::Function');
      expect(edgeFunction?.Properties['FunctionCode']).toContain(
        "request.headers['x-client-address'] = { value: event.viewer.ip };",
      );
    });
  });

  it('does not take its own load test for an attack, where it is told where that comes from', () => {
    const { resources } = synthesize('four-nines', { loadTestCidr: '203.0.113.7/32' });
    const [rate] = resources['Firewall']?.Properties['Rules'] as unknown[];

    expect(rate).toMatchObject({
      Statement: {
        RateBasedStatement: {
          ScopeDownStatement: {
            NotStatement: {
              Statement: {
                IPSetReferenceStatement: { IPSetForwardedIPConfig: { HeaderName: 'x-client-address' } },
              },
            },
          },
        },
      },
    });
    expect(
      Object.values(resources).find(({ Type }) => Type === 'AWS::WAFv2::IPSet')?.Properties,
    ).toMatchObject({
      Addresses: ['203.0.113.7/32'],
    });
  });

  describe('keeps its data', () => {
    it('on Aurora, encrypted by a key of its own, with a password that RDS makes', () => {
      expect(synthesized.resources['Database']?.Properties).toMatchObject({
        Engine: 'aurora-postgresql',
        EngineVersion: '17.7',
        StorageEncrypted: true,
        KmsKeyId: { 'Fn::GetAtt': ['DataKey', 'Arn'] },
        ManageMasterUserPassword: true,
        BackupRetentionPeriod: 35,
        DeletionProtection: true,
        DeleteAutomatedBackups: false,
      });
      expect(synthesized.resources['Database']?.DeletionPolicy).toBe('Snapshot');
    });

    it('over TLS only', () => {
      synthesized.template.hasResourceProperties('AWS::RDS::DBClusterParameterGroup', {
        Family: 'aurora-postgresql17',
        Parameters: { 'rds.force_ssl': '1' },
      });
    });

    it('with two to five readers, by their CPU', () => {
      expect(synthesized.resources['DatabaseReaders']?.Properties).toMatchObject({
        MinCapacity: 2,
        MaxCapacity: 5,
        ScalableDimension: 'rds:cluster:ReadReplicaCount',
      });
      expect(property('DatabaseReaderScaling', 'TargetTrackingScalingPolicyConfiguration')).toEqual({
        PredefinedMetricSpecification: { PredefinedMetricType: 'RDSReaderAverageCPUUtilization' },
        TargetValue: 60,
      });
    });

    it('in copies that are restored every week, where nobody can reach them', () => {
      expect(synthesized.resources['RestoreTestPlan']?.Properties).toMatchObject({
        ScheduleExpression: 'cron(0 8 ? * MON *)',
        RecoveryPointSelection: {
          IncludeVaults: [{ 'Fn::GetAtt': ['BackupVault', 'BackupVaultArn'] }],
          SelectionWindowDays: 7,
        },
      });
      const overrides = JSON.stringify(property('RestoreTestSelection', 'RestoreMetadataOverrides'));
      const [, group] = /"Fn::GetAtt":\["(\w+)","GroupId"\]/.exec(overrides) ?? [];
      expect(group).toMatch(/^RestoreTestSecurityGroup/);
      expect(property(group ?? '', 'SecurityGroupIngress')).toBeUndefined();
    });
  });

  describe('tells its servers', () => {
    it('where to write and where to read', () => {
      const script = userDataOf(synthesized, 'ServerLaunchTemplateZone2');
      expect(script).toContain('Environment=DATABASE_HOST=${Database.Endpoint.Address}\n');
      expect(script).toContain('Environment=DATABASE_READ_HOST=${Database.ReadEndpoint.Address}\n');
      expect(script).toContain('Environment=LEVERS_FILE=/run/shop-api-levers/levers.json\n');
    });

    it('whom to signal: each its own group', () => {
      for (const zone of ZONES)
        expect(userDataOf(synthesized, `ServerLaunchTemplateZone${String(zone)}`)).toContain(
          `--resource ServersZone${String(zone)} `,
        );
    });
  });

  describe('releases', () => {
    it('one zone after the other, one server at a time', () => {
      expect(synthesized.resources['ServersZone2']?.DependsOn).toContain('ServersZone1');
      expect(synthesized.resources['ServersZone3']?.DependsOn).toContain('ServersZone2');
      for (const zone of ZONES) {
        synthesized.template.hasResource('AWS::AutoScaling::AutoScalingGroup', {
          Properties: {
            MinSize: '2',
            VPCZoneIdentifier: property(`ServersZone${String(zone)}`, 'VPCZoneIdentifier'),
          },
          UpdatePolicy: {
            AutoScalingRollingUpdate: {
              MaxBatchSize: 1,
              MinInstancesInService: 2,
              WaitOnResourceSignals: true,
            },
          },
        });
      }
    });

    it('that each new server watches for three minutes and refuses when an alarm goes off', () => {
      expect(userDataOf(synthesized, 'ServerLaunchTemplateZone1')).toContain(
        "then sleep 20; RELEASE_STACK='nines-four-nines' RELEASE_ALARMS='${ReleaseErrorAlarm} ${ReleaseLatencyAlarm}' RELEASE_WATCH_SECONDS=180 /opt/shop-api/server/release-check.sh; exit 0; fi",
      );
      expect(synthesized.resources['ReleaseErrorAlarm']?.Properties).toMatchObject({
        Threshold: 0.5,
        EvaluationPeriods: 1,
      });
    });
  });

  describe('grants the servers', () => {
    it('nothing but what they need', () => {
      const actions = ofType('AWS::IAM::Policy')
        .filter(([, { Properties }]) => JSON.stringify(Properties['Roles']).includes('ServersZone1Role'))
        .flatMap(
          ([, { Properties }]) =>
            (Properties['PolicyDocument'] as { Statement: { Action: string | string[] }[] }).Statement,
        )
        .flatMap(({ Action }) => Action);

      expect(actions.sort()).toEqual([
        'appconfig:GetLatestConfiguration',
        'appconfig:StartConfigurationSession',
        'cloudformation:DescribeStacks',
        'cloudformation:SignalResource',
        'cloudwatch:DescribeAlarms',
        'kms:Decrypt',
        'logs:CreateLogStream',
        'logs:DescribeLogStreams',
        'logs:PutLogEvents',
        's3:GetObject',
        'secretsmanager:GetSecretValue',
        'secretsmanager:GetSecretValue',
        'ssm:GetParameter',
        'ssm:UpdateInstanceInformation',
        'ssmmessages:CreateControlChannel',
        'ssmmessages:CreateDataChannel',
        'ssmmessages:OpenControlChannel',
        'ssmmessages:OpenDataChannel',
        'sts:AssumeRole',
      ]);
    });

    it('and hands on to the application no more than keeping orders and fetching them, to nobody else', () => {
      const own = ofType('AWS::IAM::Policy').filter(([, { Properties }]) =>
        JSON.stringify(Properties['Roles']).includes('"IntakeRole"'),
      );
      const statements = own.flatMap(
        ([, { Properties }]) => (Properties['PolicyDocument'] as { Statement: unknown[] }).Statement,
      );
      expect(statements).toEqual([
        {
          Sid: 'KeepAndFetchOrders',
          Effect: 'Allow',
          Action: ['sqs:DeleteMessage', 'sqs:ReceiveMessage', 'sqs:SendMessage'],
          Resource: { 'Fn::GetAtt': ['IntakeQueue', 'Arn'] },
        },
      ]);
      const trust = property('IntakeRole', 'AssumeRolePolicyDocument') as { Statement: unknown[] };
      expect(trust.Statement).toEqual([
        {
          Effect: 'Allow',
          Action: 'sts:AssumeRole',
          Principal: { AWS: { 'Fn::GetAtt': [expect.stringMatching(/^ServersZone1Role/), 'Arn'] } },
        },
      ]);
    });
  });

  describe('keeps orders that the database refuses', () => {
    it('for two weeks, hidden for half a minute once they are fetched, and puts them aside for people', () => {
      expect(synthesized.resources['IntakeQueue']?.Properties).toMatchObject({
        SqsManagedSseEnabled: true,
        MessageRetentionPeriod: 1_209_600,
        VisibilityTimeout: 30,
        RedrivePolicy: {
          deadLetterTargetArn: { 'Fn::GetAtt': ['IntakeDeadLetterQueue', 'Arn'] },
          maxReceiveCount: 1_000,
        },
      });
      // Nobody elsewhere has to know it.
      expect(synthesized.resources['IntakeQueue']?.Properties).not.toHaveProperty('QueueName');
      expect(synthesized.resources['IntakeDeadLetterQueue']?.Properties).toMatchObject({
        SqsManagedSseEnabled: true,
        MessageRetentionPeriod: 1_209_600,
      });
    });

    it('over TLS only', () => {
      const policies = ofType('AWS::SQS::QueuePolicy').map(([, { Properties }]) =>
        JSON.stringify(Properties),
      );
      expect(policies).toHaveLength(2);
      for (const policy of policies)
        expect(policy).toContain('"Condition":{"Bool":{"aws:SecureTransport":"false"}},"Effect":"Deny"');
    });

    it('in a queue that the unit of every server names, with credentials that are fetched for it', () => {
      for (const zone of [1, 2, 3]) {
        const userData = userDataOf(synthesized, `ServerLaunchTemplateZone${String(zone)}`);
        expect(userData).toContain('Environment=ORDER_INTAKE_QUEUE_URL=${IntakeQueue}\n');
        expect(userData).not.toContain('ORDER_INTAKE_OTHER_QUEUES');
        expect(userData).toContain('Environment=AWS_CONFIG_FILE=/opt/shop-api/server/aws-config\n');
        expect(userData).toContain('QUEUE_ROLE=${IntakeRole.Arn}');
        expect(userData).toMatch(/^units='.* queue-credentials\.timer'$/m);
      }
    });
  });

  describe('tells somebody', () => {
    it('of every alarm that is no part of another, when it starts and when it ends, with a playbook', () => {
      const alarms = [...ofType('AWS::CloudWatch::Alarm'), ...ofType('AWS::CloudWatch::CompositeAlarm')];
      const rules = JSON.stringify(ofType('AWS::CloudWatch::CompositeAlarm'));
      const alerting = alarms.filter(([id]) => !rules.includes(`["${id}","Arn"]`));

      expect(alarms).toHaveLength(49);
      expect(alerting).toHaveLength(34);
      for (const [, { Properties }] of alerting) {
        expect(Properties).toMatchObject({
          AlarmActions: [{ Ref: 'AlertTopic' }],
          OKActions: [{ Ref: 'AlertTopic' }],
        });
        expect(Properties['AlarmDescription']).toMatch(/^[0-9A-Z].+ Playbook: docs\/playbooks\/[a-z-]+\.md$/);
      }
    });

    it.each([
      // Percent of requests: the budget of 0.01% times the rate, over both windows.
      ['FastLongCondition', 0.144, 3_600],
      ['FastShortCondition', 0.144, 300],
      ['SlowLongCondition', 0.06, 21_600],
      ['SlowShortCondition', 0.06, 1_800],
      ['TrickleLongCondition', 0.03, 86_400],
      ['TrickleShortCondition', 0.03, 7_200],
    ])('of a budget that burns: %s', (id, threshold, period) => {
      expect(synthesized.resources[id]?.Properties).toMatchObject({
        Threshold: threshold,
        EvaluationPeriods: 1,
      });
      const metrics = property(id, 'Metrics') as { MetricStat?: { Period: number } }[];
      expect(metrics.flatMap(({ MetricStat }) => MetricStat?.Period ?? [])).toEqual([period, period, period]);
    });

    it('of a zone that is worse than the others, and not of trouble that all share', () => {
      const expressions = ['Zone1FailingCondition', 'Zone1UnreadyCondition'].map((id) =>
        (property(id, 'Metrics') as { Expression?: string }[]).flatMap(({ Expression }) => Expression ?? []),
      );
      expect(expressions).toEqual([
        [
          'IF(FILL(own, 0) >= 20 AND FILL(own, 0) > 3 * FILL(other1, 0) AND FILL(own, 0) > 3 * FILL(other2, 0), 1, 0)',
        ],
        ['IF(FILL(own, 0) >= 2 AND FILL(other1, 0) < 1 AND FILL(other2, 0) < 1, 1, 0)'],
      ]);
      synthesized.template.hasResourceProperties('AWS::Logs::MetricFilter', {
        LogGroupName: { Ref: 'ServerLogs' },
        FilterPattern: '{ ($.level >= 40) && ($.requestId = "*") }',
        MetricTransformations: [{ Dimensions: [{ Key: 'Zone', Value: '$.zone' }], MetricValue: '1' }],
      });
    });

    it('of a customer from outside who could not look at products, every five minutes', () => {
      expect(property('Canary', 'Schedule')).toMatchObject({ Expression: 'rate(5 minutes)' });
      expect(synthesized.resources['CanaryAlarm']?.Properties).toMatchObject({
        Threshold: 100,
        EvaluationPeriods: 2,
        TreatMissingData: 'breaching',
      });
    });
  });
});
