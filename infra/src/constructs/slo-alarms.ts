/**
 * How fast the error budget of the tier burns, seen over two windows at a time: the long one says that it matters, the
 * short one that it still goes on (Site Reliability Workbook, chapter 5).
 *
 * The third pair is the workbook's 24 h and 2 h at three times the budget instead of 3 days and 6 h at once: no alarm
 * of CloudWatch adds up more than one day.
 */
import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { AlertingCompositeAlarm, PartialAlarm } from './alarm.ts';
import type { AlertChannel } from './alert-channel.ts';
import type { FailedRequestsOptions } from './request-metrics.ts';

interface BurnRate {
  readonly id: 'Fast' | 'Slow' | 'Trickle';
  /** How many times the rate that would use up the budget exactly. */
  readonly rate: number;
  readonly long: Duration;
  readonly short: Duration;
  /** What this does to a budget of 30 days. */
  readonly meaning: string;
}

const BURN_RATES: readonly BurnRate[] = [
  {
    id: 'Fast',
    rate: 14.4,
    long: Duration.hours(1),
    short: Duration.minutes(5),
    meaning: "2% of a month's error budget went in an hour, and it goes on. Act now.",
  },
  {
    id: 'Slow',
    rate: 6,
    long: Duration.hours(6),
    short: Duration.minutes(30),
    meaning: "5% of a month's error budget went in six hours, and it goes on. Act now.",
  },
  {
    id: 'Trickle',
    rate: 3,
    long: Duration.days(1),
    short: Duration.hours(2),
    meaning: "10% of a month's error budget went in a day, and it goes on. Look at it today.",
  },
];

/** So many failures at least, or a quiet night's single one would look like an outage. */
const FEWEST_FAILURES = 3;

export interface SloAlarmsProps {
  readonly alerts: AlertChannel;
  /** Share of requests that failed, in percent, counted where they arrive. */
  readonly failedPercent: (options: FailedRequestsOptions) => IMetric;
  /** Share of requests that must be good, in percent, such as 99.99. */
  readonly goalPercent: number;
  /**
   * What is counted, for people.
   * @default 'requests'
   */
  readonly counted?: string;
}

export class SloAlarms extends Construct {
  /** Those that alert, fastest first. */
  readonly burn: Readonly<Record<BurnRate['id'], AlertingCompositeAlarm>>;
  /** Their conditions, by name and window. */
  readonly parts: Readonly<Record<string, PartialAlarm>>;

  constructor(scope: Construct, id: string, props: SloAlarmsProps) {
    super(scope, id);
    const parts: Record<string, PartialAlarm> = {};
    const burn = BURN_RATES.map((burnRate) => {
      const windows = (['long', 'short'] as const).map((window) => {
        const name = `${burnRate.id}${window === 'long' ? 'Long' : 'Short'}`;
        return (parts[name] = this.createPart(name, props, burnRate, burnRate[window]));
      });
      const alarm = new AlertingCompositeAlarm(this, burnRate.id, {
        alerts: props.alerts,
        problem: burnRate.meaning,
        playbook: 'docs/playbooks/outage.md',
        when: 'all',
        parts: windows,
      });
      return [burnRate.id, alarm] as const;
    });
    this.burn = Object.fromEntries(burn) as SloAlarms['burn'];
    this.parts = parts;
  }

  private createPart(id: string, props: SloAlarmsProps, { rate }: BurnRate, period: Duration): PartialAlarm {
    const thresholdPercent = rounded((100 - props.goalPercent) * rate);
    const fewestRequests = Math.ceil(FEWEST_FAILURES / (thresholdPercent / 100));
    return new PartialAlarm(this, id, {
      problem: `More than ${String(thresholdPercent)}% of ${props.counted ?? 'requests'} failed in ${period.toHumanString()}.`,
      metric: props.failedPercent({ period, countedWhen: `requests >= ${String(fewestRequests)}` }),
      comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
      threshold: thresholdPercent,
      periods: 1,
      missingData: TreatMissingData.NOT_BREACHING,
    });
  }
}

/** Without the noise of binary fractions, which would stand in templates and descriptions. */
const rounded = (value: number): number => Number(value.toFixed(6));
