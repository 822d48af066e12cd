/** Errors of static content, from the bucket's own request metrics. */
import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, Metric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { AlertingAlarm } from './alarm.ts';
import type { AlertChannel } from './alert-channel.ts';
import { ALL_OBJECTS_FILTER } from './published-pages.ts';
import type { StaticSite } from './static-site.ts';

export interface StaticSiteAlarmsProps {
  readonly alerts: AlertChannel;
  /** Where the bucket is. */
  readonly site: Pick<StaticSite, 'bucket'>;
}

export class StaticSiteAlarms extends Construct {
  readonly unavailable: AlertingAlarm;
  readonly missingContent: AlertingAlarm;

  constructor(scope: Construct, id: string, props: StaticSiteAlarmsProps) {
    super(scope, id);
    this.unavailable = this.alarm(props, 'Unavailable', {
      problem: 'S3 failed to deliver static content in two of three periods of five minutes.',
      metricName: '5xxErrors',
      statistic: Stats.SUM,
      threshold: 5,
    });
    this.missingContent = this.alarm(props, 'MissingContent', {
      problem:
        'Most requests for static content asked for what is not there: was a release of the pages incomplete?',
      metricName: '4xxErrors',
      // An average of 0 and 1 over requests: the share that failed. Scanners alone do not reach a half.
      statistic: Stats.AVERAGE,
      threshold: 0.5,
    });
  }

  private alarm(
    { alerts, site }: StaticSiteAlarmsProps,
    id: string,
    {
      problem,
      metricName,
      statistic,
      threshold,
    }: {
      readonly problem: string;
      readonly metricName: string;
      readonly statistic: string;
      readonly threshold: number;
    },
  ): AlertingAlarm {
    return new AlertingAlarm(this, id, {
      alerts,
      problem,
      playbook: 'docs/playbooks/outage.md',
      metric: new Metric({
        namespace: 'AWS/S3',
        metricName,
        dimensionsMap: { BucketName: site.bucket.bucketName, FilterId: ALL_OBJECTS_FILTER },
        statistic,
        period: Duration.minutes(5),
      }),
      comparison: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      threshold,
      periods: 3,
      breaches: 2,
      missingData: TreatMissingData.NOT_BREACHING,
    });
  }
}
