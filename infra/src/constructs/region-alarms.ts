/**
 * What can only be seen from outside the regions: which of them Route 53's checkers find healthy, what the edge answers,
 * and whether pages reach the regions. In us-east-1, where CloudFront and Route 53 put their metrics.
 */
import { Duration } from 'aws-cdk-lib';
import type { IDistribution } from 'aws-cdk-lib/aws-cloudfront';
import {
  ComparisonOperator,
  type IMetric,
  Metric,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { ALARM_PERIOD, AlertingAlarm } from './alarm.ts';
import type { AlertChannel } from './alert-channel.ts';
import { replicationRuleId } from './region-content.ts';
import type { RegionRouting } from './region-routing.ts';

const LOST_REGION = 'docs/playbooks/lost-region.md';

export interface RegionAlarmsProps {
  readonly alerts: AlertChannel;
  readonly routing: RegionRouting;
  readonly regions: readonly [home: string, standby: string];
  readonly distribution: IDistribution;
  /** The bucket that pages are published to, and the names of those they are copied to. */
  readonly source: IBucket;
  readonly destinations: readonly [string, string];
}

export class RegionAlarms extends Construct {
  /** In the order of the regions. */
  readonly unhealthy: readonly [AlertingAlarm, AlertingAlarm];
  readonly edgeErrors: AlertingAlarm;
  readonly replication: readonly [AlertingAlarm, AlertingAlarm];

  constructor(scope: Construct, id: string, props: RegionAlarmsProps) {
    super(scope, id);
    const { regions, destinations } = props;
    this.unhealthy = [
      this.unhealthyRegion('HomeUnhealthy', props, regions[0]),
      this.unhealthyRegion('StandbyUnhealthy', props, regions[1]),
    ];
    this.edgeErrors = this.alarm('EdgeErrors', props, {
      problem: 'The edge answered more than 5% of requests with an error of ours in two of three minutes.',
      playbook: 'docs/playbooks/outage.md',
      metric: new Metric({
        namespace: 'AWS/CloudFront',
        metricName: '5xxErrorRate',
        dimensionsMap: { DistributionId: props.distribution.distributionId, Region: 'Global' },
        statistic: Stats.AVERAGE,
        period: ALARM_PERIOD,
      }),
      comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
      threshold: 5,
      periods: 3,
      breaches: 2,
      missingData: TreatMissingData.NOT_BREACHING,
    });
    this.replication = [
      this.stuckReplication(props, destinations[0], 0),
      this.stuckReplication(props, destinations[1], 1),
    ];
  }

  private unhealthyRegion(id: string, props: RegionAlarmsProps, region: string): AlertingAlarm {
    const check = props.routing.answers[region];
    if (check === undefined) throw new RangeError(`Nothing checks ${region}.`);
    return this.alarm(id, props, {
      problem: `${region} does not answer Route 53's checkers: its users are without it.`,
      playbook: LOST_REGION,
      metric: new Metric({
        namespace: 'AWS/Route53',
        metricName: 'HealthCheckStatus',
        dimensionsMap: { HealthCheckId: check.attrHealthCheckId },
        statistic: Stats.MINIMUM,
        period: ALARM_PERIOD,
      }),
      comparison: ComparisonOperator.LESS_THAN_THRESHOLD,
      threshold: 1,
      periods: 1,
      // Checkers that say nothing have not found the region healthy.
      missingData: TreatMissingData.BREACHING,
    });
  }

  private stuckReplication(props: RegionAlarmsProps, destination: string, index: number): AlertingAlarm {
    return this.alarm(`Replication${String(index + 1)}`, props, {
      problem: `Pages could not be copied to ${props.regions[index] ?? 'a region'}.`,
      playbook: 'docs/playbooks/outage.md',
      metric: new Metric({
        namespace: 'AWS/S3',
        metricName: 'OperationsFailedReplication',
        dimensionsMap: {
          SourceBucket: props.source.bucketName,
          DestinationBucket: destination,
          RuleId: replicationRuleId(index),
        },
        statistic: Stats.SUM,
        period: Duration.minutes(5),
      }),
      comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
      threshold: 0,
      periods: 1,
      missingData: TreatMissingData.NOT_BREACHING,
    });
  }

  private alarm(
    id: string,
    { alerts }: RegionAlarmsProps,
    options: {
      readonly problem: string;
      readonly playbook: string;
      readonly metric: IMetric;
      readonly comparison: ComparisonOperator;
      readonly threshold: number;
      readonly periods: number;
      readonly breaches?: number;
      readonly missingData: TreatMissingData;
    },
  ): AlertingAlarm {
    return new AlertingAlarm(this, id, { alerts, ...options });
  }
}
