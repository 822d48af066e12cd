import { describe, expect, it } from 'vitest';
import { readRemadeLogs } from './remade-logs.ts';

const group = (DeletionPolicy: string) => ({ Type: 'AWS::Logs::LogGroup', DeletionPolicy });
const writer = (id: string) => ({
  Type: 'AWS::Lambda::Function',
  Properties: { LoggingConfig: { LogGroup: { Ref: id } } },
});
const allowing = (Action: string) => ({ Type: 'AWS::IAM::Policy', Properties: { Statement: [{ Action }] } });

describe('log groups that functions write to after their end', () => {
  it('are those that go with the stack and that a function of it writes to', () => {
    const Resources = {
      Gone: group('Delete'),
      Kept: group('Retain'),
      Unwritten: group('Delete'),
      A: writer('Gone'),
      B: writer('Gone'),
      C: writer('Kept'),
      Silent: { Type: 'AWS::Lambda::Function' },
      Policy: allowing('logs:PutLogEvents'),
    };
    expect(readRemadeLogs({ Resources }, 'stack')).toEqual(['/aws/cloudformation/stack/Gone']);
  });

  it.each(['logs:CreateLogGroup', 'logs:*'])('are none where a role allows %s', (action) => {
    const Resources = { Gone: group('Delete'), A: writer('Gone'), Policy: allowing(action) };
    expect(readRemadeLogs({ Resources }, 'stack')).toEqual([]);
  });
});
