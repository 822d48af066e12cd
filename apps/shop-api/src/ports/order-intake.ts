/**
 * Where an order is kept while the database takes none: accepted now, stored once later, or refused with a reason.
 * A shop without it refuses such orders.
 */
import type { CallOptions, OrderPlacement } from './storage.ts';

export interface OrderIntake {
  /**
   * Keeps the order until it has been decided about; it may be decided about more than once, and more than once sent.
   *
   * @throws OrderIntakeUnavailableError when nothing is known about whether it is kept.
   */
  enqueue(placement: OrderPlacement, call?: CallOptions): Promise<void>;
}

/** What became of an order that was kept. */
export type IntakeResult =
  | { readonly outcome: 'stored'; readonly orderId: string }
  | { readonly outcome: 'refused'; readonly reason: IntakeRefusal };

/** `expired`: it lay so long that its idempotency key is no protection any more. */
export type IntakeRefusal = 'out-of-stock' | 'idempotency-key-reused' | 'expired';

/** What became of orders, by the ids that their customers were given. */
export interface IntakeResults {
  findIntake(id: string, options?: CallOptions): Promise<IntakeResult | undefined>;
  /**
   * The first result stays, except that a stored order outweighs a refusal.
   *
   * @returns whether this one stands now.
   */
  recordIntake(id: string, result: IntakeResult): Promise<boolean>;
}

/** Marks errors of this project, across copies of a module (libs/resilience does the same). */
const BRAND: unique symbol = Symbol.for('nines.error') as never;

export class OrderIntakeUnavailableError extends Error {
  readonly code = 'order-intake-unavailable';
  override readonly name = 'OrderIntakeUnavailableError';
  readonly [BRAND] = true;
}

/** Recognises the error across copies of this module. */
export function isIntakeUnavailable(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === 'order-intake-unavailable';
}
