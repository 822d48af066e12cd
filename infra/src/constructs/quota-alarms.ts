/**
 * Service quotas that a failover or a peak would need, watched before it does: failed servers still count until they
 * are gone, so room for their successors must be there.
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
import { AlertingAlarm } from './alarm.ts';
import type { AlertChannel } from './alert-channel.ts';

/** Percent of the quota: what is left must take the largest group a second time. */
const THRESHOLD_PERCENT = 80;

export class QuotaAlarms extends Construct {
  /** vCPUs of the account's standard instances in this region. */
  readonly vcpus: AlertingAlarm;

  constructor(scope: Construct, id: string, { alerts }: { readonly alerts: AlertChannel }) {
    super(scope, id);
    const period = Duration.minutes(5);
    this.vcpus = new AlertingAlarm(this, 'Vcpus', {
      alerts,
      problem: 'More than 80% of the vCPUs that this account may run in the region are in use.',
      playbook: 'docs/playbooks/outage.md',
      metric: new MathExpression({
        label: 'vCPUs in use, percent of the quota',
        expression: '100 * used / SERVICE_QUOTA(used)',
        usingMetrics: {
          used: new Metric({
            namespace: 'AWS/Usage',
            metricName: 'ResourceCount',
            dimensionsMap: { Service: 'EC2', Type: 'Resource', Resource: 'vCPU', Class: 'Standard/OnDemand' },
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
