import { beforeAll, describe, expect, it } from 'vitest';
import { runWorkflow } from '../../test/run-workflow.ts';
import { rendered, type Synthesized, synthesize } from '../../test/synthesized.ts';

describe('a restore that was made for a test', () => {
  let synthesized: Synthesized;
  let definition: string;

  beforeAll(() => {
    synthesized = synthesize('three-nines');
    definition = rendered(synthesized.resources['RestoreMeasurement']?.Properties['DefinitionString']);
  });

  it('is measured when it is over, by how long it took and how old its copy was', async () => {
    const { status, calls } = await runWorkflow(
      definition,
      (call) =>
        call === 'backup:describeRestoreJob'
          ? {
              RecoveryPointCreationDate: '2026-03-02T03:10:00.000Z',
              CreationDate: '2026-03-02T08:10:00.000Z',
              CompletionDate: '2026-03-02T08:55:30.000Z',
            }
          : {},
      { restoreJobId: 'job-1' },
    );

    expect(status).toBe('SUCCEEDED');
    expect(calls).toEqual([
      { call: 'backup:describeRestoreJob', parameters: { RestoreJobId: 'job-1' } },
      {
        call: 'cloudwatch:putMetricData',
        parameters: {
          Namespace: 'Nines/nines-three-nines',
          MetricData: [
            { MetricName: 'RestoreMinutes', Value: 45.5 },
            { MetricName: 'RestoredCopyAgeHours', Value: 5 },
          ],
        },
      },
    ]);
  });

  it('is asked about for this plan only, when it is complete', () => {
    expect(synthesized.resources['RestoreTestCompleted']?.Properties).toMatchObject({
      EventPattern: {
        source: ['aws.backup'],
        'detail-type': ['Restore Job State Change'],
        detail: {
          status: ['COMPLETED'],
          restoreTestingPlanArn: [{ 'Fn::GetAtt': ['RestoreTestPlan', 'RestoreTestingPlanArn'] }],
        },
      },
      Targets: [
        {
          Arn: { Ref: 'RestoreMeasurement' },
          InputTransformer: {
            InputPathsMap: { 'detail-restoreJobId': '$.detail.restoreJobId' },
            InputTemplate: '{"restoreJobId":<detail-restoreJobId>}',
          },
        },
      ],
    });
  });

  it.each([
    ['RestoreSlowAlarm', 'RestoreMinutes', 60],
    ['RestoreStaleAlarm', 'RestoredCopyAgeHours', 26],
  ])('is told by %s until a test is better', (alarm, metric, threshold) => {
    expect(synthesized.resources[alarm]?.Properties).toMatchObject({
      Namespace: 'Nines/nines-three-nines',
      MetricName: metric,
      Statistic: 'Maximum',
      ComparisonOperator: 'GreaterThanThreshold',
      Threshold: threshold,
      EvaluationPeriods: 1,
      TreatMissingData: 'ignore',
    });
    expect(synthesized.resources[alarm]?.Properties).toHaveProperty('AlarmActions');
  });
});
