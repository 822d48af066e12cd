import { createFakeClock, type FakeClock } from '@nines/testing';
import { beforeEach, expect, it } from 'vitest';
import { createLastKnownGood, type LastKnownGood } from '../src/resilience/last-known-good.ts';
import { createBreakableStorage, createCountingMetrics } from './stand-ins.ts';
import { order, placement, product } from './storage-contract.ts';
import { timingOf } from './test-shop.ts';

let clock: FakeClock;
let storage: ReturnType<typeof createBreakableStorage>;
let kept: LastKnownGood;
let reads: number;

beforeEach(async () => {
  clock = createFakeClock();
  storage = createBreakableStorage([product('a', 10)], clock);
  reads = 0;
  const readCatalogue = storage.readCatalogue;
  storage.readCatalogue = (options) => {
    reads += 1;
    return readCatalogue(options);
  };
  kept = createLastKnownGood({
    storage,
    guarded: storage,
    metrics: createCountingMetrics(),
    timing: timingOf(clock),
  });
  await kept.start();
});

it('has the catalogue and the newest orders once it has started', () => {
  expect(kept.catalogue.view()).toMatchObject({ products: [{ id: 'a', stock: 10 }], stale: false });
  expect(kept.recent.list({ limit: 1 })).toEqual({ orders: [], ageMs: 0 });
});

it('reads the catalogue every two seconds, live or away', async () => {
  const before = reads;
  await clock.advance(10_000);
  expect(reads - before).toBe(5);
  storage.state = 'away';
  await clock.advance(10_000);
  expect(reads - before).toBe(10);
});

it('follows the database, and keeps the last good data while it is away', async () => {
  const placed = order(1, { a: 4 });
  await storage.placeOrder(placement(placed));
  await clock.advance(2_000);
  expect(kept.catalogue.view()?.byId.get('a')?.stock).toBe(6);
  expect(kept.recent.get(placed.id)?.order).toEqual(placed);

  storage.state = 'away';
  await clock.advance(120_000);
  expect(kept.catalogue.view()).toMatchObject({ products: [{ stock: 6 }], stale: true });
  expect(kept.recent.get(placed.id)?.order).toEqual(placed);

  storage.state = 'live';
  await clock.advance(2_000);
  expect(kept.catalogue.view()?.stale).toBe(false);
});

it('takes an empty catalogue for a mistake and keeps the one it has', async () => {
  storage.readCatalogue = () => Promise.resolve([]);
  await clock.advance(10_000);
  expect(kept.catalogue.view()?.products).toHaveLength(1);
});

it('leaves no timer behind when it stops', () => {
  kept.stop();
  expect(clock.pendingTimers()).toBe(0);
});
