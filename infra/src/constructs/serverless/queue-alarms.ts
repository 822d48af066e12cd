/**
 * Whether payments are taken and kept orders stored: messages that were put aside, messages that wait, sweeps that do not
 * come. Nobody outside would notice for hours.
 */
import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, Metric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { IRule } from 'aws-cdk-lib/aws-events';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { ALARM_PERIOD, AlertingAlarm } from '../alarm.ts';
import type { AlertChannel } from '../alert-channel.ts';

const PLAYBOOK = 'docs/playbooks/function-problems.md';

export interface QueueAlarmsProps {
  readonly alerts: AlertChannel;
  readonly queue: IQueue;
  readonly deadLetters: IQueue;
  readonly sweep: IRule;
  /**
   * Where orders are kept that the table refused.
   * @default none: such orders are refused
   */
  readonly intake?: { readonly queue: IQueue; readonly deadLetters: IQueue };
}

export class QueueAlarms extends Construct {
  readonly putAside: AlertingAlarm;
  readonly late: AlertingAlarm;
  readonly noSweep: AlertingAlarm;
  /** None where orders are not kept. */
  readonly intake?: Readonly<Record<'used' | 'late' | 'putAside', AlertingAlarm>>;

  private readonly alerts: AlertChannel;

  constructor(scope: Construct, id: string, props: QueueAlarmsProps) {
    super(scope, id);
    this.alerts = props.alerts;
    this.putAside = this.visible(
      'PutAside',
      props.deadLetters,
      'A message about an order was not understood and put aside.',
    );
    this.late = this.age(
      'Late',
      props.queue,
      'Reminders of orders have waited for more than five minutes: payments are late.',
      300,
    );
    this.noSweep = new AlertingAlarm(this, 'NoSweep', {
      alerts: props.alerts,
      playbook: PLAYBOOK,
      problem: 'Nobody has looked for postponed payments in five minutes.',
      metric: new Metric({
        namespace: 'AWS/Events',
        metricName: 'Invocations',
        dimensionsMap: { RuleName: props.sweep.ruleName },
        statistic: Stats.SUM,
        period: ALARM_PERIOD,
      }),
      comparison: ComparisonOperator.LESS_THAN_THRESHOLD,
      threshold: 1,
      periods: 5,
      // It comes every minute: silence is what must not be.
      missingData: TreatMissingData.BREACHING,
    });
    if (props.intake !== undefined) {
      const { queue, deadLetters } = props.intake;
      this.intake = {
        used: new AlertingAlarm(this, 'IntakeUsed', {
          alerts: props.alerts,
          playbook: 'docs/playbooks/table-problems.md',
          problem: 'The table refuses orders, and they are kept for later: customers are answered 202.',
          metric: queue.metricNumberOfMessagesSent({ statistic: Stats.SUM, period: ALARM_PERIOD }),
          comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
          threshold: 0,
          periods: 1,
          missingData: TreatMissingData.NOT_BREACHING,
        }),
        late: this.age(
          'IntakeLate',
          queue,
          'Orders have been kept for more than fifteen minutes without being stored.',
          900,
        ),
        putAside: this.visible(
          'IntakePutAside',
          deadLetters,
          'An order that was accepted could not be stored for ten hours, and was put aside.',
        ),
      };
    }
  }

  private visible(id: string, queue: IQueue, problem: string): AlertingAlarm {
    return new AlertingAlarm(this, id, {
      alerts: this.alerts,
      playbook: PLAYBOOK,
      problem,
      metric: queue.metricApproximateNumberOfMessagesVisible({
        statistic: Stats.MAXIMUM,
        period: Duration.minutes(5),
      }),
      comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
      threshold: 0,
      periods: 1,
      missingData: TreatMissingData.NOT_BREACHING,
    });
  }

  private age(id: string, queue: IQueue, problem: string, seconds: number): AlertingAlarm {
    return new AlertingAlarm(this, id, {
      alerts: this.alerts,
      playbook: PLAYBOOK,
      problem,
      metric: queue.metricApproximateAgeOfOldestMessage({ statistic: Stats.MAXIMUM, period: ALARM_PERIOD }),
      comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
      threshold: seconds,
      periods: 3,
      missingData: TreatMissingData.NOT_BREACHING,
    });
  }
}
