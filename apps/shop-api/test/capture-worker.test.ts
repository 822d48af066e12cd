import { createFakeClock, type FakeClock } from '@nines/testing';
import { beforeEach, expect, it } from 'vitest';
import { captureDelayMs, createCaptureWorker, type CaptureWorker } from '../src/core/capture-worker.ts';
import {
  createBreakableStorage,
  createCountingMetrics,
  createFakePayment,
  createMemoryLog,
} from './stand-ins.ts';
import { order, placement, product } from './storage-contract.ts';

let clock: FakeClock;
let storage: ReturnType<typeof createBreakableStorage>;
let payment: ReturnType<typeof createFakePayment>;
let log: ReturnType<typeof createMemoryLog>;
let worker: CaptureWorker;

beforeEach(() => {
  clock = createFakeClock();
  storage = createBreakableStorage([product('a', 1_000)], clock);
  payment = createFakePayment();
  log = createMemoryLog();
  worker = createWorker();
});

const createWorker = (batchSize = 50) =>
  createCaptureWorker({ storage, payment, metrics: createCountingMetrics(), log, batchSize });

async function placeOrders(count: number) {
  for (let number = 1; number <= count; number++) {
    const placed = order(number, { a: 1 });
    const { reference, totalCents: amountCents, currency } = placed;
    const result = await payment.authorize({ idempotencyKey: reference, reference, amountCents, currency });
    if (result.outcome !== 'authorized') throw new Error('the stand-in authorizes everything');
    await storage.placeOrder(placement(placed, { authorizationId: result.authorizationId }));
  }
}

const statuses = async () => (await storage.listOrders({ limit: 100 })).map(({ status }) => status);

it('takes the money of stored orders and calls them paid', async () => {
  await placeOrders(3);
  expect(await worker.runOnce()).toBe(3);
  expect(await statuses()).toEqual(['paid', 'paid', 'paid']);
  expect([...payment.money.values()]).toEqual(['captured', 'captured', 'captured']);
  expect(await worker.runOnce()).toBe(0);
});

it('takes no more at once than its batch', async () => {
  await placeOrders(5);
  const small = createWorker(2);
  expect(await small.runOnce()).toBe(2);
  expect(await small.runOnce()).toBe(2);
  expect(await small.runOnce()).toBe(1);
});

it('tries again later, and less and less often, while the payment service is away', async () => {
  await placeOrders(1);
  payment.state = 'away';
  await worker.runOnce();
  await clock.advance(999);
  expect(await worker.runOnce()).toBe(0);
  await clock.advance(1);
  expect(await worker.runOnce()).toBe(1);
  await clock.advance(1_999);
  expect(await worker.runOnce()).toBe(0);
  payment.state = 'live';
  await clock.advance(1);
  expect(await worker.runOnce()).toBe(1);
  expect(await statuses()).toEqual(['paid']);
});

it('doubles the delay from one second to five minutes', () => {
  expect([1, 2, 3, 9, 10, 1_000].map(captureDelayMs)).toEqual([
    1_000, 2_000, 4_000, 256_000, 300_000, 300_000,
  ]);
});

it('captures again what a worker captured and then died before saying so', async () => {
  await placeOrders(1);
  const complete = storage.completeCaptures;
  storage.completeCaptures = () => Promise.reject(new Error('died'));
  await expect(worker.runOnce()).rejects.toThrow('died');
  storage.completeCaptures = complete;
  expect(await statuses()).toEqual(['accepted']);
  await clock.advance(30_000);
  expect(await worker.runOnce()).toBe(1);
  expect(await statuses()).toEqual(['paid']);
  expect([...payment.money.values()]).toEqual(['captured']);
});

it('asks for the money anew when its authorization was given back, once for each order', async () => {
  await placeOrders(1);
  await payment.void('authorization-1');
  await worker.runOnce();
  expect(await statuses()).toEqual(['paid']);
  expect(payment.money).toEqual(
    new Map([
      ['authorization-1', 'given-back'],
      ['authorization-2', 'captured'],
    ]),
  );
  expect(payment.authorized.at(-1)?.request).toEqual({
    idempotencyKey: `recapture-${order(1, {}).id}`,
    reference: 'reference-1',
    amountCents: 250,
    currency: 'EUR',
  });
});

it('marks an order whose money cannot be had, and says so in the log', async () => {
  await placeOrders(1);
  await payment.void('authorization-1');
  payment.state = 'declining';
  await worker.runOnce();
  expect(await statuses()).toEqual(['payment-failed']);
  expect(log.lines).toEqual([
    {
      level: 'error',
      fields: { orderId: order(1, {}).id },
      message: 'the payment of a stored order could not be taken',
    },
  ]);
});

it('lets one stuck payment hold up no other', async () => {
  await placeOrders(3);
  const capture = payment.capture;
  payment.capture = (id, call) =>
    id === 'authorization-2' ? Promise.reject(new Error('stuck')) : capture(id, call);
  await worker.runOnce();
  expect(await statuses()).toEqual(['paid', 'accepted', 'paid']);
});
