/**
 * Findings on the function that the CDK itself provides for `BucketDeployment`: one per stack, made of the CDK's
 * own code, at work during deployments only, its role not to be narrowed from outside.
 */
import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';

/** The id that the CDK gives the function, up to its memory size. */
const PROVIDER_ID = 'Custom::CDKBucketDeployment';

const NARROW_ENOUGH =
  'Role of the function that publishes the pages during a deployment. The CDK grants it reading its own assets and replacing the objects of the content bucket, object by object, which are as many as there are pages.';

/**
 * @param contentLogicalId Logical id of the bucket that is published to, as cdk-nag names it in its findings.
 */
export function acknowledgeBucketDeployment(scope: Construct, contentLogicalId: string): void {
  const providers = Stack.of(scope).node.children.filter((child) => child.node.id.startsWith(PROVIDER_ID));
  for (const provider of providers) {
    acknowledge(provider, {
      'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]':
        'Writing its own log, for a function whose role the CDK makes.',
      'AwsSolutions-IAM5[Action::s3:GetBucket*]': NARROW_ENOUGH,
      'AwsSolutions-IAM5[Action::s3:GetObject*]': NARROW_ENOUGH,
      'AwsSolutions-IAM5[Action::s3:List*]': NARROW_ENOUGH,
      'AwsSolutions-IAM5[Action::s3:Abort*]': NARROW_ENOUGH,
      'AwsSolutions-IAM5[Action::s3:DeleteObject*]': NARROW_ENOUGH,
      'AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:s3:::cdk-hnb659fds-assets-<AWS::AccountId>-<AWS::Region>/*]':
        NARROW_ENOUGH,
      [`AwsSolutions-IAM5[Resource::<${contentLogicalId}.Arn>/*]`]: NARROW_ENOUGH,
      'AwsSolutions-IAM5[Resource::*]':
        'Covers cloudfront:CreateInvalidation and GetInvalidation, granted by the CDK without naming the distribution. The worst they allow is an emptied cache.',
      'AwsSolutions-L1': 'The CDK chooses the runtime of its own function and moves it with its releases.',
    });
  }
}
