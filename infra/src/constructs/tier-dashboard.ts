/**
 * One dashboard for a tier, in the order in which people look: are users well, is one zone worse, what do the servers
 * do, what does the database do, which alarms are on.
 */
import { Duration, Stack } from 'aws-cdk-lib';
import {
  type Alarm,
  AlarmStatusWidget,
  type CompositeAlarm,
  Dashboard,
  GraphWidget,
  type IMetric,
  PeriodOverride,
  Stats,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { AutoScalingGroup } from 'aws-cdk-lib/aws-autoscaling';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { HttpCodeElb, HttpCodeTarget } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct } from 'constructs';
import { ALARM_PERIOD } from './alarm.ts';
import type { WebLoadBalancer } from './web-load-balancer.ts';

export interface TierDashboardProps {
  readonly loadBalancer: WebLoadBalancer;
  readonly groups: readonly AutoScalingGroup[];
  /** What tells how the database is, by title. */
  readonly database: Readonly<Record<string, readonly IMetric[]>>;
  /**
   * Failed and slow requests by zone.
   * @default none
   */
  readonly zones?: readonly { readonly failed: IMetric; readonly slow: IMetric }[];
  readonly alarms: readonly (Alarm | CompositeAlarm)[];
}

/** A row is 24 wide. */
const [WIDE, HALF, THIRD] = [24, 12, 8];

export class TierDashboard extends Construct {
  readonly dashboard: Dashboard;

  constructor(scope: Construct, id: string, props: TierDashboardProps) {
    super(scope, id);
    const { metrics } = props.loadBalancer.loadBalancer;
    const { targetGroup } = props.loadBalancer;
    const period = ALARM_PERIOD;
    this.dashboard = new Dashboard(this, 'Dashboard', {
      dashboardName: Stack.of(this).stackName,
      defaultInterval: Duration.hours(3),
      periodOverride: PeriodOverride.INHERIT,
    });
    this.dashboard.addWidgets(
      new AlarmStatusWidget({ title: 'Alarms', width: WIDE, height: 4, alarms: [...props.alarms] }),
    );
    this.dashboard.addWidgets(
      graph('Requests', THIRD, [metrics.requestCount({ period })]),
      graph('Failed requests', THIRD, [
        metrics.httpCodeTarget(HttpCodeTarget.TARGET_5XX_COUNT, { period, label: 'answered by servers' }),
        metrics.httpCodeElb(HttpCodeElb.ELB_5XX_COUNT, { period, label: 'answered by the load balancer' }),
      ]),
      graph(
        'Response time, s',
        THIRD,
        [50, 99, 99.9].map((percent) =>
          targetGroup.metrics.targetResponseTime({ period, statistic: Stats.percentile(percent) }),
        ),
      ),
    );
    if (props.zones !== undefined) {
      const labelled = (kind: 'failed' | 'slow') => (props.zones ?? []).map((zone) => zone[kind]);
      this.dashboard.addWidgets(
        graph('Failed requests by zone', HALF, labelled('failed')),
        graph('Slow requests by zone', HALF, labelled('slow')),
      );
    }
    this.dashboard.addWidgets(
      graph('Ready servers', THIRD, [
        targetGroup.metrics.healthyHostCount({ period, statistic: Stats.MINIMUM }),
        targetGroup.metrics.unhealthyHostCount({ period, statistic: Stats.MAXIMUM }),
      ]),
      graph('CPU of servers, percent', THIRD, props.groups.map(cpuOf)),
      graph('Servers', THIRD, props.groups.map(sizeOf)),
    );
    this.dashboard.addWidgets(
      ...Object.entries(props.database).map(([title, of]) => graph(title, THIRD, of)),
    );
  }
}

const graph = (title: string, width: number, left: readonly IMetric[]): GraphWidget =>
  new GraphWidget({ title, width, left: [...left] });

const ofGroup = (namespace: string, metricName: string) => (group: AutoScalingGroup) =>
  new Metric({
    namespace,
    metricName,
    dimensionsMap: { AutoScalingGroupName: group.autoScalingGroupName },
    statistic: Stats.AVERAGE,
    period: ALARM_PERIOD,
  });

const cpuOf = ofGroup('AWS/EC2', 'CPUUtilization');
const sizeOf = ofGroup('AWS/AutoScaling', 'GroupInServiceInstances');
