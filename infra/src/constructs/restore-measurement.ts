/**
 * Holds each restore that was made for a test to the tier's objectives: how long it took (RTO), and how old the copy was
 * that it came from (RPO). Each is a metric, and an alarm that stays on until a test is better.
 *
 * AWS Backup says that a restore is over and not how long it took, so a workflow asks once and publishes both.
 */
import { Duration, Stack } from 'aws-cdk-lib';
import type { CfnRestoreTestingPlan } from 'aws-cdk-lib/aws-backup';
import { ComparisonOperator, Metric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { EventField, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { SfnStateMachine } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { StateMachineType } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { AlertingAlarm } from './alarm.ts';
import type { AlertChannel } from './alert-channel.ts';
import type { EncryptedLogGroup } from './encrypted-log-group.ts';
import { RegionWorkflow } from './region-workflow.ts';

const MINUTES = 'RestoreMinutes';
const AGE_HOURS = 'RestoredCopyAgeHours';
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

export interface RestoreMeasurementProps {
  readonly alerts: AlertChannel;
  readonly plan: CfnRestoreTestingPlan;
  /** A restore may take so long. */
  readonly recoveryTime: Duration;
  /** The newest copy may be so old, in whole hours. */
  readonly copyAge: Duration;
  readonly logGroup: EncryptedLogGroup;
}

export class RestoreMeasurement extends Construct {
  readonly workflow: RegionWorkflow;
  readonly rule: Rule;
  /** The last restore took too long. */
  readonly slow: AlertingAlarm;
  /** The last restore came from too old a copy. */
  readonly stale: AlertingAlarm;

  constructor(scope: Construct, id: string, props: RestoreMeasurementProps) {
    super(scope, id);
    const namespace = `Nines/${Stack.of(this).stackName}`;
    this.workflow = this.createWorkflow(namespace, props.logGroup);
    this.rule = new Rule(this, 'Completed', {
      description: 'A restore test of the database is over: how long did it take?',
      eventPattern: {
        source: ['aws.backup'],
        detailType: ['Restore Job State Change'],
        detail: { status: ['COMPLETED'], restoreTestingPlanArn: [props.plan.attrRestoreTestingPlanArn] },
      },
      targets: [
        new SfnStateMachine(this.workflow.stateMachine, {
          input: RuleTargetInput.fromObject({ restoreJobId: EventField.fromPath('$.detail.restoreJobId') }),
        }),
      ],
    });
    const alarm = (alarmId: string, metricName: string, threshold: number, problem: string) =>
      new AlertingAlarm(this, alarmId, {
        alerts: props.alerts,
        problem,
        playbook: 'docs/playbooks/database-problems.md',
        metric: new Metric({ namespace, metricName, statistic: Stats.MAXIMUM, period: Duration.hours(1) }),
        comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
        threshold,
        periods: 1,
        // Between two tests the last one's verdict stands.
        missingData: TreatMissingData.IGNORE,
      });
    const [minutes, hours] = [props.recoveryTime.toMinutes(), props.copyAge.toHours()];
    this.slow = alarm(
      'Slow',
      MINUTES,
      minutes,
      `The last restore of the database took more than ${String(minutes)} minutes.`,
    );
    this.stale = alarm(
      'Stale',
      AGE_HOURS,
      hours,
      `The newest copy of the database was more than ${String(hours)} hours old when it was restored.`,
    );
  }

  private createWorkflow(namespace: string, logGroup: EncryptedLogGroup): RegionWorkflow {
    const since = (from: string, to: string, unitMs: number): string =>
      `{% ($toMillis($states.result.${to}) - $toMillis($states.result.${from})) / ${String(unitMs)} %}`;
    return new RegionWorkflow(this, 'Workflow', {
      type: StateMachineType.EXPRESS,
      comment: 'Publishes how long a restore took, and how old its copy was',
      timeout: Duration.minutes(1),
      logGroup,
      statements: [
        new PolicyStatement({
          sid: 'AskAboutRestores',
          actions: ['backup:DescribeRestoreJob'],
          resources: ['*'],
        }),
        new PolicyStatement({
          sid: 'SayHowLong',
          actions: ['cloudwatch:PutMetricData'],
          resources: ['*'],
          conditions: { StringEquals: { 'cloudwatch:namespace': namespace } },
        }),
      ],
      findings: {
        'AwsSolutions-IAM5[Resource::*]':
          'Restore jobs, metrics, the delivery of logs and traces know no resources; a condition narrows the metrics to the namespace of this stack.',
      },
      startAt: 'AskAboutTheRestore',
      states: {
        AskAboutTheRestore: {
          Type: 'Task',
          Resource: 'arn:aws:states:::aws-sdk:backup:describeRestoreJob',
          Arguments: { RestoreJobId: '{% $states.input.restoreJobId %}' },
          Output: {
            minutes: since('CreationDate', 'CompletionDate', MINUTE_MS),
            ageHours: since('RecoveryPointCreationDate', 'CreationDate', HOUR_MS),
          },
          Retry: [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 2, MaxAttempts: 3, BackoffRate: 2 }],
          Next: 'SayIt',
        },
        SayIt: {
          Type: 'Task',
          Resource: 'arn:aws:states:::aws-sdk:cloudwatch:putMetricData',
          Arguments: {
            Namespace: namespace,
            MetricData: [
              { MetricName: MINUTES, Value: '{% $states.input.minutes %}' },
              { MetricName: AGE_HOURS, Value: '{% $states.input.ageHours %}' },
            ],
          },
          End: true,
        },
      },
    });
  }
}
