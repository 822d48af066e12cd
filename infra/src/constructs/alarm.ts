/**
 * An alarm as every construct here makes it: it says what is wrong and where to read on, it tells the alert
 * channel when it starts and when it ends, and it states what missing data means.
 */
import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  AlarmRule,
  type ComparisonOperator,
  CompositeAlarm,
  type IAlarmRule,
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

/** One condition among several that only mean something together; tells nobody by itself. */
export class PartialAlarm extends Alarm {
  constructor(scope: Construct, id: string, props: Omit<AlertingAlarmProps, 'alerts' | 'playbook'>) {
    super(scope, id, {
      alarmDescription: `${props.problem} Part of a composite alarm, which alerts.`,
      metric: props.metric,
      comparisonOperator: props.comparison,
      threshold: props.threshold,
      evaluationPeriods: props.periods,
      datapointsToAlarm: props.breaches ?? props.periods,
      treatMissingData: props.missingData,
    });
  }
}

export interface AlertingCompositeAlarmProps extends Pick<
  AlertingAlarmProps,
  'alerts' | 'problem' | 'playbook'
> {
  /** `all`: every part must be in alarm; `any`: one is enough. */
  readonly when: 'all' | 'any';
  readonly parts: readonly Alarm[];
}

export class AlertingCompositeAlarm extends CompositeAlarm {
  constructor(scope: Construct, id: string, props: AlertingCompositeAlarmProps) {
    const parts: IAlarmRule[] = [...props.parts];
    super(scope, id, {
      alarmDescription: `${props.problem} Playbook: ${props.playbook}`,
      alarmRule: props.when === 'all' ? AlarmRule.allOf(...parts) : AlarmRule.anyOf(...parts),
    });
    this.addAlarmAction(props.alerts.alarmAction);
    this.addOkAction(props.alerts.alarmAction);
  }
}
