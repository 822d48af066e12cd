/**
 * CloudFront in front of several regions: the application in whichever region DNS names, and the pages from the bucket
 * of one region, of the other when that does not answer. Pages stay while a failover is decided and carried out.
 *
 * Why DNS decides behind the edge and not in front of it: docs/adr/0047-dns-fails-over-behind-the-edge.md.
 */
import { Annotations, type Duration, Stack } from 'aws-cdk-lib';
import type { ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import {
  type BehaviorOptions,
  Distribution,
  HttpVersion,
  type IOrigin,
  OriginProtocolPolicy,
  OriginSslPolicy,
  PriceClass,
  SecurityPolicyProtocol,
} from 'aws-cdk-lib/aws-cloudfront';
import { HttpOrigin, OriginGroup, S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { Bucket, type IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { DataPolicy } from '../settings/data-policy.ts';
import type { AccessLogBucket } from './access-log-bucket.ts';
import { acknowledge } from './acknowledge.ts';
import { EDGE_TO_ORIGIN, keptFailures } from './cdn.ts';
import { createEdgeLogs, EVERY_COUNTRY, MISSING_PAGE, PAGES_BEHAVIOR } from './published-pages.ts';

/** Answers of S3 on which the other region's bucket is asked: its own trouble, and content not yet copied. */
const ASK_THE_OTHER_REGION = [403, 404, 500, 502, 503, 504];

/**
 * The application under a name that leads to a region.
 * @param headers What shows a load balancer that the request comes from this edge.
 */
export const regionalOrigin = (name: string, headers: Readonly<Record<string, string>>): IOrigin =>
  new HttpOrigin(name, {
    ...EDGE_TO_ORIGIN,
    protocolPolicy: OriginProtocolPolicy.HTTPS_ONLY,
    originSslProtocols: [OriginSslPolicy.TLS_V1_2],
    customHeaders: { ...headers },
  });

export interface RegionEdgeProps {
  readonly domainName: string;
  /** In us-east-1. */
  readonly certificate: ICertificate;
  /** Buckets with the pages, the first of which is asked first. */
  readonly content: readonly { readonly region: string; readonly bucketName: string }[];
  readonly apiBehaviors: Readonly<Record<string, BehaviorOptions>>;
  /** Where logs about the log bucket go. */
  readonly accessLogs: IBucket;
  readonly data: DataPolicy;
  /**
   * Firewall that stands at this distribution.
   * @default none: firewalls stand at the load balancers
   */
  readonly firewallArn?: string;
  /**
   * For how long the edge keeps to an answer that the application failed.
   * @default 10 s, CloudFront's own
   */
  readonly failureTtl?: Duration;
}

export class RegionEdge extends Construct {
  readonly distribution: Distribution;
  readonly logs: AccessLogBucket;

  constructor(scope: Construct, id: string, props: RegionEdgeProps) {
    super(scope, id);
    this.logs = createEdgeLogs(this, 'Logs', props.data);
    this.distribution = new Distribution(this, 'Distribution', {
      comment: `The edge of ${Stack.of(this).stackName}`,
      domainNames: [props.domainName],
      certificate: props.certificate,
      minimumProtocolVersion: SecurityPolicyProtocol.TLS_V1_2_2021,
      defaultBehavior: {
        origin: this.pages(props),
        ...PAGES_BEHAVIOR,
      },
      additionalBehaviors: { ...props.apiBehaviors },
      defaultRootObject: 'index.html',
      errorResponses: [MISSING_PAGE, ...keptFailures(props.failureTtl)],
      ...(props.firewallArn !== undefined && { webAclId: props.firewallArn }),
      httpVersion: HttpVersion.HTTP2_AND_3,
      priceClass: PriceClass.PRICE_CLASS_100,
      enableLogging: true,
      logBucket: this.logs,
      logFilePrefix: 'edge/',
    });
    acknowledge(this.distribution, {
      ...EVERY_COUNTRY,
      ...(props.firewallArn === undefined && {
        'AwsSolutions-CFR2':
          'The firewalls stand at the load balancers, where every request for the application passes (docs/adr/0040). The rest are public files from S3, with no code behind them that a firewall could protect.',
      }),
    });
  }

  private pages({ content }: RegionEdgeProps): IOrigin {
    const [first, second] = content.map(({ region, bucketName }, index) => {
      const bucket = Bucket.fromBucketAttributes(this, `Pages${String(index + 1)}`, { bucketName, region });
      return S3BucketOrigin.withOriginAccessControl(bucket);
    });
    if (first === undefined || second === undefined) throw new RangeError('Pages are in two regions.');
    // Each region's bucket admits this account's distributions itself (`RegionContent`).
    Annotations.of(this).acknowledgeWarning('@aws-cdk/aws-cloudfront-origins:updateImportedBucketPolicyOac');
    return new OriginGroup({
      primaryOrigin: first,
      fallbackOrigin: second,
      fallbackStatusCodes: ASK_THE_OTHER_REGION,
    });
  }
}
