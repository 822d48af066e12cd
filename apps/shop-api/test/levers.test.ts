import { createFakeClock } from '@nines/testing';
import { describe, expect, it } from 'vitest';
import { createLeverGate, LEVERS, type LeverName, type Levers } from '../src/core/levers.ts';
import { createLeveredReviews, createLeveredStorage } from '../src/resilience/levered.ts';
import { createBreakableStorage, createFakeReviews, OPINIONS } from './stand-ins.ts';
import { order, placement, product } from './storage-contract.ts';

/** The levers as they stand by default, but for those that are moved. */
const moved = (...names: LeverName[]): Levers => ({
  get: (name) => (names.includes(name) ? !LEVERS[name] : LEVERS[name]),
});

const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64) Firefox/150.0';
const leavesOut = (levers: Levers, path: string, headers: Record<string, string> = {}, method = 'GET') =>
  createLeverGate(levers)(
    new Request(`http://shop.test${path}`, { method, headers: { 'user-agent': BROWSER, ...headers } }),
  );

describe('while no lever is pulled', () => {
  it.each([
    ['/orders', {}],
    ['/products', { 'user-agent': 'Googlebot/2.1' }],
    ['/products', { 'sec-purpose': 'prefetch' }],
  ])('nothing is left out: %s %j', (path, headers) => {
    expect(leavesOut(moved(), path, headers as Record<string, string>)).toBe(false);
  });
});

describe('block-bots', () => {
  it.each(['Googlebot/2.1', 'my-Crawler 3', 'Baiduspider', ''])('leaves out %j', (agent) => {
    expect(leavesOut(moved('block-bots'), '/products', { 'user-agent': agent })).toBe(true);
  });

  it.each([BROWSER, 'k6/2.2.0', 'curl/8.5.0'])('lets %j in', (agent) => {
    expect(leavesOut(moved('block-bots'), '/products', { 'user-agent': agent })).toBe(false);
  });
});

describe('shed-sheddable', () => {
  it.each([
    ['/orders', {}],
    ['/orders?limit=5', {}],
    ['/products/a', { 'sec-purpose': 'prefetch;prerender' }],
    ['/products', { priority: 'u=7' }],
    ['/products', { priority: 'i, u=6' }],
  ])('leaves out %s %j', (path, headers) => {
    expect(leavesOut(moved('shed-sheddable'), path, headers as Record<string, string>)).toBe(true);
  });

  it.each([
    ['/orders', {}, 'POST'],
    ['/orders/0198', {}, 'GET'],
    ['/products', { priority: 'u=1' }, 'GET'],
    ['/products?note=/orders-', {}, 'GET'],
  ])('lets in what somebody waits for: %s %j %s', (path, headers, method) => {
    expect(leavesOut(moved('shed-sheddable'), path, headers as Record<string, string>, method)).toBe(false);
  });
});

describe('the storage', () => {
  const placed = order(1, { a: 1 });
  const create = (levers: Levers) =>
    createLeveredStorage(createBreakableStorage([product('a', 10)], createFakeClock()), levers);
  const outcomes = async (levers: Levers) => {
    const storage = create(levers);
    const calls = [
      () => storage.getOrder(placed.id),
      () => storage.listOrders({ limit: 1 }),
      () => storage.findPlacedOrder('key'),
      () => storage.placeOrder(placement(placed)),
    ];
    return Promise.all(
      calls.map((call) =>
        call().then(
          () => 'ok',
          (error: unknown) => (error as { code: string }).code,
        ),
      ),
    );
  };
  const refused = 'storage-unavailable';

  it('is all there while no lever is pulled', async () => {
    expect(await outcomes(moved())).toEqual(['ok', 'ok', 'ok', 'ok']);
  });

  it('is read but not written with read-only', async () => {
    expect(await outcomes(moved('read-only'))).toEqual(['ok', 'ok', refused, refused]);
  });

  it('is not asked at all with serve-static', async () => {
    expect(await outcomes(moved('serve-static'))).toEqual([refused, refused, refused, refused]);
  });
});

describe('reviews', () => {
  const opinions = (...names: LeverName[]) =>
    createLeveredReviews(createFakeReviews(), moved(...names)).opinionsOf('a');

  it('are asked for while no lever is pulled', async () => {
    expect(await opinions()).toEqual(OPINIONS);
  });

  it.each(['recommendations', 'serve-static'] as const)('are left out with %s', async (name) => {
    expect(await opinions(name)).toBeNull();
  });
});
