/** The shop's metrics for Prometheus. */
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { Metrics } from '../ports/metrics.ts';

export interface PrometheusMetricsOptions {
  readonly instance: string;
  readonly zone: string;
  /** Read at each scrape. */
  readonly gauges: Readonly<Record<string, { readonly help: string; readonly read: () => number }>>;
}

/** Bounds in seconds: around the 5 ms of a read, the 60 ms of an order, and the limits of 0.3, 1 and 10 s. */
const DURATION_BUCKETS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2.5, 5, 10];

export function createPrometheusMetrics({ instance, zone, gauges }: PrometheusMetricsOptions): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ instance, zone });
  collectDefaultMetrics({ register: registry });
  const counter = (name: string, help: string, labelNames: string[]) =>
    new Counter({ name, help, labelNames, registers: [registry] });
  for (const [name, { help, read }] of Object.entries(gauges)) {
    const gauge = new Gauge({
      name,
      help,
      registers: [registry],
      collect: () => {
        gauge.set(read());
      },
    });
  }
  const duration = new Histogram({
    name: 'shop_request_duration_seconds',
    help: 'Duration of answered requests.',
    labelNames: ['operation', 'status'],
    buckets: DURATION_BUCKETS,
    registers: [registry],
  });
  const shed = counter('shop_requests_shed_total', 'Requests refused by admission.', ['reason']);
  const orders = counter('shop_orders_total', 'Order requests by outcome.', ['outcome']);
  const calls = counter('shop_payment_calls_total', 'Payment calls, however many attempts each took.', [
    'operation',
    'outcome',
  ]);
  const attempts = counter('shop_payment_attempts_total', 'Requests sent to the payment service.', [
    'operation',
  ]);
  const reviews = counter('shop_reviews_calls_total', 'Calls to the reviews service.', ['outcome']);
  const stale = counter('shop_stale_answers_total', 'Answers from last-known-good data.', ['operation']);
  const captures = counter('shop_captures_total', 'Payments taken for stored orders, by outcome.', [
    'outcome',
  ]);
  const events = counter('shop_resilience_events_total', 'What policies and the connection pool did.', [
    'source',
    'type',
  ]);
  return {
    requestFinished: (operation, status, durationMs) => {
      duration.observe({ operation, status }, durationMs / 1_000);
    },
    requestShed: (reason) => {
      shed.inc({ reason });
    },
    orderAnswered: (outcome) => {
      orders.inc({ outcome });
    },
    paymentCalled: (operation, outcome) => {
      calls.inc({ operation, outcome });
    },
    paymentAttempted: (operation) => {
      attempts.inc({ operation });
    },
    reviewsCalled: (outcome) => {
      reviews.inc({ outcome });
    },
    staleAnswered: (operation) => {
      stale.inc({ operation });
    },
    captureEnded: (outcome) => {
      captures.inc({ outcome });
    },
    event: (source, type) => {
      events.inc({ source, type });
    },
    render: async () => ({ contentType: registry.contentType, body: await registry.metrics() }),
  };
}
