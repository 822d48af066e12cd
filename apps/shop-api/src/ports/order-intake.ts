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

/** Results are kept for a week, as the contract promises, where nothing forgets them by itself. */
export interface ForgetsIntakes {
  /** Forgets up to `limit` results older than `olderThanMs`; returns how many. */
  forgetIntakes(expiry: { olderThanMs: number; limit: number }): Promise<number>;
}

/** An order as the queue delivers it: possibly not for the first time. */
export interface KeptMessage {
  readonly messageId: string;
  readonly body: string;
  /** What this delivery is known by. */
  readonly receipt: string;
}

/**
 * The other end of the queue, for a process that fetches its orders itself. A message that is not forgotten is delivered
 * again after a while, and put aside after many times.
 */
export interface KeptOrders {
  /** Waits for orders for a while; resolves with none when none has come. Rejects when the queue does not answer. */
  receive(): Promise<readonly KeptMessage[]>;
  /** Its order has been decided about. Should this fail, it is delivered again. */
  forget(message: KeptMessage): Promise<void>;
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
