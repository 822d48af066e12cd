/**
 * What can only be seen from outside the regions of a serverless tier: which of them Route 53's checkers find healthy,
 * what the edge answers, and whether pages reach the regions. In us-east-1, where CloudFront and Route 53 put their
 * metrics. (`region-alarms.ts` is the same for two regions with servers.)
 */
import { Duration } from 'aws-cdk-lib';
import type { IDistribution } from 'aws-cdk-lib/aws-cloudfront';
import { ComparisonOperator, Metric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { CfnHealthCheck } from 'aws-cdk-lib/aws-route53';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { ALARM_PERIOD, AlertingAlarm } from '../alarm.ts';
import type { AlertChannel } from '../alert-channel.ts';
import { replicationRuleId } from '../region-content.ts';

/** Percent of requests that the edge may fail in a minute. */
const MOST_EDGE_ERRORS_PERCENT = 5;

export interface GlobalAlarmsProps {
  readonly alerts: AlertChannel;
  /** What checks each region, by region. */
  readonly answers: Readonly<Record<string, CfnHealthCheck>>;
  readonly distribution: IDistribution;
  /** The bucket that pages are published to, and the names of those they are copied to. */
  readonly source: IBucket;
  readonly destinations: readonly string[];
}

export class GlobalAlarms extends Construct {
  /** In the order of the regions. */
  readonly unhealthy: readonly AlertingAlarm[];
  readonly edgeErrors: AlertingAlarm;
  readonly replication: readonly AlertingAlarm[];

  constructor(scope: Construct, id: string, props: GlobalAlarmsProps) {
    super(scope, id);
    const { alerts } = props;
    this.unhealthy = Object.entries(props.answers).map(([region, check], index) =>
      this.unhealthyRegion(`Unhealthy${String(index + 1)}`, alerts, region, check),
    );
    this.edgeErrors = new AlertingAlarm(this, 'EdgeErrors', {
      alerts,
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
      threshold: MOST_EDGE_ERRORS_PERCENT,
      periods: 3,
      breaches: 2,
      missingData: TreatMissingData.NOT_BREACHING,
    });
    this.replication = props.destinations.map((destination, index) =>
      this.stuckReplication(alerts, props.source, destination, index),
    );
  }

  private unhealthyRegion(
    id: string,
    alerts: AlertChannel,
    region: string,
    { attrHealthCheckId }: CfnHealthCheck,
  ): AlertingAlarm {
    return new AlertingAlarm(this, id, {
      alerts,
      problem: `${region} does not answer Route 53's checkers: traffic is routed away from it, or should be.`,
      playbook: 'docs/playbooks/lost-region.md',
      metric: new Metric({
        namespace: 'AWS/Route53',
        metricName: 'HealthCheckStatus',
        dimensionsMap: { HealthCheckId: attrHealthCheckId },
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

  private stuckReplication(
    alerts: AlertChannel,
    source: IBucket,
    destination: string,
    index: number,
  ): AlertingAlarm {
    return new AlertingAlarm(this, `Replication${String(index + 1)}`, {
      alerts,
      problem: `Pages could not be copied to ${destination}.`,
      playbook: 'docs/playbooks/outage.md',
      metric: new Metric({
        namespace: 'AWS/S3',
        metricName: 'OperationsFailedReplication',
        dimensionsMap: {
          SourceBucket: source.bucketName,
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
}
