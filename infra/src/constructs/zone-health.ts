/**
 * Whether one zone is worse than the others (gray failure): its servers fail, are slow or unready while those of other
 * zones are not. Trouble that all zones share is somebody else's alarm, and leaving a zone would not help against it.
 *
 * Failures and slowness are counted from the log of the servers, each of which says where it is. The load balancer's
 * own numbers by zone would not do: with load balanced across zones, each of its zones answers with the servers of all.
 */
import { Stack } from 'aws-cdk-lib';
import {
  ComparisonOperator,
  type IMetric,
  MathExpression,
  Metric,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { FilterPattern, type ILogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { ALARM_PERIOD, AlertingCompositeAlarm, PartialAlarm } from './alarm.ts';
import type { AlertChannel } from './alert-channel.ts';
import type { WebLoadBalancer } from './web-load-balancer.ts';

/** What servers log as JSON: their zone in each line, `level` 40 for a refused and 50 for a failed request. */
const FAILED = '{ ($.level >= 40) && ($.requestId = "*") }';
const SLOW = '{ $.msg = "slow request" }';

/** So many in a minute at least, and so many times those of any other zone. */
const FEWEST_PER_MINUTE = 20;
const TIMES_OTHERS = 3;

export interface ZoneHealthProps {
  readonly alerts: AlertChannel;
  readonly loadBalancer: WebLoadBalancer;
  /** Names of the zones, two at least. */
  readonly zones: readonly string[];
  /** The log of the servers. */
  readonly serverLogs: ILogGroup;
}

export class ZoneHealth extends Construct {
  /** One for each zone, in their order. */
  readonly impaired: readonly AlertingCompositeAlarm[];
  /** Their conditions, by name. */
  readonly parts: Readonly<Record<string, PartialAlarm>>;
  /** Failed and slow requests of each zone, for dashboards. */
  readonly metrics: readonly { readonly failed: IMetric; readonly slow: IMetric }[];

  constructor(scope: Construct, id: string, props: ZoneHealthProps) {
    super(scope, id);
    const namespace = `Nines/${Stack.of(this).stackName}`;
    for (const [metricName, pattern] of [
      ['FailedRequests', FAILED],
      ['SlowRequests', SLOW],
    ] as const) {
      new MetricFilter(this, metricName, {
        logGroup: props.serverLogs,
        metricNamespace: namespace,
        metricName,
        metricValue: '1',
        filterPattern: FilterPattern.literal(pattern),
        dimensions: { Zone: '$.zone' },
      });
    }
    const logged = (metricName: string) => (zone: string) =>
      new Metric({
        namespace,
        metricName,
        dimensionsMap: { Zone: zone },
        statistic: Stats.SUM,
        period: ALARM_PERIOD,
      });
    const [failed, slow] = [logged('FailedRequests'), logged('SlowRequests')];
    this.metrics = props.zones.map((zone) => ({ failed: failed(zone), slow: slow(zone) }));
    const parts: Record<string, PartialAlarm> = {};
    this.impaired = props.zones.map((zone, index) => {
      const others = props.zones.filter((other) => other !== zone);
      const number = String(index + 1);
      const conditions = {
        [`Zone${number}Failing`]: this.worse(
          `Zone${number}Failing`,
          'fails',
          failed(zone),
          others.map(failed),
        ),
        [`Zone${number}Slow`]: this.worse(`Zone${number}Slow`, 'is slow', slow(zone), others.map(slow)),
        [`Zone${number}Unready`]: this.unready(`Zone${number}Unready`, props, zone, others),
      };
      Object.assign(parts, conditions);
      return new AlertingCompositeAlarm(this, `Zone${number}Impaired`, {
        alerts: props.alerts,
        problem: `Zone ${number} is worse than the others: consider leaving it.`,
        playbook: 'docs/playbooks/impaired-zone.md',
        when: 'any',
        parts: Object.values(conditions),
      });
    });
    this.parts = parts;
  }

  private worse(id: string, what: string, own: IMetric, others: readonly IMetric[]): PartialAlarm {
    return this.comparison(id, `A zone ${what} while others do not.`, own, others, {
      own: `FILL(own, 0) >= ${String(FEWEST_PER_MINUTE)}`,
      than: (other) => `FILL(own, 0) > ${String(TIMES_OTHERS)} * FILL(${other}, 0)`,
    });
  }

  private unready(
    id: string,
    { loadBalancer }: ZoneHealthProps,
    zone: string,
    others: readonly string[],
  ): PartialAlarm {
    const unready = (name: string) =>
      new Metric({
        namespace: 'AWS/ApplicationELB',
        metricName: 'UnHealthyHostCount',
        dimensionsMap: {
          LoadBalancer: loadBalancer.loadBalancer.loadBalancerFullName,
          TargetGroup: loadBalancer.targetGroup.targetGroupFullName,
          AvailabilityZone: name,
        },
        statistic: Stats.MAXIMUM,
        period: ALARM_PERIOD,
      });
    // Two at once: one server that is replaced is no sign of its zone.
    return this.comparison(
      id,
      'Servers of a zone are unready while those of others are not.',
      unready(zone),
      others.map(unready),
      {
        own: 'FILL(own, 0) >= 2',
        than: (other) => `FILL(${other}, 0) < 1`,
      },
    );
  }

  /** In alarm when the zone is bad and each other one is not, in two of three minutes. */
  private comparison(
    id: string,
    problem: string,
    own: IMetric,
    others: readonly IMetric[],
    is: { readonly own: string; readonly than: (other: string) => string },
  ): PartialAlarm {
    const named = Object.fromEntries(others.map((metric, index) => [`other${String(index + 1)}`, metric]));
    const conditions = [is.own, ...Object.keys(named).map(is.than)];
    return new PartialAlarm(this, id, {
      problem,
      metric: new MathExpression({
        label: 'Worse than the others',
        expression: `IF(${conditions.join(' AND ')}, 1, 0)`,
        usingMetrics: { own, ...named },
        period: ALARM_PERIOD,
      }),
      comparison: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      threshold: 1,
      periods: 3,
      breaches: 2,
      missingData: TreatMissingData.NOT_BREACHING,
    });
  }
}
