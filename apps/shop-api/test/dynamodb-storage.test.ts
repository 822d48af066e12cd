import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { idempotencyKey, orderKey } from '../src/adapters/dynamodb/table.ts';
import type { Order } from '../src/ports/storage.ts';
import { FIRST_START_MS, openStorage, startTables, type TestTables } from './dynamodb.ts';
import {
  describeIntakeResults,
  describeNamedCaptures,
  describeStorage,
  order,
  placement,
  product,
} from './storage-contract.ts';

let tables: TestTables;

beforeAll(async () => {
  tables = await startTables();
}, FIRST_START_MS);

afterAll(async () => {
  await tables.stop();
});

describeStorage('DynamoDB', {
  createStorage: async (products) => openStorage(tables, await tables.createTable(products)),
  propertyRuns: 10,
});

describeIntakeResults('DynamoDB', async () => openStorage(tables, await tables.createTable([])));

const NEW_YEAR = Date.UTC(2026, 0, 1);
const DAY_MS = 86_400_000;

describe('DynamoDB: what is in the table', () => {
  it('keeps an order and its outbox entry as one item, which leaves the outbox when it is paid', async () => {
    const tableName = await tables.createTable([product('a', 10)]);
    const storage = openStorage(tables, tableName, { clock: { now: () => NEW_YEAR } });
    const placed = order(15, { a: 2 });
    await storage.placeOrder(placement(placed));

    const read = async () =>
      (await tables.client.send(new GetItemCommand({ TableName: tableName, Key: orderKey(placed.id) }))).Item;
    const stored = {
      // The last digit of the id is f, 15, and 15 modulo 8 is 7.
      pk: { S: 'orders#7' },
      sk: { S: '019b76da-a80f-7f0f-8f0f-0f0f0f0f0f0f' },
      reference: { S: 'reference-15' },
      totalCents: { N: '500' },
      currency: { S: 'EUR' },
      createdAt: { S: '2026-01-01T00:00:00.015Z' },
      items: { L: [{ M: { productId: { S: 'a' }, quantity: { N: '2' }, priceCents: { N: '250' } } }] },
      authorizationId: { S: 'authorization-of-reference-15' },
      attempt: { N: '0' },
    };
    expect(await read()).toEqual({
      ...stored,
      status: { S: 'accepted' },
      dueGroup: { S: 'captures#7' },
      dueAt: { N: '1767225600000' },
    });
    await storage.completeCaptures([placed.id], 'paid');
    expect(await read()).toEqual({ ...stored, status: { S: 'paid' } });
    await storage.close();
  });

  it('marks a key for removal a day later, in whole seconds as DynamoDB takes them', async () => {
    const tableName = await tables.createTable([product('a', 10)]);
    const storage = openStorage(tables, tableName, { clock: { now: () => NEW_YEAR + 1 } });
    await storage.placeOrder(placement(order(1, { a: 1 }), { idempotencyKey: 'key' }));
    const Key = idempotencyKey('key');
    const { Item } = await tables.client.send(new GetItemCommand({ TableName: tableName, Key }));
    expect(Key).toEqual({ pk: { S: 'key#key' }, sk: { S: 'key' } });
    // 1,767,225,600.001 s and a day of 86,400 s, rounded up.
    expect(Item?.['expiresAt']).toEqual({ N: '1767312001' });
    await storage.close();
  });
});

describe('DynamoDB: keys that have expired and are still in the table', () => {
  it('are known for a day and then free for another order', async () => {
    let now = NEW_YEAR;
    const storage = openStorage(tables, await tables.createTable([product('a', 10)]), {
      clock: { now: () => now },
    });
    const first = placement(order(1, { a: 1 }), { idempotencyKey: 'key' });
    const other = placement(order(2, { a: 2 }), { idempotencyKey: 'key' });
    await storage.placeOrder(first);

    now += DAY_MS - 1;
    expect(await storage.findPlacedOrder('key')).toEqual({
      fingerprint: 'fingerprint-of-reference-1',
      order: first.order,
    });
    expect(await storage.placeOrder(other)).toEqual({ outcome: 'key-reused' });
    now += 1;
    expect(await storage.findPlacedOrder('key')).toBeUndefined();
    expect(await storage.placeOrder(other)).toEqual({ outcome: 'placed' });
    expect(await storage.findPlacedOrder('key')).toMatchObject({ order: other.order });
    await storage.close();
  });
});

describe('DynamoDB: pages of orders', () => {
  const place = async (numbers: readonly number[]) => {
    const storage = openStorage(tables, await tables.createTable([product('a', 1_000)]));
    const placed = numbers.map((number) => order(number, { a: 1 }));
    await Promise.all(placed.map((each) => storage.placeOrder(placement(each))));
    return { storage, newestFirst: placed.toSorted((a, b) => (a.id < b.id ? 1 : -1)) };
  };

  it('are whole and in order even when all orders lie in one shard', async () => {
    const { storage, newestFirst } = await place(Array.from({ length: 30 }, (_, index) => index * 8));
    expect(await storage.listOrders({ limit: 20 })).toEqual(newestFirst.slice(0, 20));
    expect(await storage.listOrders({ limit: 20, before: newestFirst[19]!.id })).toEqual(
      newestFirst.slice(20),
    );
    await storage.close();
  });

  it('join to the whole list, however the orders are spread', async () => {
    const numbers = fc.uniqueArray(fc.integer({ min: 0, max: 255 }), { minLength: 1, maxLength: 30 });
    const property = fc.asyncProperty(numbers, fc.integer({ min: 1, max: 12 }), async (chosen, limit) => {
      const { storage, newestFirst } = await place(chosen);
      const listed: Order[] = [];
      for (;;) {
        const before = listed.at(-1)?.id;
        const page = await storage.listOrders({ limit, ...(before === undefined ? {} : { before }) });
        listed.push(...page);
        if (page.length < limit) break;
      }
      expect(listed).toEqual(newestFirst);
      await storage.close();
    });
    await fc.assert(property, { numRuns: 8 });
  });
});

describeNamedCaptures('DynamoDB', async (products, clock) =>
  openStorage(tables, await tables.createTable(products), { clock }),
);
