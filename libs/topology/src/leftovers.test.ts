import { describe, expect, it } from 'vitest';
import { readLeftovers, type Leftover } from './index.ts';

const read = (resources: Record<string, unknown>): Leftover[] =>
  readLeftovers({ Resources: resources }, { stackName: 'test' });
const one = (Type: string, Properties: Record<string, unknown> = {}, rest: Record<string, unknown> = {}) =>
  read({ X: { Type, Properties, ...rest } });
const kindsOf = (leftovers: readonly Leftover[]): string[] => leftovers.map(({ kind }) => kind);

describe('the deletion policy', () => {
  it.each(['Retain', 'RetainExceptOnCreate'])('%s keeps the resource, whatever else it says', (policy) => {
    expect(one('AWS::S3::Bucket', {}, { DeletionPolicy: policy })).toEqual([
      { resource: 'X', type: 'AWS::S3::Bucket', kind: 'kept', reason: `stays (DeletionPolicy ${policy})` },
    ]);
  });

  it('Delete leaves nothing of what has nothing else', () => {
    expect(one('AWS::Logs::LogGroup', {}, { DeletionPolicy: 'Delete' })).toEqual([]);
    expect(one('AWS::SNS::Topic')).toEqual([]);
  });

  it('of a database is Snapshot unless it says otherwise, and Delete for a member of a cluster', () => {
    expect(kindsOf(one('AWS::RDS::DBInstance'))).toEqual(['snapshot']);
    expect(kindsOf(one('AWS::RDS::DBCluster'))).toEqual(['snapshot']);
    expect(one('AWS::RDS::DBCluster', {}, { DeletionPolicy: 'Delete' })).toEqual([]);
    expect(one('AWS::RDS::DBInstance', { DBClusterIdentifier: { Ref: 'Cluster' } })).toEqual([]);
  });
});

describe('what stands in the way', () => {
  it.each([
    ['AWS::RDS::DBCluster', { DeletionProtection: true }],
    ['AWS::RDS::DBInstance', { DeletionProtection: 'true' }],
    ['AWS::RDS::GlobalCluster', { DeletionProtection: true }],
    ['AWS::DynamoDB::Table', { DeletionProtectionEnabled: true }],
    [
      'AWS::ElasticLoadBalancingV2::LoadBalancer',
      { LoadBalancerAttributes: [{ Key: 'deletion_protection.enabled', Value: 'true' }] },
    ],
  ])('is the protection of %s', (type, properties) => {
    expect(kindsOf(one(type, properties, { DeletionPolicy: 'Delete' }))).toEqual(['blocks']);
    expect(one(type, {}, { DeletionPolicy: 'Delete' })).toEqual([]);
  });

  it('is a bucket that nothing empties', () => {
    const bucket = { Type: 'AWS::S3::Bucket' };
    const emptier = (name: string) => ({
      Type: 'Custom::S3AutoDeleteObjects',
      Properties: { BucketName: { Ref: name } },
    });
    expect(kindsOf(read({ Bucket: bucket }))).toEqual(['blocks']);
    expect(read({ Bucket: bucket, Emptier: emptier('Bucket') })).toEqual([]);
    expect(
      read({ Bucket: bucket, Other: bucket, Emptier: emptier('Bucket') }).map(({ resource }) => resource),
    ).toEqual(['Other']);
  });

  it('is a vault that a backup plan fills', () => {
    const vault = { Type: 'AWS::Backup::BackupVault' };
    const plan = {
      Type: 'AWS::Backup::BackupPlan',
      Properties: { BackupPlan: { BackupPlanRule: [{ TargetBackupVault: { Ref: 'Vault' } }] } },
    };
    expect(kindsOf(read({ Vault: vault, Plan: plan }))).toEqual(['blocks']);
    expect(read({ Vault: vault })).toEqual([]);
  });
});

describe('what AWS makes beside a resource', () => {
  it('are the log groups of exported database logs that the template does not make', () => {
    const database = {
      Type: 'AWS::RDS::DBInstance',
      DeletionPolicy: 'Delete',
      Properties: { EnableCloudwatchLogsExports: ['postgresql', 'upgrade'] },
    };
    const log = {
      Type: 'AWS::Logs::LogGroup',
      Properties: { LogGroupName: { 'Fn::Sub': '/aws/rds/instance/${AWS::StackName}/postgresql' } },
    };
    expect(read({ Database: database, Log: log })).toEqual([
      {
        resource: 'Database',
        type: 'AWS::RDS::DBInstance',
        kind: 'unlisted',
        reason: 'exports upgrade logs into a log group that RDS makes, without a retention',
      },
    ]);
  });

  it.each([
    ['none', {}, ['unlisted']],
    ['one of its own by its setting', { LoggingConfig: { LogGroup: { Ref: 'Log' } } }, []],
    ['one of its own by its name', { FunctionName: 'f' }, []],
    ['another one', { FunctionName: 'g' }, ['unlisted']],
  ])('is the log group of a function that has %s', (_case, properties, kinds) => {
    const found = read({
      F: { Type: 'AWS::Lambda::Function', Properties: properties },
      Log: { Type: 'AWS::Logs::LogGroup', Properties: { LogGroupName: '/aws/lambda/f' } },
    });
    expect(kindsOf(found)).toEqual(kinds);
  });

  it('is no log group of a function that one refers to', () => {
    const found = read({
      F: { Type: 'AWS::Lambda::Function' },
      Log: { Type: 'AWS::Logs::LogGroup', Properties: { LogGroupName: { 'Fn::Sub': '/aws/lambda/${F}' } } },
    });
    expect(found).toEqual([]);
  });

  it.each([
    ['s3:PutObject', 0],
    ['logs:PutLogEvents', 0],
    ['logs:CreateLogGroup', 1],
    ['logs:*', 1],
    ['*', 1],
  ])('are the log group of a canary whose role may do %s: %d', (action, left) => {
    const resources = {
      Canary: {
        Type: 'AWS::Synthetics::Canary',
        Properties: {
          Name: 'shop',
          ProvisionedResourceCleanup: 'AUTOMATIC',
          ExecutionRoleArn: { 'Fn::GetAtt': ['Role', 'Arn'] },
        },
      },
      Role: { Type: 'AWS::IAM::Role', Properties: {} },
      Policy: {
        Type: 'AWS::IAM::Policy',
        Properties: {
          PolicyDocument: { Statement: [{ Action: action }] },
          Roles: [{ Ref: 'Role' }],
        },
      },
    };
    expect(read(resources)).toHaveLength(left);
  });

  it('are the function, the layers and the log group of a canary', () => {
    expect(one('AWS::Synthetics::Canary', { Name: 'shop' })).toHaveLength(2);
    const tidy = { Name: 'shop', ProvisionedResourceCleanup: 'AUTOMATIC' };
    expect(one('AWS::Synthetics::Canary', tidy).map(({ reason }) => reason)).toEqual([
      'writes into a log group that Synthetics makes, without a retention',
    ]);
  });

  it('is the log group of a build', () => {
    expect(kindsOf(one('AWS::CodeBuild::Project'))).toEqual(['unlisted']);
    const named = { LogsConfig: { CloudWatchLogs: { GroupName: 'builds' } } };
    expect(one('AWS::CodeBuild::Project', named)).toEqual([]);
  });
});

describe('what goes later or leaves something of itself', () => {
  it('is a key, after its window', () => {
    expect(one('AWS::KMS::Key', { PendingWindowInDays: 7 })).toMatchObject([
      { kind: 'delayed', reason: 'is deleted after 7 days (PendingWindowInDays)' },
    ]);
    expect(one('AWS::KMS::Key')).toMatchObject([
      { reason: expect.stringContaining('after 30 days') as string },
    ]);
  });

  it('are automated backups, where they are not deleted', () => {
    const properties = { DeleteAutomatedBackups: false };
    expect(kindsOf(one('AWS::RDS::DBInstance', properties, { DeletionPolicy: 'Delete' }))).toEqual(['kept']);
  });

  it('are volumes that outlive their servers', () => {
    const template = (value: boolean) => ({
      LaunchTemplateData: { BlockDeviceMappings: [{ Ebs: { DeleteOnTermination: value } }] },
    });
    expect(kindsOf(one('AWS::EC2::LaunchTemplate', template(false)))).toEqual(['kept']);
    expect(one('AWS::EC2::LaunchTemplate', template(true))).toEqual([]);
  });
});

it('names what is left in the order of the ids', () => {
  const bucket = { Type: 'AWS::S3::Bucket' };
  expect(
    read({ B: bucket, C: { Type: 'AWS::SNS::Topic' }, A: bucket }).map(({ resource }) => resource),
  ).toEqual(['A', 'B']);
});
