/**
 * The one switch that decides whether data outlives its stack. Every stateful construct takes it and nothing
 * else decides a removal policy, so that "keep" cannot be half true.
 *
 * `keep` is for anything that real users touch. `destroy` is for a sandbox: deleting the stack then leaves
 * nothing behind.
 */
import { RemovalPolicy } from 'aws-cdk-lib';

export const DATA_POLICIES = ['keep', 'destroy'] as const;

export type DataPolicy = (typeof DATA_POLICIES)[number];

/**
 * The removal policy of a bucket, key, log group or vault.
 *
 * `keep` retains it on update and deletion but not when its own creation is rolled back: a first deployment
 * that fails must not leave orphans that stand in the way of the second.
 */
export function removalPolicyFor(data: DataPolicy): RemovalPolicy {
  return data === 'keep' ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY;
}
