/**
 * How the shop answers, as a suite for any runtime: it is run against the core itself, through the Node server and
 * through the Lambda function. Every response is checked against the contract on its way.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Shop } from '../src/core/shop.ts';
import { StorageUnavailableError } from '../src/ports/storage.ts';
import { checkAgainstContract } from './contract-check.ts';
import { createTestShop, createUnstartedShop, type TestShop } from './test-shop.ts';

/** A runtime that has been given the shop's handler. */
export interface Runtime {
  fetch(path: string, init?: RequestInit): Promise<Response>;
  close(): Promise<void>;
}

export type StartRuntime = (handle: Shop['handle']) => Promise<Runtime>;

interface Order {
  readonly id: string;
  readonly status: string;
  readonly totalCents: number;
}

const json = { 'content-type': 'application/json' };
const bodyOf = (response: Response) => response.json() as Promise<Record<string, unknown>>;

export function describeShopApi(name: string, start: StartRuntime): void {
  let shop: TestShop;
  let runtime: Runtime;

  beforeEach(async () => {
    shop = await createTestShop();
    runtime = await start(shop.handle);
  });

  afterEach(async () => {
    await runtime.close();
  });

  async function call(path: string, init: RequestInit = {}): Promise<Response> {
    const response = await runtime.fetch(path, init);
    return checkAgainstContract(init.method ?? 'GET', path.split('?')[0] ?? '', response);
  }

  const order = (
    key: string,
    items: readonly (readonly [productId: string, quantity: number])[],
    options: { reference?: string; headers?: Record<string, string> } = {},
  ) =>
    call('/orders', {
      method: 'POST',
      headers: { ...json, 'idempotency-key': key, ...options.headers },
      body: JSON.stringify({
        reference: options.reference ?? 'my-order',
        items: items.map(([productId, quantity]) => ({ productId, quantity })),
      }),
    });

  const send = (body: string, headers: Record<string, string> = {}) =>
    call('/orders', { method: 'POST', headers: { ...json, 'idempotency-key': 'key', ...headers }, body });

  async function expectProblem(response: Response, status: number, code: string) {
    expect(await bodyOf(response)).toMatchObject({ status, code });
    expect(response.status).toBe(status);
  }

  const stockOf = async (id: string) =>
    (await shop.storage.readCatalogue()).find((product) => product.id === id)?.stock;

  describe(`${name}: products`, () => {
    it('lists the catalogue in pages, each product once', async () => {
      const first = await bodyOf(await call('/products?limit=3'));
      const second = await bodyOf(await call(`/products?limit=3&cursor=${String(first['nextCursor'])}`));
      const ids = [first, second].flatMap(({ items }) => (items as { id: string }[]).map(({ id }) => id));
      expect(ids).toEqual(['a', 'b', 'c', 'sold-out']);
      expect(second).not.toHaveProperty('nextCursor');
    });

    it('gives no next page after a page that ends with the last product', async () => {
      expect(await bodyOf(await call('/products?limit=4'))).not.toHaveProperty('nextCursor');
    });

    it.each(['limit=0', 'limit=101', 'limit=ten', 'limit=1.5', 'cursor=%00', 'cursor=AAAA'])(
      'refuses the query %s',
      async (query) => {
        await expectProblem(await call(`/products?${query}`), 400, 'validation-failed');
      },
    );

    it('shows one product with its reviews and recommendations', async () => {
      const response = await call('/products/b');
      expect(response.headers.get('x-data-freshness')).toBe('live');
      expect(await bodyOf(response)).toEqual({
        id: 'b',
        name: 'Product b',
        priceCents: 1_999,
        currency: 'EUR',
        stock: 5,
        reviews: { average: 4.5, count: 12, latest: [{ author: 'Ada', rating: 5, text: 'Sturdy.' }] },
        recommendations: [{ productId: 'b' }],
      });
    });

    it('shows the product without reviews while their service is away', async () => {
      shop.reviews.away = true;
      const response = await call('/products/b');
      expect(response.status).toBe(200);
      expect(await bodyOf(response)).toMatchObject({
        id: 'b',
        stock: 5,
        reviews: null,
        recommendations: null,
      });
    });

    it('does not know a product that is not in the catalogue', async () => {
      await expectProblem(await call('/products/unknown'), 404, 'not-found');
      await expectProblem(await call('/products/NOT%20AN%20ID'), 400, 'validation-failed');
    });
  });

  describe(`${name}: placing orders`, () => {
    it('stores the order, takes its stock and says where it is', async () => {
      const response = await order('key', [
        ['a', 2],
        ['b', 1],
      ]);
      const placed = await bodyOf(response);
      expect(response.status).toBe(201);
      expect(placed).toMatchObject({
        reference: 'my-order',
        status: 'accepted',
        totalCents: 2_499,
        items: [
          { productId: 'a', quantity: 2, priceCents: 250 },
          { productId: 'b', quantity: 1, priceCents: 1_999 },
        ],
        createdAt: '2026-01-01T00:00:00.000Z',
      });
      expect(response.headers.get('location')).toBe(`/orders/${String(placed['id'])}`);
      expect(response.headers.has('idempotent-replayed')).toBe(false);
      expect(await stockOf('a')).toBe(98);
      expect(await bodyOf(await call(`/orders/${String(placed['id'])}`))).toEqual(placed);
      expect([...shop.payment.money.values()]).toEqual(['set-aside']);
    });

    it('answers a repeated order with the same bytes, marked, and does nothing again', async () => {
      const first = await order('key', [['a', 1]]);
      const second = await order('key', [['a', 1]]);
      expect(second.status).toBe(201);
      expect(second.headers.get('idempotent-replayed')).toBe('true');
      expect(await second.text()).toBe(await first.text());
      expect(await stockOf('a')).toBe(99);
      expect(shop.payment.authorized).toHaveLength(1);
    });

    it('still replays the first answer when the order has been paid since', async () => {
      const placed = (await bodyOf(await order('key', [['a', 1]]))) as unknown as Order;
      await shop.storage.completeCaptures([placed.id], 'paid');
      expect(await bodyOf(await order('key', [['a', 1]]))).toEqual(placed);
      expect(await bodyOf(await call(`/orders/${placed.id}`))).toEqual({ ...placed, status: 'paid' });
    });

    it('takes equal orders for equal, however their JSON is written', async () => {
      await order('key', [['a', 1]]);
      const again = await send('{ "items": [ {"quantity": 1, "productId": "a"} ], "reference": "my-order" }');
      expect(again.headers.get('idempotent-replayed')).toBe('true');
    });

    it('refuses a used key with another payload', async () => {
      await order('key', [['a', 1]]);
      await expectProblem(await order('key', [['a', 2]]), 422, 'idempotency-key-reused');
      await expectProblem(
        await order('key', [['a', 1]], { reference: 'other' }),
        422,
        'idempotency-key-reused',
      );
      expect(await stockOf('a')).toBe(99);
      expect(shop.payment.authorized).toHaveLength(1);
    });

    it('places one of many simultaneous duplicates and gives all of them the same order', async () => {
      const responses = await Promise.all(Array.from({ length: 8 }, () => order('key', [['a', 1]])));
      const bodies = await Promise.all(responses.map((response) => response.text()));
      expect(responses.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 201));
      expect(new Set(bodies).size).toBe(1);
      expect(await stockOf('a')).toBe(99);
      expect([...shop.payment.money.values()]).toEqual(['set-aside']);
    });

    it('refuses what is sold out before any money is set aside', async () => {
      await expectProblem(await order('key', [['sold-out', 1]]), 409, 'out-of-stock');
      await expectProblem(await order('key', [['b', 6]]), 409, 'out-of-stock');
      expect(shop.payment.authorized).toEqual([]);
    });

    it('gives the money back when the last item goes to somebody else meanwhile', async () => {
      let taken = false;
      shop.storage.beforePlacing = async () => {
        if (taken) return;
        taken = true;
        await order('faster', [['b', 5]]);
      };
      await expectProblem(await order('slower', [['b', 1]]), 409, 'out-of-stock');
      expect([...shop.payment.money.values()]).toEqual(['given-back', 'set-aside']);
    });

    it('refuses products that are not in the catalogue, and a product named twice', async () => {
      await expectProblem(await order('key', [['unknown', 1]]), 422, 'unknown-product');
      const twice = await order('key', [
        ['a', 1],
        ['a', 1],
      ]);
      expect(await bodyOf(twice)).toMatchObject({
        code: 'validation-failed',
        errors: [{ at: 'body/items/1/productId' }],
      });
      expect(shop.payment.authorized).toEqual([]);
    });
  });

  describe(`${name}: when the payment service misbehaves`, () => {
    it('passes on that the payment was declined', async () => {
      shop.payment.state = 'declining';
      await expectProblem(await order('key', [['a', 1]]), 402, 'payment-declined');
      expect(await stockOf('a')).toBe(100);
    });

    it('asks the client to come back while payments cannot be made, and then takes the same key', async () => {
      shop.payment.state = 'away';
      const refused = await order('key', [['a', 1]]);
      await expectProblem(refused, 503, 'payment-unavailable');
      expect(refused.headers.has('x-load-shed')).toBe(false);
      shop.payment.state = 'live';
      expect((await order('key', [['a', 1]])).status).toBe(201);
    });
  });

  describe(`${name}: when the database is away`, () => {
    it('refuses orders at once, without asking for money', async () => {
      shop.storage.state = 'away';
      const response = await order('key', [['a', 1]]);
      await expectProblem(response, 503, 'writer-unavailable');
      expect(response.headers.get('retry-after')).toBe('1');
      expect(shop.payment.authorized).toEqual([]);
    });

    it('places an order once although its first answer got lost', async () => {
      shop.storage.state = 'lost-answer';
      await expectProblem(await order('key', [['a', 1]]), 503, 'writer-unavailable');
      shop.storage.state = 'live';
      const again = await order('key', [['a', 1]]);
      expect(again.status).toBe(201);
      expect(again.headers.get('idempotent-replayed')).toBe('true');
      expect(await stockOf('a')).toBe(99);
      expect([...shop.payment.money.values()]).toEqual(['set-aside']);
    });

    it('uses the same authorization when an order is repeated after its transaction failed', async () => {
      shop.storage.beforePlacing = () => {
        shop.storage.state = 'away';
        return Promise.reject(new StorageUnavailableError('gone'));
      };
      await expectProblem(await order('key', [['a', 1]]), 503, 'writer-unavailable');
      shop.storage.beforePlacing = () => Promise.resolve();
      shop.storage.state = 'live';
      expect((await order('key', [['a', 1]])).status).toBe(201);
      expect(shop.payment.authorized.map(({ request }) => request.idempotencyKey)).toHaveLength(2);
      expect([...shop.payment.money.values()]).toEqual(['set-aside']);
    });

    it('does not take one order’s authorization for another order under the same key', async () => {
      shop.storage.beforePlacing = () => Promise.reject(new StorageUnavailableError('gone'));
      await order('key', [['a', 1]]);
      shop.storage.beforePlacing = () => Promise.resolve();
      expect((await order('key', [['a', 2]])).status).toBe(201);
      const keys = shop.payment.authorized.map(({ request }) => request.idempotencyKey);
      expect(new Set(keys).size).toBe(2);
    });

    it('keeps showing products, marked stale with their age', async () => {
      shop.storage.state = 'away';
      await shop.clock.advance(4_999);
      expect((await call('/products')).headers.get('x-data-freshness')).toBe('live');
      await shop.clock.advance(87_001);
      for (const path of ['/products', '/products/a']) {
        const response = await call(path);
        expect(response.status).toBe(200);
        expect(response.headers.get('x-data-freshness')).toBe('stale');
        expect(response.headers.get('age')).toBe('92');
      }
    });

    it('shows orders as they were last seen, marked stale with their age', async () => {
      const placed = await bodyOf(await order('key', [['a', 1]]));
      shop.storage.state = 'away';
      await shop.clock.advance(61_500);
      const response = await call(`/orders/${String(placed['id'])}`);
      expect(await bodyOf(response)).toEqual(placed);
      expect(response.headers.get('x-data-freshness')).toBe('stale');
      expect(response.headers.get('age')).toBe('61');
    });

    it('shows orders that another instance took, from the last look at the newest', async () => {
      const { id } = (await bodyOf(await order('key', [['a', 1]]))) as unknown as Order;
      const other = await createTestShop();
      other.recent.replaceNewest(await shop.storage.listOrders({ limit: 10 }));
      other.storage.state = 'away';
      const response = await other.handle(new Request(`http://shop.test/orders/${id}`));
      expect(response.status).toBe(200);
      expect(await response.json()).toMatchObject({ id });
    });

    it('shows orders that were read here before', async () => {
      const { id } = (await bodyOf(await order('key', [['a', 1]]))) as unknown as Order;
      const other = await createTestShop();
      const read = () => other.handle(new Request(`http://shop.test/orders/${id}`));
      other.storage.getOrder = shop.storage.getOrder;
      expect((await read()).headers.get('x-data-freshness')).toBe('live');
      shop.storage.state = 'away';
      expect((await read()).headers.get('x-data-freshness')).toBe('stale');
    });

    it('lists the newest orders it knows of, in pages', async () => {
      for (const key of ['one', 'two', 'three']) {
        await shop.clock.advance(1);
        await order(key, [['a', 1]], { reference: key });
      }
      await shop.refresh();
      shop.storage.state = 'away';
      await shop.clock.advance(2_000);
      const first = await call('/orders?limit=2');
      expect(first.headers.get('x-data-freshness')).toBe('stale');
      expect(first.headers.get('age')).toBe('2');
      const page = await bodyOf(first);
      expect((page['items'] as { reference: string }[]).map(({ reference }) => reference)).toEqual([
        'three',
        'two',
      ]);
      const rest = await bodyOf(await call(`/orders?limit=2&cursor=${String(page['nextCursor'])}`));
      expect((rest['items'] as { reference: string }[]).map(({ reference }) => reference)).toEqual(['one']);
      expect(rest).not.toHaveProperty('nextCursor');
    });

    it('does not claim that an order is missing when it cannot know', async () => {
      shop.storage.state = 'away';
      const response = await call('/orders/00000000-0000-7000-8000-000000000000');
      await expectProblem(response, 503, 'data-unavailable');
    });

    it('answers live again as soon as the database is back', async () => {
      const { id } = (await bodyOf(await order('key', [['a', 1]]))) as unknown as Order;
      shop.storage.state = 'away';
      await shop.clock.advance(60_000);
      shop.storage.state = 'live';
      await shop.refresh();
      expect((await call(`/orders/${id}`)).headers.get('x-data-freshness')).toBe('live');
      expect((await call('/products/a')).headers.get('x-data-freshness')).toBe('live');
    });
  });

  describe(`${name}: reading orders`, () => {
    it('lists orders from the newest, in pages', async () => {
      for (const key of ['one', 'two', 'three']) {
        await shop.clock.advance(1);
        await order(key, [['a', 1]], { reference: key });
      }
      const page = await bodyOf(await call('/orders?limit=2'));
      expect((page['items'] as { reference: string }[]).map(({ reference }) => reference)).toEqual([
        'three',
        'two',
      ]);
      const rest = await bodyOf(await call(`/orders?limit=2&cursor=${String(page['nextCursor'])}`));
      expect((rest['items'] as { reference: string }[]).map(({ reference }) => reference)).toEqual(['one']);
    });

    it('does not know an order that was never placed', async () => {
      await expectProblem(await call('/orders/00000000-0000-7000-8000-000000000000'), 404, 'not-found');
      await expectProblem(await call('/orders/17'), 400, 'validation-failed');
    });
  });

  describe(`${name}: requests that break the contract`, () => {
    const fits = JSON.stringify({ reference: 'r', items: [{ productId: 'a', quantity: 1 }] });

    it.each([
      ['no reference', { items: [{ productId: 'a', quantity: 1 }] }, 'body/reference'],
      ['no items', { reference: 'r', items: [] }, 'body/items'],
      [
        'a quantity of nought',
        { reference: 'r', items: [{ productId: 'a', quantity: 0 }] },
        'body/items/0/quantity',
      ],
      [
        'a quantity of eleven',
        { reference: 'r', items: [{ productId: 'a', quantity: 11 }] },
        'body/items/0/quantity',
      ],
      [
        'half an item',
        { reference: 'r', items: [{ productId: 'a', quantity: 0.5 }] },
        'body/items/0/quantity',
      ],
      [
        'a quantity as text',
        { reference: 'r', items: [{ productId: 'a', quantity: '1' }] },
        'body/items/0/quantity',
      ],
      [
        'a price of its own',
        { reference: 'r', items: [{ productId: 'a', quantity: 1, priceCents: 1 }] },
        'body/items/0',
      ],
      [
        'twenty-one items',
        {
          reference: 'r',
          items: Array.from({ length: 21 }, (_, n) => ({ productId: `p${String(n)}`, quantity: 1 })),
        },
        'body/items',
      ],
    ])('refuses %s', async (_, body, at) => {
      const response = await send(JSON.stringify(body));
      expect(response.status).toBe(400);
      expect(await bodyOf(response)).toMatchObject({ code: 'validation-failed', errors: [{ at }] });
    });

    it('needs an idempotency key of at most 255 printable characters', async () => {
      const without = await call('/orders', { method: 'POST', headers: json, body: fits });
      expect(await bodyOf(without)).toMatchObject({
        code: 'validation-failed',
        errors: [{ at: 'header/Idempotency-Key' }],
      });
      await expectProblem(await send(fits, { 'idempotency-key': 'k'.repeat(256) }), 400, 'validation-failed');
      await expectProblem(await send(fits, { 'idempotency-key': 'a key' }), 400, 'validation-failed');
      expect((await send(fits, { 'idempotency-key': 'k'.repeat(255) })).status).toBe(201);
    });

    it('refuses bodies that are not JSON, by their type and by their content', async () => {
      await expectProblem(await send(fits, { 'content-type': 'text/plain' }), 415, 'unsupported-media-type');
      await expectProblem(await send('{"reference":'), 400, 'validation-failed');
      expect((await send(fits, { 'content-type': 'Application/JSON; charset=utf-8' })).status).toBe(201);
    });

    it('refuses a body above 16 kB, whether or not its length is told', async () => {
      const large = JSON.stringify({ reference: 'r'.repeat(17_000), items: [] });
      await expectProblem(await send(large), 413, 'body-too-large');
      const chunks = new ReadableStream({
        start(controller) {
          controller.enqueue(new TextEncoder().encode(large));
          controller.close();
        },
      });
      const streamed = await call('/orders', {
        method: 'POST',
        headers: { ...json, 'idempotency-key': 'key' },
        body: chunks,
        duplex: 'half',
      } as RequestInit);
      await expectProblem(streamed, 413, 'body-too-large');
    });

    it('knows its paths and methods', async () => {
      await expectProblem(await call('/nothing'), 404, 'not-found');
      const response = await call('/orders', { method: 'DELETE' });
      await expectProblem(response, 405, 'method-not-allowed');
      expect(response.headers.get('allow')).toBe('GET, POST');
    });
  });

  describe(`${name}: request ids and deadlines`, () => {
    it('keeps the client’s request id, also on errors and towards the payment service', async () => {
      const headers = { 'x-request-id': 'client:42' };
      expect((await call('/products', { headers })).headers.get('x-request-id')).toBe('client:42');
      const missing = await call('/products/unknown', { headers });
      expect(missing.headers.get('x-request-id')).toBe('client:42');
      expect(await bodyOf(missing)).toMatchObject({ instance: 'urn:nines:request:client:42' });
      await order('key', [['a', 1]], { headers });
      expect(shop.payment.authorized[0]?.call?.requestId).toBe('client:42');
    });

    it('makes up an id where there is none or one that cannot be logged', async () => {
      expect((await call('/products')).headers.get('x-request-id')).toBe('made-here');
      const odd = await call('/livez', { headers: { 'x-request-id': 'a b' } });
      expect(odd.headers.get('x-request-id')).toBe('made-here');
    });

    it('takes the id that the load balancer logs, where the client has none of its own', async () => {
      const root = '1-67891233-abcdef012345678912345678';
      const traced = { 'x-amzn-trace-id': `Self=1-67891234-12456789abcdef012345678;Root=${root}` };

      await order('key', [['a', 1]], { headers: traced });
      expect(shop.payment.authorized[0]?.call?.requestId).toBe(root);
      const own = await call('/products', { headers: { ...traced, 'x-request-id': 'client:42' } });
      expect(own.headers.get('x-request-id')).toBe('client:42');
    });

    it.each([
      'Root=of all evil',
      'Root=1-67891233-ABC;Sampled=1',
      'Self=1-67891233-abcdef012345678912345678',
    ])('takes no id from %s', async (trace) => {
      const answer = await call('/products', { headers: { 'x-amzn-trace-id': trace } });
      expect(answer.headers.get('x-request-id')).toBe('made-here');
    });

    it('drops an order when its time is over, and stores nothing', async () => {
      shop.payment.state = 'silent';
      const asked = shop.payment.nextRequest();
      const response = order('key', [['a', 1]], { headers: { 'x-request-timeout-ms': '800' } });
      await asked;
      await shop.clock.advance(800);
      await expectProblem(await response, 504, 'deadline-exceeded');
      expect(await shop.storage.listOrders({ limit: 1 })).toEqual([]);
    });

    it('passes on the time that is left, not the time that was given', async () => {
      const find = shop.storage.findPlacedOrder;
      shop.storage.findPlacedOrder = async (key) => {
        await shop.clock.advance(300);
        return find(key);
      };
      await order('key', [['a', 1]], { headers: { 'x-request-timeout-ms': '800' } });
      expect(shop.payment.authorized[0]?.call?.timeoutMs).toBe(500);
    });

    it('does not begin to store an order when the payment took all the time', async () => {
      const authorize = shop.payment.authorize;
      shop.payment.authorize = async (request, options) => {
        const result = await authorize(request, options);
        await shop.clock.advance(800);
        return result;
      };
      const response = await order('key', [['a', 1]], { headers: { 'x-request-timeout-ms': '800' } });
      await expectProblem(response, 504, 'deadline-exceeded');
      await shop.clock.advance(0);
      expect(await shop.storage.listOrders({ limit: 1 })).toEqual([]);
    });

    it('gives the database 300 ms for a read, or what is left', async () => {
      const asked: (number | undefined)[] = [];
      const { getOrder } = shop.storage;
      shop.storage.getOrder = (id, options) => {
        asked.push(options?.timeoutMs);
        return getOrder(id, options);
      };
      const path = '/orders/00000000-0000-7000-8000-000000000000';
      await call(path);
      await call(path, { headers: { 'x-request-timeout-ms': '120' } });
      expect(asked).toEqual([300, 120]);
    });

    it.each(['0', '-5', 'soon', '600001'])('refuses a time budget of %s', async (budget) => {
      const response = await call('/products', { headers: { 'x-request-timeout-ms': budget } });
      await expectProblem(response, 400, 'validation-failed');
    });
  });

  describe(`${name}: load and health`, () => {
    it('sheds what it cannot take on, and says that it did', async () => {
      shop.switches.full = true;
      for (const response of [await call('/products'), await order('key', [['a', 1]])]) {
        await expectProblem(response, 503, 'overloaded');
        expect(response.headers.get('x-load-shed')).toBe('true');
      }
    });

    it('refuses what a person has decided to leave out, except health checks, before it takes a place', async () => {
      shop.switches.leftOut = true;
      const response = await call('/products');
      await expectProblem(response, 503, 'overloaded');
      expect(response.headers.get('x-load-shed')).toBe('true');
      expect(response.headers.get('retry-after')).toBe('300');
      expect(shop.metrics.counts.get('shed lever')).toBe(1);
      expect(shop.switches.underWay).toBe(0);
      expect((await call('/readyz')).status).toBe(200);
    });

    it('gives a request’s place back however the request ends', async () => {
      await call('/products');
      await call('/products/unknown');
      await call('/nothing');
      await send('no JSON');
      shop.storage.state = 'broken';
      await call('/orders');
      expect(shop.switches.underWay).toBe(0);
    });

    it('answers health checks and metrics whatever the load', async () => {
      shop.switches.full = true;
      expect((await call('/livez')).status).toBe(200);
      expect((await call('/readyz')).status).toBe(200);
      expect((await call('/metrics')).status).toBe(200);
    });

    it('is ready with a live database', async () => {
      const response = await call('/readyz');
      expect(response.status).toBe(200);
      expect(await bodyOf(response)).toEqual({
        status: 'ready',
        checks: { database: 'live', catalogue: 'loaded' },
      });
    });

    it('stays in service, degraded, while the database is away', async () => {
      shop.storage.state = 'away';
      const response = await call('/readyz');
      expect(response.status).toBe(200);
      expect(await bodyOf(response)).toEqual({
        status: 'degraded',
        checks: { database: 'away', catalogue: 'loaded' },
      });
    });

    it('is ready whatever payment and reviews do', async () => {
      shop.payment.state = 'away';
      shop.reviews.away = true;
      expect((await call('/readyz')).status).toBe(200);
    });

    it('asks the database once a second, however many ask', async () => {
      await call('/readyz');
      shop.storage.state = 'away';
      await shop.clock.advance(999);
      expect(await bodyOf(await call('/readyz'))).toMatchObject({ status: 'ready' });
      await shop.clock.advance(1);
      expect(await bodyOf(await call('/readyz'))).toMatchObject({ status: 'degraded' });
    });

    it('is out of service while it drains, but goes on serving', async () => {
      shop.switches.draining = true;
      const response = await call('/readyz');
      expect(response.status).toBe(503);
      expect(await bodyOf(response)).toMatchObject({ status: 'draining' });
      expect((await call('/products')).status).toBe(200);
      expect((await call('/livez')).status).toBe(200);
    });

    it('is out of service until it has seen the catalogue once', async () => {
      await runtime.close();
      shop = createUnstartedShop();
      runtime = await start(shop.handle);
      expect((await call('/readyz')).status).toBe(503);
      await expectProblem(await call('/products'), 503, 'data-unavailable');
      await expectProblem(await order('key', [['a', 1]]), 503, 'writer-unavailable');
      await shop.refresh();
      expect((await call('/readyz')).status).toBe(200);
    });

    it('tells nothing about a bug but its request id, and logs the rest', async () => {
      shop.storage.state = 'broken';
      const response = await call('/orders');
      expect(await response.clone().text()).not.toContain('secret');
      await expectProblem(response, 500, 'internal');
      expect(shop.log.lines).toContainEqual(
        expect.objectContaining({ level: 'error', message: 'a request failed unexpectedly' }),
      );
    });
  });
}
