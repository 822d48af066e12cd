/**
 * Whether a function does its work: it fails, it is refused concurrency, it comes near to what it may have. With
 * capacity that stands ready also whether that was enough.
 */
import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, Metric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { ALARM_PERIOD, AlertingAlarm } from '../alarm.ts';
import type { AlertChannel } from '../alert-channel.ts';

const PLAYBOOK = 'docs/playbooks/function-problems.md';

/** Percent of the concurrency that is kept for a function, above which it is told. */
const NEAR_LIMIT = 0.8;

export interface FunctionAlarmsProps {
  readonly alerts: AlertChannel;
  readonly function: IFunction;
  /** What it is called in alarms, such as "the shop". */
  readonly name: string;
  /**
   * What is kept for it.
   * @default none: it shares the account's
   */
  readonly reservedConcurrency?: number;
  /**
   * Alias whose environments stand ready.
   * @default none do
   */
  readonly readyAlias?: string;
}

export class FunctionAlarms extends Construct {
  readonly errors: AlertingAlarm;
  readonly throttles: AlertingAlarm;
  /** None where nothing is kept for the function. */
  readonly concurrency?: AlertingAlarm;
  /** None where nothing stands ready. */
  readonly spillover?: AlertingAlarm;

  constructor(scope: Construct, id: string, props: FunctionAlarmsProps) {
    super(scope, id);
    const { alerts, name, reservedConcurrency, readyAlias } = props;
    const shared = {
      alerts,
      playbook: PLAYBOOK,
      comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
      missingData: TreatMissingData.NOT_BREACHING,
    };
    const metric = (metricName: string, statistic: string, alias?: string) =>
      new Metric({
        namespace: 'AWS/Lambda',
        metricName,
        dimensionsMap: {
          FunctionName: props.function.functionName,
          ...(alias !== undefined && { Resource: `${props.function.functionName}:${alias}` }),
        },
        statistic,
        period: ALARM_PERIOD,
      });
    this.errors = new AlertingAlarm(this, 'Errors', {
      ...shared,
      problem: `${name}: three invocations a minute failed or ran out of time, twice in three minutes.`,
      metric: metric('Errors', Stats.SUM),
      threshold: 2,
      periods: 3,
      breaches: 2,
    });
    this.throttles = new AlertingAlarm(this, 'Throttles', {
      ...shared,
      problem: `${name}: invocations were refused for want of concurrency in two of five minutes.`,
      metric: metric('Throttles', Stats.SUM),
      threshold: 0,
      periods: 5,
      breaches: 2,
    });
    if (reservedConcurrency !== undefined) {
      this.concurrency = new AlertingAlarm(this, 'Concurrency', {
        ...shared,
        problem: `${name}: more than 80% of the concurrency that is kept for it is in use.`,
        metric: metric('ConcurrentExecutions', Stats.MAXIMUM),
        threshold: Math.floor(reservedConcurrency * NEAR_LIMIT),
        periods: 3,
      });
    }
    if (readyAlias !== undefined) {
      this.spillover = new AlertingAlarm(this, 'Spillover', {
        ...shared,
        problem: `${name}: the capacity that stands ready was not enough in three of fifteen minutes; customers waited for cold starts.`,
        metric: metric('ProvisionedConcurrencySpilloverInvocations', Stats.SUM, readyAlias).with({
          period: Duration.minutes(1),
        }),
        threshold: 0,
        periods: 15,
        breaches: 3,
      });
    }
  }
}
