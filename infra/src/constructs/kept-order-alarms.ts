/**
 * Whether kept orders are stored: that some are kept at all, that they wait, that one was put aside. Nobody outside would
 * notice for hours.
 */
import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { ALARM_PERIOD, AlertingAlarm } from './alarm.ts';
import type { AlertChannel } from './alert-channel.ts';

export interface KeptOrderAlarmsProps {
  readonly alerts: AlertChannel;
  readonly queue: IQueue;
  readonly deadLetters: IQueue;
  /** What refuses orders, at the beginning of a sentence. */
  readonly database: 'The table' | 'The database';
  /** Where to read on about a database that refuses orders. */
  readonly databasePlaybook: string;
  /** Where to read on about orders that are not stored although it does not. */
  readonly playbook: string;
  /** For how long an order is tried, in words. */
  readonly triedFor: string;
}

export class KeptOrderAlarms extends Construct {
  readonly used: AlertingAlarm;
  readonly late: AlertingAlarm;
  readonly putAside: AlertingAlarm;

  constructor(scope: Construct, id: string, props: KeptOrderAlarmsProps) {
    super(scope, id);
    const { alerts, queue, deadLetters, playbook } = props;
    this.used = new AlertingAlarm(this, 'Used', {
      alerts,
      playbook: props.databasePlaybook,
      problem: `${props.database} refuses orders, and they are kept for later: customers are answered 202.`,
      metric: queue.metricNumberOfMessagesSent({ statistic: Stats.SUM, period: ALARM_PERIOD }),
      comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
      threshold: 0,
      periods: 1,
      missingData: TreatMissingData.NOT_BREACHING,
    });
    this.late = ageAlarm(this, 'Late', {
      alerts,
      playbook,
      queue,
      problem: 'Orders have been kept for more than fifteen minutes without being stored.',
      seconds: 900,
    });
    this.putAside = visibleAlarm(this, 'PutAside', {
      alerts,
      playbook,
      queue: deadLetters,
      problem: `An order that was accepted could not be stored for ${props.triedFor}, and was put aside.`,
    });
  }
}

interface QueueAlarmProps {
  readonly alerts: AlertChannel;
  readonly playbook: string;
  readonly queue: IQueue;
  readonly problem: string;
}

/** Goes off when there is anything in the queue. */
export const visibleAlarm = (
  scope: Construct,
  id: string,
  { queue, ...props }: QueueAlarmProps,
): AlertingAlarm =>
  new AlertingAlarm(scope, id, {
    ...props,
    metric: queue.metricApproximateNumberOfMessagesVisible({
      statistic: Stats.MAXIMUM,
      period: Duration.minutes(5),
    }),
    comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
    threshold: 0,
    periods: 1,
    missingData: TreatMissingData.NOT_BREACHING,
  });

/** Goes off when the oldest message of the queue has waited for so long. */
export const ageAlarm = (
  scope: Construct,
  id: string,
  { queue, seconds, ...props }: QueueAlarmProps & { readonly seconds: number },
): AlertingAlarm =>
  new AlertingAlarm(scope, id, {
    ...props,
    metric: queue.metricApproximateAgeOfOldestMessage({ statistic: Stats.MAXIMUM, period: ALARM_PERIOD }),
    comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
    threshold: seconds,
    periods: 3,
    missingData: TreatMissingData.NOT_BREACHING,
  });
