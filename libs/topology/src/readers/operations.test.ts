import { describe, expect, it } from 'vitest';
import { readResources } from '../../test/read-resources.ts';
import { findNode } from '../index.ts';

const read = (type: string, properties: Record<string, unknown>) => {
  const topology = readResources({ X: { Type: type, Properties: properties } });
  return { node: findNode(topology, 'X'), notes: topology.notes.map((note) => note.message) };
};

describe('a bucket', () => {
  it('is encrypted and private by default, as S3 has made them since 2023, and not versioned', () => {
    expect(read('AWS::S3::Bucket', {}).node).toMatchObject({
      encrypted: true,
      versioned: false,
      publicAccessBlocked: true,
      defaulted: ['encrypted', 'publicAccessBlocked', 'versioned'],
    });
  });

  it('is versioned and open as far as it says so', () => {
    const { node } = read('AWS::S3::Bucket', {
      VersioningConfiguration: { Status: 'Enabled' },
      BucketEncryption: { ServerSideEncryptionConfiguration: [{}] },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
      },
    });
    expect(node).toMatchObject({ versioned: true, publicAccessBlocked: false, defaulted: [] });
  });

  it('is closed when all four blocks are on', () => {
    const { node } = read('AWS::S3::Bucket', {
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: 'true',
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
    });
    expect(node).toMatchObject({ publicAccessBlocked: true });
  });
});

describe('an alarm', () => {
  it('needs every datapoint of its periods and treats missing ones as missing by default', () => {
    const { node } = read('AWS::CloudWatch::Alarm', {
      Namespace: 'AWS/RDS',
      MetricName: 'CPUUtilization',
      Threshold: 80,
      Period: 60,
      EvaluationPeriods: 3,
      AlarmActions: [{ Ref: 'Topic' }],
    });
    expect(node).toEqual({
      id: 'X',
      type: 'AWS::CloudWatch::Alarm',
      kind: 'alarm',
      region: 'region-1',
      zones: [],
      namespace: 'AWS/RDS',
      metricName: 'CPUUtilization',
      dimensions: {},
      threshold: 80,
      periodSeconds: 60,
      evaluationPeriods: 3,
      datapointsToAlarm: 3,
      treatMissingData: 'missing',
      actionCount: 1,
      defaulted: ['datapointsToAlarm', 'treatMissingData'],
    });
  });

  it('tells nobody when its actions are switched off', () => {
    const { node } = read('AWS::CloudWatch::Alarm', { ActionsEnabled: false, AlarmActions: ['a', 'b'] });
    expect(node).toMatchObject({ actionCount: 0 });
  });

  it('on an expression is known by the first metric that it combines', () => {
    const { node } = read('AWS::CloudWatch::Alarm', {
      EvaluationPeriods: 1,
      Metrics: [
        { Id: 'share', Expression: 'errors / requests' },
        {
          Id: 'errors',
          MetricStat: { Metric: { Namespace: 'AWS/ApplicationELB', MetricName: '5XX' }, Period: 60 },
        },
      ],
    });
    expect(node).toMatchObject({ namespace: 'AWS/ApplicationELB', metricName: '5XX', periodSeconds: 60 });
  });

  it('leaves out what it does not say', () => {
    const { node } = read('AWS::CloudWatch::Alarm', { Threshold: 'high' });
    expect(node).not.toHaveProperty('threshold');
    expect(node).not.toHaveProperty('metricName');
  });
});

describe('a log group', () => {
  it('keeps its events for as long as it says', () => {
    expect(read('AWS::Logs::LogGroup', { RetentionInDays: '30' }).node).toMatchObject({ retentionDays: 30 });
  });

  it('keeps them for ever by default', () => {
    const { node } = read('AWS::Logs::LogGroup', {});
    expect(node).not.toHaveProperty('retentionDays');
    expect(node?.defaulted).toEqual(['retentionDays']);
  });
});

describe('a backup plan', () => {
  it('has its rules read', () => {
    const { node } = read('AWS::Backup::BackupPlan', {
      BackupPlan: {
        BackupPlanRule: [
          { RuleName: 'daily', ScheduleExpression: 'cron(0 3 * * ? *)', Lifecycle: { DeleteAfterDays: 35 } },
          {},
        ],
      },
    });
    expect(node).toMatchObject({
      rules: [{ name: 'daily', schedule: 'cron(0 3 * * ? *)', deleteAfterDays: 35 }, { name: 'rule-2' }],
    });
  });

  it('without a rule is noted', () => {
    expect(read('AWS::Backup::BackupPlan', {}).notes).toEqual(['has no rule, so it backs nothing up']);
  });
});
