/**
 * Whether payments are taken and kept orders stored: messages that were put aside, messages that wait, sweeps that do not
 * come. Nobody outside would notice for hours.
 */
import { ComparisonOperator, Metric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { IRule } from 'aws-cdk-lib/aws-events';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { ALARM_PERIOD, AlertingAlarm } from '../alarm.ts';
import type { AlertChannel } from '../alert-channel.ts';
import { ageAlarm, KeptOrderAlarms, visibleAlarm } from '../kept-order-alarms.ts';

const PLAYBOOK = 'docs/playbooks/function-problems.md';

export interface QueueAlarmsProps {
  readonly alerts: AlertChannel;
  readonly queue: IQueue;
  readonly deadLetters: IQueue;
  readonly sweep: IRule;
  /**
   * What ends abandoned reservations of stock.
   * @default none: nothing is ever reserved
   */
  readonly housekeeping?: IRule;
  /**
   * Where orders are kept that the table refused.
   * @default none: such orders are refused
   */
  readonly intake?: { readonly queue: IQueue; readonly deadLetters: IQueue };
}

/** A schedule that has to come. */
interface Silence {
  readonly alerts: AlertChannel;
  readonly rule: IRule;
  readonly problem: string;
}

export class QueueAlarms extends Construct {
  readonly putAside: AlertingAlarm;
  readonly late: AlertingAlarm;
  readonly noSweep: AlertingAlarm;
  /** None where there is no housekeeping. */
  readonly noHousekeeping?: AlertingAlarm;
  /** None where orders are not kept. */
  readonly intake?: KeptOrderAlarms;

  constructor(scope: Construct, id: string, props: QueueAlarmsProps) {
    super(scope, id);
    const { alerts } = props;
    this.putAside = visibleAlarm(this, 'PutAside', {
      alerts,
      playbook: PLAYBOOK,
      queue: props.deadLetters,
      problem: 'A message about an order was not understood and put aside.',
    });
    this.late = ageAlarm(this, 'Late', {
      alerts,
      playbook: PLAYBOOK,
      queue: props.queue,
      problem: 'Reminders of orders have waited for more than five minutes: payments are late.',
      seconds: 300,
    });
    this.noSweep = this.silence('NoSweep', {
      alerts,
      rule: props.sweep,
      problem: 'Nobody has looked for postponed payments in five minutes.',
    });
    if (props.housekeeping !== undefined)
      this.noHousekeeping = this.silence('NoHousekeeping', {
        alerts,
        rule: props.housekeeping,
        problem:
          'Nobody has given back what was set aside for orders that never came in five minutes: it cannot be sold.',
      });
    if (props.intake !== undefined) {
      this.intake = new KeptOrderAlarms(this, 'Intake', {
        ...props.intake,
        alerts,
        database: 'The table',
        databasePlaybook: 'docs/playbooks/table-problems.md',
        playbook: PLAYBOOK,
        triedFor: 'ten hours',
      });
    }
  }

  /** It comes every minute: silence is what must not be. */
  private silence(id: string, { alerts, rule, problem }: Silence): AlertingAlarm {
    return new AlertingAlarm(this, id, {
      alerts,
      playbook: PLAYBOOK,
      problem,
      metric: new Metric({
        namespace: 'AWS/Events',
        metricName: 'Invocations',
        dimensionsMap: { RuleName: rule.ruleName },
        statistic: Stats.SUM,
        period: ALARM_PERIOD,
      }),
      comparison: ComparisonOperator.LESS_THAN_THRESHOLD,
      threshold: 1,
      periods: 5,
      missingData: TreatMissingData.BREACHING,
    });
  }
}
