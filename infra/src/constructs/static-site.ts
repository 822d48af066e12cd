/**
 * Static content in a private S3 bucket, read by CloudFront alone (origin access control).
 *
 * CloudFront, because the two alternatives are worse: a load balancer cannot forward to a bucket, and content
 * that passes through the servers goes away with them, so that there is nothing left to show in an outage. Below
 * 99.99% it serves the bucket only (docs/adr/0011-static-content.md); from there on it stands in front of the
 * whole workload (`cdn.ts`).
 */
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import {
  type BehaviorOptions,
  Distribution,
  HttpVersion,
  PriceClass,
  ResponseHeadersPolicy,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import { S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type IBucket,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3';
import { BucketDeployment, CacheControl, Source } from 'aws-cdk-lib/aws-s3-deployment';
import { Construct } from 'constructs';
import { type DataPolicy, removalPolicyFor } from '../settings/data-policy.ts';
import { AccessLogBucket } from './access-log-bucket.ts';
import { acknowledgeBucketDeployment } from './static-site-findings.ts';
import { acknowledge } from './acknowledge.ts';

/** The id of the request metrics that cover every object of the bucket. */
export const ALL_OBJECTS_FILTER = 'AllObjects';

export interface StaticSiteProps {
  /** Folder whose files are published. */
  readonly contentPath: string;
  /** Published as `config.json`, for pages that need addresses known only at deployment. */
  readonly configuration: Readonly<Record<string, string>>;
  /** Logical id that the stack pins the bucket to, which findings of cdk-nag name. */
  readonly contentLogicalId: string;
  /** Where the bucket's own access logs go. */
  readonly accessLogs: IBucket;
  readonly data: DataPolicy;
  /**
   * Paths that lead to the application and not to the bucket (`EdgeApi`).
   * @default none: the distribution serves static content only
   */
  readonly apiBehaviors?: Readonly<Record<string, BehaviorOptions>>;
  /**
   * A name to serve under, with its ACM certificate in us-east-1.
   * @default none: CloudFront's own
   */
  readonly name?: { readonly domainName: string; readonly certificateArn: string };
  /**
   * Firewall that stands at this distribution, in us-east-1.
   * @default none: it stands further behind, or there is nothing to protect
   */
  readonly firewallArn?: string;
  /**
   * For how long the edge keeps to an answer that the application failed.
   * @default 10 s, CloudFront's own
   */
  readonly failureTtl?: Duration;
}

/** What CloudFront takes as a failure of an origin, and keeps whatever `cache-control` says. */
const ORIGIN_FAILURES = [500, 502, 503, 504] as const;

export class StaticSite extends Construct {
  readonly bucket: Bucket;
  readonly distribution: Distribution;
  /** CloudFront's access logs. */
  readonly edgeLogs: AccessLogBucket;

  constructor(scope: Construct, id: string, props: StaticSiteProps) {
    super(scope, id);
    this.bucket = this.createBucket(props);
    this.edgeLogs = new AccessLogBucket(this, 'EdgeLogs', {
      data: props.data,
      expiration: Duration.days(90),
      acceptsCloudFront: true,
    });
    acknowledge(this.edgeLogs, {
      'AwsSolutions-S1': 'Holds access logs itself; logging who reads logs into a further bucket has no end.',
    });
    this.distribution = this.createDistribution(props);
    this.publish(props);
  }

  private createBucket(props: StaticSiteProps): Bucket {
    return new Bucket(this, 'Content', {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      // A wrong release of the pages is undone by reading the previous version back.
      versioned: true,
      lifecycleRules: [
        {
          id: 'forget-old-versions',
          noncurrentVersionExpiration: Duration.days(30),
          abortIncompleteMultipartUploadAfter: Duration.days(1),
        },
      ],
      // Request metrics, because errors of static content are alarmed on and CloudFront's own metrics exist in
      // one region only, where this stack may not be.
      metrics: [{ id: ALL_OBJECTS_FILTER }],
      serverAccessLogsBucket: props.accessLogs,
      serverAccessLogsPrefix: 'static-content/',
      removalPolicy: removalPolicyFor(props.data),
      autoDeleteObjects: props.data === 'destroy',
    });
  }

  private createDistribution(props: StaticSiteProps): Distribution {
    const { apiBehaviors, name, firewallArn, failureTtl } = props;
    const distribution = new Distribution(this, 'Distribution', {
      comment: apiBehaviors === undefined ? 'Static content' : 'Static content and the application',
      defaultBehavior: {
        origin: S3BucketOrigin.withOriginAccessControl(this.bucket),
        viewerProtocolPolicy: ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
        responseHeadersPolicy: ResponseHeadersPolicy.SECURITY_HEADERS,
        compress: true,
      },
      ...(apiBehaviors !== undefined && { additionalBehaviors: { ...apiBehaviors } }),
      ...(name !== undefined && {
        domainNames: [name.domainName],
        certificate: Certificate.fromCertificateArn(this, 'Certificate', name.certificateArn),
      }),
      defaultRootObject: 'index.html',
      // Without permission to list the bucket S3 answers 403 for an object that is not there.
      errorResponses: [
        { httpStatus: 403, responseHttpStatus: 404, responsePagePath: '/404.html', ttl: Duration.minutes(1) },
        ...(failureTtl === undefined
          ? []
          : ORIGIN_FAILURES.map((httpStatus) => ({ httpStatus, ttl: failureTtl }))),
      ],
      ...(firewallArn !== undefined && { webAclId: firewallArn }),
      httpVersion: HttpVersion.HTTP2_AND_3,
      priceClass: PriceClass.PRICE_CLASS_100,
      enableLogging: true,
      logBucket: this.edgeLogs,
      logFilePrefix: 'static-content/',
    });
    acknowledge(distribution, {
      'AwsSolutions-CFR1': 'The shop sells everywhere; the pages are public and the same for all countries.',
      ...(firewallArn === undefined && {
        'AwsSolutions-CFR2':
          apiBehaviors === undefined
            ? 'Serves public files from S3 only: no query, no body, no code behind it that a web application firewall could protect. A firewall comes with the tier that puts the application behind CloudFront.'
            : 'The firewall stands at the load balancer, where every request for the application passes (docs/adr/0040). The rest are public files from S3, with no code behind them that a firewall could protect.',
      }),
      ...(name === undefined && {
        'AwsSolutions-CFR4':
          "Served under CloudFront's own name and certificate, for which CloudFront fixes the TLS policy. HTTP is redirected to HTTPS.",
      }),
    });
    return distribution;
  }

  private publish(props: StaticSiteProps): void {
    const logGroup = new LogGroup(this, 'PublishLog', {
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    new BucketDeployment(this, 'Publish', {
      destinationBucket: this.bucket,
      sources: [
        Source.asset(props.contentPath, { exclude: ['README.md'] }),
        Source.jsonData('config.json', { ...props.configuration }),
      ],
      cacheControl: [CacheControl.maxAge(Duration.minutes(5))],
      distribution: this.distribution,
      distributionPaths: ['/*'],
      memoryLimit: 256,
      logGroup,
    });
    acknowledgeBucketDeployment(this, props.contentLogicalId);
  }
}
