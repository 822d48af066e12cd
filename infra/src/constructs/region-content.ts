/**
 * Pages in a bucket of each region, filled by replication from one bucket that releases are published to. The edge
 * reads the first region's and, when S3 there does not answer, the second one's: pages are there while regions fail
 * over, whatever the application does.
 *
 * `RegionContent` stands in each region; `ContentSource` in the global part, which is deployed when the regions' buckets
 * are there already.
 */
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { IDistribution } from 'aws-cdk-lib/aws-cloudfront';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type BucketProps,
  type IBucket,
  ObjectOwnership,
  ReplicationTimeValue,
} from 'aws-cdk-lib/aws-s3';
import { BucketDeployment, CacheControl, Source } from 'aws-cdk-lib/aws-s3-deployment';
import { Construct } from 'constructs';
import { type DataPolicy, removalPolicyFor } from '../settings/data-policy.ts';
import { acknowledge } from './acknowledge.ts';
import { acknowledgeBucketDeployment } from './static-site-findings.ts';
import { ALL_OBJECTS_FILTER } from './static-site.ts';

export interface RegionContentProps {
  readonly bucketName: string;
  /** Where the bucket's own access logs go. */
  readonly accessLogs: IBucket;
  readonly data: DataPolicy;
}

const contentBucket = ({
  accessLogs,
  data,
}: Pick<RegionContentProps, 'accessLogs' | 'data'>): BucketProps => ({
  blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
  encryption: BucketEncryption.S3_MANAGED,
  enforceSSL: true,
  objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
  // Replication asks for it, and a wrong release of the pages is undone by reading the previous version back.
  versioned: true,
  lifecycleRules: [
    {
      id: 'forget-old-versions',
      noncurrentVersionExpiration: Duration.days(30),
      abortIncompleteMultipartUploadAfter: Duration.days(1),
    },
  ],
  metrics: [{ id: ALL_OBJECTS_FILTER }],
  serverAccessLogsBucket: accessLogs,
  serverAccessLogsPrefix: 'static-content/',
  removalPolicy: removalPolicyFor(data),
  autoDeleteObjects: data === 'destroy',
});

export class RegionContent extends Construct {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, props: RegionContentProps) {
    super(scope, id);
    const { partition, account } = Stack.of(this);
    this.bucket = new Bucket(this, 'Bucket', { ...contentBucket(props), bucketName: props.bucketName });
    this.bucket.addToResourcePolicy(
      new PolicyStatement({
        sid: 'TheEdgeOfThisAccountReads',
        principals: [new ServicePrincipal('cloudfront.amazonaws.com')],
        actions: ['s3:GetObject'],
        resources: [this.bucket.arnForObjects('*')],
        // Which distribution it is, is known only when this bucket exists already.
        conditions: {
          StringEquals: { 'aws:SourceAccount': account },
          ArnLike: { 'aws:SourceArn': `arn:${partition}:cloudfront::${account}:distribution/*` },
        },
      }),
    );
  }
}

export interface ContentSourceProps extends Omit<RegionContentProps, 'bucketName'> {
  /** Folder whose files are published. */
  readonly contentPath: string;
  /** Published as `config.json`. */
  readonly configuration: Readonly<Record<string, string>>;
  /** Logical id that the stack pins the bucket to, which findings of cdk-nag name. */
  readonly logicalId: string;
  /** Names of the regions' buckets. */
  readonly destinations: readonly string[];
  /** Whose cache forgets the previous release. */
  readonly distribution: IDistribution;
}

/** The id of the rule that replicates to the destination of this index; metrics are kept by it. */
export const replicationRuleId = (index: number): string => `region-${String(index + 1)}`;

export class ContentSource extends Construct {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, props: ContentSourceProps) {
    super(scope, id);
    this.bucket = new Bucket(this, 'Bucket', {
      ...contentBucket(props),
      replicationRules: props.destinations.map((bucketName, index) => ({
        id: replicationRuleId(index),
        priority: index + 1,
        destination: Bucket.fromBucketName(this, `Destination${String(index + 1)}`, bucketName),
        // Within 15 minutes, by S3's own promise, and counted: without it nobody sees that replication is stuck.
        replicationTimeControl: ReplicationTimeValue.FIFTEEN_MINUTES,
        metrics: ReplicationTimeValue.FIFTEEN_MINUTES,
        deleteMarkerReplication: true,
      })),
    });
    this.acknowledgeReplication(props);
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
      distribution: props.distribution,
      distributionPaths: ['/*'],
      memoryLimit: 256,
      logGroup,
    });
    acknowledgeBucketDeployment(this, props.logicalId);
  }

  private acknowledgeReplication({ logicalId, destinations }: ContentSourceProps): void {
    const reason =
      'Role of S3 itself, which copies the objects of this bucket to those of the regions: every object, by its nature, and nothing else.';
    acknowledge(this.bucket, {
      [`AwsSolutions-IAM5[Resource::<${logicalId}.Arn>/*]`]: reason,
      ...Object.fromEntries(
        destinations.map((name) => [
          `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:s3:::${name.replace(/\$\{Token\[.*?\]\}/, '<AWS::AccountId>')}/*]`,
          reason,
        ]),
      ),
    });
  }
}
