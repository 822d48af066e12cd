import { describe, expect, it } from 'vitest';
import { leftoversOf } from '../src/leftovers.ts';
import { synthesize, TIERS } from './synthesized.ts';

const AUTO_DELETE = /^CustomS3AutoDeleteObjects/;

describe('what a sandbox leaves behind', () => {
  it.each(TIERS)('of the %s stack is two keys until their time is over, and two logs', (tier) => {
    const leftovers = leftoversOf(synthesize(tier, { data: 'destroy' }).resources);
    const named = leftovers.map(({ resource, what }) => [
      AUTO_DELETE.test(resource) ? 'CustomS3AutoDeleteObjects' : resource,
      what,
    ]);

    expect(Object.fromEntries(named)).toEqual({
      DataKey: 'a key that is deleted after its waiting period',
      OperationsKey: 'a key that is deleted after its waiting period',
      Canary: "the log group of the canary's function",
      CustomS3AutoDeleteObjects: 'the log group that Lambda makes for the function',
    });
    expect(named).toHaveLength(4);
  });

  it('of anything else is everything that holds data', () => {
    const kept = leftoversOf(synthesize('four-nines').resources).filter(({ what }) =>
      what.startsWith('kept'),
    );

    expect(kept.map(({ resource }) => resource).sort()).toEqual([
      'AccessLogs',
      'BackupVault',
      'CanaryReports',
      'DataKey',
      'Database',
      'DatabaseLogs',
      'FirewallLogs',
      'FlowLogs',
      'OperationsKey',
      'ServerLogs',
      'StaticContent',
      'StaticEdgeLogs',
    ]);
  });

  it.each([
    [
      { Type: 'AWS::S3::Bucket', DeletionPolicy: 'Delete' },
      'kept: a bucket that is not empty cannot be deleted',
    ],
    [{ Type: 'AWS::RDS::DBCluster' }, 'kept: its deletion policy is Snapshot'],
    [{ Type: 'AWS::DynamoDB::Table', DeletionPolicy: 'Retain' }, 'kept: its deletion policy is Retain'],
  ])('names %j', (resource, what) => {
    expect(leftoversOf({ Thing: resource })).toEqual([{ resource: 'Thing', what }]);
  });

  it('does not name an instance that goes with its cluster, nor a bucket that is emptied first', () => {
    const resources = {
      Instance: { Type: 'AWS::RDS::DBInstance', Properties: { DBClusterIdentifier: 'cluster' } },
      Bucket: { Type: 'AWS::S3::Bucket', DeletionPolicy: 'Delete' },
      Emptied: { Type: 'Custom::S3AutoDeleteObjects', Properties: { BucketName: { Ref: 'Bucket' } } },
    };

    expect(leftoversOf(resources)).toEqual([]);
  });
});
