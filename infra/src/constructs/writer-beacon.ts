/**
 * Says once a minute, as a metric, whether the database of this region is the one that writes, and raises an alarm
 * while it is although it was not made as that. DNS follows this alarm (`region-routing.ts`): traffic goes where the
 * writer is, whoever moved it and however.
 *
 * Constant work: the same question and the same answer every minute, in quiet times as in a failover. It asks the RDS
 * of its own region only. When it falls silent, Route 53 keeps to the last answer, and people are told.
 */
import { ArnFormat, Duration, Stack } from 'aws-cdk-lib';
import {
  type CfnAlarm,
  ComparisonOperator,
  Metric,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { SfnStateMachine } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { StateMachineType } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { AlertingAlarm } from './alarm.ts';
import type { AlertChannel } from './alert-channel.ts';
import type { AuroraDatabase } from './aurora-database.ts';
import type { EncryptedLogGroup } from './encrypted-log-group.ts';
import type { RegionNames } from './region-names.ts';
import { RegionWorkflow } from './region-workflow.ts';

const INTERVAL = Duration.minutes(1);
const METRIC_NAME = 'Writes';

export interface WriterBeaconProps {
  readonly names: RegionNames;
  readonly database: AuroraDatabase;
  readonly alerts: AlertChannel;
  readonly logGroup: EncryptedLogGroup;
}

/** The `PutMetricData` by which a workflow says at once what the beacon would say within a minute. */
export const writesMetricData = (names: RegionNames, region: string, value: string) => ({
  Namespace: names.metricNamespace,
  MetricData: [
    {
      MetricName: METRIC_NAME,
      Dimensions: [{ Name: 'Region', Value: region }],
      Value: value,
    },
  ],
});

/** Publishing knows no resources; the namespace narrows it. */
export const mayPublishIn = (names: RegionNames): PolicyStatement =>
  new PolicyStatement({
    sid: 'SayWhoWrites',
    actions: ['cloudwatch:PutMetricData'],
    resources: ['*'],
    conditions: { StringEquals: { 'cloudwatch:namespace': names.metricNamespace } },
  });

export const PUBLISHING_KNOWS_NO_RESOURCES = {
  'AwsSolutions-IAM5[Resource::*]':
    'Publishing metrics, delivering logs and sending traces know no resources; a condition narrows the metrics to the namespace of this workload.',
} as const;

/** ARN of a global database, which has no region. */
export const globalDatabaseArn = (scope: Construct, identifier: string): string =>
  Stack.of(scope).formatArn({
    service: 'rds',
    region: '',
    resource: 'global-cluster',
    resourceName: identifier,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });

export class WriterBeacon extends Construct {
  readonly workflow: RegionWorkflow;
  readonly schedule: Rule;
  /** On while this region writes instead of the one that was made for it. */
  readonly tookOver: AlertingAlarm;
  /** On when nothing has been said for five minutes. */
  readonly silent: AlertingAlarm;

  constructor(scope: Construct, id: string, props: WriterBeaconProps) {
    super(scope, id);
    this.workflow = this.createWorkflow(props);
    this.schedule = new Rule(this, 'Schedule', {
      description: 'Asks once a minute whether the database of this region writes',
      schedule: Schedule.rate(INTERVAL),
      targets: [new SfnStateMachine(this.workflow.stateMachine)],
    });
    const { names, alerts } = props;
    const { region } = Stack.of(this);
    const metric = (statistic: string) =>
      new Metric({
        namespace: names.metricNamespace,
        metricName: METRIC_NAME,
        dimensionsMap: { Region: region },
        statistic,
        period: INTERVAL,
      });
    this.tookOver = new AlertingAlarm(this, 'TookOver', {
      alerts,
      problem: `${region} writes instead of the region that was made for it: traffic goes here.`,
      playbook: 'docs/playbooks/lost-region.md',
      metric: metric(Stats.MAXIMUM),
      comparison: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      threshold: 1,
      periods: 1,
      missingData: TreatMissingData.IGNORE,
    });
    (this.tookOver.node.defaultChild as CfnAlarm).alarmName = names.tookOverAlarm(region);
    this.silent = new AlertingAlarm(this, 'Silent', {
      alerts,
      problem: 'For five minutes nobody has said which region writes: a failover would not move traffic.',
      playbook: 'docs/playbooks/lost-region.md',
      metric: metric(Stats.SAMPLE_COUNT),
      comparison: ComparisonOperator.LESS_THAN_THRESHOLD,
      threshold: 1,
      periods: 5,
      missingData: TreatMissingData.BREACHING,
    });
  }
  private createWorkflow({ names, database, logGroup }: WriterBeaconProps): RegionWorkflow {
    const { region } = Stack.of(this);
    return new RegionWorkflow(this, 'Workflow', {
      type: StateMachineType.EXPRESS,
      comment: 'Says whether the database of this region writes',
      timeout: Duration.seconds(30),
      logGroup,
      statements: [
        new PolicyStatement({
          sid: 'AskWhoWrites',
          actions: ['rds:DescribeGlobalClusters'],
          resources: [globalDatabaseArn(this, names.globalDatabase)],
        }),
        mayPublishIn(names),
      ],
      findings: PUBLISHING_KNOWS_NO_RESOURCES,
      startAt: 'WhoWrites',
      states: {
        WhoWrites: {
          Type: 'Task',
          Resource: 'arn:aws:states:::aws-sdk:rds:describeGlobalClusters',
          Arguments: { GlobalClusterIdentifier: names.globalDatabase },
          Assign: {
            writes: `{% '${database.cluster.clusterArn}' in $states.result.GlobalClusters.GlobalClusterMembers[IsWriter].DbClusterArn ? 1 : 0 %}`,
          },
          Retry: [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 2, MaxAttempts: 2, BackoffRate: 2 }],
          Next: 'SayIt',
        },
        SayIt: {
          Type: 'Task',
          Resource: 'arn:aws:states:::aws-sdk:cloudwatch:putMetricData',
          Arguments: writesMetricData(names, region, '{% $writes %}'),
          End: true,
        },
      },
    });
  }
}
