import type { QueueNode, Topology } from '@nines/topology';
import { expect, it } from 'vitest';
import { createPace } from './pace.ts';
import { startOrderQueue } from './order-queue.ts';

const queue = (id: string, redrive?: QueueNode['redrive']): QueueNode => ({
  kind: 'queue',
  id,
  type: 'AWS::SQS::Queue',
  region: 'region-1',
  zones: [],
  defaulted: [],
  visibilityTimeoutSeconds: 30,
  retentionSeconds: 600,
  ...(redrive === undefined ? {} : { redrive }),
});

const server = { id: 'Servers', kind: 'compute-group' } as unknown as Topology['nodes'][number];

const topologyOf = (to: string): Topology => ({
  name: 'nines-test',
  regions: [],
  nodes: [server, queue('Aside'), queue('Orders', { maxReceiveCount: 1, to: 'Aside' })],
  links: [{ from: 'Servers', to, necessity: 'soft', onRequestPath: true }],
  others: [],
  notes: [],
});

const FAST = createPace('fast');

it('is there where servers are told of a queue, and nowhere else', async () => {
  expect(await startOrderQueue(topologyOf('Database'), FAST)).toBeUndefined();
});

it('hides, and puts aside, as the template says; what is hidden comes back sooner at a faster pace', async () => {
  const orders = await startOrderQueue(topologyOf('Orders'), { ...FAST, scaleMs: () => 20 });
  if (!orders) throw new Error('there is no queue');
  const QueueUrl = orders.urlAt(orders.address);
  expect(new URL(QueueUrl).port).toBe(String(orders.address.port));
  const ask = async (operation: string, input: object) => {
    const response = await fetch(new URL('/', QueueUrl), {
      method: 'POST',
      headers: { 'x-amz-target': `AmazonSQS.${operation}` },
      body: JSON.stringify({ QueueUrl, ...input }),
    });
    return (await response.json()) as { Messages?: readonly { Body: string }[] };
  };
  await ask('SendMessage', { MessageBody: 'an order' });
  expect([orders.kept(), orders.putAside()]).toEqual([1, 0]);
  expect((await ask('ReceiveMessage', {})).Messages?.map(({ Body }) => Body)).toEqual(['an order']);
  expect([orders.kept(), orders.putAside()]).toEqual([1, 0]);
  // Its one delivery failed.
  expect((await ask('ReceiveMessage', { WaitTimeSeconds: 1 })).Messages).toBeUndefined();
  expect([orders.kept(), orders.putAside()]).toEqual([0, 1]);
  await orders.close();
});
