/**
 * Static content in a private S3 bucket, read by CloudFront alone (origin access control).
 *
 * CloudFront, because the two alternatives are worse: a load balancer cannot forward to a bucket, and content
 * that passes through the servers goes away with them, so that there is nothing left to show in an outage. Below
 * 99.99% it serves the bucket only (docs/adr/0011-static-content.md); from there on it stands in front of the
 * whole workload (`cdn.ts`).
 */
import type { Duration } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { type BehaviorOptions, Distribution, HttpVersion, PriceClass } from 'aws-cdk-lib/aws-cloudfront';
import { S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { AccessLogBucket } from './access-log-bucket.ts';
import { keptFailures } from './cdn.ts';
import { acknowledge } from './acknowledge.ts';
import {
  createEdgeLogs,
  EVERY_COUNTRY,
  MISSING_PAGE,
  PAGES_BEHAVIOR,
  pagesBucket,
  type PagesBucketOptions,
  type PublishedPages,
  publishPages,
} from './published-pages.ts';

export interface StaticSiteProps extends PagesBucketOptions, Omit<PublishedPages, 'distribution'> {
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

export class StaticSite extends Construct {
  readonly bucket: Bucket;
  readonly distribution: Distribution;
  /** CloudFront's access logs. */
  readonly edgeLogs: AccessLogBucket;

  constructor(scope: Construct, id: string, props: StaticSiteProps) {
    super(scope, id);
    this.bucket = new Bucket(this, 'Content', pagesBucket(props));
    this.edgeLogs = createEdgeLogs(this, 'EdgeLogs', props.data);
    this.distribution = this.createDistribution(props);
    publishPages(this, this.bucket, { ...props, distribution: this.distribution });
  }

  private createDistribution(props: StaticSiteProps): Distribution {
    const { apiBehaviors, name, firewallArn, failureTtl } = props;
    const distribution = new Distribution(this, 'Distribution', {
      comment: apiBehaviors === undefined ? 'Static content' : 'Static content and the application',
      defaultBehavior: {
        origin: S3BucketOrigin.withOriginAccessControl(this.bucket),
        ...PAGES_BEHAVIOR,
      },
      ...(apiBehaviors !== undefined && { additionalBehaviors: { ...apiBehaviors } }),
      ...(name !== undefined && {
        domainNames: [name.domainName],
        certificate: Certificate.fromCertificateArn(this, 'Certificate', name.certificateArn),
      }),
      defaultRootObject: 'index.html',
      errorResponses: [MISSING_PAGE, ...keptFailures(failureTtl)],
      ...(firewallArn !== undefined && { webAclId: firewallArn }),
      httpVersion: HttpVersion.HTTP2_AND_3,
      priceClass: PriceClass.PRICE_CLASS_100,
      enableLogging: true,
      logBucket: this.edgeLogs,
      logFilePrefix: 'static-content/',
    });
    acknowledge(distribution, {
      ...EVERY_COUNTRY,
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
}
