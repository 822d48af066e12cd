import { createFakeClock, type FakeClock } from '@nines/testing';
import { beforeEach, expect, it } from 'vitest';
import { StorageUnavailableError } from '../src/ports/storage.ts';
import { createGuardedStorage, type RequestStorage } from '../src/resilience/guarded-storage.ts';
import { createStorageBreaker } from '../src/resilience/policies.ts';
import { createBreakableStorage, createCountingMetrics } from './stand-ins.ts';
import { order, placement, product } from './storage-contract.ts';
import { timingOf } from './test-shop.ts';

let clock: FakeClock;
let storage: ReturnType<typeof createBreakableStorage>;
let guarded: RequestStorage;
let asked: number;

const id = order(1, {}).id;
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'ok',
    (error: unknown) => (error as { code: string }).code,
  );

async function fail(times: number) {
  for (let n = 0; n < times; n++) expect(await codeOf(guarded.getOrder(id))).toBe('storage-unavailable');
}

beforeEach(() => {
  clock = createFakeClock();
  storage = createBreakableStorage([product('a', 10)], clock);
  asked = 0;
  const getOrder = storage.getOrder;
  storage.getOrder = (...args) => {
    asked += 1;
    return getOrder(...args);
  };
  const breaker = createStorageBreaker({ metrics: createCountingMetrics(), timing: timingOf(clock) });
  guarded = createGuardedStorage(storage, breaker);
});

it('asks a database no more after five failures in a row, and says the same to everybody at once', async () => {
  storage.state = 'away';
  await fail(5);
  await fail(20);
  expect(asked).toBe(5);
  expect(await codeOf(guarded.placeOrder(placement(order(1, { a: 1 }))))).toBe('storage-unavailable');
});

it('lets one call a second find out, and all calls through when it is back', async () => {
  storage.state = 'away';
  await fail(5);
  await clock.advance(1_000);
  await fail(10);
  expect(asked).toBe(6);
  storage.state = 'live';
  await clock.advance(1_000);
  for (let n = 0; n < 10; n++) expect(await codeOf(guarded.getOrder(id))).toBe('ok');
});

it('counts failures of reads and writes together, and forgets them at a success', async () => {
  storage.state = 'away';
  await fail(4);
  storage.state = 'live';
  await guarded.getOrder(id);
  storage.state = 'away';
  await fail(4);
  expect(asked).toBe(9);
  expect(await codeOf(guarded.findPlacedOrder('key'))).toBe('storage-unavailable');
  await fail(1);
  expect(asked).toBe(9);
});

it('is not opened by callers that had too little time, nor by bugs', async () => {
  storage.getOrder = () => Promise.reject(new StorageUnavailableError('too hasty', { callerGaveUp: true }));
  await fail(50);
  storage.getOrder = () => Promise.reject(new TypeError('a bug'));
  for (let n = 0; n < 50; n++) await expect(guarded.getOrder(id)).rejects.toThrow('a bug');
  expect(await codeOf(guarded.listOrders({ limit: 1 }))).toBe('ok');
});
