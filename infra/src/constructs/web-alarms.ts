/** Site health as its users see it, and the servers behind it. */
import { ComparisonOperator, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { AutoScalingGroup } from 'aws-cdk-lib/aws-autoscaling';
import { Construct } from 'constructs';
import { ALARM_PERIOD, AlertingAlarm } from './alarm.ts';
import type { AlertChannel } from './alert-channel.ts';
import { failedRequestsPercent, MORE_THAN_A_FEW } from './request-metrics.ts';
import type { WebLoadBalancer } from './web-load-balancer.ts';

export interface WebAlarmsProps {
  readonly alerts: AlertChannel;
  readonly loadBalancer: WebLoadBalancer;
  readonly groups: readonly AutoScalingGroup[];
  /** Most servers of one group. */
  readonly maxServers: number;
}

const OUTAGE_PLAYBOOK = 'docs/playbooks/outage.md';

export class WebAlarms extends Construct {
  readonly outage: AlertingAlarm;
  readonly errors: AlertingAlarm;
  readonly latency: AlertingAlarm;
  readonly unreadyServer: AlertingAlarm;
  /** One for each group. */
  readonly groupsAtMaximum: readonly AlertingAlarm[];

  constructor(scope: Construct, id: string, props: WebAlarmsProps) {
    super(scope, id);
    this.outage = this.createOutage(props);
    this.errors = this.createErrors(props);
    this.latency = this.createLatency(props);
    this.unreadyServer = this.createUnreadyServer(props);
    this.groupsAtMaximum = props.groups.map((group, index) => this.createGroupAtMaximum(props, group, index));
  }

  private createOutage({ alerts, loadBalancer }: WebAlarmsProps): AlertingAlarm {
    return new AlertingAlarm(this, 'Outage', {
      alerts,
      problem: 'No server is ready: users get errors or nothing.',
      playbook: OUTAGE_PLAYBOOK,
      metric: loadBalancer.targetGroup.metrics.healthyHostCount({
        statistic: Stats.MAXIMUM,
        period: ALARM_PERIOD,
      }),
      comparison: ComparisonOperator.LESS_THAN_THRESHOLD,
      threshold: 1,
      periods: 2,
      // A load balancer that reports nothing is not known to be well.
      missingData: TreatMissingData.BREACHING,
    });
  }

  private createErrors({ alerts, loadBalancer }: WebAlarmsProps): AlertingAlarm {
    const period = ALARM_PERIOD;
    return new AlertingAlarm(this, 'Errors', {
      alerts,
      problem: 'More than 1% of requests failed in three of five minutes.',
      playbook: OUTAGE_PLAYBOOK,
      metric: failedRequestsPercent(loadBalancer, { period, countedWhen: MORE_THAN_A_FEW }),
      comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
      threshold: 1,
      periods: 5,
      breaches: 3,
      missingData: TreatMissingData.NOT_BREACHING,
    });
  }

  private createLatency({ alerts, loadBalancer }: WebAlarmsProps): AlertingAlarm {
    return new AlertingAlarm(this, 'Latency', {
      alerts,
      problem: 'One request in a hundred took longer than 2 s in three of five minutes.',
      playbook: OUTAGE_PLAYBOOK,
      metric: loadBalancer.targetGroup.metrics.targetResponseTime({
        statistic: Stats.percentile(99),
        period: ALARM_PERIOD,
      }),
      comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
      threshold: 2,
      periods: 5,
      breaches: 3,
      missingData: TreatMissingData.NOT_BREACHING,
    });
  }

  private createUnreadyServer({ alerts, loadBalancer }: WebAlarmsProps): AlertingAlarm {
    return new AlertingAlarm(this, 'UnreadyServer', {
      alerts,
      problem: 'A server has not been ready for five minutes, longer than a restart or a drain takes.',
      playbook: OUTAGE_PLAYBOOK,
      metric: loadBalancer.targetGroup.metrics.unhealthyHostCount({
        statistic: Stats.MINIMUM,
        period: ALARM_PERIOD,
      }),
      comparison: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      threshold: 1,
      periods: 5,
      missingData: TreatMissingData.NOT_BREACHING,
    });
  }

  private createGroupAtMaximum(
    { alerts, maxServers }: WebAlarmsProps,
    group: AutoScalingGroup,
    index: number,
  ): AlertingAlarm {
    return new AlertingAlarm(this, `GroupAtMaximum${index === 0 ? '' : String(index + 1)}`, {
      alerts,
      problem: 'The group has been at its maximum for fifteen minutes: more load would be shed.',
      playbook: OUTAGE_PLAYBOOK,
      metric: new Metric({
        namespace: 'AWS/AutoScaling',
        metricName: 'GroupInServiceInstances',
        dimensionsMap: { AutoScalingGroupName: group.autoScalingGroupName },
        statistic: Stats.MINIMUM,
        period: ALARM_PERIOD,
      }),
      comparison: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      threshold: maxServers,
      periods: 15,
      missingData: TreatMissingData.NOT_BREACHING,
    });
  }
}
