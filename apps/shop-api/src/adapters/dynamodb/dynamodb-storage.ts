/** The shop's storage in DynamoDB. How it lies in the table is told in this folder's README. */
import { DeleteItemCommand, GetItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import type { IntakeResults } from '../../ports/order-intake.ts';
import type { NamedCaptures, Reservations, Storage } from '../../ports/storage.ts';
import { createCaptures, findDue } from './captures.ts';
import type { DynamodbConnection, Send } from './connection.ts';
import { createIntakes } from './intakes.ts';
import { listOrders } from './order-pages.ts';
import { placeOrder, type Contention } from './place-order.ts';
import { settleReservations } from './reservations.ts';
import { findRecord, placeSingleItemOrder } from './single-item-orders.ts';
import {
  ALL_SHARDS,
  idempotencyKey,
  keysIn,
  numberOf,
  orderKey,
  productsIn,
  text,
  toKeyRecord,
  toOrder,
  toProduct,
  type Item,
} from './table.ts';

export interface DynamodbStorageOptions {
  readonly connection: DynamodbConnection;
  readonly tableName: string;
  /** Unix milliseconds: moments are compared between machines, which AWS keeps within milliseconds of each other. */
  readonly clock: { now(): number };
  /** Repeats a placement that met another one at the same item (`resilience/contention.ts`). */
  readonly contention: Contention;
  /**
   * How long an idempotency key is known, in milliseconds.
   * @default 86400000: a day, as the contract promises.
   */
  readonly keyRetentionMs?: number;
  /**
   * Never the same twice. Makes an order of writes of one item each, as tables with strong consistency over regions want
   * it, whose expired keys and abandoned reservations somebody has to ask this storage to end.
   * @default none: an order is one transaction, and DynamoDB removes expired keys
   */
  readonly newAttemptId?: (() => string) | undefined;
}

const DAY_MS = 24 * 3_600_000;

/** Asked for by `ping`; nothing is stored there. */
const NOTHING: Item = { pk: text('ping'), sk: text('ping') };

export function createDynamodbStorage(
  options: DynamodbStorageOptions,
): Storage & NamedCaptures & IntakeResults & Reservations {
  const { connection, tableName, clock, keyRetentionMs = DAY_MS, newAttemptId } = options;

  /** As it is now, not as a replica has it: a replay must see what was just stored. */
  async function get(send: Send, Key: Item): Promise<Item | undefined> {
    return (await send(new GetItemCommand({ TableName: tableName, Key, ConsistentRead: true }))).Item;
  }

  return {
    ...createCaptures({ connection, tableName, clock }),
    ...createIntakes({
      connection,
      tableName,
      clock,
      ...(newAttemptId === undefined ? {} : { forgottenAsKeysAfterMs: keyRetentionMs }),
    }),
    ...(newAttemptId === undefined
      ? createTransactions({ ...options, keyRetentionMs }, get)
      : createSingleItemOrders({ ...options, keyRetentionMs, newAttemptId })),
    readCatalogue: (callOptions) =>
      connection.call(callOptions, async (send) => {
        const shards = await Promise.all(ALL_SHARDS.map((shard) => readProducts(send, tableName, shard)));
        return shards
          .flat()
          .map(toProduct)
          .toSorted((a, b) => (a.id < b.id ? -1 : 1));
      }),
    listOrders: (page, callOptions) =>
      connection.call(callOptions, (send) => listOrders(send, tableName, page)),
    getOrder: (id, callOptions) =>
      connection.call(callOptions, async (send) => {
        const item = await get(send, orderKey(id));
        return item && toOrder(item);
      }),
    forgetIdempotencyKeys: ({ olderThanMs, limit }) =>
      connection.call(undefined, (send) =>
        forgetKeys(send, tableName, { upTo: clock.now() - olderThanMs, limit }),
      ),
    ping: (callOptions) =>
      connection.call(callOptions, async (send) => {
        await get(send, NOTHING);
      }),
    close: () => {
      connection.close();
      return Promise.resolve();
    },
  };
}

type Orders = Pick<Storage, 'findPlacedOrder' | 'placeOrder'> & Reservations;

/** An order is one transaction. */
function createTransactions(
  options: DynamodbStorageOptions & { readonly keyRetentionMs: number },
  get: (send: Send, key: Item) => Promise<Item | undefined>,
): Orders {
  const { connection, clock } = options;
  return {
    findPlacedOrder: (key, callOptions) =>
      connection.call(callOptions, async (send) => {
        const item = await get(send, idempotencyKey(key));
        if (item === undefined) return undefined;
        const { fingerprint, order, expiresAt } = toKeyRecord(item);
        return expiresAt * 1_000 <= clock.now() ? undefined : { fingerprint, order };
      }),
    placeOrder: (placement, callOptions) =>
      connection.call(callOptions, (send) => placeOrder(send, placement, options)),
    // Nothing is ever set aside.
    settleReservations: () => Promise.resolve(0),
  };
}

/** An order is several writes. A key is known until it is forgotten, so that no attempt outlives what it is held to. */
function createSingleItemOrders(
  options: DynamodbStorageOptions & {
    readonly keyRetentionMs: number;
    readonly newAttemptId: () => string;
  },
): Orders {
  const { connection, tableName, clock } = options;
  return {
    findPlacedOrder: (key, callOptions) =>
      connection.call(callOptions, async (send) => {
        const record = await findRecord(send, tableName, { key, now: clock.now() });
        return record && { fingerprint: record.fingerprint, order: record.order };
      }),
    placeOrder: (placement, callOptions) =>
      connection.call(callOptions, (send, sendOnce) =>
        placeSingleItemOrder({ send, sendOnce }, placement, options),
      ),
    settleReservations: ({ limit }) =>
      connection.call(undefined, (send) => settleReservations(send, { tableName, now: clock.now(), limit })),
  };
}

/** Read at half the price, as it was moments ago: the snapshot made of it is older than that anyway. */
async function readProducts(send: Send, tableName: string, shard: number): Promise<readonly Item[]> {
  const items: Item[] = [];
  let start: Item | undefined;
  do {
    const page = await send(
      new QueryCommand({
        TableName: tableName,
        KeyConditionExpression: 'pk = :shard',
        ExpressionAttributeValues: { ':shard': productsIn(shard) },
        ...(start === undefined ? {} : { ExclusiveStartKey: start }),
      }),
    );
    items.push(...(page.Items ?? []));
    start = page.LastEvaluatedKey;
  } while (start !== undefined);
  return items;
}

/**
 * DynamoDB removes expired keys by itself, except in a table with strong consistency over regions, which has no such
 * service; there somebody has to call this.
 */
async function forgetKeys(
  send: Send,
  tableName: string,
  { upTo, limit }: { readonly upTo: number; readonly limit: number },
): Promise<number> {
  const found = await Promise.all(
    ALL_SHARDS.map((shard) => findDue(send, tableName, { group: keysIn(shard), now: upTo, limit })),
  );
  const removed = await Promise.all(
    found
      .flat()
      .slice(0, limit)
      .map((seen) => forget(send, tableName, seen)),
  );
  return removed.filter(Boolean).length;
}

/** False when the key has been used anew since it was seen. */
async function forget(send: Send, tableName: string, seen: Item): Promise<boolean> {
  const { pk, sk } = seen;
  if (pk === undefined || sk === undefined) return false;
  try {
    await send(
      new DeleteItemCommand({
        TableName: tableName,
        Key: { pk, sk },
        ConditionExpression: 'dueAt = :seen',
        ExpressionAttributeValues: { ':seen': { N: String(numberOf(seen, 'dueAt')) } },
      }),
    );
    return true;
  } catch (error) {
    if ((error as { name?: string }).name === 'ConditionalCheckFailedException') return false;
    throw error;
  }
}
