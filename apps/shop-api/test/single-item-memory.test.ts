// Orders without transactions, on a table in memory that refuses transactions as tables with strong consistency over
// regions do: the contract, what is asked of the table, and what each of its answers means.
import { describe, expect, it } from 'vitest';
import type { DynamodbConnection, Send } from '../src/adapters/dynamodb/connection.ts';
import { createDynamodbStorage } from '../src/adapters/dynamodb/dynamodb-storage.ts';
import { LEASE_MS, notesIn } from '../src/adapters/dynamodb/reservations.ts';
import { idempotencyKey, orderKey, productKey, textOf, type Item } from '../src/adapters/dynamodb/table.ts';
import type { Product } from '../src/ports/storage.ts';
import { createMemoryTable, type Command, type MemoryTable } from './memory-table.ts';
import {
  describeIntakeResults,
  describeNamedCaptures,
  describeStorage,
  order,
  placement,
  product,
} from './storage-contract.ts';

const NEW_YEAR = Date.UTC(2026, 0, 1);
const DAY_MS = 86_400_000;

/** Told of each request before it is done; what it throws is the answer. */
type Watch = (command: Command, how: 'send' | 'send-once') => void;

interface Opening {
  readonly clock?: { now(): number };
  readonly watch?: Watch;
  /** @default single items */
  readonly mode?: 'transactions';
}

let attempts = 0;

function open(table: MemoryTable, { clock, watch = () => undefined, mode }: Opening = {}) {
  const ask = (how: 'send' | 'send-once') =>
    (async (command: Command) => {
      watch(command, how);
      return table.apply(command);
    }) as unknown as Send;
  const connection: DynamodbConnection = {
    call: (_, work) => work(ask('send'), ask('send-once')),
    close: () => undefined,
  };
  return createDynamodbStorage({
    connection,
    tableName: 'shop',
    clock: clock ?? { now: () => new Date().getTime() },
    contention: async (call) => {
      for (let attempt = 1; ; attempt++)
        try {
          return await call();
        } catch (error) {
          if (attempt === 7 || (error as { code?: string }).code !== 'contended') throw error;
          // Time for others to go on.
          await new Promise(setImmediate);
        }
    },
    newAttemptId: mode === 'transactions' ? undefined : () => `attempt-${String((attempts += 1))}`,
  });
}

const create = (products: readonly Product[], clock?: { now(): number }) =>
  Promise.resolve(open(createMemoryTable(products), clock === undefined ? {} : { clock }));

const NAME = 'orders of single items in memory';
describeStorage(NAME, { createStorage: (products) => create(products), propertyRuns: 200 });
describeIntakeResults(NAME, () => create([]));
describeNamedCaptures(NAME, create);

/** A table, a clock that stands still until it is moved, and a storage. */
function createWorld(products: readonly Product[], watch?: Watch) {
  const table = createMemoryTable(products);
  const clock = { ms: NEW_YEAR, now: () => clock.ms };
  const find = (Key: Item) =>
    table.items().find(({ pk, sk }) => pk?.S === Key['pk']?.S && sk?.S === Key['sk']?.S);
  const storage = open(table, { clock, ...(watch !== undefined && { watch }) });
  const stockOf = (id: string) => Number(find(productKey(id))?.['stock']?.N);
  const notesOf = (id: string) => notesIn(find(productKey(id)) ?? {});
  return { table, clock, find, storage, stockOf, notesOf };
}

const silence = () => Object.assign(new Error('no answer'), { name: 'TimeoutError' });
/** The next request of this operation that is about such a key gets no answer, done or not. */
function failing(operation: string, prefix: string) {
  const failure = { isOn: false };
  const watch: Watch = ({ constructor: { name }, input }) => {
    const { Key, Item: item } = input as { Key?: Item; Item?: Item };
    if (!failure.isOn || name !== operation || !textOf(Key ?? item ?? {}, 'pk').startsWith(prefix)) return;
    throw silence();
  };
  return { failure, watch };
}

describe('what is asked of a table that takes no transactions', () => {
  it('is never one, whatever the shop does', async () => {
    const { table, storage } = createWorld([product('a', 10)]);
    const placed = order(1, { a: 1 });
    await storage.placeOrder(placement(placed));
    await storage.placeOrder(placement(placed, { order: order(2, { a: 1 }) }));
    await storage.placeOrder(placement(order(3, { a: 100 })));
    await storage.claimCaptures({ limit: 10, leaseMs: 0 });
    await storage.claimCapture({ orderId: placed.id, leaseMs: 0 });
    await storage.postponeCaptures([placed.id], 0);
    await storage.completeCaptures([placed.id], 'paid');
    await storage.recordIntake('00000000-0000-8000-a000-000000000001', {
      outcome: 'stored',
      orderId: placed.id,
    });
    await storage.settleReservations({ limit: 10 });
    await storage.forgetIdempotencyKeys({ olderThanMs: 0, limit: 10 });
    await storage.listOrders({ limit: 10 });
    await storage.readCatalogue();
    await storage.ping();
    expect([...table.operations].toSorted()).toEqual([
      'DeleteItemCommand',
      'GetItemCommand',
      'PutItemCommand',
      'QueryCommand',
      'UpdateItemCommand',
    ]);
  });

  it('fails where the mode is not set, as on AWS', async () => {
    const storage = open(createMemoryTable([product('a', 10)]), { mode: 'transactions' });
    await expect(storage.placeOrder(placement(order(1, { a: 1 })))).rejects.toMatchObject({
      name: 'ValidationException',
    });
    expect(await storage.settleReservations({ limit: 10 })).toBe(0);
  });

  it('is, for an order: stock that is sent once, the record that decides, the order, and the end', async () => {
    const asked: string[] = [];
    const { storage } = createWorld([product('a', 10), product('b', 10)], ({ constructor, input }, how) => {
      const { Key, Item: item } = input as { Key?: Item; Item?: Item };
      asked.push(`${how} ${constructor.name} ${textOf(Key ?? item ?? {}, 'pk').replace(/#.*/, '')}`);
    });
    await storage.placeOrder(placement(order(1, { a: 1, b: 1 })));
    expect(asked).toEqual([
      'send-once UpdateItemCommand products',
      'send-once UpdateItemCommand products',
      'send PutItemCommand key',
      'send PutItemCommand orders',
      'send UpdateItemCommand products',
      'send UpdateItemCommand products',
    ]);
  });
});

describe('an order of which nobody heard again', () => {
  it('has its stock given back when it was not decided, and can be sent again at once', async () => {
    const { failure, watch } = failing('PutItemCommand', 'key#');
    const { clock, find, notesOf, stockOf, storage } = createWorld([product('a', 10)], watch);
    const wanted = placement(order(1, { a: 4 }));
    failure.isOn = true;
    await expect(storage.placeOrder(wanted)).rejects.toThrow('no answer');
    failure.isOn = false;
    expect([stockOf('a'), notesOf('a').length]).toEqual([6, 1]);

    expect(await storage.placeOrder(wanted)).toEqual({ outcome: 'placed' });
    clock.ms += LEASE_MS - 1;
    expect(await storage.settleReservations({ limit: 10 })).toBe(0);
    expect(stockOf('a')).toBe(2);
    clock.ms += 1;
    expect(await storage.settleReservations({ limit: 10 })).toBe(1);
    expect([stockOf('a'), notesOf('a').length]).toEqual([6, 0]);
    expect(find(orderKey(wanted.order.id))).toBeDefined();
  });

  it('keeps its stock, is shown and paid when it was decided', async () => {
    const { failure, watch } = failing('PutItemCommand', 'orders#');
    const { clock, find, notesOf, stockOf, storage } = createWorld([product('a', 10)], watch);
    const wanted = placement(order(1, { a: 4 }));
    failure.isOn = true;
    await expect(storage.placeOrder(wanted)).rejects.toThrow('no answer');
    failure.isOn = false;
    expect(find(orderKey(wanted.order.id))).toBeUndefined();
    clock.ms += LEASE_MS;
    await storage.settleReservations({ limit: 10 });
    expect([stockOf('a'), notesOf('a').length]).toEqual([6, 0]);
    expect(await storage.getOrder(wanted.order.id)).toEqual(wanted.order);
    expect(await storage.claimCaptures({ limit: 1, leaseMs: 0 })).toMatchObject([
      { orderId: wanted.order.id, authorizationId: 'authorization-of-reference-1', totalCents: 1_000 },
    ]);
  });

  it('is left as it is when nobody knows whether it was decided: it may have been', async () => {
    const { clock, notesOf, stockOf, storage, table } = createWorld([product('a', 10)], (command) => {
      const { Item: item } = command.input as { Item?: Item };
      if (item === undefined || !textOf(item, 'pk').startsWith('key#')) return;
      table.apply(command);
      throw silence();
    });
    const wanted = placement(order(1, { a: 4 }));
    await expect(storage.placeOrder(wanted)).rejects.toThrow('no answer');
    expect([stockOf('a'), notesOf('a').length]).toEqual([6, 1]);
    clock.ms += LEASE_MS;
    await storage.settleReservations({ limit: 10 });
    expect([stockOf('a'), notesOf('a').length]).toEqual([6, 0]);
    expect(await storage.getOrder(wanted.order.id)).toEqual(wanted.order);
  });

  it('is shown to whoever asks by its key', async () => {
    const { failure, watch } = failing('PutItemCommand', 'orders#');
    const { storage } = createWorld([product('a', 10)], watch);
    const wanted = placement(order(1, { a: 4 }));
    failure.isOn = true;
    await storage.placeOrder(wanted).catch(() => undefined);
    failure.isOn = false;
    expect(await storage.findPlacedOrder(wanted.idempotencyKey)).toEqual({
      fingerprint: wanted.fingerprint,
      order: wanted.order,
    });
    expect(await storage.getOrder(wanted.order.id)).toEqual(wanted.order);
  });

  it('can never be decided any more once its stock is given back, and its key is free', async () => {
    let held: Command | undefined;
    const { clock, find, stockOf, storage, table } = createWorld([product('a', 10)], (command) => {
      const { Item: item } = command.input as { Item?: Item };
      if (held !== undefined || item === undefined || !textOf(item, 'pk').startsWith('key#')) return;
      held = command;
      throw silence();
    });
    const wanted = placement(order(1, { a: 4 }));
    await expect(storage.placeOrder(wanted)).rejects.toThrow('no answer');
    clock.ms += LEASE_MS;
    await storage.settleReservations({ limit: 10 });
    expect(stockOf('a')).toBe(10);

    expect(() => table.apply(held!)).toThrow('ConditionalCheckFailedException');
    expect(find(idempotencyKey(wanted.idempotencyKey))?.['order']).toBeUndefined();
    expect(await storage.findPlacedOrder(wanted.idempotencyKey)).toBeUndefined();
    expect(await storage.placeOrder(wanted)).toEqual({ outcome: 'placed' });
    expect(stockOf('a')).toBe(6);
    // What is left of the old attempt is forgotten with the key.
    clock.ms += DAY_MS;
    expect(await storage.forgetIdempotencyKeys({ olderThanMs: DAY_MS, limit: 10 })).toBe(1);
    expect(find(idempotencyKey(wanted.idempotencyKey))).toBeUndefined();
  });
});

describe('stock that is short', () => {
  const world = () => {
    const { failure, watch } = failing('PutItemCommand', 'key#');
    const made = createWorld([product('a', 5), product('b', 1)], watch);
    /** Somebody sets stock aside and is not heard of again. */
    const abandon = async (quantities: Record<string, number>, key = 'somebody') => {
      failure.isOn = true;
      await made.storage
        .placeOrder(placement(order(90, quantities), { idempotencyKey: key }))
        .catch(() => undefined);
      failure.isOn = false;
    };
    return { ...made, abandon };
  };

  it('even with what others hold is out of stock, and everything else is given back', async () => {
    const { notesOf, stockOf, storage } = world();
    const result = await storage.placeOrder(placement(order(1, { a: 5, b: 2 })));
    expect(result).toEqual({ outcome: 'out-of-stock', productId: 'b' });
    expect([stockOf('a'), notesOf('a').length, stockOf('b')]).toEqual([5, 0, 1]);
  });

  it('as long as others hold it is waited for a little, then called out of stock', async () => {
    const { abandon, clock, storage } = world();
    await abandon({ b: 1 });
    const wanted = placement(order(1, { b: 1 }));
    expect(await storage.placeOrder(wanted)).toEqual({ outcome: 'out-of-stock', productId: 'b' });
    clock.ms += LEASE_MS;
    await storage.settleReservations({ limit: 10 });
    expect(await storage.placeOrder(wanted)).toEqual({ outcome: 'placed' });
  });

  it('is not called so while a twin of the order holds it, who may be placing it', async () => {
    const { abandon, storage } = world();
    const wanted = placement(order(1, { b: 1 }));
    await abandon({ b: 1 }, wanted.idempotencyKey);
    await expect(storage.placeOrder(wanted)).rejects.toMatchObject({
      code: 'storage-unavailable',
      callerGaveUp: true,
    });
  });

  it('makes a replay when it was the twin who took the last', async () => {
    const { storage } = world();
    const wanted = placement(order(1, { b: 1 }));
    await storage.placeOrder(wanted);
    const twin = { ...wanted, order: order(2, { b: 1 }) };
    expect(await storage.placeOrder(twin)).toEqual({ outcome: 'replayed', order: wanted.order });
    const other = { ...twin, fingerprint: 'other' };
    expect(await storage.placeOrder(other)).toEqual({ outcome: 'key-reused' });
  });
});

it('lets a hundred hold one product at a time, so that its item stays small', async () => {
  const { failure, watch } = failing('PutItemCommand', 'key#');
  const { notesOf, storage } = createWorld([product('a', 1_000)], watch);
  failure.isOn = true;
  for (let number = 0; number < 101; number++)
    await storage.placeOrder(placement(order(number, { a: 1 }))).catch(() => undefined);
  failure.isOn = false;
  expect(notesOf('a')).toHaveLength(100);
  await expect(storage.placeOrder(placement(order(200, { a: 1 })))).rejects.toMatchObject({
    code: 'storage-unavailable',
    callerGaveUp: true,
  });
});

it('tries again under another name when stock was taken without an answer, and gives that back', async () => {
  let isLost = false;
  const { clock, notesOf, stockOf, storage, table } = createWorld([product('a', 10)], (command, how) => {
    if (how !== 'send-once' || isLost) return;
    isLost = true;
    table.apply(command);
    throw silence();
  });
  expect(await storage.placeOrder(placement(order(1, { a: 2 })))).toEqual({ outcome: 'placed' });
  expect([stockOf('a'), notesOf('a').length]).toEqual([8, 0]);
  clock.ms += LEASE_MS;
  expect(await storage.settleReservations({ limit: 10 })).toBe(0);
});

it('begins anew when it was frozen between the stock and the record, rather than decide late', async () => {
  let frozen = 0;
  const { clock, notesOf, stockOf, storage } = createWorld([product('a', 10)], (_, how) => {
    if (how === 'send-once' && frozen++ === 0) clock.ms += LEASE_MS;
  });
  expect(await storage.placeOrder(placement(order(1, { a: 2 })))).toEqual({ outcome: 'placed' });
  expect([frozen, stockOf('a'), notesOf('a').length]).toEqual([2, 8, 0]);
});

it('does not repeat what is wrong with the request itself', async () => {
  const wrong = Object.assign(new Error('wrong'), { name: 'ValidationException', $fault: 'client' });
  let asked = 0;
  const { storage } = createWorld([product('a', 10)], (_, how) => {
    if (how === 'send-once') {
      asked += 1;
      throw wrong;
    }
  });
  await expect(storage.placeOrder(placement(order(1, { a: 2 })))).rejects.toBe(wrong);
  expect(asked).toBe(1);
});

it('forgets keys after a day and what became of kept orders after a week, since nobody else does', async () => {
  const { clock, storage } = createWorld([product('a', 10)]);
  await storage.placeOrder(placement(order(1, { a: 1 })));
  await storage.recordIntake('00000000-0000-8000-a000-000000000001', {
    outcome: 'refused',
    reason: 'expired',
  });
  const forget = () => storage.forgetIdempotencyKeys({ olderThanMs: DAY_MS, limit: 10 });
  clock.ms += DAY_MS - 1;
  expect(await forget()).toBe(0);
  clock.ms += 1;
  expect(await forget()).toBe(1);
  clock.ms += 6 * DAY_MS - 1;
  expect(await forget()).toBe(0);
  clock.ms += 1;
  expect(await forget()).toBe(1);
});

it('knows a key until it is forgotten, so that no late attempt finds it free', async () => {
  const { clock, storage } = createWorld([product('a', 10)]);
  const wanted = placement(order(1, { a: 1 }));
  await storage.placeOrder(wanted);
  clock.ms += 3 * DAY_MS;
  expect(await storage.placeOrder({ ...wanted, order: order(2, { a: 1 }) })).toEqual({
    outcome: 'replayed',
    order: wanted.order,
  });
});
