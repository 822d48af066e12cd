/**
 * Whether users of an HTTP API are well: failed, slow and refused requests, counted where they arrive. Refused ones come
 * from the access log, since API Gateway counts a 429 with every other 4xx.
 */
import type { Duration } from 'aws-cdk-lib';
import {
  ComparisonOperator,
  type IMetric,
  MathExpression,
  Metric,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { FilterPattern, type ILogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs';
import { Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { ALARM_PERIOD, AlertingAlarm } from '../alarm.ts';
import type { AlertChannel } from '../alert-channel.ts';
import { type FailedRequestsOptions, MORE_THAN_A_FEW } from '../request-metrics.ts';

const PLAYBOOK = 'docs/playbooks/outage.md';
const REFUSED = 'RefusedRequests';

export interface ApiAlarmsProps {
  readonly alerts: AlertChannel;
  readonly apiId: string;
  readonly accessLog: ILogGroup;
}

/** Requests of an API, by API Gateway's own metrics. */
export function apiMetric(apiId: string, metricName: string, statistic: string, period: Duration): Metric {
  return new Metric({
    namespace: 'AWS/ApiGateway',
    metricName,
    dimensionsMap: { ApiId: apiId },
    statistic,
    period,
  });
}

/** Share of an API's requests that failed, in percent. Shed requests are answered 503 and count. */
export const failedApiRequestsPercent =
  (apiId: string) =>
  ({ period, countedWhen }: FailedRequestsOptions): MathExpression =>
    new MathExpression({
      label: 'Failed requests, percent',
      expression: `IF(${countedWhen}, 100 * FILL(failed, 0) / requests, 0)`,
      usingMetrics: {
        requests: apiMetric(apiId, 'Count', Stats.SAMPLE_COUNT, period),
        failed: apiMetric(apiId, '5xx', Stats.SUM, period),
      },
      period,
    });

export class ApiAlarms extends Construct {
  /** Most requests fail. */
  readonly outage: AlertingAlarm;
  readonly errors: AlertingAlarm;
  readonly latency: AlertingAlarm;
  readonly refused: AlertingAlarm;
  /** Requests that were answered 429, for dashboards. */
  readonly refusedMetric: IMetric;

  constructor(scope: Construct, id: string, props: ApiAlarmsProps) {
    super(scope, id);
    const { alerts, apiId } = props;
    const shared = { alerts, playbook: PLAYBOOK, missingData: TreatMissingData.NOT_BREACHING };
    const failed = failedApiRequestsPercent(apiId);
    this.outage = new AlertingAlarm(this, 'Outage', {
      ...shared,
      problem: 'More than half of all requests failed for two minutes.',
      metric: failed({ period: ALARM_PERIOD, countedWhen: 'requests >= 4' }),
      comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
      threshold: 50,
      periods: 2,
    });
    this.errors = new AlertingAlarm(this, 'Errors', {
      ...shared,
      problem: 'More than 1% of requests failed in two of three minutes.',
      metric: failed({ period: ALARM_PERIOD, countedWhen: MORE_THAN_A_FEW }),
      comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
      threshold: 1,
      periods: 3,
      breaches: 2,
    });
    this.latency = new AlertingAlarm(this, 'Latency', {
      ...shared,
      problem: 'The slowest 1% of answers took longer than 2 s for three minutes.',
      metric: apiMetric(apiId, 'Latency', Stats.percentile(99), ALARM_PERIOD),
      comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
      threshold: 2_000,
      periods: 3,
    });
    const filter = new MetricFilter(this, 'RefusedRequests', {
      logGroup: props.accessLog,
      metricNamespace: `Nines/${Stack.of(this).stackName}`,
      metricName: REFUSED,
      metricValue: '1',
      // The access log writes numbers as text.
      filterPattern: FilterPattern.stringValue('$.status', '=', '429'),
    });
    this.refusedMetric = filter.metric({ statistic: Stats.SUM, period: ALARM_PERIOD });
    this.refused = new AlertingAlarm(this, 'Refused', {
      ...shared,
      problem: 'More than 60 requests a minute are refused: the load is above what the API is rated for.',
      metric: this.refusedMetric,
      comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
      threshold: 60,
      periods: 3,
    });
  }
}
