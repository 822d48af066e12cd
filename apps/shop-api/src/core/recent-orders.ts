/**
 * Orders as this instance last saw them, for when the database does not answer: a bounded memory of single
 * orders, and the newest ones as a list. The list is taken at a fixed cadence, so that an instance also knows
 * what the others have stored.
 */
import type { Order } from '../ports/storage.ts';

export interface RememberedOrder {
  readonly order: Order;
  readonly ageMs: number;
}

export interface RememberedPage {
  readonly orders: readonly Order[];
  readonly ageMs: number;
}

export interface RecentOrders {
  remember(order: Order): void;
  /** @param newestFirst the newest orders of the whole shop. */
  replaceNewest(newestFirst: readonly Order[]): void;
  get(id: string): RememberedOrder | undefined;
  /** Up to `limit` of the newest orders, older than `before`. Undefined until a list was taken. */
  list(page: { limit: number; before?: string }): RememberedPage | undefined;
}

export interface RecentOrdersOptions {
  /**
   * Most orders kept; the one not seen for the longest time goes first.
   * @default 10000: about 10 MB, and more than a minute of an instance's orders at 100 a second.
   */
  readonly capacity?: number;
  readonly clock: { now(): number };
}

export function createRecentOrders({ capacity = 10_000, clock }: RecentOrdersOptions): RecentOrders {
  const seen = new Map<string, { order: Order; seenAt: number }>();
  let newest: { orders: readonly Order[]; takenAt: number } | undefined;

  function remember(order: Order): void {
    // A map keeps the order of insertion, so the first entry is the one not seen for the longest time.
    seen.delete(order.id);
    seen.set(order.id, { order, seenAt: clock.now() });
    if (seen.size <= capacity) return;
    const [oldest] = seen.keys();
    if (oldest !== undefined) seen.delete(oldest);
  }

  return {
    remember,
    replaceNewest: (newestFirst) => {
      newest = { orders: newestFirst, takenAt: clock.now() };
      // Oldest first, so that the newest are the last to be forgotten.
      for (const order of newestFirst.toReversed()) remember(order);
    },
    get: (id) => {
      const entry = seen.get(id);
      return entry && { order: entry.order, ageMs: clock.now() - entry.seenAt };
    },
    list: ({ limit, before }) => {
      if (newest === undefined) return undefined;
      const orders = newest.orders.filter(({ id }) => before === undefined || id < before).slice(0, limit);
      return { orders, ageMs: clock.now() - newest.takenAt };
    },
  };
}
