import { expect, it } from 'vitest';
import { leftSince } from './inventory.ts';

it('what is left is every name that was not there before, records of what has been left out', () => {
  const before = { sqs: { queues: ['a'] }, ec2: { vpcs: ['default'] } };
  const now = {
    sqs: { queues: ['a', 'b', 'c'] },
    ec2: { vpcs: ['default'] },
    cloudformation: { stacks: ['deleted'], exports: ['x'] },
    dynamodb: { tables: ['t'], stacks: ['s'] },
  };
  expect(leftSince(before, now)).toEqual([
    { service: 'sqs', kind: 'queues', names: ['b', 'c'] },
    { service: 'dynamodb', kind: 'tables', names: ['t'] },
    { service: 'dynamodb', kind: 'stacks', names: ['s'] },
  ]);
});
