/**
 * Gives the function by which the CDK empties the buckets of a sandbox a log group of the stack's own: without it Lambda
 * makes one that nobody deletes, and that never forgets.
 */
import { type CfnResource, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

/** The id that the CDK gives the provider, one in a stack. */
const PROVIDER_ID = 'Custom::S3AutoDeleteObjectsCustomResourceProvider';
const LOG_ID = 'AutoDeleteLog';

/** To be called once a bucket empties itself; a second time it changes nothing. */
export function keepAutoDeleteLog(scope: Construct): void {
  const stack = Stack.of(scope);
  const handler = stack.node.tryFindChild(PROVIDER_ID)?.node.tryFindChild('Handler');
  if (handler === undefined || stack.node.tryFindChild(LOG_ID) !== undefined) return;
  const log = new LogGroup(stack, LOG_ID, {
    retention: RetentionDays.ONE_MONTH,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  (handler as CfnResource).addPropertyOverride('LoggingConfig', { LogGroup: log.logGroupName });
}
