import { expect, it } from 'vitest';
import { describeReading } from './gameday.ts';

it('names what was read, what plays no part here, and what looked odd', () => {
  const lines = describeReading({
    name: 'stack',
    regions: [],
    nodes: [],
    links: [],
    others: [
      { id: 'b', type: 'AWS::SNS::Topic' },
      { id: 'a', type: 'AWS::KMS::Key' },
      { id: 'c', type: 'AWS::SNS::Topic' },
    ],
    notes: [{ resource: 'Servers', message: 'is odd.' }],
  });
  expect(lines).toEqual([
    'read stack: 0 parts and 0 links',
    'not run here: 3 resources of 2 types (AWS::KMS::Key, AWS::SNS::Topic)',
    'note on Servers: is odd.',
  ]);
});

it('says nothing of what is not there', () => {
  const topology = { name: 'stack', regions: [], nodes: [], links: [], others: [], notes: [] };
  expect(describeReading(topology)).toEqual(['read stack: 0 parts and 0 links']);
});
