/**
 * What every storage adapter must do, as a suite that it runs: PostgreSQL, DynamoDB and memory.
 *
 * An adapter's test calls `describeStorage` with a function that gives a storage holding exactly the products it
 * is handed. Nothing here depends on how an adapter works, nor waits for time to pass.
 */
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { createOrderId } from '../src/core/order-id.ts';
import type { IntakeResults } from '../src/ports/order-intake.ts';
import type { NamedCaptures, Order, OrderPlacement, Product, Storage } from '../src/ports/storage.ts';

export interface StorageContractOptions {
  /** A new storage with these products and nothing else. */
  readonly createStorage: (products: readonly Product[]) => Promise<Storage>;
  /** Runs of each property test; fewer where a step costs milliseconds. */
  readonly propertyRuns: number;
}

const HOUR_MS = 3_600_000;

export const product = (id: string, stock: number, priceCents = 250): Product => ({
  id,
  name: `Product ${id}`,
  priceCents,
  currency: 'EUR',
  stock,
});

/** The order with this number, created that many milliseconds after the turn of the year 2026. */
export function order(number: number, quantities: Readonly<Record<string, number>>): Order {
  const createdAt = Date.UTC(2026, 0, 1) + number;
  const items = Object.entries(quantities).map(([productId, quantity]) => ({
    productId,
    quantity,
    priceCents: 250,
  }));
  return {
    id: createOrderId(createdAt, new Uint8Array(10).fill(number % 256)),
    reference: `reference-${String(number)}`,
    status: 'accepted',
    totalCents: items.reduce((sum, { quantity }) => sum + quantity * 250, 0),
    currency: 'EUR',
    items,
    createdAt: new Date(createdAt).toISOString(),
  };
}

export function placement(placed: Order, changes: Partial<OrderPlacement> = {}): OrderPlacement {
  return {
    idempotencyKey: `key-of-${placed.reference}`,
    fingerprint: `fingerprint-of-${placed.reference}`,
    authorizationId: `authorization-of-${placed.reference}`,
    order: placed,
    ...changes,
  };
}

export function describeStorage(name: string, { createStorage, propertyRuns }: StorageContractOptions): void {
  const opened: Storage[] = [];
  const create = async (...products: Product[]): Promise<Storage> => {
    const storage = await createStorage(products);
    opened.push(storage);
    return storage;
  };
  const stockOf = async (storage: Storage) =>
    Object.fromEntries((await storage.readCatalogue()).map(({ id, stock }) => [id, stock]));

  afterEach(async () => {
    await Promise.all(opened.splice(0).map((storage) => storage.close()));
  });

  describe(`${name}: placing an order`, () => {
    it('stores the order as it was given and takes its items from the stock', async () => {
      const storage = await create(product('a', 10), product('b', 10), product('c', 10));
      const placed = order(1, { b: 3, a: 2 });

      expect(await storage.placeOrder(placement(placed))).toEqual({ outcome: 'placed' });
      expect(await storage.getOrder(placed.id)).toEqual(placed);
      expect(await stockOf(storage)).toEqual({ a: 8, b: 7, c: 10 });
    });

    it('replays the first order for the same key and payload, and changes nothing', async () => {
      const storage = await create(product('a', 10));
      const first = order(1, { a: 2 });
      await storage.placeOrder(placement(first));

      const again = placement(first, { order: order(2, { a: 2 }) });
      expect(await storage.placeOrder(again)).toEqual({ outcome: 'replayed', order: first });
      expect(await storage.listOrders({ limit: 10 })).toEqual([first]);
      expect(await stockOf(storage)).toEqual({ a: 8 });
      expect(await storage.claimCaptures({ limit: 10, leaseMs: HOUR_MS })).toHaveLength(1);
    });

    it('refuses a key that belongs to another payload, and changes nothing', async () => {
      const storage = await create(product('a', 10));
      const first = placement(order(1, { a: 2 }));
      await storage.placeOrder(first);

      const other = placement(order(2, { a: 5 }), { idempotencyKey: first.idempotencyKey });
      expect(await storage.placeOrder(other)).toEqual({ outcome: 'key-reused' });
      expect(await storage.listOrders({ limit: 10 })).toEqual([first.order]);
      expect(await stockOf(storage)).toEqual({ a: 8 });
    });

    it('leaves nothing behind when a product is out of stock, not even the use of the key', async () => {
      const storage = await create(product('a', 10), product('b', 1));
      const greedy = placement(order(1, { a: 2, b: 2 }));

      expect(await storage.placeOrder(greedy)).toEqual({ outcome: 'out-of-stock', productId: 'b' });
      expect(await storage.getOrder(greedy.order.id)).toBeUndefined();
      expect(await storage.findPlacedOrder(greedy.idempotencyKey)).toBeUndefined();
      expect(await storage.claimCaptures({ limit: 10, leaseMs: HOUR_MS })).toEqual([]);
      expect(await stockOf(storage)).toEqual({ a: 10, b: 1 });
      const modest = placement(order(2, { b: 1 }), { idempotencyKey: greedy.idempotencyKey });
      expect(await storage.placeOrder(modest)).toEqual({ outcome: 'placed' });
    });

    it('takes a product that it does not know for out of stock', async () => {
      const storage = await create(product('a', 10));
      const result = await storage.placeOrder(placement(order(1, { missing: 1 })));
      expect(result).toEqual({ outcome: 'out-of-stock', productId: 'missing' });
    });

    it('sells the last item', async () => {
      const storage = await create(product('a', 3));
      expect(await storage.placeOrder(placement(order(1, { a: 3 })))).toEqual({ outcome: 'placed' });
      expect(await stockOf(storage)).toEqual({ a: 0 });
    });
  });

  describe(`${name}: many at once`, () => {
    it('places one of twenty simultaneous duplicates and replays it to the others', async () => {
      const storage = await create(product('a', 100));
      const placements = Array.from({ length: 20 }, (_, index) =>
        placement(order(1, { a: 1 }), { order: order(100 + index, { a: 1 }) }),
      );
      const results = await Promise.all(placements.map((each) => storage.placeOrder(each)));

      const [stored] = await storage.listOrders({ limit: 10 });
      expect(results.filter(({ outcome }) => outcome === 'placed')).toHaveLength(1);
      expect(results.filter(({ outcome }) => outcome === 'replayed')).toEqual(
        Array.from({ length: 19 }, () => ({ outcome: 'replayed', order: stored })),
      );
      expect(await storage.listOrders({ limit: 10 })).toHaveLength(1);
      expect(await stockOf(storage)).toEqual({ a: 99 });
    });

    it('sells ten items to ten of twenty-five simultaneous orders', async () => {
      const storage = await create(product('a', 10));
      const results = await Promise.all(
        Array.from({ length: 25 }, (_, index) => storage.placeOrder(placement(order(index, { a: 1 })))),
      );
      expect(results.filter(({ outcome }) => outcome === 'placed')).toHaveLength(10);
      expect(results.filter(({ outcome }) => outcome === 'out-of-stock')).toHaveLength(15);
      expect(await stockOf(storage)).toEqual({ a: 0 });
    });

    it('lets orders that name the same products in opposite order all pass', async () => {
      const storage = await create(product('a', 1_000), product('b', 1_000), product('c', 1_000));
      const results = await Promise.all(
        Array.from({ length: 40 }, (_, index) =>
          storage.placeOrder(
            placement(order(index, index % 2 === 0 ? { a: 1, b: 1, c: 1 } : { c: 1, b: 1, a: 1 })),
          ),
        ),
      );
      expect(results).toEqual(Array.from({ length: 40 }, () => ({ outcome: 'placed' })));
      expect(await stockOf(storage)).toEqual({ a: 960, b: 960, c: 960 });
    });

    it('never sells more than there is nor loses an item, whatever is ordered and repeated', async () => {
      const line = fc.record({ a: fc.integer({ min: 1, max: 4 }), b: fc.integer({ min: 1, max: 4 }) });
      const requests = fc.array(fc.record({ key: fc.integer({ min: 0, max: 9 }), quantities: line }), {
        minLength: 1,
        maxLength: 24,
      });
      await fc.assert(
        fc.asyncProperty(requests, async (wanted) => {
          const storage = await create(product('a', 20), product('b', 20));
          await Promise.all(
            wanted.map(({ key, quantities }, index) =>
              storage.placeOrder(
                placement(order(index, quantities), {
                  idempotencyKey: `key-${String(key)}`,
                  fingerprint: JSON.stringify(quantities),
                }),
              ),
            ),
          );
          const stored = await storage.listOrders({ limit: 100 });
          const sold = (id: string) =>
            stored
              .flatMap(({ items }) => items)
              .reduce((sum, item) => sum + (item.productId === id ? item.quantity : 0), 0);
          expect(await stockOf(storage)).toEqual({ a: 20 - sold('a'), b: 20 - sold('b') });
          expect(sold('a')).toBeLessThanOrEqual(20);
          expect(sold('b')).toBeLessThanOrEqual(20);
          // One order at most for each key.
          expect(stored.length).toBeLessThanOrEqual(new Set(wanted.map(({ key }) => key)).size);
          await storage.close();
          opened.splice(opened.indexOf(storage), 1);
        }),
        { numRuns: propertyRuns },
      );
    });
  });

  describe(`${name}: reading`, () => {
    it('gives the catalogue in the order of the ids', async () => {
      const storage = await create(product('b-1', 1), product('a-2', 2), product('a-10', 3));
      expect(await storage.readCatalogue()).toEqual([
        product('a-10', 3),
        product('a-2', 2),
        product('b-1', 1),
      ]);
    });

    it('lists orders from the newest, in pages', async () => {
      const storage = await create(product('a', 10));
      const [first, second, third] = [order(1, { a: 1 }), order(2, { a: 1 }), order(3, { a: 1 })];
      for (const each of [second, first, third]) await storage.placeOrder(placement(each));

      expect(await storage.listOrders({ limit: 2 })).toEqual([third, second]);
      expect(await storage.listOrders({ limit: 2, before: second.id })).toEqual([first]);
      expect(await storage.listOrders({ limit: 2, before: first.id })).toEqual([]);
    });

    it('finds what a key stands for as it was first answered, also when the order has moved on', async () => {
      const storage = await create(product('a', 10));
      const placed = order(1, { a: 1 });
      const { idempotencyKey, fingerprint } = placement(placed);
      expect(await storage.findPlacedOrder(idempotencyKey)).toBeUndefined();
      await storage.placeOrder(placement(placed));
      await storage.completeCaptures([placed.id], 'paid');

      expect(await storage.getOrder(placed.id)).toEqual({ ...placed, status: 'paid' });
      expect(await storage.findPlacedOrder(idempotencyKey)).toEqual({ fingerprint, order: placed });
    });

    it('says that it does not have an order', async () => {
      const storage = await create();
      expect(await storage.getOrder(order(1, {}).id)).toBeUndefined();
      await expect(storage.ping()).resolves.toBeUndefined();
    });
  });

  describe(`${name}: captures`, () => {
    it('gives each stored order to one worker only while its lease lasts', async () => {
      const storage = await create(product('a', 10));
      const placed = order(1, { a: 2 });
      await storage.placeOrder(placement(placed));

      expect(await storage.claimCaptures({ limit: 10, leaseMs: HOUR_MS })).toEqual([
        {
          orderId: placed.id,
          authorizationId: 'authorization-of-reference-1',
          reference: 'reference-1',
          totalCents: 500,
          currency: 'EUR',
          attempt: 1,
        },
      ]);
      expect(await storage.claimCaptures({ limit: 10, leaseMs: HOUR_MS })).toEqual([]);
    });

    it('gives an order again when its lease is over, and counts the attempts', async () => {
      const storage = await create(product('a', 10));
      await storage.placeOrder(placement(order(1, { a: 1 })));
      await storage.claimCaptures({ limit: 10, leaseMs: 0 });
      const [again] = await storage.claimCaptures({ limit: 10, leaseMs: 0 });
      expect(again?.attempt).toBe(2);
    });

    it('shares the due orders out among workers that ask at once', async () => {
      const storage = await create(product('a', 100));
      for (let number = 0; number < 20; number++) {
        await storage.placeOrder(placement(order(number, { a: 1 })));
      }
      const shares = await Promise.all(
        Array.from({ length: 4 }, () => storage.claimCaptures({ limit: 5, leaseMs: HOUR_MS })),
      );
      const rest = await storage.claimCaptures({ limit: 20, leaseMs: HOUR_MS });
      const claimed = [...shares.flat(), ...rest].map(({ orderId }) => orderId);
      expect(claimed).toHaveLength(20);
      expect(new Set(claimed).size).toBe(20);
      for (const share of shares) expect(share.length).toBeLessThanOrEqual(5);
    });

    it('ends a capture with the order’s new status, once', async () => {
      const storage = await create(product('a', 10));
      const [paid, failed] = [order(1, { a: 1 }), order(2, { a: 1 })];
      for (const each of [paid, failed]) await storage.placeOrder(placement(each));

      await storage.completeCaptures([paid.id], 'paid');
      await storage.completeCaptures([failed.id, order(3, {}).id], 'payment-failed');
      await storage.completeCaptures([paid.id], 'payment-failed');
      expect((await storage.listOrders({ limit: 10 })).map(({ status }) => status)).toEqual([
        'payment-failed',
        'paid',
      ]);
      expect(await storage.claimCaptures({ limit: 10, leaseMs: 0 })).toEqual([]);
    });

    it('keeps a postponed capture back until it is due', async () => {
      const storage = await create(product('a', 10));
      const placed = order(1, { a: 1 });
      await storage.placeOrder(placement(placed));
      await storage.claimCaptures({ limit: 1, leaseMs: HOUR_MS });

      await storage.postponeCaptures([placed.id], HOUR_MS);
      expect(await storage.claimCaptures({ limit: 1, leaseMs: 0 })).toEqual([]);
      await storage.postponeCaptures([placed.id], 0);
      expect(await storage.claimCaptures({ limit: 1, leaseMs: 0 })).toHaveLength(1);
    });
  });

  describe(`${name}: idempotency keys`, () => {
    it('forgets keys that are old enough, some at a time, and keeps their orders', async () => {
      const storage = await create(product('a', 10));
      const orders = [order(1, { a: 1 }), order(2, { a: 1 }), order(3, { a: 1 })];
      for (const each of orders) await storage.placeOrder(placement(each));

      expect(await storage.forgetIdempotencyKeys({ olderThanMs: HOUR_MS, limit: 10 })).toBe(0);
      expect(await storage.forgetIdempotencyKeys({ olderThanMs: 0, limit: 2 })).toBe(2);
      expect(await storage.forgetIdempotencyKeys({ olderThanMs: 0, limit: 2 })).toBe(1);
      expect(await storage.findPlacedOrder('key-of-reference-1')).toBeUndefined();
      expect(await storage.listOrders({ limit: 10 })).toHaveLength(3);
    });
  });
}

/** For adapters that can be asked for one capture: a suite beside the first, since PostgreSQL's workers need none. */
export function describeNamedCaptures(
  name: string,
  createStorage: (products: readonly Product[], clock: { now(): number }) => Promise<Storage & NamedCaptures>,
): void {
  describe(`${name}: a capture that is asked for by its order`, () => {
    it('is given to one worker, once it is due and until it has ended', async () => {
      let now = Date.UTC(2026, 0, 1);
      const storage = await createStorage([product('a', 10)], { now: () => now });
      const placed = order(1, { a: 2 });
      await storage.placeOrder(placement(placed));
      const claim = () => storage.claimCapture({ orderId: placed.id, leaseMs: 30_000 });

      const claims = await Promise.all([claim(), claim(), claim()]);
      expect(claims.filter(({ outcome }) => outcome === 'not-due')).toHaveLength(2);
      expect(claims.find(({ outcome }) => outcome === 'claimed')).toEqual({
        outcome: 'claimed',
        capture: {
          orderId: placed.id,
          authorizationId: 'authorization-of-reference-1',
          reference: 'reference-1',
          totalCents: 500,
          currency: 'EUR',
          attempt: 1,
        },
      });
      now += 29_999;
      expect(await claim()).toEqual({ outcome: 'not-due' });
      now += 1;
      expect(await claim()).toMatchObject({ outcome: 'claimed', capture: { attempt: 2 } });
      await storage.completeCaptures([placed.id], 'paid');
      expect(await claim()).toEqual({ outcome: 'ended' });
      const unknown = order(2, {}).id;
      expect(await storage.claimCapture({ orderId: unknown, leaseMs: 0 })).toEqual({ outcome: 'unknown' });
      await storage.close();
    });
  });
}

/** For adapters that know what became of orders which were kept in a queue. */
export function describeIntakeResults(name: string, createStorage: () => Promise<IntakeResults>): void {
  const ID = '00000000-0000-8000-a000-000000000001';
  const stored = { outcome: 'stored', orderId: order(1, {}).id } as const;
  const refused = { outcome: 'refused', reason: 'out-of-stock' } as const;

  describe(`${name}: what became of an order that was kept`, () => {
    it.each([stored, refused])('is found as it was recorded: $outcome', async (result) => {
      const storage = await createStorage();
      expect(await storage.findIntake(ID)).toBeUndefined();
      expect(await storage.recordIntake(ID, result)).toBe(true);
      expect(await storage.findIntake(ID)).toEqual(result);
      expect(await storage.findIntake(ID.replace('1', '2'))).toBeUndefined();
    });

    it('stays as it was first, except that a stored order outweighs a refusal', async () => {
      const storage = await createStorage();
      const other = { outcome: 'refused', reason: 'expired' } as const;
      await storage.recordIntake(ID, refused);
      expect(await storage.recordIntake(ID, other)).toBe(false);
      expect(await storage.findIntake(ID)).toEqual(refused);
      expect(await storage.recordIntake(ID, stored)).toBe(true);
      expect(await storage.recordIntake(ID, refused)).toBe(false);
      expect(await storage.recordIntake(ID, { ...stored, orderId: order(2, {}).id })).toBe(false);
      expect(await storage.findIntake(ID)).toEqual(stored);
    });
  });
}
