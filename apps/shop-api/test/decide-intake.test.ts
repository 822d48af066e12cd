// What the worker does with an order that was kept while the table took none.
import { createFakeClock } from '@nines/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { createIntakeDecider } from '../src/core/decide-intake.ts';
import { intakeIdOf } from '../src/core/order-intake.ts';
import type { OrderPlacement } from '../src/ports/storage.ts';
import {
  createBreakableStorage,
  createCountingMetrics,
  createFakePayment,
  createMemoryLog,
} from './stand-ins.ts';
import { order, placement, product } from './storage-contract.ts';

const HOUR_MS = 3_600_000;
let storage: ReturnType<typeof createBreakableStorage>;
let payment: ReturnType<typeof createFakePayment>;
let log: ReturnType<typeof createMemoryLog>;
let now: number;
let decide: ReturnType<typeof createIntakeDecider>;

beforeEach(() => {
  storage = createBreakableStorage([product('a', 2)], createFakeClock());
  payment = createFakePayment();
  log = createMemoryLog();
  now = Date.UTC(2026, 0, 1);
  decide = createIntakeDecider({
    storage,
    payment,
    log,
    metrics: createCountingMetrics(),
    wallClock: () => new Date(now),
  });
});

const resultOf = (kept: OrderPlacement) => storage.findIntake(intakeIdOf(kept));
const stored = async () => (await storage.listOrders({ limit: 10 })).map(({ reference }) => reference);
const given = () => [...payment.money.values()];

it('stores the order as the shop made it, and says so', async () => {
  const kept = placement(order(1, { a: 1 }));
  await decide(kept);
  expect(await resultOf(kept)).toEqual({ outcome: 'stored', orderId: kept.order.id });
  expect(await storage.getOrder(kept.order.id)).toEqual(kept.order);
});

it('finds the order that was stored directly meanwhile, under another id', async () => {
  const direct = placement(order(1, { a: 1 }));
  await storage.placeOrder(direct);
  const kept = { ...direct, order: { ...order(2, { a: 1 }), reference: 'reference-1' } };
  await decide(kept);
  expect(await resultOf(kept)).toEqual({ outcome: 'stored', orderId: direct.order.id });
  expect(await stored()).toEqual(['reference-1']);
});

describe('told of the same order again', () => {
  it('does nothing when there is a result, even if the stock has changed since', async () => {
    const kept = placement(order(1, { a: 3 }));
    await decide(kept);
    storage.placeOrder = () => Promise.reject(new Error('asked'));
    await decide(kept);
    expect(await resultOf(kept)).toEqual({ outcome: 'refused', reason: 'out-of-stock' });
  });

  it('ends what a worker began that died after storing the order', async () => {
    const kept = placement(order(1, { a: 1 }));
    const { recordIntake } = storage;
    storage.recordIntake = () => Promise.reject(new Error('died'));
    await expect(decide(kept)).rejects.toThrow('died');
    storage.recordIntake = recordIntake;
    await decide(kept);
    expect(await resultOf(kept)).toEqual({ outcome: 'stored', orderId: kept.order.id });
    expect(await stored()).toEqual(['reference-1']);
  });
});

describe('an order that is refused', () => {
  const authorize = async (number: number, quantity: number) => {
    const one = order(number, { a: quantity });
    const { reference, totalCents: amountCents, currency } = one;
    const result = await payment.authorize({ idempotencyKey: reference, reference, amountCents, currency });
    if (result.outcome !== 'authorized') throw new Error('the stand-in authorizes everything');
    return placement(one, { authorizationId: result.authorizationId });
  };

  it('gives its money back, and a payment service that is away changes nothing about the refusal', async () => {
    await decide(await authorize(1, 3));
    expect(given()).toEqual(['given-back']);
    const other = await authorize(2, 3);
    payment.state = 'away';
    await decide(other);
    expect(await resultOf(other)).toEqual({ outcome: 'refused', reason: 'out-of-stock' });
    expect(log.lines.at(-1)).toMatchObject({ message: 'an unused authorization was not given back' });
  });

  it('leaves the money to a twin that was stored at the same moment', async () => {
    const kept = await authorize(1, 1);
    const { placeOrder } = storage;
    storage.placeOrder = async () => {
      await placeOrder(kept);
      await storage.recordIntake(intakeIdOf(kept), { outcome: 'stored', orderId: kept.order.id });
      return { outcome: 'out-of-stock', productId: 'a' };
    };
    await decide(kept);
    expect(given()).toEqual(['set-aside']);
    expect(await resultOf(kept)).toEqual({ outcome: 'stored', orderId: kept.order.id });
  });
});

describe('an order that lay for more than twenty hours', () => {
  it('is stored up to then', async () => {
    const kept = placement(order(0, { a: 1 }));
    now += 20 * HOUR_MS;
    await decide(kept);
    expect(await resultOf(kept)).toMatchObject({ outcome: 'stored' });
  });

  it('is refused after that, since its key may soon be forgotten', async () => {
    const kept = placement(order(0, { a: 1 }));
    now += 20 * HOUR_MS + 1;
    await decide(kept);
    expect(await resultOf(kept)).toEqual({ outcome: 'refused', reason: 'expired' });
    expect(await stored()).toEqual([]);
  });

  it.each([
    ['under its key', 0],
    ['by an earlier delivery, its key forgotten', 1],
  ])('is found when it was stored %s', async (_, forgotten) => {
    const kept = placement(order(0, { a: 1 }));
    await storage.placeOrder(kept);
    await storage.forgetIdempotencyKeys({ olderThanMs: 0, limit: forgotten });
    now += 30 * HOUR_MS;
    await decide(kept);
    expect(await resultOf(kept)).toEqual({ outcome: 'stored', orderId: kept.order.id });
  });
});
