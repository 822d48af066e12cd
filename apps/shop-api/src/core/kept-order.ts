/** An order that was kept, as a message: `{"placement":{...}}`, the order whole. */
import type { OrderItem, OrderPlacement } from '../ports/storage.ts';
import type { DecideIntake } from './decide-intake.ts';
import type { Job } from './message-batch.ts';
import { intakeIdOf } from './order-intake.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export const isUuid = (value: unknown): value is string => typeof value === 'string' && UUID.test(value);

/** Undefined for what will never be understood, however often it is delivered. */
export function readKeptOrder(body: string): OrderPlacement | undefined {
  try {
    return placementOf(JSON.parse(body));
  } catch {
    return undefined;
  }
}

/** The placement in a message that has been parsed; undefined when it holds none, or one that could not be stored. */
export function placementOf(message: unknown): OrderPlacement | undefined {
  const { placement } = (message ?? {}) as { placement?: unknown };
  return isPlacement(placement) ? placement : undefined;
}

/** All that is stored is looked at: what is missing here would be missing in the database. */
function isPlacement(value: unknown): value is OrderPlacement {
  const { idempotencyKey, fingerprint, authorizationId, order } = (value ?? {}) as Partial<OrderPlacement>;
  const { id, reference, status, currency, totalCents, createdAt = '', items } = order ?? {};
  return (
    [idempotencyKey, fingerprint, authorizationId, reference].every(isText) &&
    isUuid(id) &&
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

export interface KeptOrderJobOptions {
  readonly decide: DecideIntake;
  /** Whether a person has decided that nothing is to be written: then kept orders stay kept. */
  readonly isReadOnly: () => boolean;
}

/** What is to be done about a kept order. */
export const createKeptOrderJob =
  ({ decide, isReadOnly }: KeptOrderJobOptions) =>
  (placement: OrderPlacement): Job => ({
    name: intakeIdOf(placement),
    run: async () => {
      if (isReadOnly()) throw new Error('the shop is read-only');
      await decide(placement);
    },
  });
