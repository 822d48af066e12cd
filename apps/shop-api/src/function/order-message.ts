/**
 * What a message in one of the worker's queues is about.
 *
 * In the queue of hints: an order whose payment may be taken, from the table's stream, which a pipe puts there record by
 * record, or from a person who wants an order looked at again (`{"orderId":"..."}`). In the queue of kept orders: an
 * order that the table refused, whole (`{"placement":{...}}`).
 */
import { orderIdAt, type Item } from '../adapters/dynamodb/table.ts';
import type { OrderItem, OrderPlacement } from '../ports/storage.ts';

export type OrderMessage =
  | { readonly kind: 'order'; readonly orderId: string }
  | { readonly kind: 'kept'; readonly placement: OrderPlacement }
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
  const { orderId, placement } = message as { orderId?: unknown; placement?: unknown };
  if (typeof orderId === 'string') return UUID.test(orderId) ? { kind: 'order', orderId } : undefined;
  if (placement !== undefined) return isPlacement(placement) ? { kind: 'kept', placement } : undefined;
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

/** All that is stored is looked at: what is missing here would be missing in the table. */
function isPlacement(value: unknown): value is OrderPlacement {
  const { idempotencyKey, fingerprint, authorizationId, order } = (value ?? {}) as Partial<OrderPlacement>;
  const { id = '', reference, status, currency, totalCents, createdAt = '', items } = order ?? {};
  return (
    [idempotencyKey, fingerprint, authorizationId, reference].every(isText) &&
    UUID.test(id) &&
    status === 'accepted' &&
    currency === 'EUR' &&
    Number.isFinite(Date.parse(createdAt)) &&
    isAmount(totalCents) &&
    Array.isArray(items) &&
    items.length > 0 &&
    items.every(isItem)
  );
}

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';
const isAmount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;

function isItem(value: unknown): boolean {
  const { productId, quantity, priceCents } = (value ?? {}) as Partial<OrderItem>;
  return isText(productId) && isAmount(quantity) && quantity !== 0 && isAmount(priceCents);
}
