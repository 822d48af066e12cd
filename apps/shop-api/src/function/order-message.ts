/**
 * What a message in the worker's queue is about. Messages come from the table's stream, which a pipe puts into the
 * queue record by record, or from a person who wants an order looked at again (`{"orderId":"..."}`).
 */
import { orderIdAt, type Item } from '../adapters/dynamodb/table.ts';

export type OrderMessage =
  | { readonly kind: 'order'; readonly orderId: string }
  /** Something else in the table has changed, which is nothing to the worker. */
  | { readonly kind: 'other' };

interface StreamRecord {
  readonly eventName?: unknown;
  readonly dynamodb?: { readonly Keys?: Item };
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Undefined for what will never be understood, however often it is delivered. */
export function readOrderMessage(body: string): OrderMessage | undefined {
  const message = parse(body);
  if (typeof message !== 'object' || message === null) return undefined;
  const { orderId } = message as { orderId?: unknown };
  if (typeof orderId === 'string') return UUID.test(orderId) ? { kind: 'order', orderId } : undefined;
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
