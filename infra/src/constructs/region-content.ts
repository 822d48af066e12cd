/**
 * Pages in a bucket of each region, filled by replication from one bucket that releases are published to. The edge
 * reads the first region's and, when S3 there does not answer, the second one's: pages are there while regions fail
 * over, whatever the application does.
 *
 * `RegionContent` stands in each region; `ContentSource` in the global part, which is deployed when the regions' buckets
 * are there already.
 */
import { Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Bucket, ReplicationTimeValue } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import {
  pagesBucket,
  type PagesBucketOptions,
  type PublishedPages,
  publishPages,
} from './published-pages.ts';

export interface RegionContentProps extends PagesBucketOptions {
  readonly bucketName: string;
}

export class RegionContent extends Construct {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, props: RegionContentProps) {
    super(scope, id);
    const { partition, account } = Stack.of(this);
    this.bucket = new Bucket(this, 'Bucket', { ...pagesBucket(props), bucketName: props.bucketName });
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

export interface ContentSourceProps extends PagesBucketOptions, PublishedPages {
  /** Names of the regions' buckets. */
  readonly destinations: readonly string[];
}

/** The id of the rule that replicates to the destination of this index; metrics are kept by it. */
export const replicationRuleId = (index: number): string => `region-${String(index + 1)}`;

export class ContentSource extends Construct {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, props: ContentSourceProps) {
    super(scope, id);
    this.bucket = new Bucket(this, 'Bucket', {
      ...pagesBucket(props),
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
    publishPages(this, this.bucket, props);
  }

  private acknowledgeReplication({ contentLogicalId, destinations }: ContentSourceProps): void {
    const reason =
      'Role of S3 itself, which copies the objects of this bucket to those of the regions: every object, by its nature, and nothing else.';
    acknowledge(this.bucket, {
      [`AwsSolutions-IAM5[Resource::<${contentLogicalId}.Arn>/*]`]: reason,
      ...Object.fromEntries(
        destinations.map((name) => [
          `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:s3:::${name.replace(/\$\{Token\[.*?\]\}/, '<AWS::AccountId>')}/*]`,
          reason,
        ]),
      ),
    });
  }
}
