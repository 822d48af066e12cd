/**
 * The bucket that access logs of load balancers and of other buckets are delivered to. Encrypted with S3's own
 * key, because load balancers cannot write to a bucket with a KMS key.
 */
import { Duration, Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { type DataPolicy, removalPolicyFor } from '../settings/data-policy.ts';
import { keepAutoDeleteLog } from './auto-delete-log.ts';

export interface AccessLogBucketProps {
  readonly data: DataPolicy;
  /** How long a log is kept. */
  readonly expiration: Duration;
  /**
   * Whether CloudFront's standard logs come here too. CloudFront writes with an access control list, so only
   * a bucket of its own should allow them.
   * @default false
   */
  readonly acceptsCloudFront?: boolean;
}

export class AccessLogBucket extends Bucket {
  constructor(scope: Construct, id: string, props: AccessLogBucketProps) {
    super(scope, id, {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      objectOwnership:
        props.acceptsCloudFront === true
          ? ObjectOwnership.BUCKET_OWNER_PREFERRED
          : ObjectOwnership.BUCKET_OWNER_ENFORCED,
      lifecycleRules: [
        { id: 'forget', expiration: props.expiration, abortIncompleteMultipartUploadAfter: Duration.days(1) },
      ],
      removalPolicy: removalPolicyFor(props.data),
      autoDeleteObjects: props.data === 'destroy',
    });
    // Every stack with buckets has one of these.
    keepAutoDeleteLog(this);
  }

  /**
   * Lets this account's load balancers deliver under `prefix`. The CDK's own method needs to know the region at
   * synth; the log delivery principal is the same in every region.
   */
  allowLoadBalancers(prefix: string): void {
    this.addToResourcePolicy(
      new PolicyStatement({
        sid: 'LoadBalancerAccessLogs',
        principals: [new ServicePrincipal('logdelivery.elasticloadbalancing.amazonaws.com')],
        actions: ['s3:PutObject'],
        resources: [this.arnForObjects(`${prefix}/AWSLogs/${Stack.of(this).account}/*`)],
      }),
    );
  }
}
