// The last few orders of one virtual user, to be read back and replayed.
//
// The state belongs to one virtual user and nothing depends on it being complete, so the script runs unchanged
// when the load is split over several machines.

/** An order as it was sent, and what became of it. */
export interface PlacedOrder {
  readonly reference: string;
  readonly idempotencyKey: string;
  /** The exact bytes sent, because a replay must be the same payload. */
  readonly body: string;
  /** The first acknowledgement; absent while the outcome is unknown (timed out, refused, connection lost). */
  acknowledged?: { readonly id: string; readonly totalCents: number; readonly createdAt: string };
  /** The id under which the shop keeps it to store it later, once it has answered so. */
  intakeId?: string;
}

export type AcknowledgedOrder = PlacedOrder & Required<Pick<PlacedOrder, 'acknowledged'>>;

export interface OrderRing {
  add(order: PlacedOrder): void;
  /** Nothing happens when it is not there. */
  forget(order: PlacedOrder): void;
  /** One of the acknowledged orders; undefined when there is none. */
  pickAcknowledged(random: () => number): AcknowledgedOrder | undefined;
  /**
   * The order to send again: the oldest one without an answer, as a real client would, else any. Replaying those
   * whose outcome is unknown is what finds double orders. Undefined when there is none.
   */
  pickForReplay(random: () => number): PlacedOrder | undefined;
}

/**
 * @param initial orders to begin with, so that the mix holds from the first request on.
 * @param capacity how many orders are kept; the oldest goes first. At least 1.
 * @default 4: enough that an order is read back some seconds after it was placed, while thousands of virtual users
 *   stay small (an order takes about 600 bytes).
 */
export function createOrderRing(initial: readonly PlacedOrder[] = [], capacity = 4): OrderRing {
  const orders = initial.slice(-capacity);
  return {
    add(order) {
      orders.push(order);
      if (orders.length > capacity) orders.shift();
    },
    forget(order) {
      const at = orders.indexOf(order);
      if (at >= 0) orders.splice(at, 1);
    },
    pickAcknowledged: (random) => pick(orders.filter(isAcknowledged), random),
    pickForReplay: (random) => orders.find((order) => !isAcknowledged(order)) ?? pick(orders, random),
  };
}

function isAcknowledged(order: PlacedOrder): order is AcknowledgedOrder {
  return order.acknowledged !== undefined;
}

function pick<Item>(items: readonly Item[], random: () => number): Item | undefined {
  return items[Math.floor(random() * items.length)];
}
