/**
 * An alarm as every construct here makes it: it says what is wrong and where to read on, it tells the alert
 * channel when it starts and when it ends, and it states what missing data means.
 */
import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  type ComparisonOperator,
  type IMetric,
  type TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import type { AlertChannel } from './alert-channel.ts';

/** Period of the metrics behind alarms, unless a metric is published less often. */
export const ALARM_PERIOD = Duration.minutes(1);

export interface AlertingAlarmProps {
  readonly alerts: AlertChannel;
  /** What is wrong for whom, in one sentence. */
  readonly problem: string;
  /** Path of the playbook in this repository. */
  readonly playbook: string;
  readonly metric: IMetric;
  readonly comparison: ComparisonOperator;
  readonly threshold: number;
  /** Periods looked at. */
  readonly periods: number;
  /**
   * Periods among them that must breach.
   * @default all of them
   */
  readonly breaches?: number;
  /** What it means when there is no data: `BREACHING` where silence is the failure, else `NOT_BREACHING`. */
  readonly missingData: TreatMissingData;
}

export class AlertingAlarm extends Alarm {
  constructor(scope: Construct, id: string, props: AlertingAlarmProps) {
    super(scope, id, {
      alarmDescription: `${props.problem} Playbook: ${props.playbook}`,
      metric: props.metric,
      comparisonOperator: props.comparison,
      threshold: props.threshold,
      evaluationPeriods: props.periods,
      datapointsToAlarm: props.breaches ?? props.periods,
      treatMissingData: props.missingData,
    });
    this.addAlarmAction(props.alerts.alarmAction);
    this.addOkAction(props.alerts.alarmAction);
  }
}
