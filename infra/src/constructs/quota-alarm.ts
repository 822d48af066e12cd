/**
 * A quota of the account that healing, a peak or a recovery would need, watched before it does: failed servers still
 * count until they are gone, so room for their successors must be there, and a recovery builds beside what is left.
 *
 * Only quotas whose use AWS publishes (`AWS/Usage`) and that metric math can compare with what the account may have
 * (`SERVICE_QUOTA`) can be watched like this. AWS publishes no list of them; these were found to answer by
 * deliveryhero/terraform-aws-service-quota-alarms, which asks CloudWatch for each. What watches the others says
 * docs/playbooks/quota-nearly-used-up.md.
 */
import { Duration } from 'aws-cdk-lib';
import {
  ComparisonOperator,
  MathExpression,
  Metric,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { AlertingAlarm } from './alarm.ts';
import type { AlertChannel } from './alert-channel.ts';

/** Percent of the quota: what is left must take the largest group, or another region's load, a second time. */
const THRESHOLD_PERCENT = 80;

interface Usage {
  /** What is counted, as a sentence goes on. */
  readonly what: string;
  readonly service: string;
  readonly resource: string;
  /** @default 'None' */
  readonly class?: string;
}

const USAGES = {
  vcpus: {
    what: 'vCPUs that this account may run',
    service: 'EC2',
    resource: 'vCPU',
    class: 'Standard/OnDemand',
  },
  serverGroups: {
    what: 'Auto Scaling groups that this account may have',
    service: 'AutoScaling',
    resource: 'NumberOfAutoScalingGroup',
  },
  loadBalancers: {
    what: 'application load balancers that this account may have',
    service: 'Elastic Load Balancing',
    resource: 'ApplicationLoadBalancersPerRegion',
  },
  concurrency: {
    what: 'concurrency that this account may use',
    service: 'Lambda',
    resource: 'ConcurrentExecutions',
  },
} as const satisfies Readonly<Record<string, Usage>>;

export interface QuotaAlarmProps {
  readonly alerts: AlertChannel;
  readonly quota: keyof typeof USAGES;
}

export class QuotaAlarm extends AlertingAlarm {
  constructor(scope: Construct, id: string, { alerts, quota }: QuotaAlarmProps) {
    const usage: Usage = USAGES[quota];
    const period = Duration.minutes(5);
    super(scope, id, {
      alerts,
      problem: `More than ${String(THRESHOLD_PERCENT)}% of the ${usage.what} in the region are in use.`,
      playbook: 'docs/playbooks/quota-nearly-used-up.md',
      metric: new MathExpression({
        label: `${usage.resource} in use, percent of the quota`,
        expression: '100 * used / SERVICE_QUOTA(used)',
        usingMetrics: {
          used: new Metric({
            namespace: 'AWS/Usage',
            metricName: 'ResourceCount',
            dimensionsMap: {
              Service: usage.service,
              Type: 'Resource',
              Resource: usage.resource,
              Class: usage.class ?? 'None',
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
