/** How the shop answers when the database takes no orders and there is a queue for them, as a suite for any runtime. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createIntakeDecider } from '../src/core/decide-intake.ts';
import { StorageUnavailableError } from '../src/ports/storage.ts';
import { bodyOf, createApiClient, expectProblem, type ApiClient } from './api-client.ts';
import type { Runtime, StartRuntime } from './shop-api-suite.ts';
import { createTestShop, type TestShop } from './test-shop.ts';

export function describeOrderIntake(name: string, start: StartRuntime): void {
  let shop: TestShop;
  let runtime: Runtime;
  let api: ApiClient;

  beforeEach(async () => {
    shop = await createTestShop({ keepsOrders: true });
    runtime = await start(shop.handle);
    api = createApiClient(runtime.fetch);
  });

  afterEach(async () => {
    await runtime.close();
  });

  /** What the worker does with everything that is in the queue. */
  async function work(): Promise<void> {
    const { storage, payment, metrics, log, clock } = shop;
    const wallClock = () => new Date(Date.UTC(2026, 0, 1) + clock.now());
    const decide = createIntakeDecider({ storage, payment, metrics, log, wallClock });
    for (const placement of shop.intake.kept.splice(0)) await decide(placement);
  }

  const moneyOf = () => [...shop.payment.money.values()];

  describe(`${name}: when the database takes no orders and there is a queue`, () => {
    it('keeps an order with its payment authorized, and says where to ask what became of it', async () => {
      shop.storage.state = 'away';
      const kept = await api.order('key', [['a', 2]]);
      expect(kept.status).toBe(202);
      const body = await bodyOf(kept);
      expect(body).toEqual({
        // The digest of the key and of the payload's digest, with the bits of a UUID of version 8 set.
        id: expect.stringMatching(
          /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/,
        ) as string,
        reference: 'my-order',
        status: 'queued',
      });
      expect(kept.headers.get('location')).toBe(`/order-intakes/${String(body['id'])}`);
      expect(moneyOf()).toEqual(['set-aside']);
      expect(shop.intake.kept).toMatchObject([
        { idempotencyKey: 'key', order: { reference: 'my-order', totalCents: 500 } },
      ]);
      expect(shop.metrics.counts.get('order queued')).toBe(1);
    });

    it('gives the same answer to the same request, however often and wherever it is asked', async () => {
      shop.storage.state = 'away';
      const first = await (await api.order('key', [['a', 1]])).text();
      await shop.clock.advance(3_000);
      expect(await (await api.order('key', [['a', 1]])).text()).toBe(first);
      const other = await createTestShop({ keepsOrders: true });
      other.storage.state = 'away';
      const elsewhere = createApiClient((path, init) =>
        other.handle(new Request(`http://s.test${path}`, init)),
      );
      expect(await (await elsewhere.order('key', [['a', 1]])).text()).toBe(first);
    });

    it('tells what became of the order: pending, then stored, and the same request gets its 201', async () => {
      shop.storage.state = 'away';
      const location = (await api.order('key', [['a', 1]])).headers.get('location') ?? '';
      await expectProblem(await api.call(location), 503, 'data-unavailable');
      shop.storage.state = 'live';
      const pending = await api.call(location);
      expect(await bodyOf(pending)).toMatchObject({ status: 'pending' });
      expect(pending.headers.get('retry-after')).toBe('10');
      await work();
      const { orderId, ...stored } = await bodyOf(await api.call(location));
      expect(stored).toMatchObject({ status: 'stored' });
      const again = await api.order('key', [['a', 1]]);
      expect(again.headers.get('idempotent-replayed')).toBe('true');
      expect(await bodyOf(again)).toMatchObject({ id: orderId });
      expect(await bodyOf(await api.call(`/orders/${String(orderId)}`))).toMatchObject({
        status: 'accepted',
      });
      expect(moneyOf()).toEqual(['set-aside']);
    });

    it('refuses what turns out to be sold out, and gives the money back', async () => {
      shop.storage.state = 'away';
      const location = (await api.order('key', [['b', 5]])).headers.get('location') ?? '';
      shop.storage.state = 'live';
      await api.order('faster', [['b', 1]]);
      await work();
      expect(await bodyOf(await api.call(location))).toMatchObject({
        status: 'refused',
        reason: 'out-of-stock',
      });
      expect(moneyOf()).toEqual(['given-back', 'set-aside']);
    });

    it('refuses the second of two payloads under one key, each told under its own id', async () => {
      shop.storage.state = 'away';
      const kept = [await api.order('key', [['a', 1]]), await api.order('key', [['a', 2]])];
      shop.storage.state = 'live';
      await work();
      const results = await Promise.all(
        kept.map(async (response) => bodyOf(await api.call(response.headers.get('location') ?? ''))),
      );
      expect(results).toMatchObject([
        { status: 'stored' },
        { status: 'refused', reason: 'idempotency-key-reused' },
      ]);
      expect(moneyOf()).toEqual(['set-aside', 'given-back']);
    });

    it('keeps an order whose transaction was not answered, and stores it once all the same', async () => {
      shop.storage.state = 'lost-answer';
      const kept = await api.order('key', [['a', 1]]);
      expect(kept.status).toBe(202);
      shop.storage.state = 'live';
      await work();
      const { orderId } = await bodyOf(await api.call(kept.headers.get('location') ?? ''));
      const orders = await shop.storage.listOrders({ limit: 10 });
      expect(orders.map(({ id }) => id)).toEqual([orderId]);
    });

    it('leaves the queue some of the time that the customer has', async () => {
      const given: (number | undefined)[] = [];
      shop.storage.findPlacedOrder = (_, options) => {
        given.push(options?.timeoutMs);
        return Promise.reject(new StorageUnavailableError('slow'));
      };
      const kept = await api.order('key', [['a', 1]], { headers: { 'x-request-timeout-ms': '1000' } });
      expect([kept.status, ...given]).toEqual([202, 700]);
    });

    it.each([
      ['payments are declined', 'declining', 402, 'payment-declined'],
      ['payments cannot be made', 'away', 503, 'payment-unavailable'],
    ] as const)('keeps nothing when %s', async (_, state, status, code) => {
      shop.storage.state = 'away';
      shop.payment.state = state;
      await expectProblem(await api.order('key', [['a', 1]]), status, code);
      expect(shop.intake.kept).toEqual([]);
    });

    it('keeps nothing that breaks the contract, is unknown, or is known to be sold out', async () => {
      shop.storage.state = 'away';
      await expectProblem(await api.order('key', [['a', 11]]), 400, 'validation-failed');
      await expectProblem(await api.order('key', [['unknown', 1]]), 422, 'unknown-product');
      await expectProblem(await api.order('key', [['sold-out', 1]]), 409, 'out-of-stock');
      expect(shop.intake.kept).toEqual([]);
    });

    it('asks the client to come back when the queue does not answer either, even if it has kept the order', async () => {
      shop.storage.state = 'away';
      shop.intake.state = 'away';
      await expectProblem(await api.order('key', [['a', 1]]), 503, 'writer-unavailable');
      shop.intake.state = 'lost-answer';
      await expectProblem(await api.order('key', [['a', 1]]), 503, 'writer-unavailable');
      shop.storage.state = 'live';
      expect((await api.order('key', [['a', 1]])).status).toBe(201);
      await work();
      expect(await shop.storage.listOrders({ limit: 10 })).toHaveLength(1);
      expect(moneyOf()).toEqual(['set-aside']);
    });

    it('leaves every other route as it is', async () => {
      const placed = await bodyOf(await api.order('before', [['a', 1]]));
      shop.storage.state = 'away';
      await api.order('key', [['a', 1]]);
      for (const path of ['/products', '/products/a', `/orders/${String(placed['id'])}`])
        expect((await api.call(path)).status).toBe(200);
    });
  });

  it(`${name}: without a queue there is nothing to ask for`, async () => {
    await runtime.close();
    shop = await createTestShop();
    runtime = await start(shop.handle);
    const path = '/order-intakes/00000000-0000-8000-a000-000000000000';
    const response = await createApiClient(runtime.fetch).call(path);
    await expectProblem(response, 404, 'not-found');
  });
}
