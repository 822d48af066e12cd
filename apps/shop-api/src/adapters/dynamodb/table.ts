/**
 * How the shop lies in its DynamoDB table: keys, shards, and items as the core's values. README.md in this folder
 * says why. Stacks and tests create the table from `tableDefinition`.
 */
import type { AttributeValue, CreateTableCommandInput } from '@aws-sdk/client-dynamodb';
import type { Order, OrderItem, OrderPlacement, OrderStatus, Product } from '../../ports/storage.ts';

export type Item = Record<string, AttributeValue>;

/** Lists what is due by time: captures to take, idempotency keys to forget. */
export const DUE_INDEX = 'due';

/** DynamoDB removes items some time after this attribute's moment, in seconds since 1970. */
export const TTL_ATTRIBUTE = 'expiresAt';

/**
 * How many partition keys share what is written or listed together. Eight carry 2,000 orders a second and more (a
 * partition takes 1,000 write units a second). Fixed for the life of a table: another number would look for orders
 * where they are not.
 */
export const SHARDS = 8;
export const ALL_SHARDS: readonly number[] = Array.from({ length: SHARDS }, (_, shard) => shard);

export const tableDefinition = (TableName: string): CreateTableCommandInput => ({
  TableName,
  BillingMode: 'PAY_PER_REQUEST',
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ],
  AttributeDefinitions: [
    { AttributeName: 'pk', AttributeType: 'S' },
    { AttributeName: 'sk', AttributeType: 'S' },
    { AttributeName: 'dueGroup', AttributeType: 'S' },
    { AttributeName: 'dueAt', AttributeType: 'N' },
  ],
  GlobalSecondaryIndexes: [
    {
      IndexName: DUE_INDEX,
      KeySchema: [
        { AttributeName: 'dueGroup', KeyType: 'HASH' },
        { AttributeName: 'dueAt', KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'KEYS_ONLY' },
    },
  ],
});

export const text = (value: string): AttributeValue => ({ S: value });
export const number = (value: number): AttributeValue => ({ N: String(value) });

export const textOf = (item: Item, name: string): string => item[name]?.S ?? '';
export const numberOf = (item: Item, name: string): number => Number(item[name]?.N);

/** FNV-1a: spreads ids that differ in their last characters only. */
function shardOfText(value: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < value.length; index++) {
    hash = Math.imul(hash ^ value.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0) % SHARDS;
}

/** The last digit of a UUID is random, whatever its version. */
const shardOfOrder = (id: string): number => Number.parseInt(id.slice(-1), 16) % SHARDS;

export const productsIn = (shard: number): AttributeValue => text(`products#${String(shard)}`);
export const ordersIn = (shard: number): AttributeValue => text(`orders#${String(shard)}`);
export const capturesIn = (shard: number): AttributeValue => text(`captures#${String(shard)}`);
export const keysIn = (shard: number): AttributeValue => text(`keys#${String(shard)}`);
/** Where a key that has placed nothing, or whatever else is to be forgotten, is listed. */
export const keysOfText = (value: string): AttributeValue => keysIn(shardOfText(value));

export const productKey = (id: string): Item => ({ pk: productsIn(shardOfText(id)), sk: text(id) });
export const orderKey = (id: string): Item => ({ pk: ordersIn(shardOfOrder(id)), sk: text(id) });
/** The id of the order that lies at this key; undefined when something else does. */
export const orderIdAt = ({ pk, sk }: Item): string | undefined =>
  pk?.S?.startsWith('orders#') === true ? sk?.S : undefined;
/** A prefix, so that no client's key can name anything else. */
export const idempotencyKey = (key: string): Item => ({ pk: text(`key#${key}`), sk: text('key') });

/** What became of an order that was kept. */
export const intakeKey = (id: string): Item => ({ pk: text(`intake#${id}`), sk: text('intake') });

export function toProductItem(product: Product): Item {
  return {
    ...productKey(product.id),
    name: text(product.name),
    priceCents: number(product.priceCents),
    currency: text(product.currency),
    stock: number(product.stock),
  };
}

export function toProduct(item: Item): Product {
  return {
    id: textOf(item, 'sk'),
    name: textOf(item, 'name'),
    priceCents: numberOf(item, 'priceCents'),
    currency: textOf(item, 'currency') as Product['currency'],
    stock: numberOf(item, 'stock'),
  };
}

/** The order with its outbox entry: due for capture from `dueAt` on, until both attributes are gone. */
export function toOrderItem(
  { order, authorizationId }: Pick<OrderPlacement, 'order' | 'authorizationId'>,
  dueAt: number,
): Item {
  return {
    ...orderKey(order.id),
    reference: text(order.reference),
    status: text(order.status),
    totalCents: number(order.totalCents),
    currency: text(order.currency),
    createdAt: text(order.createdAt),
    items: {
      L: order.items.map(({ productId, quantity, priceCents }) => ({
        M: { productId: text(productId), quantity: number(quantity), priceCents: number(priceCents) },
      })),
    },
    authorizationId: text(authorizationId),
    attempt: number(0),
    dueGroup: capturesIn(shardOfOrder(order.id)),
    dueAt: number(dueAt),
  };
}

export function toOrder(item: Item): Order {
  return {
    id: textOf(item, 'sk'),
    reference: textOf(item, 'reference'),
    status: textOf(item, 'status') as OrderStatus,
    totalCents: numberOf(item, 'totalCents'),
    currency: textOf(item, 'currency') as Order['currency'],
    items: (item['items']?.L ?? []).map(({ M = {} }): OrderItem => ({
      productId: textOf(M, 'productId'),
      quantity: numberOf(M, 'quantity'),
      priceCents: numberOf(M, 'priceCents'),
    })),
    createdAt: textOf(item, 'createdAt'),
  };
}

/**
 * An idempotency key's record. It holds the order as it was answered, so that a replay is one read and stays what it
 * was when the order moves on.
 *
 * @param now Unix milliseconds.
 * @param retentionMs how long the key is to be known.
 */
export function toKeyItem(placement: OrderPlacement, now: number, retentionMs: number): Item {
  const { order, fingerprint } = placement;
  return {
    ...idempotencyKey(placement.idempotencyKey),
    fingerprint: text(fingerprint),
    order: text(JSON.stringify(order)),
    dueGroup: keysIn(shardOfOrder(order.id)),
    dueAt: number(now),
    [TTL_ATTRIBUTE]: number(Math.ceil((now + retentionMs) / 1_000)),
  };
}

export interface KeyRecord {
  readonly fingerprint: string;
  readonly order: Order;
  /** Seconds since 1970. */
  readonly expiresAt: number;
}

export function toKeyRecord(item: Item): KeyRecord {
  return {
    fingerprint: textOf(item, 'fingerprint'),
    order: JSON.parse(textOf(item, 'order')) as Order,
    expiresAt: numberOf(item, TTL_ATTRIBUTE),
  };
}
