/**
 * What the shop needs from a payment service: money is set aside before an order is stored, taken after.
 * All calls are idempotent, so a call whose answer was lost is simply made again.
 */

export interface PaymentRequest {
  /** The same key never sets money aside twice. */
  readonly idempotencyKey: string;
  readonly reference: string;
  readonly amountCents: number;
  readonly currency: 'EUR';
}

export type AuthorizationResult =
  { readonly outcome: 'authorized'; readonly authorizationId: string } | { readonly outcome: 'declined' };

/** `lost`: the authorization was voided or has expired, and a new one is needed. */
export type CaptureResult = { readonly outcome: 'captured' } | { readonly outcome: 'lost' };

/** Passed on to the service so that it can drop what nobody waits for and logs can be joined. */
export interface PaymentCall {
  readonly requestId?: string;
  /** The caller's remaining time. */
  readonly timeoutMs?: number;
}

export interface Payment {
  authorize(request: PaymentRequest, call?: PaymentCall): Promise<AuthorizationResult>;
  capture(authorizationId: string, call?: PaymentCall): Promise<CaptureResult>;
  /** Gives the money back that `authorize` set aside. */
  void(authorizationId: string, call?: PaymentCall): Promise<void>;
}

/** Marks errors of this project, across copies of a module (libs/resilience does the same). */
const BRAND: unique symbol = Symbol.for('nines.error') as never;

/** The payment service did not answer usefully. Nothing is known about the outcome; the same key finds out. */
export class PaymentUnavailableError extends Error {
  readonly code = 'payment-unavailable';
  override readonly name = 'PaymentUnavailableError';
  readonly [BRAND] = true;
}

/** Recognises the error across copies of this module. */
export function isPaymentUnavailable(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === 'payment-unavailable';
}
