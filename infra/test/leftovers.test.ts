/** What the deletion of a stack leaves behind, as `nines destroy --dry-run` tells it before anything is deployed. */
import { type Leftover, readLeftovers } from '@nines/topology';
import { describe, expect, it } from 'vitest';
import {
  ALL_REGION_TIERS,
  type Synthesized,
  synthesize,
  synthesizeRegions,
  type Tier,
  TIERS,
} from './synthesized.ts';

const leftoversOf = ({ template, stack }: Synthesized): readonly Leftover[] =>
  readLeftovers(template.toJSON(), { stackName: stack.stackName });

/** KMS deletes no key at once; seven days are the fewest. A key that waits costs nothing. */
const waits = (...keys: readonly string[]) =>
  keys.map((resource) => ({
    resource,
    type: 'AWS::KMS::Key',
    kind: 'delayed',
    reason: 'is deleted after 7 days (PendingWindowInDays)',
  }));

describe('a sandbox leaves nothing behind but keys until their time is over', () => {
  it.each(TIERS)('with %s', (tier) => {
    expect(leftoversOf(synthesize(tier, { data: 'destroy' }))).toEqual(waits('DataKey', 'OperationsKey'));
  });

  it.each(ALL_REGION_TIERS)('with %s, in any region', (tier) => {
    const { home, standby, global } = synthesizeRegions(tier, { data: 'destroy' }).parts;

    for (const region of [home, standby])
      expect(leftoversOf(region)).toEqual(waits('DataKey', 'OperationsKey'));
    expect(leftoversOf(global)).toEqual(waits('OperationsKey'));
  });

  it('nor does the function that empties its buckets, whose log is one of the stack', () => {
    const { resources } = synthesize('two-nines', { data: 'destroy' });
    const [log] = Object.keys(resources).filter((id) => id.startsWith('AutoDeleteLog'));
    const emptying = Object.entries(resources).find(
      ([id, { Type }]) => Type === 'AWS::Lambda::Function' && id.startsWith('CustomS3AutoDelete'),
    );

    expect(emptying?.[1].Properties['LoggingConfig']).toEqual({ LogGroup: { Ref: log } });
    expect(resources[log ?? '']).toMatchObject({
      Properties: { RetentionInDays: 30 },
      DeletionPolicy: 'Delete',
    });
  });
});

describe('anything but a sandbox', () => {
  const HOLDS_DATA: Readonly<Record<Tier, readonly string[]>> = {
    'two-nines': ['DatabaseCopies'],
    'three-nines': ['BackupVault', 'Database', 'DatabaseLogs', 'DatabaseUpgradeLogs'],
    'four-nines': ['BackupVault', 'Database', 'DatabaseLogs', 'FirewallLogs'],
  };
  const ALWAYS = [
    'AccessLogs',
    'CanaryReports',
    'DataKey',
    'FlowLogs',
    'OperationsKey',
    'ServerLogs',
    'StaticContent',
    'StaticEdgeLogs',
  ];

  it.each(TIERS)('of %s keeps everything that holds data', (tier) => {
    const kept = leftoversOf(synthesize(tier)).filter(({ kind }) => kind === 'kept' || kind === 'snapshot');

    expect([...new Set(kept.map(({ resource }) => resource))].sort()).toEqual(
      [...ALWAYS, ...HOLDS_DATA[tier]].sort(),
    );
  });

  it.each(TIERS)('of %s makes no log that never forgets', (tier) => {
    expect(leftoversOf(synthesize(tier)).filter(({ kind }) => kind === 'unlisted')).toEqual([]);
  });
});
