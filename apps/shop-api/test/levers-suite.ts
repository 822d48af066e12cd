/**
 * What the shop answers while an emergency lever is pulled, as a suite for any runtime: the core itself, the Node
 * server, the Lambda function. Nothing about it may depend on where the lever's position came from.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bodyOf, createApiClient, expectProblem, type ApiClient } from './api-client.ts';
import type { Runtime, StartRuntime } from './shop-api-suite.ts';
import { createTestShop, type TestShop } from './test-shop.ts';

export function describeLevers(name: string, start: StartRuntime): void {
  let shop: TestShop;
  let runtime: Runtime;
  let api: ApiClient;
  let placedPath: string;

  beforeEach(async () => {
    shop = await createTestShop({ keepsOrders: true });
    runtime = await start(shop.handle);
    api = createApiClient(runtime.fetch);
    const placed = await api.order('before', [['a', 1]]);
    placedPath = placed.headers.get('location') ?? '';
    await shop.refresh();
  });

  afterEach(async () => {
    await runtime.close();
  });

  const statusOf = async (path: string, headers: Record<string, string> = {}) =>
    (await api.call(path, { headers: { 'user-agent': 'Firefox', ...headers } })).status;

  describe(`${name}: with the lever read-only`, () => {
    beforeEach(() => shop.moved.add('read-only'));

    it('no order is taken or kept, and no money set aside, while reads go on', async () => {
      await expectProblem(await api.order('key', [['a', 1]]), 503, 'writer-unavailable');
      await expectProblem(await api.order('before', [['a', 1]]), 503, 'writer-unavailable');
      expect(shop.intake.kept).toEqual([]);
      expect(shop.payment.authorized).toHaveLength(1);
      for (const path of ['/products', '/products/a', '/orders', placedPath]) {
        const response = await api.call(path);
        expect([path, response.status, response.headers.get('x-data-freshness')]).toEqual([
          path,
          200,
          'live',
        ]);
      }
    });

    it('orders are taken again as soon as it is let go', async () => {
      await api.order('key', [['a', 1]]);
      shop.moved.clear();
      expect((await api.order('key', [['a', 1]])).status).toBe(201);
    });
  });

  describe(`${name}: with the lever serve-static`, () => {
    beforeEach(() => shop.moved.add('serve-static'));

    it('answers come from memory and say so, and the database is not asked', async () => {
      shop.storage.state = 'broken';
      for (const path of ['/orders', placedPath]) {
        const response = await api.call(path);
        expect([path, response.status, response.headers.get('x-data-freshness')]).toEqual([
          path,
          200,
          'stale',
        ]);
      }
      expect(await bodyOf(await api.call('/products/b'))).toMatchObject({ stock: 5, reviews: null });
    });

    it('what is not in memory, and every order, is refused until later', async () => {
      await expectProblem(await api.order('key', [['a', 1]]), 503, 'writer-unavailable');
      const unknown = '/orders/00000000-0000-7000-8000-000000000000';
      await expectProblem(await api.call(unknown), 503, 'data-unavailable');
      const intake = '/order-intakes/00000000-0000-8000-a000-000000000000';
      await expectProblem(await api.call(intake), 503, 'data-unavailable');
      expect(shop.intake.kept).toEqual([]);
    });
  });

  it(`${name}: with the lever recommendations at no, products come without them and nobody is asked`, async () => {
    shop.moved.add('recommendations');
    shop.reviews.opinionsOf = () => Promise.reject(new Error('asked'));
    const shown = await bodyOf(await api.call('/products/b'));
    expect(shown).toMatchObject({ id: 'b', reviews: null, recommendations: null });
  });

  it(`${name}: with the lever shed-sheddable, only what nobody waits for is shed`, async () => {
    shop.moved.add('shed-sheddable');
    const shed = await api.call('/orders');
    await expectProblem(shed, 503, 'overloaded');
    expect(shed.headers.get('x-load-shed')).toBe('true');
    expect(shed.headers.get('retry-after')).toBe('300');
    expect(await statusOf('/products', { 'sec-purpose': 'prefetch' })).toBe(503);
    expect(await statusOf('/products', { priority: 'u=7' })).toBe(503);
    expect(await statusOf('/products')).toBe(200);
    expect(await statusOf(placedPath)).toBe(200);
    expect((await api.order('key', [['a', 1]])).status).toBe(201);
  });

  it(`${name}: with the lever block-bots, programs that say that they are crawlers are refused`, async () => {
    shop.moved.add('block-bots');
    expect(await statusOf('/products', { 'user-agent': 'Googlebot/2.1' })).toBe(503);
    expect(await statusOf('/products')).toBe(200);
    expect(await statusOf('/readyz', { 'user-agent': 'Googlebot/2.1' })).toBe(200);
  });
}
