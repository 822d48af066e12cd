/**
 * A customer from outside, every five minutes: the one check that sees what users see, through DNS, edge, firewall and
 * all. It works also at night, when there are no requests whose failures could be counted.
 *
 * Every five minutes and not every one: a fifth of the cost, and what is quicker is found by the load balancer.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Duration } from 'aws-cdk-lib';
import {
  ComparisonOperator,
  type IMetric,
  MathExpression,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Canary, Code, Runtime, Schedule, Test } from 'aws-cdk-lib/aws-synthetics';
import { Construct } from 'constructs';
import type { DataPolicy } from '../settings/data-policy.ts';
import { AccessLogBucket } from './access-log-bucket.ts';
import { acknowledge } from './acknowledge.ts';
import { AlertingAlarm } from './alarm.ts';
import type { AlertChannel } from './alert-channel.ts';

const CODE = join(import.meta.dirname, 'functions/site-canary/index.js');
const INTERVAL = Duration.minutes(5);

export interface SiteCanaryProps {
  readonly alerts: AlertChannel;
  /** Base URL of the pages. */
  readonly siteUrl: string;
  /**
   * Base URL of the API.
   * @default that of the pages
   */
  readonly apiUrl?: string;
  readonly data: DataPolicy;
  /** Logical id that the stack pins the bucket of reports to, which findings of cdk-nag name. */
  readonly artifactsLogicalId: string;
}

export class SiteCanary extends Construct {
  readonly canary: Canary;
  readonly failed: AlertingAlarm;
  /** What each run left behind. */
  readonly artifacts: AccessLogBucket;

  constructor(scope: Construct, id: string, props: SiteCanaryProps) {
    super(scope, id);
    this.artifacts = new AccessLogBucket(this, 'Artifacts', {
      data: props.data,
      expiration: Duration.days(30),
    });
    acknowledge(this.artifacts, {
      'AwsSolutions-S1': "Holds the reports of a check of public pages; who reads them is nobody's secret.",
    });
    this.canary = new Canary(this, 'Canary', {
      runtime: Runtime.SYNTHETICS_NODEJS_PUPPETEER_13_0,
      test: Test.custom({ code: Code.fromInline(readFileSync(CODE, 'utf8')), handler: 'index.handler' }),
      schedule: Schedule.rate(INTERVAL),
      environmentVariables: { SITE_URL: props.siteUrl, API_URL: props.apiUrl ?? props.siteUrl },
      artifactsBucketLocation: { bucket: this.artifacts, prefix: 'canary' },
      role: this.createRole(props),
      provisionedResourceCleanup: true,
      startAfterCreation: true,
    });
    this.failed = new AlertingAlarm(this, 'Failed', {
      alerts: props.alerts,
      problem: 'A customer from outside could not look at products, twice in a row.',
      playbook: 'docs/playbooks/outage.md',
      metric: this.canary.metricSuccessPercent({ statistic: Stats.MINIMUM, period: INTERVAL }),
      comparison: ComparisonOperator.LESS_THAN_THRESHOLD,
      threshold: 100,
      periods: 2,
      // Silence is the failure that a canary is there for.
      missingData: TreatMissingData.BREACHING,
    });
  }

  /** Share of the looks that failed. */
  failedPercent(period: Duration): IMetric {
    return new MathExpression({
      label: 'Failed looks from outside, percent',
      expression: '100 - succeeded',
      usingMetrics: {
        succeeded: this.canary.metricSuccessPercent({ statistic: Stats.AVERAGE, period }),
      },
      period,
    });
  }

  /**
   * It may write no log group: Synthetics keeps the log of each run among its reports, and the group that Lambda would
   * make under a name that nobody knows before is never emptied and outlives the stack.
   */
  private createRole(props: SiteCanaryProps): Role {
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: 'The canary: writes its own reports and metrics',
    });
    const reports = this.artifacts.arnForObjects('canary/*');
    const statements = [
      new PolicyStatement({ sid: 'WriteReports', actions: ['s3:PutObject'], resources: [reports] }),
      new PolicyStatement({
        sid: 'FindTheBucket',
        actions: ['s3:GetBucketLocation'],
        resources: [this.artifacts.bucketArn],
      }),
      new PolicyStatement({
        sid: 'CountResults',
        actions: ['cloudwatch:PutMetricData'],
        resources: ['*'],
        conditions: { StringEquals: { 'cloudwatch:namespace': 'CloudWatchSynthetics' } },
      }),
    ];
    for (const statement of statements) role.addToPolicy(statement);
    acknowledge(role, {
      [`AwsSolutions-IAM5[Resource::<${props.artifactsLogicalId}.Arn>/canary/*]`]:
        'Each run writes reports under names of its own, below one prefix of a bucket that holds nothing else.',
      'AwsSolutions-IAM5[Resource::*]':
        'Publishing metrics knows no resources. A condition narrows it to the namespace of Synthetics.',
    });
    return role;
  }
}
