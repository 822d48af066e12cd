// What the adapter asks of DynamoDB and makes of its answers, with answers that an emulator does not give by itself.
import { createFakeClock } from '@nines/testing';
import { expect, it, describe } from 'vitest';
import type { DynamodbConnection, Send } from '../src/adapters/dynamodb/connection.ts';
import { createDynamodbStorage } from '../src/adapters/dynamodb/dynamodb-storage.ts';
import { toKeyItem, toProductItem } from '../src/adapters/dynamodb/table.ts';
import { createContentionRetry } from '../src/resilience/contention.ts';
import { createCountingMetrics } from './stand-ins.ts';
import { order, placement, product } from './storage-contract.ts';
import { timingOf } from './test-shop.ts';

interface Asked {
  readonly operation: string;
  readonly input: Record<string, unknown>;
}

/** A storage whose requests are answered by a script: values are given back, errors thrown, then nothing is found. */
function scripted(...answers: object[]) {
  const asked: Asked[] = [];
  const send = ((command: { constructor: { name: string }; input: Record<string, unknown> }) => {
    asked.push({ operation: command.constructor.name, input: command.input });
    const answer = answers.shift() ?? {};
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  }) as unknown as Send;
  const connection: DynamodbConnection = { call: (_, work) => work(send, send), close: () => undefined };
  const clock = createFakeClock();
  const metrics = createCountingMetrics();
  const storage = createDynamodbStorage({
    connection,
    tableName: 'shop',
    clock,
    contention: createContentionRetry({ metrics, timing: timingOf(clock) }),
  });
  return { asked, clock, metrics, storage };
}

type Reason = string | { readonly Code: string; readonly Item: object };

/** A cancelled transaction: the reasons of the key, of the order, and of each product. */
const cancelled = (...reasons: Reason[]) =>
  Object.assign(new Error('cancelled'), {
    name: 'TransactionCanceledException',
    CancellationReasons: reasons.map((reason) => (typeof reason === 'string' ? { Code: reason } : reason)),
  });

const NONE = 'None';
const FAILED = 'ConditionalCheckFailed';
const CONFLICT = 'TransactionConflict';
const mine = placement(order(1, { b: 1, a: 2 }));
const keyOf = (other: typeof mine) => ({ Code: FAILED, Item: toKeyItem(other, 0, 1_000) });

describe('an order is stored', () => {
  it('by one transaction: the key, the order, and the stock of each product, each under its condition', async () => {
    const { asked, storage } = scripted();
    expect(await storage.placeOrder(mine)).toEqual({ outcome: 'placed' });
    expect(asked).toHaveLength(1);
    expect(asked[0]?.operation).toBe('TransactWriteItemsCommand');
    expect(asked[0]?.input).toMatchObject({
      TransactItems: [
        {
          Put: {
            Item: { pk: { S: 'key#key-of-reference-1' } },
            ConditionExpression: 'attribute_not_exists(pk) OR expiresAt <= :now',
          },
        },
        { Put: { Item: { sk: { S: mine.order.id } }, ConditionExpression: 'attribute_not_exists(pk)' } },
        { Update: { Key: { sk: { S: 'b' } }, ConditionExpression: 'stock >= :quantity' } },
        { Update: { Key: { sk: { S: 'a' } }, ConditionExpression: 'stock >= :quantity' } },
      ],
    });
  });

  it('again after transactions that met others at the same items, waiting longer each time', async () => {
    const { asked, clock, metrics, storage } = scripted(
      cancelled(NONE, NONE, CONFLICT, NONE),
      cancelled(CONFLICT, NONE, NONE, NONE),
    );
    const result = storage.placeOrder(mine);
    // Half of 10 ms, then half of 20.
    await clock.advance(5);
    expect(asked).toHaveLength(2);
    await clock.advance(9);
    expect(asked).toHaveLength(2);
    await clock.advance(1);
    expect(await result).toEqual({ outcome: 'placed' });
    expect(asked).toHaveLength(3);
    expect(metrics.counts.get('event storage-contention retry')).toBe(2);
  });

  it('or refused as unavailable when seven transactions met others, without calling DynamoDB away', async () => {
    const { asked, clock, storage } = scripted(
      ...Array.from({ length: 7 }, () => cancelled(NONE, NONE, CONFLICT, NONE)),
    );
    const refused = expect(storage.placeOrder(mine)).rejects.toMatchObject({
      code: 'storage-unavailable',
      callerGaveUp: true,
    });
    await clock.advance(1_000);
    await refused;
    expect(asked).toHaveLength(7);
  });
});

describe('a cancelled transaction means', () => {
  const outcomeOf = (...reasons: Reason[]) => scripted(cancelled(...reasons)).storage.placeOrder(mine);

  it('a replay when the key stands for the same payload', async () => {
    const twin = placement(mine.order, { order: order(2, { b: 1, a: 2 }) });
    expect(await outcomeOf(keyOf(twin), NONE, NONE, NONE)).toEqual({
      outcome: 'replayed',
      order: twin.order,
    });
  });

  it('a reused key when it stands for another payload', async () => {
    expect(await outcomeOf(keyOf(placement(order(2, { a: 1 }))), NONE, NONE, NONE)).toEqual({
      outcome: 'key-reused',
    });
  });

  it('that the order was placed when the key’s record is our own, its answer lost and the request repeated', async () => {
    expect(await outcomeOf(keyOf(mine), FAILED, NONE, NONE)).toEqual({ outcome: 'placed' });
  });

  it('a replay, too, when its twin has just taken the last item', async () => {
    const twin = placement(mine.order, { order: order(2, { b: 1, a: 2 }) });
    expect(await outcomeOf(keyOf(twin), NONE, FAILED, FAILED)).toMatchObject({ outcome: 'replayed' });
  });

  it('out of stock, naming the first product in the order of the ids', async () => {
    expect(await outcomeOf(NONE, NONE, FAILED, NONE)).toEqual({ outcome: 'out-of-stock', productId: 'b' });
    expect(await outcomeOf(NONE, NONE, FAILED, FAILED)).toEqual({ outcome: 'out-of-stock', productId: 'a' });
    expect(await outcomeOf(NONE, NONE, CONFLICT, FAILED)).toEqual({
      outcome: 'out-of-stock',
      productId: 'a',
    });
  });

  it('nothing yet about the stock while the key is being written by a twin', async () => {
    const twin = placement(mine.order, { order: order(2, { b: 1, a: 2 }) });
    const { clock, storage } = scripted(
      cancelled(CONFLICT, NONE, FAILED, NONE),
      cancelled(keyOf(twin), NONE, FAILED, NONE),
    );
    const result = storage.placeOrder(mine);
    await clock.advance(5);
    expect(await result).toMatchObject({ outcome: 'replayed' });
  });

  it('a mistake of ours for any other reason', async () => {
    await expect(outcomeOf('ValidationError', NONE, NONE, NONE)).rejects.toThrow('cancelled');
    await expect(outcomeOf()).rejects.toThrow('cancelled');
  });
});

it('asks by keys and by the index, and never scans', async () => {
  const { asked, storage } = scripted();
  await storage.readCatalogue();
  await storage.listOrders({ limit: 20 });
  await storage.getOrder(mine.order.id);
  await storage.findPlacedOrder('key');
  await storage.placeOrder(mine);
  await storage.claimCaptures({ limit: 10, leaseMs: 0 });
  await storage.forgetIdempotencyKeys({ olderThanMs: 0, limit: 10 });
  await storage.ping();
  const operations = new Set(asked.map(({ operation }) => operation));
  expect([...operations].toSorted()).toEqual(['GetItemCommand', 'QueryCommand', 'TransactWriteItemsCommand']);
});

it('reads orders and keys as they are now, and the catalogue, at half the price, as it was moments ago', async () => {
  const { asked, storage } = scripted();
  const readsNow = async (call: () => Promise<unknown>) => {
    asked.length = 0;
    await call();
    return new Set(asked.map(({ input }) => input['ConsistentRead'] === true));
  };
  expect(await readsNow(() => storage.getOrder(mine.order.id))).toEqual(new Set([true]));
  expect(await readsNow(() => storage.listOrders({ limit: 20 }))).toEqual(new Set([true]));
  expect(await readsNow(() => storage.findPlacedOrder('key'))).toEqual(new Set([true]));
  expect(await readsNow(() => storage.readCatalogue())).toEqual(new Set([false]));
});

it('reads a catalogue that comes in several pages to its end', async () => {
  const last = { pk: { S: 'products#0' }, sk: { S: 'a' } };
  const { asked, storage } = scripted(
    { Items: [toProductItem(product('a', 1))], LastEvaluatedKey: last },
    // The other seven shards are asked at the same time, and are empty.
    ...Array.from({ length: 7 }, () => ({ Items: [] })),
    { Items: [toProductItem(product('b', 2))] },
  );
  expect(await storage.readCatalogue()).toEqual([product('a', 1), product('b', 2)]);
  expect(asked).toHaveLength(9);
  expect(asked[8]?.input['ExclusiveStartKey']).toEqual(last);
});

describe('background work', () => {
  /** Asked at the same time as the first, and empty. */
  const otherShards = Array.from({ length: 7 }, () => ({ Items: [] }));
  const due = { pk: { S: 'orders#0' }, sk: { S: 'id' }, dueAt: { N: '0' } };
  const refused = Object.assign(new Error('refused'), { name: 'ConditionalCheckFailedException' });

  it('leaves a capture to the worker that was faster', async () => {
    const { storage } = scripted(
      ...Array.from({ length: 8 }, (_, n) => (n === 0 ? { Items: [due] } : {})),
      refused,
    );
    expect(await storage.claimCaptures({ limit: 10, leaseMs: 0 })).toEqual([]);
  });

  it('does not forget a key that has been used anew since it was seen', async () => {
    const { asked, storage } = scripted({ Items: [due] }, ...otherShards, refused);
    expect(await storage.forgetIdempotencyKeys({ olderThanMs: 0, limit: 10 })).toBe(0);
    expect(asked[8]?.input).toMatchObject({ ConditionExpression: 'dueAt = :seen' });
  });

  it('fails when DynamoDB does, rather than pass over what it could not do', async () => {
    const broken = Object.assign(new Error('broken'), { name: 'InternalServerError' });
    await expect(scripted(broken).storage.completeCaptures(['1'], 'paid')).rejects.toBe(broken);
    await expect(scripted(broken).storage.claimCapture({ orderId: '1', leaseMs: 0 })).rejects.toBe(broken);
    await expect(
      scripted({ Items: [due] }, ...otherShards, broken).storage.forgetIdempotencyKeys({
        olderThanMs: 0,
        limit: 1,
      }),
    ).rejects.toBe(broken);
  });
});
