/**
 * Stock that is set aside for an order until it is decided about: for tables that take no transactions.
 *
 * A reservation is an attribute of the product's own item, written in the same update that takes the stock, under the id
 * of one attempt to place one order. It ends once: kept by the attempt's order, or given back when the attempt can never
 * become an order any more. docs/adr/0068-strong-consistency-and-an-order.md argues why nothing else can happen.
 */
import { PutItemCommand, QueryCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { Order, OrderItem } from '../../ports/storage.ts';
import type { Send } from './connection.ts';
import {
  ALL_SHARDS,
  idempotencyKey,
  keysOfText,
  number,
  numberOf,
  productKey,
  productsIn,
  text,
  textOf,
  toKeyRecord,
  toOrderItem,
  type Item,
} from './table.ts';

/** One attempt to place one order: all that it reserves has the same id, which is never used again. */
export interface Attempt {
  readonly id: string;
  readonly idempotencyKey: string;
  /** When it began, in Unix milliseconds. */
  readonly at: number;
}

/** How long an attempt may take before it is taken for dead: a call ends within seconds. */
export const LEASE_MS = 120_000;

/**
 * Reservations that a product may have at once; the next one waits. They bound the size of its item, which is what a
 * write costs: some 100 bytes each with a UUID as the key, 10 kB together.
 */
const MOST = 100;

const PREFIX = 'reserved#';

const isRefused = (error: unknown): boolean =>
  (error as { name?: string }).name === 'ConditionalCheckFailedException';

/** The item whose condition did not hold, as it was; undefined for any other error. */
export const refusedItem = (error: unknown): Item | undefined =>
  isRefused(error) ? ((error as { Item?: Item }).Item ?? {}) : undefined;

/** Must be sent once: the same update that arrives again, after its reservation has ended, would take stock for nobody. */
export const reserve = (TableName: string, { productId, quantity }: OrderItem, attempt: Attempt) =>
  new UpdateItemCommand({
    TableName,
    Key: productKey(productId),
    UpdateExpression: 'SET stock = stock - :quantity, #note = :note ADD reservations :one',
    ConditionExpression:
      'stock >= :quantity AND (attribute_not_exists(reservations) OR reservations < :most)',
    ExpressionAttributeNames: { '#note': PREFIX + attempt.id },
    ExpressionAttributeValues: {
      ':quantity': number(quantity),
      ':one': number(1),
      ':most': number(MOST),
      ':note': {
        M: { key: text(attempt.idempotencyKey), quantity: number(quantity), at: number(attempt.at) },
      },
    },
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  });

interface Note {
  readonly attempt: Attempt;
  readonly item: Pick<OrderItem, 'productId' | 'quantity'>;
}

/** What is set aside in a product's item. */
export function notesIn(product: Item): readonly Note[] {
  return Object.entries(product)
    .filter(([name]) => name.startsWith(PREFIX))
    .map(([name, { M = {} }]) => ({
      attempt: { id: name.slice(PREFIX.length), idempotencyKey: textOf(M, 'key'), at: numberOf(M, 'at') },
      item: { productId: textOf(product, 'sk'), quantity: numberOf(M, 'quantity') },
    }));
}

/** Ends a reservation, once however often it is asked for. */
export async function endReservation(
  send: Send,
  TableName: string,
  { attempt, item }: Note,
  how: 'keep' | 'give-back',
): Promise<void> {
  const isKept = how === 'keep';
  try {
    await send(
      new UpdateItemCommand({
        TableName,
        Key: productKey(item.productId),
        UpdateExpression: `${isKept ? '' : 'SET stock = stock + :quantity '}REMOVE #note ADD reservations :less`,
        ConditionExpression: 'attribute_exists(#note)',
        ExpressionAttributeNames: { '#note': PREFIX + attempt.id },
        ExpressionAttributeValues: {
          ':less': number(-1),
          ...(isKept ? {} : { ':quantity': number(item.quantity) }),
        },
      }),
    );
  } catch (error) {
    if (!isRefused(error)) throw error;
  }
}

/** A key's record, when it stands for an order: which attempt became the order, and all that the order's own item needs. */
export interface OrderRecord {
  readonly order: Order;
  readonly fingerprint: string;
  readonly authorizationId: string;
  readonly attemptId: string;
}

/** Undefined when the key has placed nothing, but knows attempts that must not place anything any more. */
export function toOrderRecord(item: Item): OrderRecord | undefined {
  if (item['fingerprint'] === undefined) return undefined;
  return {
    ...toKeyRecord(item),
    authorizationId: textOf(item, 'authorizationId'),
    attemptId: textOf(item, 'attemptId'),
  };
}

/** Makes an order that stands in its key's record one that is found by its id and whose payment is taken. */
export async function show(send: Send, TableName: string, record: OrderRecord, now: number): Promise<void> {
  try {
    await send(
      new PutItemCommand({
        TableName,
        Item: toOrderItem(record, now),
        ConditionExpression: 'attribute_not_exists(pk)',
      }),
    );
  } catch (error) {
    if (!isRefused(error)) throw error;
  }
}

export interface Sweep {
  readonly tableName: string;
  /** Unix milliseconds. */
  readonly now: number;
  /** Attempts at most. */
  readonly limit: number;
}

/** Ends what attempts that are no longer under way have left open; @returns how many attempts it looked at. */
export async function settleReservations(send: Send, sweep: Sweep): Promise<number> {
  const { tableName, now, limit } = sweep;
  const products = await Promise.all(ALL_SHARDS.map((shard) => readNow(send, tableName, shard)));
  const old = products
    .flat()
    .flatMap(notesIn)
    .filter(({ attempt }) => attempt.at <= now - LEASE_MS);
  const attempts = [...Map.groupBy(old, ({ attempt }) => attempt.id).values()].slice(0, limit);
  await Promise.all(attempts.map((notes) => settle(send, sweep, notes)));
  return attempts.length;
}

async function readNow(send: Send, TableName: string, shard: number): Promise<readonly Item[]> {
  const items: Item[] = [];
  let start: Item | undefined;
  do {
    const page = await send(
      new QueryCommand({
        TableName,
        KeyConditionExpression: 'pk = :shard',
        ExpressionAttributeValues: { ':shard': productsIn(shard) },
        ConsistentRead: true,
        ...(start === undefined ? {} : { ExclusiveStartKey: start }),
      }),
    );
    items.push(...(page.Items ?? []));
    start = page.LastEvaluatedKey;
  } while (start !== undefined);
  return items;
}

/** @param notes of one attempt. */
async function settle(send: Send, { tableName, now }: Sweep, notes: readonly Note[]): Promise<void> {
  const [{ attempt }] = notes as [Note];
  const record = await fence(send, tableName, attempt, now);
  const isPlaced = record?.attemptId === attempt.id;
  // While it is not shown its reservations are the only trace of it, so they end last.
  if (isPlaced) await show(send, tableName, record, now);
  await Promise.all(
    notes.map((note) => endReservation(send, tableName, note, isPlaced ? 'keep' : 'give-back')),
  );
}

/**
 * Makes sure that the attempt places no order any more, unless it has: from then on its own write, wherever it has been
 * held up, is refused.
 *
 * @returns what the key stands for, if it has placed an order, which is all that this attempt could do.
 */
async function fence(
  send: Send,
  TableName: string,
  { id, idempotencyKey: key }: Attempt,
  now: number,
): Promise<OrderRecord | undefined> {
  try {
    await send(
      new UpdateItemCommand({
        TableName,
        Key: idempotencyKey(key),
        UpdateExpression: 'SET dueGroup = :group, dueAt = :now ADD fenced :attempt',
        ConditionExpression: 'attribute_not_exists(fingerprint)',
        ExpressionAttributeValues: {
          ':group': keysOfText(key),
          ':now': number(now),
          ':attempt': { SS: [id] },
        },
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    );
    return undefined;
  } catch (error) {
    const known = refusedItem(error);
    if (known === undefined) throw error;
    return toOrderRecord(known);
  }
}
