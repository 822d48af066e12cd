/** The payment service over HTTP. Retry, breaker, time limit and bulkhead are handed in (`resilience/policies.ts`). */
import type { Metrics, PaymentOperation } from '../ports/metrics.ts';
import {
  PaymentUnavailableError,
  type AuthorizationResult,
  type CaptureResult,
  type Payment,
  type PaymentCall,
} from '../ports/payment.ts';
import { callJson, NEVER_ABORTED, type Fetch, type JsonCall, type Protection } from './http-call.ts';

export interface HttpPaymentOptions {
  readonly baseUrl: string;
  readonly fetch: Fetch;
  readonly clock: { now(): number };
  readonly metrics: Metrics;
  /** For calls that a customer waits for. */
  readonly interactive: Protection;
  /** For calls after the customer has been answered. */
  readonly background: Protection;
}

type Request = Pick<JsonCall, 'body' | 'headers' | 'expect'> & { readonly path: string };

export function createHttpPayment(options: HttpPaymentOptions): Payment {
  const { baseUrl, fetch, clock, metrics } = options;

  async function send(
    operation: PaymentOperation,
    policy: Protection,
    request: Request,
    call: PaymentCall | undefined,
  ): Promise<{ status: number; body: unknown }> {
    const deadline = call?.timeoutMs === undefined ? undefined : clock.now() + call.timeoutMs;
    try {
      const answer = await policy(
        (context) => {
          metrics.paymentAttempted(operation);
          return callJson(fetch, {
            ...request,
            method: 'POST',
            url: baseUrl + request.path,
            signal: context.signal,
            requestId: call?.requestId,
            remainingMs: (context.deadline ?? Number.MAX_SAFE_INTEGER) - clock.now(),
          });
        },
        { signal: NEVER_ABORTED, idempotent: true, deadline },
      );
      metrics.paymentCalled(operation, 'ok');
      return answer;
    } catch (cause) {
      metrics.paymentCalled(operation, 'failed');
      throw new PaymentUnavailableError(`${operation} was not answered`, { cause });
    }
  }

  return {
    authorize: async ({ idempotencyKey, ...body }, call): Promise<AuthorizationResult> => {
      const answer = await send(
        'authorize',
        options.interactive,
        { path: '/authorizations', headers: { 'idempotency-key': idempotencyKey }, body, expect: [201, 402] },
        call,
      );
      if (answer.status === 402) return { outcome: 'declined' };
      return { outcome: 'authorized', authorizationId: (answer.body as { id: string }).id };
    },
    capture: async (authorizationId, call): Promise<CaptureResult> => {
      const path = `/authorizations/${encodeURIComponent(authorizationId)}/capture`;
      const answer = await send('capture', options.background, { path, expect: [200, 404, 409] }, call);
      return { outcome: answer.status === 200 ? 'captured' : 'lost' };
    },
    void: async (authorizationId, call) => {
      const path = `/authorizations/${encodeURIComponent(authorizationId)}/void`;
      await send('void', options.background, { path, expect: [200, 404, 409] }, call);
    },
  };
}
