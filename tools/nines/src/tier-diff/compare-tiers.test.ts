import { readTopology } from '@nines/topology';
import { describe, expect, it } from 'vitest';
import { describeTierDiff } from '../terminal/tier-diff-lines.ts';
import { compareTiers } from './compare-tiers.ts';
import type { TierReading } from './compare-tiers.ts';

const topology = (zones: readonly string[]) =>
  readTopology(
    {
      Resources: Object.fromEntries(
        zones.map((zone) => [
          `Subnet${zone}`,
          { Type: 'AWS::EC2::Subnet', Properties: { AvailabilityZone: `eu-west-1${zone}` } },
        ]),
      ),
    },
    { stackName: 'x' },
  );

const THREE: TierReading = {
  tier: 'three-nines',
  topology: topology(['a', 'b']),
  resourceTypes: ['AWS::EC2::Subnet', 'AWS::EC2::Subnet', 'AWS::RDS::DBInstance'],
  topics: [
    {
      name: 'Monitor resources',
      promises: [
        { promise: 'Logs aggregated', fulfilledBy: ['ServerLogs'] },
        { promise: 'Site health', fulfilledBy: ['A1', 'A2', 'A3', 'A4', 'A5', 'A6', 'A7'] },
      ],
    },
  ],
};
const FOUR: TierReading = {
  tier: 'four-nines',
  topology: topology(['a', 'b', 'c']),
  resourceTypes: ['AWS::EC2::Subnet', 'AWS::EC2::Subnet', 'AWS::EC2::Subnet', 'AWS::RDS::DBCluster'],
  topics: [
    {
      name: 'Monitor resources',
      promises: [
        { promise: 'Logs aggregated', fulfilledBy: ['ServerLogs', 'EdgeLogs'] },
        { promise: 'Zone failed', fulfilledBy: ['ZoneAlarm'] },
      ],
    },
  ],
};

describe('two tiers side by side', () => {
  it('differ by what they buy, promise and are made of', () => {
    expect(compareTiers(THREE, FOUR)).toMatchObject({
      // Two hours of events and two and a half of changes a year, against half an hour of events.
      from: { goal: '99.9%', unplannedMinutes: 120, plannedMinutes: 150, totalMinutes: 270 },
      to: { goal: '99.99%', unplannedMinutes: 30, plannedMinutes: 0, totalMinutes: 30 },
      minutesBought: 240,
      structure: [{ fact: 'place', from: '1 region of 2 zones', to: '1 region of 3 zones' }],
      resources: {
        from: 3,
        to: 4,
        types: [
          { type: 'AWS::EC2::Subnet', from: 2, to: 3 },
          { type: 'AWS::RDS::DBCluster', from: 0, to: 1 },
          { type: 'AWS::RDS::DBInstance', from: 1, to: 0 },
        ],
      },
      topics: [
        {
          name: 'Monitor resources',
          kept: ['Logs aggregated'],
          gone: [{ promise: 'Site health' }],
          added: [{ promise: 'Zone failed', fulfilledBy: ['ZoneAlarm'] }],
        },
      ],
    });
  });

  it('read as a text that a person can follow', () => {
    expect(describeTierDiff(compareTiers(THREE, FOUR))).toEqual([
      'three-nines -> four-nines',
      '',
      'goal      99.9% -> 99.99%, an allowance of 8 h 45 min -> 52 min 33 s a year',
      'expected  4 h 30 min -> 30 min of downtime a year: 4 h fewer',
      '          of that planned: 2 h 30 min -> 0 s',
      '',
      'what decides behaviour in a failure:',
      '  place  1 region of 2 zones',
      '         -> 1 region of 3 zones',
      '',
      '1. Monitor resources (1 unchanged)',
      '  - Site health [A1, A2, A3, A4, A5, A6, and 1 more]',
      '  + Zone failed [ZoneAlarm]',
      '',
      'resources 3 -> 4',
      '  EC2::Subnet 2 -> 3',
      '  RDS::DBCluster 0 -> 1',
      '  RDS::DBInstance 1 -> 0',
    ]);
  });

  it('say so when the second one has more downtime, and when there is no page', () => {
    const lines = describeTierDiff(compareTiers({ ...FOUR, topics: [] }, { ...THREE, topics: [] }));
    expect(lines).toContain('expected  30 min -> 4 h 30 min of downtime a year: 4 h more');
    expect(lines).toContain('topics: neither tier has a page yet');
  });
});
