/** Reading orders: from the database, or from what this instance remembers while the database is away. */
import type { OperationInput, Schemas } from '../contract/contract.ts';
import type { Metrics } from '../ports/metrics.ts';
import { isStorageUnavailable, type Order, type Storage } from '../ports/storage.ts';
import { freshnessHeaders, type Answer } from './answer.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { ProblemError } from './problem.ts';
import type { RecentOrders } from './recent-orders.ts';
import type { RequestContext } from './request-context.ts';
import { retryLater } from './retry-later.ts';

export interface OrderReadsDependencies {
  readonly storage: Pick<Storage, 'getOrder' | 'listOrders'>;
  readonly recent: RecentOrders;
  readonly metrics: Metrics;
  /**
   * Longest wait for the database before the remembered data is taken, in milliseconds.
   * @default 300: thirty times what a read takes, and short enough to go unnoticed.
   */
  readonly patienceMs?: number;
}

const LIVE = { stale: false, ageMs: 0 };
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The order as the contract shows it, always with the fields in the same order. */
export function toOrderBody(order: Order): Schemas['Order'] {
  return {
    id: order.id,
    reference: order.reference,
    status: order.status,
    totalCents: order.totalCents,
    currency: order.currency,
    items: order.items.map(({ productId, quantity, priceCents }) => ({ productId, quantity, priceCents })),
    createdAt: order.createdAt,
  };
}

export function createOrderReadOperations(dependencies: OrderReadsDependencies) {
  const { storage, recent, metrics, patienceMs = 300 } = dependencies;

  const timeout = (context: RequestContext) => ({ timeoutMs: Math.min(patienceMs, context.remainingMs()) });

  function unavailable(cause: unknown): ProblemError {
    return new ProblemError(
      'data-unavailable',
      'The database does not answer, and this instance does not remember what was asked for.',
      retryLater(cause),
    );
  }

  return {
    getOrder: async (
      { path }: OperationInput<'getOrder'>,
      context: RequestContext,
    ): Promise<Answer<Schemas['Order']>> => {
      const id = path.id.toLowerCase();
      try {
        const order = await storage.getOrder(id, timeout(context));
        if (order === undefined) throw new ProblemError('not-found', 'There is no order with this id.');
        recent.remember(order);
        return { status: 200, headers: freshnessHeaders(LIVE), body: toOrderBody(order) };
      } catch (error) {
        if (!isStorageUnavailable(error)) throw error;
        const remembered = recent.get(id);
        if (remembered === undefined) throw unavailable(error);
        metrics.staleAnswered('getOrder');
        return {
          status: 200,
          headers: freshnessHeaders({ stale: true, ageMs: remembered.ageMs }),
          body: toOrderBody(remembered.order),
        };
      }
    },

    listOrders: async (
      { query }: OperationInput<'listOrders'>,
      context: RequestContext,
    ): Promise<Answer<Schemas['OrderPage']>> => {
      const limit = query.limit ?? 20;
      // One more than asked for tells whether there is a next page.
      const page = {
        limit: limit + 1,
        ...(query.cursor === undefined ? {} : { before: decodeCursor(query.cursor, UUID) }),
      };
      try {
        const orders = await storage.listOrders(page, timeout(context));
        return { status: 200, headers: freshnessHeaders(LIVE), body: toPage(orders, limit) };
      } catch (error) {
        if (!isStorageUnavailable(error)) throw error;
        const remembered = recent.list(page);
        if (remembered === undefined) throw unavailable(error);
        metrics.staleAnswered('listOrders');
        return {
          status: 200,
          headers: freshnessHeaders({ stale: true, ageMs: remembered.ageMs }),
          body: toPage(remembered.orders, limit),
        };
      }
    },
  };
}

function toPage(orders: readonly Order[], limit: number): Schemas['OrderPage'] {
  const items = orders.slice(0, limit).map(toOrderBody);
  const last = items.at(-1);
  return { items, ...(orders.length > limit && last ? { nextCursor: encodeCursor(last.id) } : {}) };
}
