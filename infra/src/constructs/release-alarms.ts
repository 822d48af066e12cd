/**
 * What refuses a release: quicker and stricter than the alarms that call people, since taking a release back costs
 * nothing. Servers that join in a release watch them (`server-files/release-check.sh`).
 *
 * They look at the load balancer and at nothing that belongs to a server group, so that server groups can refer to
 * them.
 */
import { ComparisonOperator, MathExpression, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { HttpCodeElb, HttpCodeTarget } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct } from 'constructs';
import { ALARM_PERIOD, AlertingAlarm } from './alarm.ts';
import type { AlertChannel } from './alert-channel.ts';
import type { WebLoadBalancer } from './web-load-balancer.ts';

const PLAYBOOK = 'docs/playbooks/failed-deployment.md';

export interface ReleaseAlarmsProps {
  readonly alerts: AlertChannel;
  readonly loadBalancer: WebLoadBalancer;
}

export class ReleaseAlarms extends Construct {
  readonly errors: AlertingAlarm;
  readonly latency: AlertingAlarm;

  constructor(scope: Construct, id: string, { alerts, loadBalancer }: ReleaseAlarmsProps) {
    super(scope, id);
    const period = ALARM_PERIOD;
    const { metrics } = loadBalancer.loadBalancer;
    this.errors = new AlertingAlarm(this, 'Errors', {
      alerts,
      problem: 'More than 0.5% of requests failed in a minute: a release that rolls out is refused.',
      playbook: PLAYBOOK,
      metric: new MathExpression({
        label: 'Failed requests, percent',
        // One bad server of six fails a sixth of all requests. Below 100 requests one failure would be enough.
        expression: 'IF(requests > 100, 100 * (FILL(own, 0) + FILL(balancer, 0)) / requests, 0)',
        usingMetrics: {
          requests: metrics.requestCount({ period }),
          own: metrics.httpCodeTarget(HttpCodeTarget.TARGET_5XX_COUNT, { period }),
          balancer: metrics.httpCodeElb(HttpCodeElb.ELB_5XX_COUNT, { period }),
        },
        period,
      }),
      comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
      threshold: 0.5,
      periods: 1,
      missingData: TreatMissingData.NOT_BREACHING,
    });
    this.latency = new AlertingAlarm(this, 'Latency', {
      alerts,
      problem: 'One request in a hundred took longer than 1 s for two minutes: a release is refused.',
      playbook: PLAYBOOK,
      metric: loadBalancer.targetGroup.metrics.targetResponseTime({
        statistic: Stats.percentile(99),
        period,
      }),
      comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
      threshold: 1,
      periods: 2,
      missingData: TreatMissingData.NOT_BREACHING,
    });
  }
}
