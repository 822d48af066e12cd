/**
 * Placing an order in one transaction: the key's record, the order with its outbox entry, and the stock of each
 * product are all written or none is.
 */
import {
  TransactWriteItemsCommand,
  type CancellationReason,
  type TransactWriteItem,
} from '@aws-sdk/client-dynamodb';
import {
  StorageUnavailableError,
  type OrderItem,
  type OrderPlacement,
  type PlacedOrder,
  type PlacementResult,
} from '../../ports/storage.ts';
import type { Send } from './connection.ts';
import { number, productKey, TTL_ATTRIBUTE, toKeyItem, toKeyRecord, toOrderItem } from './table.ts';

/** Somebody else was writing one of the items at the same moment. Nothing was changed; the same again may succeed. */
export class ContendedError extends Error {
  override readonly name = 'ContendedError';
  readonly code = 'contended';
}

/** Repeats a call that fails with the code `contended`, as long as that makes sense. */
export type Contention = <T>(call: () => Promise<T>) => Promise<T>;

export interface PlaceOrderOptions {
  readonly tableName: string;
  /** How long an idempotency key is known, in milliseconds. */
  readonly keyRetentionMs: number;
  /** Unix milliseconds. */
  readonly clock: { now(): number };
  readonly contention: Contention;
}

/** Where the reasons of a cancelled transaction stand; those of the products follow. */
const KEY = 0;
const ORDER = 1;
const FIRST_PRODUCT = 2;

export async function placeOrder(
  send: Send,
  placement: OrderPlacement,
  { tableName, keyRetentionMs, clock, contention }: PlaceOrderOptions,
): Promise<PlacementResult> {
  const now = clock.now();
  const products = placement.order.items;
  const TransactItems = [
    putKey(tableName, placement, now, keyRetentionMs),
    putOrder(tableName, placement, now),
    ...products.map((item) => takeStock(tableName, item)),
  ];
  try {
    return await contention(async () => {
      try {
        await send(new TransactWriteItemsCommand({ TransactItems }));
        return { outcome: 'placed' };
      } catch (error) {
        const { name, CancellationReasons } = error as { name?: string } & Reasons;
        if (name !== 'TransactionCanceledException') throw error;
        return judge(CancellationReasons ?? [], placement, error);
      }
    });
  } catch (error) {
    throw error instanceof ContendedError ? contended(error) : error;
  }
}

/** Many want the same product: no sign that the table is away. */
export const contended = (cause: unknown): StorageUnavailableError =>
  new StorageUnavailableError('too many orders for the same product', { cause, callerGaveUp: true });

interface Reasons {
  readonly CancellationReasons?: readonly CancellationReason[];
}

/** The record of a key that has expired may still be there: DynamoDB removes it within days. */
function putKey(
  TableName: string,
  placement: OrderPlacement,
  now: number,
  retentionMs: number,
): TransactWriteItem {
  return {
    Put: {
      TableName,
      Item: toKeyItem(placement, now, retentionMs),
      ConditionExpression: `attribute_not_exists(pk) OR ${TTL_ATTRIBUTE} <= :now`,
      ExpressionAttributeValues: { ':now': number(Math.floor(now / 1_000)) },
      // What the key stands for comes back with the refusal, so a replay needs no further read.
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    },
  };
}

const putOrder = (TableName: string, placement: OrderPlacement, now: number): TransactWriteItem => ({
  Put: { TableName, Item: toOrderItem(placement, now), ConditionExpression: 'attribute_not_exists(pk)' },
});

/** A product that is not there has no stock, so its condition does not hold either. */
const takeStock = (TableName: string, { productId, quantity }: OrderItem): TransactWriteItem => ({
  Update: {
    TableName,
    Key: productKey(productId),
    UpdateExpression: 'SET stock = stock - :quantity',
    ConditionExpression: 'stock >= :quantity',
    ExpressionAttributeValues: { ':quantity': number(quantity) },
  },
});

/** Another transaction or request was at the item, or its partition had too much to do: nothing is decided. */
const UNDECIDED = new Set(['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded']);
const isUndecided = (reason: CancellationReason | undefined): boolean => UNDECIDED.has(reason?.Code ?? '');
const wasRefused = (reason: CancellationReason | undefined): boolean =>
  reason?.Code === 'ConditionalCheckFailed';

/**
 * What a cancelled transaction means for the order.
 *
 * The key decides before the stock: a twin that is just taking the last item makes this a replay, not an order for
 * something that is sold out.
 *
 * @throws ContendedError when nothing is decided, or the cancellation's own error when it is none of these.
 */
function judge(
  reasons: readonly CancellationReason[],
  placement: OrderPlacement,
  error: unknown,
): PlacementResult {
  const { order } = placement;
  if (wasRefused(reasons[KEY]) && reasons[KEY]?.Item !== undefined)
    return judgeByKey(toKeyRecord(reasons[KEY].Item), placement);
  if (isUndecided(reasons[KEY]) || isUndecided(reasons[ORDER]))
    throw new ContendedError('the key is being written');
  const short = order.items
    .filter((_, index) => wasRefused(reasons[FIRST_PRODUCT + index]))
    .map(({ productId }) => productId)
    .toSorted()[0];
  if (short !== undefined) return { outcome: 'out-of-stock', productId: short };
  if (reasons.some(isUndecided)) throw new ContendedError('a product is being written');
  throw error;
}

/** What a key that has placed an order means for this one. */
export function judgeByKey(known: PlacedOrder, { order, fingerprint }: OrderPlacement): PlacementResult {
  // Our own write, whose answer got lost and which the SDK repeated.
  if (known.order.id === order.id) return { outcome: 'placed' };
  if (known.fingerprint === fingerprint) return { outcome: 'replayed', order: known.order };
  return { outcome: 'key-reused' };
}
