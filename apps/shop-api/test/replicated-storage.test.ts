import { createFakeClock } from '@nines/testing';
import { beforeEach, expect, it } from 'vitest';
import {
  createReplicatedCatalogue,
  createReplicatedIntakes,
  createReplicatedStorage,
} from '../src/resilience/replicated-storage.ts';
import type { RequestStorage } from '../src/resilience/guarded-storage.ts';
import { createBreakableStorage, type BreakableStorage } from './stand-ins.ts';
import { order, placement, product } from './storage-contract.ts';

let writer: BreakableStorage;
let replicas: BreakableStorage;
let storage: RequestStorage;

const placed = order(1, { a: 1 });
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'ok',
    (error: unknown) => (error as { code?: string }).code,
  );

beforeEach(() => {
  const clock = createFakeClock();
  writer = createBreakableStorage([product('a', 10)], clock);
  replicas = createBreakableStorage([product('a', 10)], clock);
  storage = createReplicatedStorage({ writer, replicas });
});

it('writes to the writer and to nobody else', async () => {
  replicas.state = 'away';
  expect(await storage.placeOrder(placement(placed))).toEqual({ outcome: 'placed' });
  expect((await storage.findPlacedOrder(placement(placed).idempotencyKey))?.order.id).toBe(placed.id);
  writer.state = 'away';
  expect(await codeOf(storage.placeOrder(placement(placed)))).toBe('storage-unavailable');
  expect(await codeOf(storage.findPlacedOrder('key'))).toBe('storage-unavailable');
});

it('reads from the replicas while there is no writer', async () => {
  await replicas.placeOrder(placement(placed));
  writer.state = 'away';
  expect((await storage.getOrder(placed.id))?.id).toBe(placed.id);
  expect(await storage.listOrders({ limit: 10 })).toHaveLength(1);
});

it('finds an order that the replicas do not have yet', async () => {
  await writer.placeOrder(placement(placed));
  expect(await replicas.getOrder(placed.id)).toBeUndefined();
  expect((await storage.getOrder(placed.id))?.id).toBe(placed.id);
});

it('does not call an order unknown while the writer, who might know it, is away', async () => {
  writer.state = 'away';
  expect(await codeOf(storage.getOrder(placed.id))).toBe('storage-unavailable');
});

it('reads from the writer while there are no replicas, asking it once', async () => {
  await writer.placeOrder(placement(placed));
  replicas.state = 'away';
  expect((await storage.getOrder(placed.id))?.id).toBe(placed.id);
  expect(await storage.listOrders({ limit: 10 })).toHaveLength(1);
  let asked = 0;
  writer.getOrder = () => {
    asked += 1;
    return Promise.resolve(undefined);
  };
  expect(await storage.getOrder('unknown')).toBeUndefined();
  expect(asked).toBe(1);
});

it('lets a bug be seen instead of asking elsewhere', async () => {
  replicas.state = 'broken';
  await expect(storage.getOrder(placed.id)).rejects.toThrow('secret detail of a bug');
});

it('reads the catalogue from the replicas, else from the writer', async () => {
  const catalogue = createReplicatedCatalogue(writer, replicas);
  writer.state = 'away';
  expect(await catalogue.readCatalogue()).toHaveLength(1);
  [writer.state, replicas.state] = ['live', 'away'];
  expect(await catalogue.readCatalogue()).toHaveLength(1);
  writer.state = 'away';
  expect(await codeOf(catalogue.readCatalogue())).toBe('storage-unavailable');
});

it('knows of a kept order what the replicas know, else what the writer knows', async () => {
  const intakes = createReplicatedIntakes({ writer, replicas });
  await writer.recordIntake('i-1', { outcome: 'refused', reason: 'expired' });
  expect(await intakes.findIntake('i-1')).toEqual({ outcome: 'refused', reason: 'expired' });
  await replicas.recordIntake('i-1', { outcome: 'stored', orderId: 'o-1' });
  expect(await intakes.findIntake('i-1')).toEqual({ outcome: 'stored', orderId: 'o-1' });
  replicas.state = 'away';
  expect(await intakes.findIntake('i-1')).toEqual({ outcome: 'refused', reason: 'expired' });
});

it('takes a kept order for undecided while there is no writer that could decide, and for unknown when nobody answers', async () => {
  const intakes = createReplicatedIntakes({ writer, replicas });
  writer.state = 'away';
  expect(await intakes.findIntake('i-1')).toBeUndefined();
  replicas.state = 'away';
  expect(await codeOf(intakes.findIntake('i-1'))).toBe('storage-unavailable');
  [writer.state, replicas.state] = ['live', 'broken'];
  await expect(intakes.findIntake('i-1')).rejects.toThrow('secret detail of a bug');
  [writer.state, replicas.state] = ['broken', 'live'];
  await expect(intakes.findIntake('i-1')).rejects.toThrow('secret detail of a bug');
});
