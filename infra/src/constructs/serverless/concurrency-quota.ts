/**
 * The account's concurrency, which all functions of a region share: what is left must take a peak, or a region that
 * takes over. (Servers have `quota-alarms.ts`.)
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
import { AlertingAlarm } from '../alarm.ts';
import type { AlertChannel } from '../alert-channel.ts';

const THRESHOLD_PERCENT = 80;

export class ConcurrencyQuota extends Construct {
  readonly nearQuota: AlertingAlarm;

  constructor(scope: Construct, id: string, { alerts }: { readonly alerts: AlertChannel }) {
    super(scope, id);
    const period = Duration.minutes(5);
    this.nearQuota = new AlertingAlarm(this, 'NearQuota', {
      alerts,
      problem: 'More than 80% of the concurrency that this account may use in the region is in use.',
      playbook: 'docs/playbooks/function-problems.md',
      metric: new MathExpression({
        label: 'Concurrency in use, percent of the quota',
        expression: '100 * used / SERVICE_QUOTA(used)',
        usingMetrics: {
          used: new Metric({
            namespace: 'AWS/Usage',
            metricName: 'ResourceCount',
            dimensionsMap: {
              Service: 'Lambda',
              Type: 'Resource',
              Resource: 'ConcurrentExecutions',
              Class: 'None',
            },
            statistic: Stats.MAXIMUM,
            period,
          }),
        },
        period,
      }),
      comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
      threshold: THRESHOLD_PERCENT,
      periods: 3,
      missingData: TreatMissingData.NOT_BREACHING,
    });
  }
}
