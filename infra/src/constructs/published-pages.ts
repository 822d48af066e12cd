/**
 * Pages in a bucket and how the edge serves them, in one region (`StaticSite`) and in several (`RegionContent`,
 * `RegionEdge`). The ids of these constructs are part of the deployed stacks: do not rename them.
 */
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import {
  type ErrorResponse,
  type IDistribution,
  ResponseHeadersPolicy,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import {
  BlockPublicAccess,
  BucketEncryption,
  type BucketProps,
  type IBucket,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3';
import { BucketDeployment, CacheControl, Source } from 'aws-cdk-lib/aws-s3-deployment';
import type { Construct } from 'constructs';
import { type DataPolicy, removalPolicyFor } from '../settings/data-policy.ts';
import { AccessLogBucket } from './access-log-bucket.ts';
import { acknowledge } from './acknowledge.ts';
import { acknowledgeBucketDeployment } from './static-site-findings.ts';

/** The id of the request metrics that cover every object of the bucket. */
export const ALL_OBJECTS_FILTER = 'AllObjects';

export interface PagesBucketOptions {
  /** Where the bucket's own access logs go. */
  readonly accessLogs: IBucket;
  readonly data: DataPolicy;
}

/** A private bucket that is read by the edge alone. */
export const pagesBucket = ({ accessLogs, data }: PagesBucketOptions): BucketProps => ({
  blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
  encryption: BucketEncryption.S3_MANAGED,
  enforceSSL: true,
  objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
  // A wrong release of the pages is undone by reading the previous version back, and replication asks for it.
  versioned: true,
  lifecycleRules: [
    {
      id: 'forget-old-versions',
      noncurrentVersionExpiration: Duration.days(30),
      abortIncompleteMultipartUploadAfter: Duration.days(1),
    },
  ],
  // Request metrics, because errors of static content are alarmed on and CloudFront's own metrics exist in one
  // region only, where this stack may not be.
  metrics: [{ id: ALL_OBJECTS_FILTER }],
  serverAccessLogsBucket: accessLogs,
  serverAccessLogsPrefix: 'static-content/',
  removalPolicy: removalPolicyFor(data),
  autoDeleteObjects: data === 'destroy',
});

export interface PublishedPages {
  /** Folder whose files are published. */
  readonly contentPath: string;
  /** Published as `config.json`, for pages that need addresses known only at deployment. */
  readonly configuration: Readonly<Record<string, string>>;
  /** Whose cache forgets the previous release. */
  readonly distribution: IDistribution;
  /** Logical id that the stack pins the bucket to, which findings of cdk-nag name. */
  readonly contentLogicalId: string;
}

export function publishPages(scope: Construct, bucket: IBucket, pages: PublishedPages): void {
  const logGroup = new LogGroup(scope, 'PublishLog', {
    retention: RetentionDays.ONE_MONTH,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  new BucketDeployment(scope, 'Publish', {
    destinationBucket: bucket,
    sources: [
      Source.asset(pages.contentPath, { exclude: ['README.md'] }),
      Source.jsonData('config.json', { ...pages.configuration }),
    ],
    cacheControl: [CacheControl.maxAge(Duration.minutes(5))],
    distribution: pages.distribution,
    distributionPaths: ['/*'],
    memoryLimit: 256,
    logGroup,
  });
  acknowledgeBucketDeployment(scope, pages.contentLogicalId);
}

/** Where the edge writes its access logs. */
export function createEdgeLogs(scope: Construct, id: string, data: DataPolicy): AccessLogBucket {
  const logs = new AccessLogBucket(scope, id, {
    data,
    expiration: Duration.days(90),
    acceptsCloudFront: true,
  });
  acknowledge(logs, {
    'AwsSolutions-S1': 'Holds access logs itself; logging who reads logs into a further bucket has no end.',
  });
  return logs;
}

/** How pages are served, wherever they lie. */
export const PAGES_BEHAVIOR = {
  viewerProtocolPolicy: ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
  responseHeadersPolicy: ResponseHeadersPolicy.SECURITY_HEADERS,
  compress: true,
} as const;

/** Without permission to list the bucket S3 answers 403 for an object that is not there. */
export const MISSING_PAGE: ErrorResponse = {
  httpStatus: 403,
  responseHttpStatus: 404,
  responsePagePath: '/404.html',
  ttl: Duration.minutes(1),
};

/** Why the edge refuses no country, as an auditor would ask. */
export const EVERY_COUNTRY = {
  'AwsSolutions-CFR1': 'The shop sells everywhere; the pages are public and the same for all countries.',
} as const;
