/**
 * What the shop needs from a database. Every adapter passes the suite in `test/storage-contract.ts`.
 *
 * Rules for adapters:
 * - `placeOrder` is one atomic step: order, items, stock, idempotency record and outbox entry are all stored or
 *   none is, whatever crashes when.
 * - A call that could not be answered in time throws `StorageUnavailableError`. For `placeOrder` the outcome is
 *   then unknown: the same call with the same key finds out.
 * - No call waits longer than the adapter's own limits, nor past `options.timeoutMs`.
 */

export type OrderStatus = 'accepted' | 'paid' | 'payment-failed';

export interface Product {
  readonly id: string;
  readonly name: string;
  /** Hundredths of `currency`; a safe integer, 0 or more. */
  readonly priceCents: number;
  readonly currency: 'EUR';
  /** Units on stock, 0 or more. */
  readonly stock: number;
}

export interface OrderItem {
  readonly productId: string;
  readonly quantity: number;
  /** The price of one unit, as charged. */
  readonly priceCents: number;
}

export interface Order {
  /** A UUID version 7, so that ids sort by creation. */
  readonly id: string;
  readonly reference: string;
  readonly status: OrderStatus;
  readonly totalCents: number;
  readonly currency: 'EUR';
  readonly items: readonly OrderItem[];
  /** ISO 8601 with milliseconds, UTC. */
  readonly createdAt: string;
}

/** An order to be stored under its client's idempotency key. */
export interface OrderPlacement {
  readonly idempotencyKey: string;
  /** Digest of the payload: tells a replay from another order under a used key. */
  readonly fingerprint: string;
  readonly order: Order;
  /** The payment service's authorization that the outbox entry will capture. */
  readonly authorizationId: string;
}

export type PlacementResult =
  | { readonly outcome: 'placed' }
  /** The key had placed this very order before: nothing was changed. */
  | { readonly outcome: 'replayed'; readonly order: Order }
  /** The key belongs to another payload: nothing was changed. */
  | { readonly outcome: 'key-reused' }
  | { readonly outcome: 'out-of-stock'; readonly productId: string };

/** What an idempotency key stands for. `order` is as it was answered at first, not as it is now. */
export interface PlacedOrder {
  readonly fingerprint: string;
  readonly order: Order;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor?: string;
}

/** A payment to take for a stored order. */
export interface Capture {
  readonly orderId: string;
  readonly authorizationId: string;
  readonly reference: string;
  readonly totalCents: number;
  readonly currency: 'EUR';
  /** How often it was claimed, this time included; 1 at first. */
  readonly attempt: number;
}

export type CaptureClaim =
  | { readonly outcome: 'claimed'; readonly capture: Capture }
  /** Another worker has it, or it was postponed. */
  | { readonly outcome: 'not-due' }
  /** The order is known and its payment is not to be taken any more. */
  | { readonly outcome: 'ended' }
  /** There is no such order. */
  | { readonly outcome: 'unknown' };

/** For workers that are told which order to look at, by a message. */
export interface NamedCaptures {
  /** Takes the capture of one order for `leaseMs`, if it is due. */
  claimCapture(claim: { orderId: string; leaseMs: number }): Promise<CaptureClaim>;
}

/** For storages that set stock aside before an order is decided about. */
export interface Reservations {
  /**
   * Ends up to `limit` reservations whose order was placed, or can never be placed any more because whoever made them is
   * long gone: the first are kept, the stock of the others is given back.
   *
   * @returns how many it looked at; fewer than `limit` when no more are left.
   */
  settleReservations(work: { limit: number }): Promise<number>;
}

export interface CallOptions {
  /** The caller's remaining time; the adapter's own limit applies when it is shorter. */
  readonly timeoutMs?: number;
}

export interface Storage {
  /** All products, ordered by id: the source of the snapshot. */
  readCatalogue(options?: CallOptions): Promise<readonly Product[]>;
  /** Up to `limit` orders, newest first, older than the order with id `before`. */
  listOrders(page: { limit: number; before?: string }, options?: CallOptions): Promise<readonly Order[]>;
  getOrder(id: string, options?: CallOptions): Promise<Order | undefined>;
  findPlacedOrder(idempotencyKey: string, options?: CallOptions): Promise<PlacedOrder | undefined>;
  placeOrder(placement: OrderPlacement, options?: CallOptions): Promise<PlacementResult>;

  /**
   * Takes up to `limit` due captures for `leaseMs`, so that no other worker gets them meanwhile; one whose worker
   * dies comes back when the lease is over.
   */
  claimCaptures(claim: { limit: number; leaseMs: number }): Promise<readonly Capture[]>;
  /** Ends captures and gives their orders the status. Captures that are unknown or ended are passed over. */
  completeCaptures(orderIds: readonly string[], status: 'paid' | 'payment-failed'): Promise<void>;
  /** Makes captures due again after `delayMs`. */
  postponeCaptures(orderIds: readonly string[], delayMs: number): Promise<void>;
  /** Forgets up to `limit` idempotency keys older than `olderThanMs`; returns how many. */
  forgetIdempotencyKeys(expiry: { olderThanMs: number; limit: number }): Promise<number>;

  /** Whether the database answers, asked for real. */
  ping(options?: CallOptions): Promise<void>;
  close(): Promise<void>;
}

/** For stores that may be followers: whether this one takes writes, asked for real. */
export interface KnowsItsRole {
  /** Rejects when the database does not answer. */
  isWriter(options?: CallOptions): Promise<boolean>;
}

/** Marks errors of this project, across copies of a module (libs/resilience does the same). */
const BRAND: unique symbol = Symbol.for('nines.error') as never;

/** The database did not answer, or did not answer in time, or takes no writes. Trying later may help. */
export class StorageUnavailableError extends Error {
  readonly code = 'storage-unavailable';
  override readonly name = 'StorageUnavailableError';
  readonly [BRAND] = true;
  /** The caller had too little time to learn anything about the database: no proof that it is away. */
  readonly callerGaveUp: boolean;
  /** A person has decided that the database is not to be asked. */
  readonly decided: boolean;

  constructor(message: string, details: { cause?: unknown; callerGaveUp?: boolean; decided?: boolean } = {}) {
    super(message, { cause: details.cause });
    this.callerGaveUp = details.callerGaveUp ?? false;
    this.decided = details.decided ?? false;
  }
}

/** Recognises the error across copies of this module. */
export function isStorageUnavailable(error: unknown): error is StorageUnavailableError {
  return (error as { code?: unknown } | null)?.code === 'storage-unavailable';
}
