/** What the shop counts. The server renders it for Prometheus; a function may render it as log lines. */
export type PaymentOperation = 'authorize' | 'capture' | 'void';

export interface Metrics {
  requestFinished(operation: string, status: number, durationMs: number): void;
  requestShed(reason: 'rate' | 'concurrency' | 'lever'): void;
  orderAnswered(outcome: string): void;
  /** One call of ours, however many attempts it took. */
  paymentCalled(operation: PaymentOperation, outcome: 'ok' | 'failed'): void;
  /** One request that was sent to the payment service. */
  paymentAttempted(operation: PaymentOperation): void;
  reviewsCalled(outcome: 'ok' | 'failed'): void;
  staleAnswered(operation: string): void;
  captureEnded(outcome: 'paid' | 'postponed' | 'payment-failed'): void;
  /** Something that a resilience policy or the connection pool did. */
  event(source: string, type: string): void;
  render(): Promise<{ readonly contentType: string; readonly body: string }>;
}
