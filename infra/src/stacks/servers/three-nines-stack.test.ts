import { Match } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  propertyOf,
  resourcesOfType,
  type Synthesized,
  synthesizeThreeNines,
} from '../../../test/synthesized.ts';

const CERTIFICATE = 'arn:aws:acm:eu-west-1:111122223333:certificate/0a1b2c3d-0000-4000-8000-000000000000';

describe('the three-nines stack', () => {
  let synthesized: Synthesized;

  beforeAll(() => {
    synthesized = synthesizeThreeNines({ alertEmail: 'team@shop.test' });
  });

  const property = (logicalId: string, name: string) => propertyOf(synthesized, logicalId, name);
  const ofType = (type: string) => resourcesOfType(synthesized, type);
  const attributes = (logicalId: string, name: string): Record<string, unknown> =>
    Object.fromEntries(
      (property(logicalId, name) as { Key: string; Value: unknown }[]).map(({ Key, Value }) => [Key, Value]),
    );

  describe('says what it is', () => {
    it('by its tier in the metadata', () => {
      expect(synthesized.template.toJSON()['Metadata']).toMatchObject({
        'nines:tier': 'three-nines',
        'nines:flavour': 'servers',
      });
    });

    it('by the third parties it calls, and where their addresses stand', () => {
      expect(synthesized.resources['Servers']?.Metadata).toMatchObject({
        'nines:dependencies': [
          { name: 'payment', necessity: 'hard', addressVariable: 'PAYMENT_URL' },
          { name: 'reviews', necessity: 'soft', addressVariable: 'REVIEWS_URL' },
        ],
      });
    });
  });

  describe('spreads over zones', () => {
    it('with a subnet of each kind and a NAT gateway in each of two', () => {
      expect(ofType('AWS::EC2::Subnet')).toHaveLength(6);
      expect(ofType('AWS::EC2::NatGateway')).toHaveLength(2);
    });

    it('with servers in two subnets whose way out is in the same zone', () => {
      const zones = (property('Servers', 'VPCZoneIdentifier') as { Ref: string }[]).map(({ Ref }) =>
        property(Ref, 'AvailabilityZone'),
      );

      expect(zones).toEqual([
        { 'Fn::Select': [0, { 'Fn::GetAZs': '' }] },
        { 'Fn::Select': [1, { 'Fn::GetAZs': '' }] },
      ]);
    });

    it('leaving addresses for a third zone', () => {
      const ranges = ofType('AWS::EC2::Subnet').map(([, { Properties }]) => String(Properties['CidrBlock']));

      expect(ranges.sort()).toEqual([
        '10.39.0.0/24',
        '10.39.1.0/24',
        '10.39.16.0/20',
        '10.39.32.0/20',
        '10.39.64.0/24',
        '10.39.65.0/24',
      ]);
    });

    it('reaching S3 without NAT', () => {
      synthesized.template.hasResourceProperties('AWS::EC2::VPCEndpoint', { VpcEndpointType: 'Gateway' });
    });
  });

  describe('replaces servers by itself', () => {
    it('keeping one a zone at least and adding some at 70% CPU', () => {
      expect(synthesized.resources['Servers']?.Properties).toMatchObject({ MinSize: '2', MaxSize: '6' });
      expect(property('ServerScaling', 'TargetTrackingConfiguration')).toEqual({
        PredefinedMetricSpecification: { PredefinedMetricType: 'ASGAverageCPUUtilization' },
        TargetValue: 70,
      });
    });

    it('adding some before they refuse requests, however idle they are', () => {
      // 70% of the default rating of 100 requests/s, in a minute.
      expect(property('ServerRequestScaling', 'TargetTrackingConfiguration')).toMatchObject({
        PredefinedMetricSpecification: { PredefinedMetricType: 'ALBRequestCountPerTarget' },
        TargetValue: 4200,
      });
    });

    it('never resetting the number of servers at a deployment', () => {
      expect(synthesized.resources['Servers']?.Properties).not.toHaveProperty('DesiredCapacity');
    });

    it('when the load balancer finds them unready, five minutes after their start at the earliest', () => {
      expect(synthesized.resources['Servers']?.Properties).toMatchObject({
        HealthCheckType: 'ELB',
        HealthCheckGracePeriod: 300,
      });
    });

    it('putting the successor in place first', () => {
      expect(property('Servers', 'InstanceMaintenancePolicy')).toEqual({
        MinHealthyPercentage: 100,
        MaxHealthyPercentage: 200,
      });
    });
  });

  describe('sends requests to ready servers only', () => {
    it('asking /readyz every 5 s, and giving up after two misses of 3 s', () => {
      expect(synthesized.resources['ServerTargets']?.Properties).toMatchObject({
        HealthCheckPath: '/readyz',
        HealthCheckIntervalSeconds: 5,
        HealthCheckTimeoutSeconds: 3,
        HealthyThresholdCount: 2,
        UnhealthyThresholdCount: 2,
        Matcher: { HttpCode: '200' },
      });
    });

    it('letting a leaving server finish for 30 s, and failing open', () => {
      expect(attributes('ServerTargets', 'TargetGroupAttributes')).toMatchObject({
        'deregistration_delay.timeout_seconds': '30',
        'slow_start.duration_seconds': '0',
        'target_group_health.unhealthy_state_routing.minimum_healthy_targets.count': '1',
      });
    });

    it('holding no client for longer than two minutes, so that a zone can be left', () => {
      expect(attributes('LoadBalancer', 'LoadBalancerAttributes')).toMatchObject({
        'client_keep_alive.seconds': '120',
        'idle_timeout.timeout_seconds': '30',
        'load_balancing.cross_zone.enabled': 'true',
        'zonal_shift.config.enabled': 'true',
        'access_logs.s3.enabled': 'true',
      });
    });
  });

  describe('releases one server at a time', () => {
    it('at full strength, waiting for each to say that it is ready, else going back', () => {
      synthesized.template.hasResource('AWS::AutoScaling::AutoScalingGroup', {
        CreationPolicy: { ResourceSignal: { Count: 2, Timeout: 'PT10M' } },
        UpdatePolicy: {
          AutoScalingRollingUpdate: {
            MaxBatchSize: 1,
            MinInstancesInService: 2,
            WaitOnResourceSignals: true,
            PauseTime: 'PT10M',
          },
        },
      });
    });
  });

  describe('keeps its data', () => {
    it('on a database with a standby in another zone', () => {
      expect(synthesized.resources['Database']?.Properties).toMatchObject({
        Engine: 'postgres',
        EngineVersion: '17',
        MultiAZ: true,
        PubliclyAccessible: false,
        DeletionProtection: true,
        BackupRetentionPeriod: 14,
        DeleteAutomatedBackups: false,
        ApplyImmediately: false,
        PreferredMaintenanceWindow: 'sun:03:00-sun:03:30',
      });
    });

    it('encrypted by a key of its own that rotates', () => {
      const key = { 'Fn::GetAtt': ['DataKey', 'Arn'] };

      expect(synthesized.resources['Database']?.Properties).toMatchObject({
        StorageEncrypted: true,
        KmsKeyId: key,
        PerformanceInsightsKMSKeyId: key,
        MasterUserSecret: { KmsKeyId: key },
      });
      expect(property('DataKey', 'EnableKeyRotation')).toBe(true);
    });

    it('with a password that RDS makes and rotates, and that stands nowhere in the template', () => {
      expect(property('Database', 'ManageMasterUserPassword')).toBe(true);
      expect(synthesized.resources['Database']?.Properties).not.toHaveProperty('MasterUserPassword');
    });

    it('over TLS only', () => {
      synthesized.template.hasResourceProperties('AWS::RDS::DBParameterGroup', {
        Family: 'postgres17',
        Parameters: Match.objectLike({ 'rds.force_ssl': '1' }),
      });
    });

    it('in daily copies for 35 days that nobody may delete', () => {
      synthesized.template.hasResourceProperties('AWS::Backup::BackupPlan', {
        BackupPlan: {
          BackupPlanRule: [
            Match.objectLike({
              RuleName: 'daily',
              ScheduleExpression: 'cron(0 3 * * ? *)',
              Lifecycle: { DeleteAfterDays: 35 },
            }),
          ],
        },
      });
      synthesized.template.hasResourceProperties('AWS::Backup::BackupVault', {
        AccessPolicy: {
          Statement: [
            Match.objectLike({ Effect: 'Deny', Action: Match.arrayWith(['backup:DeleteRecoveryPoint']) }),
          ],
        },
      });
    });
  });

  describe('admits', () => {
    it('the internet to port 80 of the load balancer, and to nothing else', () => {
      expect(openIngress(synthesized)).toEqual([80]);
    });

    it('the load balancer to the servers and the servers to the database, and nobody else to either', () => {
      const rules = ofType('AWS::EC2::SecurityGroupIngress').map(([, { Properties }]) => Properties);

      expect(rules).toHaveLength(2);
      expect(rules).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ FromPort: 8080, ToPort: 8080 }),
          expect.objectContaining({ FromPort: 5432, ToPort: 5432 }),
        ]),
      );
      for (const rule of rules) expect(rule).toHaveProperty('SourceSecurityGroupId');
    });

    it('servers to the outside on port 443 only', () => {
      const outward = ofType('AWS::EC2::SecurityGroup').flatMap(([, { Properties }]) =>
        ((Properties['SecurityGroupEgress'] ?? []) as { CidrIp: string; FromPort?: number }[]).filter(
          ({ CidrIp }) => CidrIp === '0.0.0.0/0',
        ),
      );

      expect(outward.map(({ FromPort }) => FromPort)).toEqual([443]);
    });

    it('no public access to any bucket, and no plain HTTP', () => {
      const buckets = ofType('AWS::S3::Bucket');

      expect(buckets.map(([id]) => id).sort()).toEqual([
        'AccessLogs',
        'CanaryReports',
        'StaticContent',
        'StaticEdgeLogs',
      ]);
      for (const [id, { Properties }] of buckets) {
        expect(Properties['PublicAccessBlockConfiguration']).toEqual({
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        });
        synthesized.template.hasResourceProperties('AWS::S3::BucketPolicy', {
          Bucket: { Ref: id },
          PolicyDocument: {
            Statement: Match.arrayWith([
              Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
            ]),
          },
        });
      }
    });

    it('servers to metadata by sessions only, one hop away, on encrypted disks', () => {
      expect(property('ServerLaunchTemplate', 'LaunchTemplateData')).toMatchObject({
        InstanceType: 't4g.small',
        MetadataOptions: { HttpTokens: 'required', HttpPutResponseHopLimit: 1 },
        Monitoring: { Enabled: true },
        BlockDeviceMappings: [{ Ebs: { Encrypted: true } }],
      });
    });

    it('the image from a parameter that is read at deployment', () => {
      expect(Object.values(synthesized.template.toJSON()['Parameters'] as object)).toContainEqual({
        Type: 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>',
        Default: '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-6.1-arm64',
      });
    });
  });

  describe('grants the servers', () => {
    const statements = (): Record<string, unknown>[] =>
      ofType('AWS::IAM::Policy')
        .filter(([, { Properties }]) => JSON.stringify(Properties['Roles']).includes('ServersRole'))
        .flatMap(
          ([, { Properties }]) =>
            (Properties['PolicyDocument'] as { Statement: Record<string, unknown>[] }).Statement,
        );

    it('nothing but what they need', () => {
      const actions = statements().flatMap(({ Action }) => Action as string | string[]);

      expect(actions.sort()).toEqual([
        'appconfig:GetLatestConfiguration',
        'appconfig:StartConfigurationSession',
        'cloudformation:SignalResource',
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
      ]);
    });

    it('no secret but that of their own database', () => {
      const secrets = statements().filter(({ Action }) => Action === 'secretsmanager:GetSecretValue');

      expect(secrets).toEqual([
        expect.objectContaining({ Resource: { 'Fn::GetAtt': ['Database', 'MasterUserSecret.SecretArn'] } }),
        expect.objectContaining({
          Condition: { StringEquals: { 'aws:ResourceTag/aws:rds:primaryDBInstanceArn': expect.anything() } },
        }),
      ]);
    });
  });

  describe('tells somebody', () => {
    it('by mail, through an encrypted topic', () => {
      synthesized.template.hasResourceProperties('AWS::SNS::Subscription', {
        Protocol: 'email',
        Endpoint: 'team@shop.test',
        TopicArn: { Ref: 'AlertTopic' },
      });
      expect(property('AlertTopic', 'KmsMasterKeyId')).toEqual({ 'Fn::GetAtt': ['OperationsKey', 'Arn'] });
    });

    it('whichever service has something to say: each may use the key and publish', () => {
      const services = ['cloudwatch.amazonaws.com', 'events.amazonaws.com', 'events.rds.amazonaws.com'];
      const allowed = (policy: unknown, action: string): unknown[] =>
        (
          policy as {
            Statement: { Effect: string; Action: string | string[]; Principal: { Service?: unknown } }[];
          }
        ).Statement.filter(
          ({ Effect, Action }) => Effect === 'Allow' && [Action].flat().includes(action),
        ).flatMap(({ Principal }) => [Principal.Service].flat());
      const topicPolicies = ofType('AWS::SNS::TopicPolicy').flatMap(([, { Properties }]) =>
        allowed(Properties['PolicyDocument'], 'sns:Publish'),
      );

      expect(allowed(property('OperationsKey', 'KeyPolicy'), 'kms:GenerateDataKey*')).toEqual(
        expect.arrayContaining(services),
      );
      expect([...new Set(topicPolicies)].sort()).toEqual(services);
    });

    it('of every alarm that is no part of another, when it starts and when it ends, with a playbook', () => {
      const composite = ofType('AWS::CloudWatch::CompositeAlarm');
      const rules = JSON.stringify(composite);
      const alarms = ofType('AWS::CloudWatch::Alarm').filter(([id]) => !rules.includes(`["${id}","Arn"]`));

      expect(alarms).toHaveLength(20);
      expect(composite).toHaveLength(5);
      // A restore is measured once a month, and until the next one the last one counts.
      const lasting = ['RestoreSlowAlarm', 'RestoreStaleAlarm'];
      for (const [id, { Properties }] of alarms) {
        expect(Properties).toMatchObject({
          AlarmActions: [{ Ref: 'AlertTopic' }],
          OKActions: [{ Ref: 'AlertTopic' }],
          TreatMissingData: expect.stringMatching(lasting.includes(id) ? /^ignore$/ : /^(notB|b)reaching$/),
        });
        expect(Properties['AlarmDescription']).toMatch(/^[A-Z].+ Playbook: docs\/playbooks\/[a-z-]+\.md$/);
      }
    });

    it('of an outage within two minutes, silence included', () => {
      expect(synthesized.resources['OutageAlarm']?.Properties).toMatchObject({
        MetricName: 'HealthyHostCount',
        Statistic: 'Maximum',
        ComparisonOperator: 'LessThanThreshold',
        Threshold: 1,
        Period: 60,
        EvaluationPeriods: 2,
        TreatMissingData: 'breaching',
      });
    });

    it('of a failover of the database', () => {
      expect(synthesized.resources['DatabaseEvents']?.Properties).toMatchObject({
        SnsTopicArn: { Ref: 'AlertTopic' },
        SourceType: 'db-instance',
        SourceIds: [{ Ref: 'Database' }],
        EventCategories: expect.arrayContaining(['failover', 'failure', 'low storage']),
      });
    });

    it('of a replaced server, but not of one that demand no longer needs', () => {
      expect(property('ServerReplacedAlert', 'EventPattern')).toEqual({
        source: ['aws.autoscaling'],
        'detail-type': ['EC2 Instance Terminate Successful'],
        detail: { AutoScalingGroupName: [{ Ref: 'Servers' }], Cause: [{ wildcard: '*health check*' }] },
      });
    });

    it.each([
      'ServerReplacedAlert',
      'ServerNotHealingAlert',
      'FailedDeploymentAlert',
      'BackupFailedAlert',
      'RestoreTestFailedAlert',
    ])('by the rule %s', (logicalId) => {
      expect(property(logicalId, 'Targets')).toEqual([
        expect.objectContaining({ Arn: { Ref: 'AlertTopic' } }),
      ]);
      expect(property(logicalId, 'State')).toBe('ENABLED');
    });

    it('of a process that systemd started again, by the line that its server then logs', () => {
      const [, filter] = Object.entries(synthesized.resources).find(
        ([, { Properties }]) => Properties['FilterPattern'] === '{ $.msg = "process restarted" }',
      ) ?? ['', undefined];

      expect(filter?.Properties).toMatchObject({
        LogGroupName: { Ref: 'ServerLogs' },
        MetricTransformations: [
          { MetricNamespace: 'Nines/nines-three-nines', MetricName: 'ProcessRestarts', MetricValue: '1' },
        ],
      });
      expect(synthesized.resources['ProcessRestartedAlarm']?.Properties).toMatchObject({
        Namespace: 'Nines/nines-three-nines',
        MetricName: 'ProcessRestarts',
        Statistic: 'Sum',
        Period: 60,
        EvaluationPeriods: 1,
        Threshold: 1,
        ComparisonOperator: 'GreaterThanOrEqualToThreshold',
        TreatMissingData: 'notBreaching',
        AlarmActions: [{ Ref: 'AlertTopic' }],
      });
    });

    it('of errors of static content', () => {
      expect(synthesized.resources['StaticContentErrorAlarm']?.Properties).toMatchObject({
        Namespace: 'AWS/S3',
        MetricName: '5xxErrors',
        Dimensions: [
          { Name: 'BucketName', Value: { Ref: 'StaticContent' } },
          { Name: 'FilterId', Value: 'AllObjects' },
        ],
      });
      expect(property('StaticContent', 'MetricsConfigurations')).toEqual([{ Id: 'AllObjects' }]);
    });
  });

  describe('remembers', () => {
    it('logs for three months, encrypted', () => {
      for (const id of ['ServerLogs', 'FlowLogs', 'DatabaseLogs', 'DatabaseUpgradeLogs']) {
        expect(synthesized.resources[id]?.Properties).toMatchObject({
          RetentionInDays: 90,
          KmsKeyId: { 'Fn::GetAtt': ['OperationsKey', 'Arn'] },
        });
      }
    });

    it('logs of the database under the names that RDS writes to, made before it does', () => {
      const name = JSON.stringify(property('DatabaseLogs', 'LogGroupName'));

      expect(name).toContain('/aws/rds/instance/nines-three-nines-');
      expect(name).toContain('/postgresql');
      expect(synthesized.resources['Database']?.DependsOn).toEqual(
        expect.arrayContaining(['DatabaseLogs', 'DatabaseUpgradeLogs']),
      );
    });

    it('every request, by a load balancer that may write to the bucket before it is made', () => {
      synthesized.template.hasResourceProperties('AWS::S3::BucketPolicy', {
        Bucket: { Ref: 'AccessLogs' },
        PolicyDocument: {
          Statement: Match.arrayWith([
            Match.objectLike({
              Effect: 'Allow',
              Action: 's3:PutObject',
              Principal: { Service: 'logdelivery.elasticloadbalancing.amazonaws.com' },
            }),
          ]),
        },
      });
      expect(synthesized.resources['LoadBalancer']?.DependsOn).toEqual(
        expect.arrayContaining([expect.stringMatching(/^AccessLogsPolicy/)]),
      );
    });

    it('every log somewhere that forgets', () => {
      for (const [, { Properties }] of ofType('AWS::Logs::LogGroup')) {
        expect(Properties['RetentionInDays']).toBeGreaterThan(0);
      }
    });
  });

  describe('serves static content', () => {
    it('from a bucket that only its own distribution can read', () => {
      synthesized.template.hasResourceProperties('AWS::S3::BucketPolicy', {
        Bucket: { Ref: 'StaticContent' },
        PolicyDocument: {
          Statement: Match.arrayWith([
            Match.objectLike({
              Action: 's3:GetObject',
              Effect: 'Allow',
              Principal: { Service: 'cloudfront.amazonaws.com' },
            }),
          ]),
        },
      });
    });

    it('over HTTPS', () => {
      expect(property('StaticDistribution', 'DistributionConfig')).toMatchObject({
        DefaultCacheBehavior: { ViewerProtocolPolicy: 'redirect-to-https' },
        DefaultRootObject: 'index.html',
      });
    });
  });

  it('is deployed without an account, a region or a lookup', () => {
    expect(synthesized.stack.environment).toBe('aws://unknown-account/unknown-region');
    expect(synthesized.app.synth().manifest.missing ?? []).toEqual([]);
  });
});

describe('the three-nines stack with a certificate', () => {
  let synthesized: Synthesized;

  beforeAll(() => {
    synthesized = synthesizeThreeNines({ certificateArn: CERTIFICATE });
  });

  it('answers over HTTPS with a policy of today', () => {
    expect(synthesized.resources['HttpsListener']?.Properties).toMatchObject({
      Port: 443,
      Protocol: 'HTTPS',
      Certificates: [{ CertificateArn: CERTIFICATE }],
      SslPolicy: expect.stringMatching(/^ELBSecurityPolicy-TLS13-1-2-/),
      DefaultActions: [{ Type: 'forward', TargetGroupArn: { Ref: 'ServerTargets' } }],
    });
  });

  it('redirects HTTP by the same listener that answered before, so that the change can be deployed', () => {
    expect(synthesized.resources['HttpListener']?.Properties).toMatchObject({
      Port: 80,
      DefaultActions: [
        { Type: 'redirect', RedirectConfig: { Protocol: 'HTTPS', Port: '443', StatusCode: 'HTTP_301' } },
      ],
    });
  });

  it('admits the internet to ports 80 and 443, and to nothing else', () => {
    expect(openIngress(synthesized)).toEqual([80, 443]);
  });
});

/** Ports that any security group opens to everybody. */
function openIngress({ resources }: Synthesized): number[] {
  const everybody = (rule: Readonly<Record<string, unknown>>): boolean =>
    rule['CidrIp'] === '0.0.0.0/0' || rule['CidrIpv6'] === '::/0';
  const inGroups = Object.values(resources)
    .filter(({ Type }) => Type === 'AWS::EC2::SecurityGroup')
    .flatMap(({ Properties }) => (Properties['SecurityGroupIngress'] ?? []) as Record<string, unknown>[]);
  const alone = Object.values(resources)
    .filter(({ Type }) => Type === 'AWS::EC2::SecurityGroupIngress')
    .map(({ Properties }) => Properties);
  return [...inGroups, ...alone]
    .filter(everybody)
    .map((rule) => {
      expect(rule['FromPort']).toBe(rule['ToPort']);
      return Number(rule['FromPort']);
    })
    .sort((a, b) => a - b);
}
