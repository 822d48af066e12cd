/** `AWS::S3::Bucket`. */
import { asList, at, isObject } from '../json.ts';
import type { Resource } from '../stack.ts';
import type { BucketNode } from '../topology.ts';
import { nodeBase, type ReadContext, type ResourceReader } from './reader.ts';

const BLOCKS = ['BlockPublicAcls', 'BlockPublicPolicy', 'IgnorePublicAcls', 'RestrictPublicBuckets'];

function read(bucket: Resource, context: ReadContext): BucketNode[] {
  const settings = context.settingsOf(bucket);
  const { properties } = bucket;
  const encryption = asList(at(properties, 'BucketEncryption', 'ServerSideEncryptionConfiguration'));
  // S3 encrypts every new object with its own keys since January 2023, asked or not.
  if (encryption.length === 0) settings.leaveToDefault('encrypted');
  const versioning = settings.text(
    'versioned',
    at(properties, 'VersioningConfiguration', 'Status'),
    'Suspended',
  );
  const block = properties['PublicAccessBlockConfiguration'];
  // New buckets block all public access since April 2023; a configuration of one's own replaces that whole.
  if (!isObject(block)) settings.leaveToDefault('publicAccessBlocked');
  const isBlocked = !isObject(block) || BLOCKS.every((name) => String(block[name]) === 'true');
  const node = {
    kind: 'bucket',
    encrypted: true,
    versioned: versioning === 'Enabled',
    publicAccessBlocked: isBlocked,
  } as const;
  return [{ ...nodeBase(bucket, [], settings), ...node }];
}

export const bucketReader: ResourceReader = { types: ['AWS::S3::Bucket'], read };
