import type { QueueNode, Topology } from '@nines/topology';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createFaultLink } from '../fault-link.ts';
import type { FaultLink } from '../fault-link.ts';
import { createPace } from '../pace.ts';
import { startRegionQueues } from './region-queues.ts';
import type { RegionQueues } from './region-queues.ts';

const SERVERS = { id: 'Servers', kind: 'compute-group' } as unknown as Topology['nodes'][number];
const ORDERS: QueueNode = {
  kind: 'queue',
  id: 'Orders',
  type: 'AWS::SQS::Queue',
  region: 'here',
  zones: [],
  defaulted: [],
  visibilityTimeoutSeconds: 30,
  retentionSeconds: 600,
};
const topologyOf = (...nodes: Topology['nodes']): Topology => ({
  name: 'nines-test',
  regions: [],
  nodes,
  links: [{ from: 'Servers', to: 'Orders', necessity: 'soft', onRequestPath: true }],
  others: [],
  notes: [],
});

let queues: RegionQueues;
let opened: FaultLink[];

beforeEach(async () => {
  opened = [];
  const keeping = topologyOf(SERVERS, ORDERS);
  const topologies = new Map([
    ['here', keeping],
    ['there', keeping],
    ['without', topologyOf(SERVERS)],
  ]);
  queues = await startRegionQueues(topologies, createPace('fast'));
});
afterEach(async () => {
  for (const link of opened) await link.close();
  await queues.close();
});

/** The URL by which a server in this region reaches its only other queue, by a link that is made as for an instance. */
async function linkFrom(region: string): Promise<string> {
  const [other] = queues.seenFrom(region).others;
  if (!other) throw new Error('there is no other queue');
  const link = await createFaultLink({ name: region, target: () => other.queue.address });
  opened.push(link);
  other.onLink(link);
  return other.queue.urlAt(link.address);
}

async function ask(QueueUrl: string, operation: string, input: object = {}): Promise<unknown> {
  const response = await fetch(new URL('/', QueueUrl), {
    method: 'POST',
    headers: { 'x-amz-target': `AmazonSQS.${operation}` },
    body: JSON.stringify({ QueueUrl, ...input }),
    signal: AbortSignal.timeout(250),
  });
  const { Messages = [] } = (await response.json()) as { Messages?: readonly { Body: string }[] };
  return Messages.map(({ Body }) => Body);
}

it('leads each region to its own queue and to those of the others, where they have any', () => {
  const seen = ['here', 'there', 'without'].map((region) => {
    const { own, others } = queues.seenFrom(region);
    return [own !== undefined, others.map((other) => other.region)];
  });
  expect(seen).toEqual([
    [true, ['there']],
    [true, ['here']],
    [false, ['here', 'there']],
  ]);
});

it('lets nobody reach a lost region, and has what it held when it is back', async () => {
  const own = queues.seenFrom('there').own;
  if (!own) throw new Error('there is no queue');
  await ask(own.urlAt(own.address), 'SendMessage', { MessageBody: 'an order' });
  const earlier = await linkFrom('here');
  queues.loseRegion('there');
  const later = await linkFrom('here');
  for (const url of [earlier, later]) await expect(ask(url, 'ReceiveMessage')).rejects.toThrow('timeout');
  expect(own.kept()).toBe(1);
  queues.restoreRegion('there');
  expect(await ask(later, 'ReceiveMessage')).toEqual(['an order']);
});

it('cuts a lost region off from the others as well, until both are back', async () => {
  const fromThere = await linkFrom('there');
  queues.loseRegion('there');
  queues.loseRegion('here');
  queues.restoreRegion('there');
  await expect(ask(fromThere, 'ReceiveMessage')).rejects.toThrow('timeout');
  queues.restoreRegion('here');
  expect(await ask(fromThere, 'ReceiveMessage')).toEqual([]);
});
