import { expect, it } from 'vitest';
import { describeReading, describeRunning } from './topology-lines.ts';

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

const RUNNING = {
  tier: 'three-nines',
  pace: 'full',
  url: 'http://127.0.0.1:1000',
  zones: ['zone-a', 'zone-b'],
  instances: [{ id: 'instance-1', zone: 'zone-a', url: 'http://127.0.0.1:2000', pid: 42 }],
  database: { url: 'postgres://shop:x@127.0.0.1:3000/shop', zone: 'zone-a', standbyZone: 'zone-b' },
  services: [{ name: 'payment', url: 'http://127.0.0.1:4000' }],
};

it('says where everything of a running tier is, what to try, and how to end it', () => {
  expect(describeRunning(RUNNING)).toEqual([
    'three-nines is up.',
    '',
    '  shop        http://127.0.0.1:1000                  where requests go',
    '  instance-1  http://127.0.0.1:2000                  zone-a, healthy',
    '  database    postgres://shop:x@127.0.0.1:3000/shop  primary in zone-a, standby in zone-b, which has every write',
    '  payment     http://127.0.0.1:4000                  a third party',
    '',
    'try     curl http://127.0.0.1:1000/products',
    'break   kill -9 42 (the process of instance-1)',
    `        curl -X PUT http://127.0.0.1:4000/admin/behaviour -H 'content-type: application/json' -d '{"away":"hang"}'`,
    'stop    Ctrl-C; nothing stays behind',
  ]);
});

it('leaves out what a tier does not have, and says that it runs fast', () => {
  const lines = describeRunning({
    ...RUNNING,
    pace: 'fast',
    services: [],
    database: { ...RUNNING.database, standbyZone: null },
  });
  expect(lines[0]).toBe("three-nines is up; AWS's times are divided by 10.");
  expect(lines).toContainEqual(expect.stringContaining('primary in zone-a, no standby'));
  expect(lines.join('\n')).not.toContain('admin/behaviour');
});
