/**
 * Sees that the other region is lost, and starts the takeover here without anybody: two witnesses must agree three times
 * in a row, ten seconds apart. It stands in each region and watches the other one; a takeover of what this region has
 * already changes nothing.
 *
 * Use it where no person can be quick enough (99.999%). Do not use it where losing the last second of orders is worse
 * than half an hour without any: there a person weighs that (`RegionTakeover` alone).
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Duration, Stack } from 'aws-cdk-lib';
import { ComparisonOperator, Metric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction, SfnStateMachine } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Code, Function as LambdaFn, LoggingFormat, Runtime } from 'aws-cdk-lib/aws-lambda';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { DataPolicy } from '../settings/data-policy.ts';
import { AlertingAlarm } from './alarm.ts';
import type { AlertChannel } from './alert-channel.ts';
import { EncryptedLogGroup } from './encrypted-log-group.ts';
import type { EncryptionKey } from './encryption-key.ts';
import type { RegionNames } from './region-names.ts';
import type { RegionWorkflow } from './region-workflow.ts';

const CODE = join(import.meta.dirname, 'functions/region-watch/index.js');
/** One look every ten seconds, by the function itself: no schedule is finer than a minute. */
const LOOK_INTERVAL = Duration.seconds(10);
/** As many in a row as Route 53's checkers take. */
const LOOKS_TO_ACT = 3;
const PLAYBOOK = 'docs/playbooks/lost-region.md';

export interface RegionWatchProps {
  readonly names: RegionNames;
  /** The region that is watched. */
  readonly otherRegion: string;
  /** What is started when it is lost. */
  readonly takeOver: RegionWorkflow;
  readonly alerts: AlertChannel;
  readonly operationsKey: EncryptionKey;
  readonly data: DataPolicy;
}

export class RegionWatch extends Construct {
  readonly watcher: LambdaFn;
  readonly log: EncryptedLogGroup;
  readonly schedule: Rule;
  /** On when both witnesses agree; starts the takeover. */
  readonly lost: AlertingAlarm;
  readonly start: Rule;
  /** On when nobody has looked for five minutes. */
  readonly silent: AlertingAlarm;

  constructor(scope: Construct, id: string, props: RegionWatchProps) {
    super(scope, id);
    const { alerts, otherRegion, takeOver } = props;
    this.log = new EncryptedLogGroup(this, 'Log', {
      encryptionKey: props.operationsKey,
      retention: RetentionDays.ONE_MONTH,
      data: props.data,
    });
    this.watcher = this.createWatcher(props);
    this.schedule = new Rule(this, 'Schedule', {
      description: `Looks at ${otherRegion} for a minute, every minute`,
      schedule: Schedule.rate(Duration.minutes(1)),
      targets: [new LambdaFunction(this.watcher, { retryAttempts: 0 })],
    });
    this.lost = new AlertingAlarm(this, 'Lost', {
      alerts,
      problem: `${otherRegion} is lost: it answers neither here nor around the world. This region takes over.`,
      playbook: PLAYBOOK,
      metric: this.metric(props, Stats.MINIMUM, LOOK_INTERVAL),
      comparison: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      threshold: 1,
      periods: LOOKS_TO_ACT,
      // Who does not look has seen nothing.
      missingData: TreatMissingData.NOT_BREACHING,
    });
    this.start = new Rule(this, 'Start', {
      description: `Takes over from ${otherRegion} when it is lost`,
      eventPattern: {
        source: ['aws.cloudwatch'],
        detailType: ['CloudWatch Alarm State Change'],
        resources: [this.lost.alarmArn],
        detail: { state: { value: ['ALARM'] } },
      },
      targets: [new SfnStateMachine(takeOver.stateMachine)],
    });
    this.silent = new AlertingAlarm(this, 'Silent', {
      alerts,
      problem: `Nobody has looked at ${otherRegion} for five minutes: it would not be taken over from.`,
      playbook: PLAYBOOK,
      metric: this.metric(props, Stats.SAMPLE_COUNT, Duration.minutes(1)),
      comparison: ComparisonOperator.LESS_THAN_THRESHOLD,
      threshold: 1,
      periods: 5,
      missingData: TreatMissingData.BREACHING,
    });
  }

  private metric({ names, otherRegion }: RegionWatchProps, statistic: string, period: Duration): Metric {
    return new Metric({
      namespace: names.metricNamespace,
      metricName: 'Lost',
      dimensionsMap: { Region: otherRegion, SeenFrom: Stack.of(this).region },
      statistic,
      period,
    });
  }

  private createWatcher({ names, otherRegion }: RegionWatchProps): LambdaFn {
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: 'The watch on the other region: writes its own log, from which its metric is made',
    });
    role.addToPolicy(
      new PolicyStatement({
        sid: 'WriteLog',
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [this.log.logGroupArn],
      }),
    );
    const watcher = new LambdaFn(this, 'Watcher', {
      description: `Whether ${otherRegion} is lost`,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      code: Code.fromInline(readFileSync(CODE, 'utf8')),
      handler: 'index.handler',
      memorySize: 128,
      // Five pauses and six looks of 3 s at worst, and no overlap with the next one that matters.
      timeout: Duration.seconds(75),
      // A metric is made from a line of its own form; a wrapper would hide it.
      loggingFormat: LoggingFormat.TEXT,
      logGroup: this.log,
      role,
      environment: {
        OWN_REGION: Stack.of(this).region,
        OTHER_REGION: otherRegion,
        READINESS_URL: `https://${names.regionOrigin(otherRegion)}/readyz`,
        VERDICT_NAME: names.regionVerdict(otherRegion),
        METRIC_NAMESPACE: names.metricNamespace,
      },
    });
    return watcher;
  }
}
