/** A NAT gateway that cannot open connections: the way to payment is closing for one zone's servers. */
import { ComparisonOperator, Metric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { CfnNatGateway, type IVpc } from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import { ALARM_PERIOD, AlertingAlarm } from './alarm.ts';
import type { AlertChannel } from './alert-channel.ts';

export interface NetworkAlarmsProps {
  readonly alerts: AlertChannel;
  readonly vpc: IVpc;
}

export class NetworkAlarms extends Construct {
  /** One per NAT gateway, in the order of the zones. */
  readonly exhaustedNat: readonly AlertingAlarm[];

  constructor(scope: Construct, id: string, props: NetworkAlarmsProps) {
    super(scope, id);
    const gateways = props.vpc.node.findAll().filter((node) => node instanceof CfnNatGateway);
    this.exhaustedNat = gateways.map(
      (gateway, index) =>
        new AlertingAlarm(this, `ExhaustedNat${String(index + 1)}`, {
          alerts: props.alerts,
          problem: 'A NAT gateway could not open connections to third parties for five minutes.',
          playbook: 'docs/playbooks/outage.md',
          metric: new Metric({
            namespace: 'AWS/NATGateway',
            metricName: 'ErrorPortAllocation',
            dimensionsMap: { NatGatewayId: gateway.attrNatGatewayId },
            statistic: Stats.SUM,
            period: ALARM_PERIOD,
          }),
          comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
          threshold: 0,
          periods: 5,
          missingData: TreatMissingData.NOT_BREACHING,
        }),
    );
  }
}
