/**
 * A customer managed KMS key that rotates yearly. A stack has one for data and one for operations (logs and
 * alerts): whoever may read the logs cannot thereby read the data.
 */
import { Duration, Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { type DataPolicy, removalPolicyFor } from '../settings/data-policy.ts';

export interface EncryptionKeyProps {
  readonly description: string;
  readonly data: DataPolicy;
}

export class EncryptionKey extends Key {
  constructor(scope: Construct, id: string, props: EncryptionKeyProps) {
    super(scope, id, {
      description: props.description,
      enableKeyRotation: true,
      removalPolicy: removalPolicyFor(props.data),
      // The shortest wait that KMS allows: a destroyed sandbox should stop costing money soon.
      pendingWindow: Duration.days(7),
    });
  }

  /** Lets CloudWatch Logs use the key, for log groups of this account and region only. */
  allowLogGroups(): void {
    const { partition, region, account } = Stack.of(this);
    this.addToResourcePolicy(
      new PolicyStatement({
        sid: 'LogGroupsOfThisAccount',
        principals: [new ServicePrincipal(`logs.${region}.amazonaws.com`)],
        actions: ['kms:Encrypt*', 'kms:Decrypt*', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:Describe*'],
        resources: ['*'],
        conditions: {
          ArnLike: { 'kms:EncryptionContext:aws:logs:arn': `arn:${partition}:logs:${region}:${account}:*` },
        },
      }),
    );
  }

  /** Lets services that send alerts encrypt them for a topic that this key protects. */
  allowPublishers(services: readonly string[]): void {
    this.addToResourcePolicy(
      new PolicyStatement({
        sid: 'ServicesThatSendAlerts',
        principals: services.map((service) => new ServicePrincipal(service)),
        actions: ['kms:Decrypt', 'kms:GenerateDataKey*'],
        resources: ['*'],
      }),
    );
  }
}
