/** The shop's storage in PostgreSQL. The schema and the statement that stores an order are in `migrations/`. */
import type {
  CallOptions,
  Capture,
  KnowsItsRole,
  Order,
  OrderItem,
  OrderPlacement,
  OrderStatus,
  PlacedOrder,
  PlacementResult,
  Product,
  Storage,
} from '../../ports/storage.ts';
import type { ForgetsIntakes, IntakeResults } from '../../ports/order-intake.ts';
import type { Connections } from './connections.ts';
import { createIntakes } from './intakes.ts';

/** Raised by `place_order` when a product's stock does not suffice; its detail is the product's id. */
const OUT_OF_STOCK = 'NI001';

interface OrderRow {
  readonly id: string;
  readonly reference: string;
  readonly status: OrderStatus;
  readonly total_cents: string;
  readonly currency: 'EUR';
  readonly created_at: Date;
  readonly items: readonly OrderItem[];
}

const ORDER_COLUMNS = `o.id, o.reference, o.status, o.total_cents, o.currency, o.created_at,
  (SELECT json_agg(json_build_object(
      'productId', i.product_id, 'quantity', i.quantity, 'priceCents', i.price_cents) ORDER BY i.position)
   FROM order_items i WHERE i.order_id = o.id) AS items`;

function toOrder(row: OrderRow): Order {
  return {
    id: row.id,
    reference: row.reference,
    status: row.status,
    totalCents: Number(row.total_cents),
    currency: row.currency,
    items: row.items,
    createdAt: row.created_at.toISOString(),
  };
}

function placementValues({ idempotencyKey, fingerprint, order, authorizationId }: OrderPlacement): unknown[] {
  return [
    idempotencyKey,
    fingerprint,
    order.id,
    order.reference,
    order.totalCents,
    order.currency,
    authorizationId,
    order.createdAt,
    order.items.map((item) => item.productId),
    order.items.map((item) => item.quantity),
    order.items.map((item) => item.priceCents),
  ];
}

export type PostgresStorage = Storage & IntakeResults & ForgetsIntakes & KnowsItsRole;

export function createPostgresStorage(connections: Connections): PostgresStorage {
  async function findPlacedOrder(key: string, options?: CallOptions): Promise<PlacedOrder | undefined> {
    const [row] = await connections.run<OrderRow & { fingerprint: string }>(
      {
        name: 'find-placed-order',
        text: `SELECT k.fingerprint, ${ORDER_COLUMNS}
               FROM idempotency_keys k JOIN orders o ON o.id = k.order_id WHERE k.key = $1`,
        values: [key],
      },
      options,
    );
    if (row === undefined) return undefined;
    return { fingerprint: row.fingerprint, order: { ...toOrder(row), status: 'accepted' } };
  }

  async function placeOrder(placement: OrderPlacement, options?: CallOptions): Promise<PlacementResult> {
    let row: { outcome: string } | undefined;
    try {
      [row] = await connections.run<{ outcome: string }>(
        {
          name: 'place-order',
          text: 'SELECT outcome FROM place_order($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)',
          values: placementValues(placement),
        },
        options,
      );
    } catch (error) {
      const { code, detail } = error as { code?: string; detail?: string };
      if (code === OUT_OF_STOCK) return { outcome: 'out-of-stock', productId: detail ?? '' };
      throw error;
    }
    if (row?.outcome === 'placed') return { outcome: 'placed' };
    if (row?.outcome === 'key-reused') return { outcome: 'key-reused' };
    const placed = await findPlacedOrder(placement.idempotencyKey, options);
    if (placed === undefined) throw new Error('a replayed order is not there: keys expire only after a day');
    return { outcome: 'replayed', order: placed.order };
  }

  return {
    ...createReads(connections),
    ...createCaptureQueue(connections),
    ...createIntakes(connections),
    findPlacedOrder,
    placeOrder,
    ping: async (options) => {
      await connections.run({ name: 'ping', text: 'SELECT 1', values: [] }, options);
    },
    isWriter: async (options) => {
      const [row] = await connections.run<{ writes: boolean }>(
        {
          name: 'is-writer',
          text: `SELECT NOT pg_is_in_recovery() AND current_setting('transaction_read_only') = 'off' AS writes`,
          values: [],
        },
        options,
      );
      return row?.writes === true;
    },
    close: () => connections.close(),
  };
}

function createReads(connections: Connections): Pick<Storage, 'readCatalogue' | 'getOrder' | 'listOrders'> {
  return {
    readCatalogue: async (options) => {
      const rows = await connections.run<
        Omit<Product, 'priceCents' | 'stock'> & { price_cents: string; stock: string }
      >(
        {
          name: 'read-catalogue',
          text: 'SELECT id, name, price_cents, currency, stock FROM products ORDER BY id COLLATE "C"',
          values: [],
        },
        options,
      );
      return rows.map(({ id, name, price_cents, currency, stock }) => ({
        id,
        name,
        priceCents: Number(price_cents),
        currency,
        stock: Number(stock),
      }));
    },
    getOrder: async (id, options) => {
      const [row] = await connections.run<OrderRow>(
        { name: 'get-order', text: `SELECT ${ORDER_COLUMNS} FROM orders o WHERE o.id = $1`, values: [id] },
        options,
      );
      return row === undefined ? undefined : toOrder(row);
    },
    listOrders: async ({ limit, before }, options) => {
      const rows = await connections.run<OrderRow>(
        {
          name: before === undefined ? 'list-orders' : 'list-orders-before',
          text: `SELECT ${ORDER_COLUMNS} FROM orders o ${before === undefined ? '' : 'WHERE o.id < $2'}
                 ORDER BY o.id DESC LIMIT $1`,
          values: before === undefined ? [limit] : [limit, before],
        },
        options,
      );
      return rows.map(toOrder);
    },
  };
}

type CaptureQueue = Pick<
  Storage,
  'claimCaptures' | 'completeCaptures' | 'postponeCaptures' | 'forgetIdempotencyKeys'
>;

function createCaptureQueue(connections: Connections): CaptureQueue {
  return {
    claimCaptures: async ({ limit, leaseMs }) => {
      const rows = await connections.run<{
        order_id: string;
        attempt: number;
        authorization_id: string;
        reference: string;
        total_cents: string;
        currency: 'EUR';
      }>({
        name: 'claim-captures',
        text: `UPDATE outbox b SET due_at = now() + $2 * interval '1 millisecond', attempt = b.attempt + 1
               FROM orders o
               WHERE o.id = b.order_id AND b.order_id IN (
                 SELECT order_id FROM outbox WHERE due_at <= now() ORDER BY due_at LIMIT $1
                 FOR UPDATE SKIP LOCKED)
               RETURNING b.order_id, b.attempt, o.authorization_id, o.reference, o.total_cents, o.currency`,
        values: [limit, leaseMs],
      });
      return rows.map((row): Capture => ({
        orderId: row.order_id,
        authorizationId: row.authorization_id,
        reference: row.reference,
        totalCents: Number(row.total_cents),
        currency: row.currency,
        attempt: row.attempt,
      }));
    },
    completeCaptures: async (orderIds, status) => {
      await connections.run({
        name: 'complete-captures',
        text: `WITH ended AS (DELETE FROM outbox WHERE order_id = ANY($1::uuid[]) RETURNING order_id)
               UPDATE orders SET status = $2 FROM ended WHERE orders.id = ended.order_id`,
        values: [orderIds, status],
      });
    },
    postponeCaptures: async (orderIds, delayMs) => {
      await connections.run({
        name: 'postpone-captures',
        text: `UPDATE outbox SET due_at = now() + $2 * interval '1 millisecond' WHERE order_id = ANY($1::uuid[])`,
        values: [orderIds, delayMs],
      });
    },
    forgetIdempotencyKeys: async ({ olderThanMs, limit }) => {
      const rows = await connections.run({
        name: 'forget-idempotency-keys',
        text: `DELETE FROM idempotency_keys WHERE key IN (
                 SELECT key FROM idempotency_keys WHERE created_at < now() - $1 * interval '1 millisecond'
                 ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED)
               RETURNING key`,
        values: [olderThanMs, limit],
      });
      return rows.length;
    },
  };
}
