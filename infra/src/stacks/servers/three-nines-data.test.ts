/** The contract of what holds data: its names, and what becomes of it when the stack goes. */
import { beforeAll, describe, expect, it } from 'vitest';
import { type Synthesized, synthesizeThreeNines } from '../../../test/synthesized.ts';

/** Types whose replacement or deletion loses something that cannot be made again. */
const STATEFUL_TYPES = [
  'AWS::Backup::BackupVault',
  'AWS::KMS::Key',
  'AWS::Logs::LogGroup',
  'AWS::RDS::DBInstance',
  'AWS::S3::Bucket',
];

/** Of a function that only publishes pages; the CDK names it. */
const WORTHLESS_LOG = /^StaticSitePublishLog/;

const policiesOf = ({ resources }: Synthesized): Record<string, string> =>
  Object.fromEntries(
    Object.entries(resources)
      .filter(([id, { Type }]) => STATEFUL_TYPES.includes(Type) && !WORTHLESS_LOG.test(id))
      .map(([id, { Type, DeletionPolicy }]) => [`${id} ${Type}`, String(DeletionPolicy)]),
  );

describe('what holds data in the three-nines stack', () => {
  let kept: Synthesized;
  let destroyed: Synthesized;

  beforeAll(() => {
    kept = synthesizeThreeNines();
    destroyed = synthesizeThreeNines({ data: 'destroy' });
  });

  it('has these names for ever: another name would be another, empty resource', () => {
    expect(policiesOf(kept)).toEqual({
      'AccessLogs AWS::S3::Bucket': 'RetainExceptOnCreate',
      'BackupVault AWS::Backup::BackupVault': 'RetainExceptOnCreate',
      'CanaryReports AWS::S3::Bucket': 'RetainExceptOnCreate',
      'DataKey AWS::KMS::Key': 'RetainExceptOnCreate',
      'Database AWS::RDS::DBInstance': 'Snapshot',
      'DatabaseLogs AWS::Logs::LogGroup': 'RetainExceptOnCreate',
      'DatabaseUpgradeLogs AWS::Logs::LogGroup': 'RetainExceptOnCreate',
      'FlowLogs AWS::Logs::LogGroup': 'RetainExceptOnCreate',
      'OperationsKey AWS::KMS::Key': 'RetainExceptOnCreate',
      'ServerLogs AWS::Logs::LogGroup': 'RetainExceptOnCreate',
      'StaticContent AWS::S3::Bucket': 'RetainExceptOnCreate',
      'StaticEdgeLogs AWS::S3::Bucket': 'RetainExceptOnCreate',
    });
  });

  it('outlives also its replacement', () => {
    for (const { Type, UpdateReplacePolicy } of Object.values(kept.resources)) {
      if (Type === 'AWS::RDS::DBInstance') expect(UpdateReplacePolicy).toBe('Snapshot');
      else if (Type === 'AWS::S3::Bucket' || Type === 'AWS::KMS::Key')
        expect(UpdateReplacePolicy).toBe('Retain');
    }
  });

  it('is guarded against deletion by mistake', () => {
    expect(kept.stack.terminationProtection).toBe(true);
    expect(kept.resources['Database']?.Properties['DeletionProtection']).toBe(true);
  });

  it('goes with the stack where that was asked for', () => {
    expect(new Set(Object.values(policiesOf(destroyed)))).toEqual(new Set(['Delete']));
    expect(destroyed.stack.terminationProtection).toBe(false);
    expect(destroyed.resources['Database']?.Properties).toMatchObject({
      DeletionProtection: false,
      DeleteAutomatedBackups: true,
    });
  });

  it('is emptied first where it would not go otherwise, and copied to no vault', () => {
    const emptied = Object.values(destroyed.resources)
      .filter(({ Type }) => Type === 'Custom::S3AutoDeleteObjects')
      .map(({ Properties }) => Properties['BucketName']);

    expect(emptied).toHaveLength(4);
    expect(Object.values(destroyed.resources).map(({ Type }) => Type)).not.toContain(
      'AWS::Backup::BackupVault',
    );
  });

  it('keeps its names and its identity in a sandbox too', () => {
    // The log of what empties buckets stands in a sandbox only, and vaults only where data is kept.
    const names = (synthesized: Synthesized): string[] =>
      Object.keys(policiesOf(synthesized)).filter((name) => !/^(BackupVault|AutoDeleteLog)/.test(name));

    expect(names(destroyed)).toEqual(names(kept));
    for (const property of [
      'DBInstanceIdentifier',
      'DBName',
      'Engine',
      'MasterUsername',
      'KmsKeyId',
      'StorageEncrypted',
    ]) {
      expect(destroyed.resources['Database']?.Properties[property]).toEqual(
        kept.resources['Database']?.Properties[property],
      );
    }
  });

  it('does not change when a setting does that is none of its business', () => {
    const other = synthesizeThreeNines({
      paymentUrl: 'https://pay.test',
      reviewsUrl: 'https://reviews.test',
      ratedRps: '999',
      alertEmail: 'team@shop.test',
    });

    for (const id of ['Database', 'DataKey', 'StaticContent', 'BackupVault']) {
      expect(other.resources[id]).toEqual(kept.resources[id]);
    }
  });
});
