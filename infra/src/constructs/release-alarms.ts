/**
 * What refuses a release: quicker and stricter than the alarms that call people, since taking a release back costs
 * nothing. Servers that join in a release watch them (`server-files/release-check.sh`).
 *
 * They look at the load balancer and at nothing that belongs to a server group, so that server groups can refer to
 * them.
 */
import { ComparisonOperator, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { ALARM_PERIOD, AlertingAlarm } from './alarm.ts';
import type { AlertChannel } from './alert-channel.ts';
import { failedRequestsPercent, MORE_THAN_A_FEW } from './request-metrics.ts';
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
    this.errors = new AlertingAlarm(this, 'Errors', {
      alerts,
      problem: 'More than 0.5% of requests failed in a minute: a release that rolls out is refused.',
      playbook: PLAYBOOK,
      metric: failedRequestsPercent(loadBalancer, { period, countedWhen: MORE_THAN_A_FEW }),
      comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
      // One bad server of six fails a sixth of all requests.
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
