/**
 * Whether the table answers: requests that it refuses, fails or cannot bring together, what the account allows it, and
 * replicas that lag behind.
 */
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

/** Percent of what the account allows a table. DynamoDB doubles what a table takes within minutes, up to there. */
const LIMIT_THRESHOLD_PERCENT = 80;
/** As often as DynamoDB says what it allows. */
const LIMIT_PERIOD = Duration.minutes(5);

/** What the shop asks of its table; DynamoDB counts failures by operation. */
const OPERATIONS = ['GetItem', 'PutItem', 'Query', 'TransactWriteItems', 'UpdateItem'] as const;

export interface TableAlarmsProps {
  readonly alerts: AlertChannel;
  readonly tableName: string;
  /**
   * Regions that this one replicates to, eventually.
   * @default none: one region, or replication that every write waits for
   */
  readonly replicasIn?: readonly string[];
  /**
   * What counts orders that met at a product.
   * @default - DynamoDB's own count of transactions that did
   */
  readonly conflicts?: Metric;
}

const lagOf = (tableName: string, region: string): Metric =>
  new Metric({
    namespace: 'AWS/DynamoDB',
    metricName: 'ReplicationLatency',
    dimensionsMap: { TableName: tableName, ReceivingRegion: region },
    statistic: Stats.MAXIMUM,
    period: Duration.minutes(1),
  });

function failedRequests(failuresOf: (operation: string) => Metric): MathExpression {
  return new MathExpression({
    label: 'Failed requests',
    expression: OPERATIONS.map((_, index) => `FILL(operation${String(index)}, 0)`).join(' + '),
    usingMetrics: Object.fromEntries(
      OPERATIONS.map((operation, index) => [`operation${String(index)}`, failuresOf(operation)]),
    ),
    period: ALARM_PERIOD,
  });
}

/** Of reads or of writes, whichever is nearer. The account's limits have no dimensions: they are each table's. */
function limitUsed(tableName: string): MathExpression {
  const metric = (metricName: string, statistic: string, dimensionsMap = {}) =>
    new Metric({ namespace: 'AWS/DynamoDB', metricName, statistic, dimensionsMap, period: LIMIT_PERIOD });
  const used = (metricName: string) => metric(metricName, Stats.SUM, { TableName: tableName });
  const share = (kind: string) => `FILL(${kind}, 0) / PERIOD(${kind}) / ${kind}Limit`;
  return new MathExpression({
    label: 'Throughput of the table, percent of its limit',
    expression: `100 * MAX([${share('reads')}, ${share('writes')}])`,
    usingMetrics: {
      reads: used('ConsumedReadCapacityUnits'),
      readsLimit: metric('AccountMaxTableLevelReads', Stats.MAXIMUM),
      writes: used('ConsumedWriteCapacityUnits'),
      writesLimit: metric('AccountMaxTableLevelWrites', Stats.MAXIMUM),
    },
    period: LIMIT_PERIOD,
  });
}

export class TableAlarms extends Construct {
  readonly refused: AlertingAlarm;
  readonly failing: AlertingAlarm;
  readonly conflicts: AlertingAlarm;
  /** More than that is refused, however slowly it came to that. */
  readonly nearLimit: AlertingAlarm;
  /** In the order of the regions. */
  readonly lags: readonly AlertingAlarm[];

  constructor(scope: Construct, id: string, props: TableAlarmsProps) {
    super(scope, id);
    const { alerts, tableName, replicasIn = [] } = props;
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
      metric: failedRequests((Operation) => metric('SystemErrors', { Operation })),
      threshold: 3,
      periods: 3,
      breaches: 2,
    });
    this.conflicts = new AlertingAlarm(this, 'Conflicts', {
      ...shared,
      problem: 'More than 600 orders a minute met each other for three minutes: one product sells too fast.',
      metric: props.conflicts ?? metric('TransactionConflict'),
      threshold: 600,
      periods: 3,
    });
    this.nearLimit = new AlertingAlarm(this, 'NearLimit', {
      ...shared,
      problem: 'More than 80% of the throughput that this account allows a table is in use.',
      playbook: 'docs/playbooks/quota-nearly-used-up.md',
      metric: limitUsed(tableName),
      threshold: LIMIT_THRESHOLD_PERCENT,
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
