import { beforeAll, describe, expect, it } from 'vitest';
import { type Resource, type Synthesized, synthesizeRegions, userDataOf } from '../../../test/synthesized.ts';

describe('the warm standby stacks', () => {
  let home: Synthesized;
  let standby: Synthesized;
  let global: Synthesized;

  beforeAll(() => {
    ({ home, standby, global } = synthesizeRegions('warm-standby').parts);
  });

  const property = ({ resources }: Synthesized, logicalId: string, name: string): unknown =>
    resources[logicalId]?.Properties[name];
  const ofType = ({ resources }: Synthesized, type: string): Resource[] =>
    Object.values(resources).filter(({ Type }) => Type === type);

  it('stand in the home region, in the standby region, and where the edge must be, in this order', () => {
    expect([home, standby, global].map(({ stack }) => [stack.stackName, stack.region])).toEqual([
      ['nines-warm-standby-eu-west-1', 'eu-west-1'],
      ['nines-warm-standby-eu-central-1', 'eu-central-1'],
      ['nines-warm-standby-global', 'us-east-1'],
    ]);
    expect(standby.stack.dependencies).toEqual([home.stack]);
    expect(global.stack.dependencies).toEqual([standby.stack]);
  });

  it('refer to no stack but themselves', () => {
    for (const { template } of [home, standby, global]) {
      const text = JSON.stringify(template.toJSON());
      expect(text).not.toMatch(/Fn::ImportValue|Fn::GetStackOutput|CrossRegionExport/);
    }
  });

  it('say what tier they are of', () => {
    for (const { template } of [home, standby, global])
      expect(template.toJSON()['Metadata']).toMatchObject({
        'nines:tier': 'warm-standby',
        'nines:flavour': 'servers',
      });
  });

  describe('have a passive region that is complete and small', () => {
    it('with one server in each zone where the home region has two, and the same room to grow', () => {
      // 250 requests/s over the two zones that remain, at 70% of 100 each: 1.79, so two servers; twice that to grow.
      for (const zone of ['ServersZone1', 'ServersZone2', 'ServersZone3']) {
        expect(home.resources[zone]?.Properties).toMatchObject({ MinSize: '2', MaxSize: '4' });
        expect(standby.resources[zone]?.Properties).toMatchObject({ MinSize: '1', MaxSize: '4' });
      }
    });

    it('with two instances of the database where the home region has three', () => {
      expect(ofType(home, 'AWS::RDS::DBInstance')).toHaveLength(3);
      expect(ofType(standby, 'AWS::RDS::DBInstance')).toHaveLength(2);
    });

    it('in a network of its own range', () => {
      expect(property(home, 'Vpc', 'CidrBlock')).toBe('10.39.0.0/16');
      expect(property(standby, 'Vpc', 'CidrBlock')).toBe('10.40.0.0/16');
    });

    it('whose servers do not wait for a database that they may not change', () => {
      expect(userDataOf(home, 'ServerLaunchTemplateZone1')).toContain('MIGRATE_ON_START=true');
      expect(userDataOf(standby, 'ServerLaunchTemplateZone1')).toContain('MIGRATE_ON_START=false');
    });

    it('has everything that the home region has, apart from what is made once', () => {
      const [inHome, inStandby] = [
        new Set(Object.keys(home.resources)),
        new Set(Object.keys(standby.resources)),
      ];
      const pinned = /^[A-Z][A-Za-z]+\d?$/;

      expect([...inHome].filter((id) => pinned.test(id) && !inStandby.has(id)).sort()).toEqual([
        'DatabaseSecret',
        'DatabaseZone3',
        'EdgeSecret',
        'GlobalDatabase',
      ]);
    });

    it('is of full size, and keeps the schema up to date, once it is named as the active one', () => {
      const { parts } = synthesizeRegions('warm-standby', { activeRegion: 'eu-central-1' });

      expect(parts.standby.resources['ServersZone1']?.Properties).toMatchObject({ MinSize: '2' });
      expect(parts.home.resources['ServersZone1']?.Properties).toMatchObject({ MinSize: '1' });
      expect(userDataOf(parts.standby, 'ServerLaunchTemplateZone1')).toContain('MIGRATE_ON_START=true');
      expect(parts.home.resources['GlobalDatabase']).toEqual(home.resources['GlobalDatabase']);
    });
  });

  describe('have one database over both regions', () => {
    it('made at home, with a user and a password, and joined by the standby without either', () => {
      expect(property(home, 'Database', 'GlobalClusterIdentifier')).toEqual({ Ref: 'GlobalDatabase' });
      expect(home.resources['Database']?.Properties).toMatchObject({
        DatabaseName: 'shop',
        MasterUsername: 'shop',
      });
      expect(property(standby, 'Database', 'GlobalClusterIdentifier')).toBe('nines-warm-standby');
      for (const name of ['DatabaseName', 'MasterUsername', 'MasterUserPassword'])
        expect(standby.resources['Database']?.Properties).not.toHaveProperty(name);
    });

    it('of the same version, encrypted in each region by its own key', () => {
      for (const stack of [home, standby])
        expect(stack.resources['Database']?.Properties).toMatchObject({
          Engine: 'aurora-postgresql',
          EngineVersion: property(home, 'GlobalDatabase', 'EngineVersion'),
          StorageEncrypted: true,
          KmsKeyId: { 'Fn::GetAtt': ['DataKey', 'Arn'] },
        });
    });

    it('whose password every region can read without the other', () => {
      expect(home.resources['DatabaseSecret']?.Properties).toMatchObject({
        Name: 'nines-warm-standby/database',
        ReplicaRegions: [{ Region: 'eu-central-1' }],
      });
      expect(JSON.stringify(property(standby, 'DatabaseSecretParameter', 'Value'))).toContain(
        ':secret:nines-warm-standby/database',
      );
    });
  });

  describe('lead users to one region', () => {
    it('by the name of each region, which is its own load balancer', () => {
      for (const [stack, name] of [
        [home, 'eu-west-1.origin.shop.example.com'],
        [standby, 'eu-central-1.origin.shop.example.com'],
      ] as const)
        expect(stack.resources['RegionRecord']?.Properties).toMatchObject({
          Name: name,
          Type: 'A',
          AliasTarget: { DNSName: { 'Fn::GetAtt': ['LoadBalancer', 'DNSName'] } },
        });
    });

    it('by a name that is home first and the standby once it has taken over, kept for 10 s', () => {
      expect(global.resources['HomeRecord']?.Properties).toMatchObject({
        Name: 'origin.shop.example.com',
        ResourceRecords: ['eu-west-1.origin.shop.example.com'],
        Failover: 'PRIMARY',
        TTL: '10',
        HealthCheckId: { 'Fn::GetAtt': ['HomeServes', 'HealthCheckId'] },
      });
      expect(global.resources['StandbyRecord']?.Properties).toMatchObject({
        Failover: 'SECONDARY',
        TTL: '10',
        HealthCheckId: { 'Fn::GetAtt': ['StandbyServes', 'HealthCheckId'] },
      });
      expect(global.resources['StandbyServes']?.Properties).toMatchObject({
        HealthCheckConfig: {
          Type: 'CALCULATED',
          HealthThreshold: 2,
          ChildHealthChecks: [
            { 'Fn::GetAtt': ['StandbyAnswers', 'HealthCheckId'] },
            { 'Fn::GetAtt': ['StandbyTookOver', 'HealthCheckId'] },
          ],
        },
      });
    });

    it('by the alarm of that very name and region', () => {
      expect(property(standby, 'TookOverAlarm', 'AlarmName')).toBe(
        'nines-warm-standby-eu-central-1-took-over',
      );
      expect(global.resources['StandbyTookOver']?.Properties).toMatchObject({
        HealthCheckConfig: {
          AlarmIdentifier: { Name: 'nines-warm-standby-eu-central-1-took-over', Region: 'eu-central-1' },
        },
      });
    });

    it('without anything in the home region that would decide, should it come back', () => {
      expect(home.resources).not.toHaveProperty('TookOverAlarm');
      expect(home.resources).not.toHaveProperty('WriterBeacon');
    });

    it('when a person says so: nothing starts a takeover', () => {
      for (const stack of [home, standby, global]) {
        const started = ofType(stack, 'AWS::Events::Rule').filter(({ Properties }) =>
          JSON.stringify(Properties['Targets']).includes('TakeOver'),
        );
        expect(started).toEqual([]);
      }
    });
  });

  describe('have an edge', () => {
    const configuration = () =>
      global.resources['Distribution']?.Properties['DistributionConfig'] as {
        readonly Origins: readonly Readonly<Record<string, unknown>>[];
        readonly OriginGroups: { readonly Items: readonly unknown[] };
        readonly Aliases: readonly string[];
      };

    it('that asks for the application over HTTPS, and shows its key', () => {
      const origin = configuration().Origins.find(
        ({ DomainName }) => DomainName === 'origin.shop.example.com',
      );

      expect(origin).toMatchObject({
        ConnectionAttempts: 2,
        ConnectionTimeout: 2,
        CustomOriginConfig: { OriginProtocolPolicy: 'https-only', OriginSSLProtocols: ['TLSv1.2'] },
        OriginCustomHeaders: [
          {
            HeaderName: 'x-origin-key',
            HeaderValue: '{{resolve:secretsmanager:nines-warm-standby/edge:SecretString:key::}}',
          },
        ],
      });
    });

    it('whose load balancers refuse who does not show it, health checks apart', () => {
      for (const stack of [home, standby]) {
        const rules = property(stack, 'Firewall', 'Rules') as Readonly<Record<string, unknown>>[];
        expect(rules.find(({ Name }) => Name === 'only-from-the-edge')).toMatchObject({
          Action: { Block: {} },
          Statement: {
            NotStatement: {
              Statement: {
                OrStatement: {
                  Statements: [
                    {
                      ByteMatchStatement: {
                        FieldToMatch: { SingleHeader: { Name: 'x-origin-key' } },
                        PositionalConstraint: 'EXACTLY',
                        SearchString: '{{resolve:secretsmanager:nines-warm-standby/edge:SecretString:key::}}',
                      },
                    },
                    {
                      ByteMatchStatement: {
                        FieldToMatch: { UriPath: {} },
                        PositionalConstraint: 'EXACTLY',
                        SearchString: '/readyz',
                      },
                    },
                  ],
                },
              },
            },
          },
        });
      }
    });

    it('that has pages when a region has none', () => {
      expect(configuration().OriginGroups.Items).toMatchObject([
        {
          FailoverCriteria: { StatusCodes: { Items: [403, 404, 500, 502, 503, 504] } },
          Members: { Quantity: 2 },
        },
      ]);
    });

    it('whose pages are published once and copied to both regions', () => {
      const { Rules: rules } = property(global, 'PublishedContent', 'ReplicationConfiguration') as {
        readonly Rules: readonly { readonly Destination: { readonly Bucket: unknown } }[];
      };
      const bucketName = (region: string) => [
        '',
        ['nines-warm-standby-', { Ref: 'AWS::AccountId' }, `-${region}`],
      ];

      expect(property(home, 'StaticContent', 'BucketName')).toEqual({ 'Fn::Join': bucketName('eu-west-1') });
      expect(property(standby, 'StaticContent', 'BucketName')).toEqual({
        'Fn::Join': bucketName('eu-central-1'),
      });
      expect(rules.map(({ Destination }) => Destination.Bucket)).toEqual(
        ['eu-west-1', 'eu-central-1'].map((region) => ({
          'Fn::Join': ['', ['arn:aws:s3:::nines-warm-standby-', { Ref: 'AWS::AccountId' }, `-${region}`]],
        })),
      );
    });
  });

  describe('test themselves', () => {
    it('by experiments that an alarm of theirs stops, each with something to hit', () => {
      for (const stack of [home, standby]) {
        const experiments = ofType(stack, 'AWS::FIS::ExperimentTemplate');
        expect(experiments).toHaveLength(7);
        for (const { Properties } of experiments) {
          const [stop] = Properties['StopConditions'] as {
            Source: string;
            Value: { 'Fn::GetAtt': string[] };
          }[];
          expect(stop?.Source).toBe('aws:cloudwatch:alarm');
          expect(stack.resources[stop?.Value['Fn::GetAtt'][0] ?? '']?.Type).toBe('AWS::CloudWatch::Alarm');
        }
      }
    });

    it('by the loss of a region, stopped when a customer outside has missed the shop for too long', () => {
      const { Targets: targets, StopConditions: stop } = home.resources['RegionLossExperiment']
        ?.Properties as {
        readonly Targets: { readonly subnets: { readonly ResourceArns: readonly unknown[] } };
        readonly StopConditions: readonly unknown[];
      };

      expect(targets.subnets.ResourceArns).toHaveLength(9);
      expect(stop).toEqual([
        { Source: 'aws:cloudwatch:alarm', Value: { 'Fn::GetAtt': ['CanaryAlarm', 'Arn'] } },
      ]);
    });
  });

  describe('let a takeover do no more than it must', () => {
    const mayDo = (stack: Synthesized, name: string): string[] => {
      const { RoleArn: role } = stack.resources[name]?.Properties as {
        RoleArn: { 'Fn::GetAtt': [string, string] };
      };
      return ofType(stack, 'AWS::IAM::Policy')
        .filter(
          ({ Properties }) =>
            JSON.stringify(Properties['Roles']) === JSON.stringify([{ Ref: role['Fn::GetAtt'][0] }]),
        )
        .flatMap(
          ({ Properties }) =>
            (Properties['PolicyDocument'] as { Statement: { Action: string | string[] }[] }).Statement,
        )
        .flatMap(({ Action }) => Action)
        .filter((action) => !/^(logs|xray):/.test(action))
        .sort();
    };

    it('in what it may call: it can promote and scale out, and neither delete nor deploy', () => {
      for (const stack of [home, standby])
        expect(mayDo(stack, 'TakeOver')).toEqual([
          'application-autoscaling:RegisterScalableTarget',
          'autoscaling:DescribeAutoScalingGroups',
          'autoscaling:UpdateAutoScalingGroup',
          'cloudwatch:PutMetricData',
          'kms:Decrypt',
          'kms:GenerateDataKey',
          'rds:DescribeGlobalClusters',
          'rds:FailoverGlobalCluster',
          'sns:Publish',
        ]);
    });

    it('nor may the way back lose data', () => {
      for (const stack of [home, standby])
        expect(mayDo(stack, 'HandOver')).toEqual([
          'cloudwatch:PutMetricData',
          'kms:Decrypt',
          'kms:GenerateDataKey',
          'rds:DescribeGlobalClusters',
          'rds:SwitchoverGlobalCluster',
          'sns:Publish',
        ]);
    });

    it('and the beacon only asks and says', () => {
      expect(mayDo(standby, 'WriterBeacon')).toEqual([
        'cloudwatch:PutMetricData',
        'rds:DescribeGlobalClusters',
      ]);
    });
  });

  describe('let the servers of the region that writes fetch what the other one keeps', () => {
    it('from a queue whose name both know', () => {
      expect(property(home, 'IntakeQueue', 'QueueName')).toBe('nines-warm-standby-eu-west-1-orders');
      expect(property(standby, 'IntakeQueue', 'QueueName')).toBe('nines-warm-standby-eu-central-1-orders');
    });

    it('and nothing more: they may not put any there', () => {
      for (const [stack, otherRegion] of [
        [home, 'eu-central-1'],
        [standby, 'eu-west-1'],
      ] as const) {
        const statements = ofType(stack, 'AWS::IAM::Policy')
          .filter(({ Properties }) => JSON.stringify(Properties['Roles']).includes('"IntakeRole"'))
          .flatMap(({ Properties }) => (Properties['PolicyDocument'] as { Statement: object[] }).Statement);
        const arn = [
          'arn:',
          { Ref: 'AWS::Partition' },
          `:sqs:${otherRegion}:`,
          { Ref: 'AWS::AccountId' },
          `:nines-warm-standby-${otherRegion}-orders`,
        ];

        expect(statements).toEqual([
          {
            Sid: 'KeepAndFetchOrders',
            Effect: 'Allow',
            Action: ['sqs:DeleteMessage', 'sqs:ReceiveMessage', 'sqs:SendMessage'],
            Resource: { 'Fn::GetAtt': ['IntakeQueue', 'Arn'] },
          },
          {
            Sid: 'FetchOrdersOfTheOtherRegion',
            Effect: 'Allow',
            Action: ['sqs:DeleteMessage', 'sqs:ReceiveMessage'],
            Resource: { 'Fn::Join': ['', arn] },
          },
        ]);
      }
    });
  });

  describe('what holds data', () => {
    const STATEFUL = [
      'AWS::Backup::BackupVault',
      'AWS::KMS::Key',
      'AWS::RDS::DBCluster',
      'AWS::RDS::GlobalCluster',
      'AWS::S3::Bucket',
      'AWS::SecretsManager::Secret',
    ];
    const policiesOf = ({ resources }: Synthesized): string[] =>
      Object.entries(resources)
        .filter(([, { Type }]) => STATEFUL.includes(Type))
        .map(([id, { Type, DeletionPolicy }]) => `${id} ${Type} ${String(DeletionPolicy)}`)
        .sort();

    it('has these names for ever, and stays when its stack goes', () => {
      const inEveryRegion = [
        'AccessLogs AWS::S3::Bucket RetainExceptOnCreate',
        'BackupVault AWS::Backup::BackupVault RetainExceptOnCreate',
        'CanaryReports AWS::S3::Bucket RetainExceptOnCreate',
        'DataKey AWS::KMS::Key RetainExceptOnCreate',
        'Database AWS::RDS::DBCluster Snapshot',
        'OperationsKey AWS::KMS::Key RetainExceptOnCreate',
        'StaticContent AWS::S3::Bucket RetainExceptOnCreate',
      ];

      expect(policiesOf(standby)).toEqual(inEveryRegion);
      expect(policiesOf(home)).toEqual(
        [
          ...inEveryRegion,
          // A snapshot needs neither: it gets a new password, and a new global database.
          'DatabaseSecret AWS::SecretsManager::Secret Delete',
          'EdgeSecret AWS::SecretsManager::Secret Delete',
          'GlobalDatabase AWS::RDS::GlobalCluster Delete',
        ].sort(),
      );
      expect(policiesOf(global)).toEqual([
        'AccessLogs AWS::S3::Bucket RetainExceptOnCreate',
        'EdgeLogs AWS::S3::Bucket RetainExceptOnCreate',
        'OperationsKey AWS::KMS::Key RetainExceptOnCreate',
        'PublishedContent AWS::S3::Bucket RetainExceptOnCreate',
      ]);
    });

    it('goes with the stacks where that was asked for', () => {
      const { parts } = synthesizeRegions('warm-standby', { data: 'destroy' });

      for (const part of Object.values(parts)) {
        expect(policiesOf(part).filter((policy) => !policy.endsWith(' Delete'))).toEqual([]);
        expect(part.stack.terminationProtection).toBe(false);
      }
    });
  });
});
