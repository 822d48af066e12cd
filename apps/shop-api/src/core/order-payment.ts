/** The payment's part in placing an order: setting the money aside, and giving it back when it is not used. */
import type { Log } from '../ports/log.ts';
import { isPaymentUnavailable, type Payment } from '../ports/payment.ts';
import type { Order } from '../ports/storage.ts';
import { ProblemError } from './problem.ts';
import { hasTimeLeft, type RequestContext } from './request-context.ts';
import { retryLater } from './retry-later.ts';

export interface OrderPaymentDependencies {
  readonly payment: Pick<Payment, 'authorize' | 'void'>;
  readonly log: Log;
}

export interface OrderPayment {
  /**
   * @param idempotencyKey equal for equal attempts to place the same order.
   * @returns the authorization's id.
   * @throws ProblemError `payment-declined`, `payment-unavailable`, or `deadline-exceeded` when the time is over.
   */
  authorize(order: Order, idempotencyKey: string, context: RequestContext): Promise<string>;
  /** Best effort and not waited for: an authorization that is left over expires by itself. */
  giveBack(authorizationId: string, context: RequestContext): void;
}

export function createOrderPayment({ payment, log }: OrderPaymentDependencies): OrderPayment {
  return {
    authorize: async (order, idempotencyKey, context) => {
      const { reference, totalCents: amountCents, currency } = order;
      try {
        const result = await payment.authorize(
          { idempotencyKey, reference, amountCents, currency },
          { requestId: context.requestId, timeoutMs: context.remainingMs() },
        );
        if (result.outcome === 'authorized') return result.authorizationId;
      } catch (cause) {
        if (!isPaymentUnavailable(cause)) throw cause;
        // With the client's time over the payment service may be well.
        if (!hasTimeLeft(context)) throw tooLate(cause);
        throw new ProblemError(
          'payment-unavailable',
          'The payment service does not answer.',
          retryLater(cause),
        );
      }
      throw new ProblemError('payment-declined', 'The payment service declined the payment.');
    },
    giveBack: (authorizationId, { requestId }) => {
      payment.void(authorizationId, { requestId }).catch((err: unknown) => {
        log.warn({ err, requestId }, 'an unused authorization was not given back');
      });
    },
  };
}

export const tooLate = (cause?: unknown): ProblemError =>
  new ProblemError('deadline-exceeded', 'The order was not stored: the time was over.', { cause });
