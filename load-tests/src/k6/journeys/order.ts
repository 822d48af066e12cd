// A shopper buys one to three products: POST /orders with a new Idempotency-Key.
import { placeOrder, placeOrder202 } from '../../generated/contract.generated.ts';
import type { OrderRing, PlacedOrder } from '../order-ring.ts';
import { pickBelow, pickOne } from '../random.ts';
import type { OrderFacts, RequestFacts } from '../sample.ts';
import { findDifference, findIntakeDifference, type KeptAnswer, type OrderAnswer } from './order-answer.ts';
import { send, type Sent, type Session } from './session.ts';

const MOST_PRODUCTS = 3;
const MOST_OF_ONE = 3;

export function order(session: Session, orders: OrderRing): RequestFacts {
  const { placed, sent } = placeNewOrder(session);
  orders.add(placed);
  return { route: 'order', ...sent, order: factsOf(placed) };
}

/** Sends a new order, and keeps its acknowledgement when there is one. */
export function placeNewOrder(session: Session): { placed: PlacedOrder; sent: Sent<OrderAnswer> } {
  const reference = `order-${session.requestId}`;
  const placed: PlacedOrder = {
    reference,
    idempotencyKey: `key-${session.requestId}`,
    body: JSON.stringify({ reference, items: pickItems(session) }),
  };
  return { placed, sent: sendOrder(session, placed) };
}

/**
 * Sends an order, for the first time or again: the same bytes under the same key. The first acknowledgement is
 * kept in the order; later answers are compared with it. An order that the shop keeps to store it later (202) is good and
 * has no acknowledgement yet, so it is sent again like one whose outcome is unknown.
 */
export function sendOrder(session: Session, placed: PlacedOrder): Sent<OrderAnswer> {
  const sent = send<OrderAnswer>(session, {
    expected: placeOrder,
    path: '/orders',
    body: placed.body,
    headers: { 'content-type': 'application/json', 'idempotency-key': placed.idempotencyKey },
    isRight: (answer) => findDifference(placed, answer),
    kept: {
      expected: placeOrder202,
      isRight: (answer) => findIntakeDifference(placed, answer as KeptAnswer),
    },
  });
  if (sent.judgement.outcome === 'good' && sent.wasKept)
    placed.intakeId ??= (sent.judgement.body as unknown as KeptAnswer).id;
  if (sent.judgement.outcome === 'good' && !sent.wasKept && placed.acknowledged === undefined) {
    const { id, totalCents, createdAt } = sent.judgement.body;
    placed.acknowledged = { id, totalCents, createdAt };
  }
  return sent;
}

export function factsOf({ reference, idempotencyKey, acknowledged, intakeId }: PlacedOrder): OrderFacts {
  return { reference, idempotencyKey, orderId: acknowledged?.id, intakeId };
}

interface Item {
  readonly productId: string;
  readonly quantity: number;
}

/** Different products each time: an order names a product at most once. */
function pickItems({ random, productIds }: Session): readonly Item[] {
  const count = Math.min(1 + pickBelow(random, MOST_PRODUCTS), productIds.length);
  const chosen = new Set<string>();
  while (chosen.size < count) chosen.add(pickOne(random, productIds));
  return [...chosen].map((productId) => ({ productId, quantity: 1 + pickBelow(random, MOST_OF_ONE) }));
}
