// A shopper looks at an order that was acknowledged: GET /orders/{id}.
import { getOrder } from '../../generated/contract.generated.ts';
import type { AcknowledgedOrder, OrderRing } from '../order-ring.ts';
import type { RequestFacts } from '../sample.ts';
import { findDifference, isGone, type OrderAnswer } from './order-answer.ts';
import { factsOf } from './order.ts';
import { send, type Session } from './session.ts';

export function readBack(session: Session, placed: AcknowledgedOrder, orders: OrderRing): RequestFacts {
  const sent = send<OrderAnswer>(session, {
    expected: getOrder,
    path: `/orders/${placed.acknowledged.id}`,
    isRight: (answer) => findDifference(placed, answer),
  });
  if (isGone(sent.judgement, sent.response.status)) orders.forget(placed);
  return { route: 'read-back', ...sent, order: factsOf(placed) };
}
