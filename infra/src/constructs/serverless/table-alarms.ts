/** Whether the table answers: requests that it refuses, fails or cannot bring together, and replicas that lag behind. */
import { Duration } from 'aws-cdk-lib';
import {
  ComparisonOperator,
  MathExpression,
  Metric,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { ALARM_PERIOD, AlertingAlarm } from '../alarm.ts';
import type { AlertChannel } from '../alert-channel.ts';

const PLAYBOOK = 'docs/playbooks/table-problems.md';

/** What the shop asks of its table; DynamoDB counts failures by operation. */
const OPERATIONS = ['GetItem', 'Query', 'TransactWriteItems', 'UpdateItem'] as const;

export interface TableAlarmsProps {
  readonly alerts: AlertChannel;
  readonly tableName: string;
  /**
   * Regions that this one replicates to, eventually.
   * @default none: one region, or replication that every write waits for
   */
  readonly replicasIn?: readonly string[];
}

const lagOf = (tableName: string, region: string): Metric =>
  new Metric({
    namespace: 'AWS/DynamoDB',
    metricName: 'ReplicationLatency',
    dimensionsMap: { TableName: tableName, ReceivingRegion: region },
    statistic: Stats.MAXIMUM,
    period: Duration.minutes(1),
  });

export class TableAlarms extends Construct {
  readonly refused: AlertingAlarm;
  readonly failing: AlertingAlarm;
  readonly conflicts: AlertingAlarm;
  /** In the order of the regions. */
  readonly lags: readonly AlertingAlarm[];

  constructor(scope: Construct, id: string, { alerts, tableName, replicasIn = [] }: TableAlarmsProps) {
    super(scope, id);
    const metric = (metricName: string, more: Readonly<Record<string, string>> = {}) =>
      new Metric({
        namespace: 'AWS/DynamoDB',
        metricName,
        dimensionsMap: { TableName: tableName, ...more },
        statistic: Stats.SUM,
        period: ALARM_PERIOD,
      });
    const shared = {
      alerts,
      playbook: PLAYBOOK,
      comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
      missingData: TreatMissingData.NOT_BREACHING,
    };
    this.refused = new AlertingAlarm(this, 'Refused', {
      ...shared,
      problem:
        'The table refused more than ten requests a minute for want of capacity, twice in three minutes.',
      metric: new MathExpression({
        label: 'Refused requests',
        expression: 'FILL(reads, 0) + FILL(writes, 0)',
        usingMetrics: { reads: metric('ReadThrottleEvents'), writes: metric('WriteThrottleEvents') },
        period: ALARM_PERIOD,
      }),
      threshold: 10,
      periods: 3,
      breaches: 2,
    });
    this.failing = new AlertingAlarm(this, 'Failing', {
      ...shared,
      problem: 'The table failed more than three requests a minute, twice in three minutes.',
      metric: new MathExpression({
        label: 'Failed requests',
        expression: OPERATIONS.map((_, index) => `FILL(operation${String(index)}, 0)`).join(' + '),
        usingMetrics: Object.fromEntries(
          OPERATIONS.map((Operation, index) => [
            `operation${String(index)}`,
            metric('SystemErrors', { Operation }),
          ]),
        ),
        period: ALARM_PERIOD,
      }),
      threshold: 3,
      periods: 3,
      breaches: 2,
    });
    this.conflicts = new AlertingAlarm(this, 'Conflicts', {
      ...shared,
      problem:
        'More than 600 transactions a minute met each other for three minutes: one product sells too fast.',
      metric: metric('TransactionConflict'),
      threshold: 600,
      periods: 3,
    });
    this.lags = replicasIn.map(
      (region, index) =>
        new AlertingAlarm(this, `Lag${String(index + 1)}`, {
          ...shared,
          problem: `Writes have taken longer than 5 s to arrive in ${region} for five minutes: so much is missing there.`,
          metric: lagOf(tableName, region),
          threshold: 5_000,
          periods: 5,
        }),
    );
  }
}
