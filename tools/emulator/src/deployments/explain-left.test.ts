import type { Leftover } from '@nines/topology';
import { describe, expect, it } from 'vitest';
import { explainLeft } from './explain-left.ts';

const leftover = (resource: string, type: string, kind: Leftover['kind'] = 'delayed'): Leftover => ({
  resource,
  type,
  kind,
  reason: 'goes later',
});
const left = (service: string, kind: string, ...names: string[]) => ({ service, kind, names });

describe('what is left', () => {
  it('is explained by as many resources of its service as there are names', () => {
    const predicted = [leftover('KeyA', 'AWS::KMS::Key'), leftover('KeyB', 'AWS::KMS::Key')];
    expect(explainLeft([left('kms', 'keys', 'a', 'b')], predicted)).toMatchObject([
      { because: 'KeyA goes later; KeyB goes later' },
    ]);
    expect(explainLeft([left('kms', 'keys', 'a', 'b', 'c')], predicted)).toMatchObject([
      { because: undefined },
    ]);
  });

  it('is not explained by resources of another service', () => {
    const predicted = [leftover('Bucket', 'AWS::S3::Bucket'), leftover('Own', 'AWS::KMSOther::Key')];
    expect(explainLeft([left('kms', 'keys', 'a')], predicted)).toMatchObject([{ because: undefined }]);
  });

  it('may be a log group that AWS makes beside any resource, and no log group that a template has', () => {
    const logs = [left('cloudwatch_logs', 'log_groups', 'a')];
    expect(explainLeft(logs, [leftover('Function', 'AWS::Lambda::Function', 'unlisted')])).toMatchObject([
      { because: 'Function goes later' },
    ]);
    expect(explainLeft(logs, [leftover('Function', 'AWS::Lambda::Function', 'kept')])).toMatchObject([
      { because: undefined },
    ]);
  });

  it('may be a log group that a function was still writing to, and no other one beside it', () => {
    const logs = [
      left(
        'cloudwatch_logs',
        'log_groups',
        "('0', 'eu-west-1', '/a/s/Watch')",
        "('0', 'eu-west-1', '/a/s/Watcher')",
      ),
    ];
    expect(explainLeft(logs, [], { remadeLogs: ['/a/s/Watch'] })).toMatchObject([
      { names: ["('0', 'eu-west-1', '/a/s/Watch')"], because: expect.stringContaining('anew') as string },
      { names: ["('0', 'eu-west-1', '/a/s/Watcher')"], because: undefined },
    ]);
    expect(explainLeft(logs, [])).toMatchObject([{ because: undefined }]);
  });

  it('may be a habit of the emulator', () => {
    const habits = [{ service: 'x', kind: 'y', why: 'it does so' }];
    expect(explainLeft([left('x', 'y', 'a'), left('x', 'z', 'b')], [], { habits })).toEqual([
      { ...left('x', 'y', 'a'), because: 'it does so' },
      { ...left('x', 'z', 'b'), because: undefined },
    ]);
  });
});
