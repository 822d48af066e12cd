/**
 * The shop's storage in memory: for tests and for a look around without a database. Every call is one step, so
 * nothing can be seen half done. Everything is lost with the process; never use it for real orders.
 */
import type { IntakeResult, IntakeResults } from '../src/ports/order-intake.ts';
import type {
  Capture,
  CaptureClaim,
  NamedCaptures,
  Order,
  OrderPlacement,
  OrderStatus,
  PlacementResult,
  Product,
  Storage,
} from '../src/ports/storage.ts';

export interface MemoryStorageOptions {
  readonly products: readonly Product[];
  readonly clock: { now(): number };
}

export type MemoryStorage = Storage & NamedCaptures & IntakeResults;

interface KeyRecord {
  readonly fingerprint: string;
  readonly order: Order;
  readonly createdAt: number;
}

interface OutboxEntry {
  readonly order: Order;
  readonly authorizationId: string;
  dueAt: number;
  attempt: number;
}

export function createMemoryStorage({ products, clock }: MemoryStorageOptions): MemoryStorage {
  const stock = new Map(products.map((product) => [product.id, product]));
  const orders = new Map<string, Order>();
  const keys = new Map<string, KeyRecord>();
  const outbox = new Map<string, OutboxEntry>();

  return {
    ...createReads(stock, orders, keys),
    ...createOutbox(outbox, orders, clock),
    ...createIntakes(),
    placeOrder: async (placement) => place(placement, { stock, orders, keys, outbox, clock }),
    forgetIdempotencyKeys: async ({ olderThanMs, limit }) => {
      const old = [...keys]
        .filter(([, { createdAt }]) => createdAt <= clock.now() - olderThanMs)
        .slice(0, limit);
      for (const [key] of old) keys.delete(key);
      return old.length;
    },
    ping: async () => undefined,
    close: async () => undefined,
  };
}

interface Tables {
  readonly stock: Map<string, Product>;
  readonly orders: Map<string, Order>;
  readonly keys: Map<string, KeyRecord>;
  readonly outbox: Map<string, OutboxEntry>;
  readonly clock: { now(): number };
}

function place(placement: OrderPlacement, tables: Tables): PlacementResult {
  const { idempotencyKey, fingerprint, order, authorizationId } = placement;
  const { stock, orders, keys, outbox, clock } = tables;
  const known = keys.get(idempotencyKey);
  if (known?.fingerprint === fingerprint) return { outcome: 'replayed', order: known.order };
  if (known !== undefined) return { outcome: 'key-reused' };
  const wanted = order.items.toSorted((a, b) => (a.productId < b.productId ? -1 : 1));
  const short = wanted.find(({ productId, quantity }) => (stock.get(productId)?.stock ?? 0) < quantity);
  if (short !== undefined) return { outcome: 'out-of-stock', productId: short.productId };
  for (const { productId, quantity } of wanted) {
    const product = stock.get(productId);
    if (product !== undefined) stock.set(productId, { ...product, stock: product.stock - quantity });
  }
  orders.set(order.id, order);
  keys.set(idempotencyKey, { fingerprint, order, createdAt: clock.now() });
  outbox.set(order.id, { order, authorizationId, dueAt: clock.now(), attempt: 0 });
  return { outcome: 'placed' };
}

type Reads = Pick<Storage, 'readCatalogue' | 'getOrder' | 'listOrders' | 'findPlacedOrder'>;

function createReads(
  stock: ReadonlyMap<string, Product>,
  orders: ReadonlyMap<string, Order>,
  keys: ReadonlyMap<string, KeyRecord>,
): Reads {
  return {
    readCatalogue: async () => [...stock.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    getOrder: async (id) => orders.get(id),
    listOrders: async ({ limit, before }) =>
      [...orders.values()]
        .filter(({ id }) => before === undefined || id < before)
        .toSorted((a, b) => (a.id < b.id ? 1 : -1))
        .slice(0, limit),
    findPlacedOrder: async (key) => {
      const known = keys.get(key);
      return known && { fingerprint: known.fingerprint, order: known.order };
    },
  };
}

type Outbox = Pick<Storage, 'claimCaptures' | 'completeCaptures' | 'postponeCaptures'> & NamedCaptures;

function createOutbox(
  outbox: Map<string, OutboxEntry>,
  orders: Map<string, Order>,
  clock: { now(): number },
): Outbox {
  const isDue = ({ dueAt }: OutboxEntry) => dueAt <= clock.now();
  const claim = (entry: OutboxEntry, leaseMs: number): Capture => {
    entry.dueAt = clock.now() + leaseMs;
    entry.attempt += 1;
    const { id, reference, totalCents, currency } = entry.order;
    const { authorizationId, attempt } = entry;
    return { orderId: id, authorizationId, reference, totalCents, currency, attempt };
  };
  return {
    claimCaptures: async ({ limit, leaseMs }) =>
      [...outbox.values()]
        .filter(isDue)
        .toSorted((a, b) => a.dueAt - b.dueAt)
        .slice(0, limit)
        .map((entry) => claim(entry, leaseMs)),
    claimCapture: async ({ orderId, leaseMs }): Promise<CaptureClaim> => {
      const entry = outbox.get(orderId);
      if (entry === undefined) return { outcome: orders.has(orderId) ? 'ended' : 'unknown' };
      return isDue(entry) ? { outcome: 'claimed', capture: claim(entry, leaseMs) } : { outcome: 'not-due' };
    },
    completeCaptures: async (orderIds, status: OrderStatus) => {
      for (const id of orderIds) {
        const order = orders.get(id);
        if (outbox.delete(id) && order !== undefined) orders.set(id, { ...order, status });
      }
    },
    postponeCaptures: async (orderIds, delayMs) => {
      for (const id of orderIds) {
        const entry = outbox.get(id);
        if (entry !== undefined) entry.dueAt = clock.now() + delayMs;
      }
    },
  };
}

function createIntakes(): IntakeResults {
  const results = new Map<string, IntakeResult>();
  return {
    findIntake: async (id) => results.get(id),
    recordIntake: async (id, result) => {
      const known = results.get(id);
      const stands = known === undefined || (known.outcome === 'refused' && result.outcome === 'stored');
      if (stands) results.set(id, result);
      return stands;
    },
  };
}
