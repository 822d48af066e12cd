/**
 * What a message in one of the worker's queues is about.
 *
 * In the queue of hints: an order whose payment may be taken, from the table's stream, which a pipe puts there record by
 * record, or from a person who wants an order looked at again (`{"orderId":"..."}`). In the queue of kept orders: an
 * order that the table refused, whole (`{"placement":{...}}`).
 */
import { orderIdAt, type Item } from '../adapters/dynamodb/table.ts';
import { isUuid, placementOf } from '../core/kept-order.ts';
import type { OrderPlacement } from '../ports/storage.ts';

export type OrderMessage =
  | { readonly kind: 'order'; readonly orderId: string }
  | { readonly kind: 'kept'; readonly placement: OrderPlacement }
  /** Something else in the table has changed, which is nothing to the worker. */
  | { readonly kind: 'other' };

interface StreamRecord {
  readonly eventName?: unknown;
  readonly dynamodb?: { readonly Keys?: Item };
}

/** Undefined for what will never be understood, however often it is delivered. */
export function readOrderMessage(body: string): OrderMessage | undefined {
  const message = parse(body);
  if (typeof message !== 'object' || message === null) return undefined;
  const { orderId, placement } = message as { orderId?: unknown; placement?: unknown };
  if (typeof orderId === 'string') return isUuid(orderId) ? { kind: 'order', orderId } : undefined;
  if (placement !== undefined) {
    const kept = placementOf(message);
    return kept && { kind: 'kept', placement: kept };
  }
  const { eventName, dynamodb } = message as StreamRecord;
  const keys = dynamodb?.Keys;
  if (typeof eventName !== 'string' || keys?.['pk']?.S === undefined) return undefined;
  const inserted = eventName === 'INSERT' ? orderIdAt(keys) : undefined;
  return inserted === undefined ? { kind: 'other' } : { kind: 'order', orderId: inserted };
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
