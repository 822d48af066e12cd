import { createFakeClock } from '@nines/testing';
import { beforeEach, expect, it } from 'vitest';
import type { Product } from '../src/ports/storage.ts';
import { createRefreshedOnDemand, type RefreshedOnDemand } from '../src/resilience/refreshed-on-demand.ts';
import { createBreakableStorage, createCountingMetrics } from './stand-ins.ts';
import { order, placement, product } from './storage-contract.ts';

let clock: ReturnType<typeof createFakeClock>;
let storage: ReturnType<typeof createBreakableStorage>;
let metrics: ReturnType<typeof createCountingMetrics>;
let kept: RefreshedOnDemand;

beforeEach(() => {
  clock = createFakeClock();
  storage = createBreakableStorage([product('a', 10)], clock);
  metrics = createCountingMetrics();
  kept = createRefreshedOnDemand({ storage, guarded: storage, metrics, clock });
});

const stockOf = () => kept.catalogue.view()?.byId.get('a')?.stock;
const buy = (number: number) => storage.placeOrder(placement(order(number, { a: 1 })));

it('has nothing before it was asked for the first time', () => {
  expect(kept.catalogue.view()).toBeUndefined();
  expect(kept.recent.list({ limit: 1 })).toBeUndefined();
});

it('reads the catalogue when somebody asks and two seconds have passed, and not before', async () => {
  await kept.refreshCatalogue();
  await buy(1);
  await clock.advance(1_999);
  await kept.refreshCatalogue();
  expect(stockOf()).toBe(10);
  await clock.advance(1);
  expect(stockOf()).toBe(10);
  await kept.refreshCatalogue();
  expect(stockOf()).toBe(9);
});

it('reads the newest orders every ten seconds', async () => {
  await kept.refreshOrders();
  await buy(1);
  await clock.advance(9_999);
  await kept.refreshOrders();
  expect(kept.recent.list({ limit: 10 })?.orders).toEqual([]);
  await clock.advance(1);
  await kept.refreshOrders();
  expect(kept.recent.list({ limit: 10 })?.orders).toHaveLength(1);
});

it('reads each only when it is asked for', async () => {
  await kept.refreshCatalogue();
  expect(kept.recent.list({ limit: 1 })).toBeUndefined();
  await kept.refreshOrders();
  expect(kept.recent.list({ limit: 1 })?.orders).toEqual([]);
});

it('lets whoever asks during a reading wait for it, too', async () => {
  const reading = Promise.withResolvers<readonly Product[]>();
  storage.readCatalogue = () => reading.promise;
  void kept.refreshCatalogue();
  const second = kept.refreshCatalogue().then(() => stockOf());
  await clock.advance(100);
  reading.resolve([product('a', 10)]);
  expect(await second).toBe(10);
});

it('reads once for all who ask at the same time, and is patient only at first', async () => {
  const readings: unknown[] = [];
  const { readCatalogue } = storage;
  storage.readCatalogue = (options) => {
    readings.push(options);
    return readCatalogue(options);
  };
  await Promise.all([kept.refreshCatalogue(), kept.refreshCatalogue(), kept.refreshCatalogue()]);
  await clock.advance(2_000);
  await kept.refreshCatalogue();
  // Patient while there is nothing else to show.
  expect(readings).toEqual([{}, { timeoutMs: 300 }]);
});

it('keeps what it has when a reading fails, and does not try again at once', async () => {
  await kept.refreshCatalogue();
  storage.state = 'away';
  await clock.advance(6_000);
  await kept.refreshCatalogue();
  await kept.refreshCatalogue();
  expect(metrics.counts.get('event catalogue refresh-failed')).toBe(1);
  expect(kept.catalogue.view()).toMatchObject({ stale: true, ageMs: 6_000 });
  storage.state = 'live';
  await clock.advance(2_000);
  await kept.refreshCatalogue();
  expect(kept.catalogue.view()).toMatchObject({ stale: false, ageMs: 0 });
});

it('tries again for each who asks while it has nothing to show', async () => {
  storage.state = 'away';
  await kept.refreshCatalogue();
  await kept.refreshCatalogue();
  expect(metrics.counts.get('event catalogue refresh-failed')).toBe(2);
  storage.state = 'live';
  await kept.refreshCatalogue();
  expect(stockOf()).toBe(10);
});

it('takes an empty catalogue for a mistake', async () => {
  await kept.refreshCatalogue();
  storage.readCatalogue = () => Promise.resolve([]);
  await clock.advance(2_000);
  await kept.refreshCatalogue();
  expect(stockOf()).toBe(10);
});
