// A shopper's browser sends an order again, same key and same bytes: POST /orders must answer as the first time. An
// order that has no answer yet is sent again too, and counts as an order.
import type { OrderRing, PlacedOrder } from '../order-ring.ts';
import type { RequestFacts } from '../sample.ts';
import { isGone, type OrderAnswer } from './order-answer.ts';
import { factsOf, sendOrder } from './order.ts';
import type { Sent, Session } from './session.ts';

export function replay(session: Session, placed: PlacedOrder, orders: OrderRing): RequestFacts {
  const wasAcknowledged = placed.acknowledged !== undefined;
  const sent = checkMark(sendOrder(session, placed), wasAcknowledged);
  if (wasAcknowledged && isGone(sent.judgement, sent.response.status)) orders.forget(placed);
  // An order that nobody acknowledged is still being placed: it needs all that a new one needs.
  return { route: wasAcknowledged ? 'replay' : 'order', ...sent, order: factsOf(placed) };
}

/** An order that was acknowledged before must be marked as replayed: without the mark it was placed again. */
function checkMark(sent: Sent<OrderAnswer>, wasAcknowledged: boolean): Sent<OrderAnswer> {
  const isMarked = sent.response.headers['Idempotent-Replayed'] === 'true';
  // A shop that only keeps the order for now cannot know yet that it is a replay.
  if (sent.judgement.outcome !== 'good' || sent.wasKept || !wasAcknowledged || isMarked) return sent;
  const detail = 'a replay without Idempotent-Replayed: true';
  return { ...sent, judgement: { outcome: 'bad', reason: 'different', detail } };
}
