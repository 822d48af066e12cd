/**
 * One dashboard for a serverless tier, in the order in which people look: are users well, what do the functions do, does
 * the table answer, are payments taken, which alarms are on.
 */
import { Duration, Stack } from 'aws-cdk-lib';
import {
  type Alarm,
  AlarmStatusWidget,
  type CompositeAlarm,
  Dashboard,
  GraphWidget,
  type IMetric,
  Metric,
  PeriodOverride,
  Stats,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { ALARM_PERIOD } from '../alarm.ts';
import { apiMetric } from './api-alarms.ts';

export interface ServerlessDashboardProps {
  readonly apiId: string;
  /** By the name that graphs show. */
  readonly functions: Readonly<Record<string, IFunction>>;
  readonly tableName: string;
  /** By the name that graphs show. */
  readonly queues: Readonly<Record<string, IQueue>>;
  readonly alarms: readonly (Alarm | CompositeAlarm)[];
  /** More about users, such as what is refused. */
  readonly users?: readonly IMetric[];
}

/** A row is 24 wide. */
const [WIDE, THIRD] = [24, 8];

/** Where the application counts what customers do (`apps/shop-api/src/function/parts.ts`). */
export const APPLICATION_NAMESPACE = 'Nines/Shop';

export class ServerlessDashboard extends Construct {
  readonly dashboard: Dashboard;

  constructor(scope: Construct, id: string, props: ServerlessDashboardProps) {
    super(scope, id);
    const period = ALARM_PERIOD;
    this.dashboard = new Dashboard(this, 'Dashboard', {
      dashboardName: Stack.of(this).stackName,
      defaultInterval: Duration.hours(3),
      periodOverride: PeriodOverride.INHERIT,
    });
    const api = (name: string, statistic: string) => apiMetric(props.apiId, name, statistic, period);
    const named = Object.entries(props.functions);
    const ofFunctions = (metricName: string, statistic: string, namespace = 'AWS/Lambda') =>
      named.map(
        ([label, { functionName: FunctionName }]) =>
          new Metric({ namespace, metricName, dimensionsMap: { FunctionName }, statistic, period, label }),
      );
    const ofTable = (metricName: string) =>
      new Metric({
        namespace: 'AWS/DynamoDB',
        metricName,
        dimensionsMap: { TableName: props.tableName },
        statistic: Stats.SUM,
        period,
      });
    const rows: readonly (readonly (GraphWidget | AlarmStatusWidget)[])[] = [
      [new AlarmStatusWidget({ title: 'Alarms', width: WIDE, height: 4, alarms: [...props.alarms] })],
      [
        graph('Requests', [api('Count', Stats.SAMPLE_COUNT)]),
        graph('Failed and refused requests', [api('5xx', Stats.SUM), ...(props.users ?? [])]),
        graph(
          'Response time, ms',
          [50, 99, 99.9].map((percent) => api('Latency', Stats.percentile(percent))),
        ),
      ],
      [
        graph('Orders placed', ofFunctions('OrdersPlaced', Stats.SUM, APPLICATION_NAMESPACE)),
        graph('Failed invocations', ofFunctions('Errors', Stats.SUM)),
        graph('Concurrency', ofFunctions('ConcurrentExecutions', Stats.MAXIMUM)),
      ],
      [
        graph('Requests that the table refused', [
          ofTable('ReadThrottleEvents'),
          ofTable('WriteThrottleEvents'),
        ]),
        graph('Transactions that met', [ofTable('TransactionConflict')]),
        graph(
          'Messages that wait',
          Object.entries(props.queues).map(([label, queue]) =>
            queue.metricApproximateNumberOfMessagesVisible({ statistic: Stats.MAXIMUM, period, label }),
          ),
        ),
      ],
    ];
    for (const row of rows) this.dashboard.addWidgets(...row);
  }
}

const graph = (title: string, left: readonly IMetric[]): GraphWidget =>
  new GraphWidget({ title, width: THIRD, left: [...left] });
