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
  registerGauges(registry, gauges);
  return {
    ...createRequestMetrics(registry),
    ...createOrderMetrics(registry),
    render: async () => ({ contentType: registry.contentType, body: await registry.metrics() }),
  };
}

function registerGauges(registry: Registry, gauges: PrometheusMetricsOptions['gauges']): void {
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
}

/** A counter as a function: its labels' values in their order. */
function counterOf(registry: Registry, name: string, help: string, labelNames: readonly string[]) {
  const counter = new Counter({ name, help, labelNames: [...labelNames], registers: [registry] });
  return (...values: string[]): void => {
    counter.labels(...values).inc();
  };
}

type RequestMetrics = Pick<Metrics, 'requestFinished' | 'requestShed' | 'staleAnswered' | 'event'>;

function createRequestMetrics(registry: Registry): RequestMetrics {
  const duration = new Histogram({
    name: 'shop_request_duration_seconds',
    help: 'Duration of answered requests.',
    labelNames: ['operation', 'status'],
    buckets: DURATION_BUCKETS,
    registers: [registry],
  });
  return {
    requestFinished: (operation, status, durationMs) => {
      duration.labels(operation, String(status)).observe(durationMs / 1_000);
    },
    requestShed: counterOf(registry, 'shop_requests_shed_total', 'Requests refused by admission.', [
      'reason',
    ]),
    staleAnswered: counterOf(registry, 'shop_stale_answers_total', 'Order reads answered from memory.', [
      'operation',
    ]),
    event: counterOf(registry, 'shop_resilience_events_total', 'What policies and the connection pool did.', [
      'source',
      'type',
    ]),
  };
}

type OrderMetrics = Omit<Metrics, keyof RequestMetrics | 'render'>;

function createOrderMetrics(registry: Registry): OrderMetrics {
  const counter = (name: string, help: string, ...labelNames: string[]) =>
    counterOf(registry, name, help, labelNames);
  return {
    orderAnswered: counter('shop_orders_total', 'Order requests by outcome.', 'outcome'),
    paymentCalled: counter(
      'shop_payment_calls_total',
      'Payment calls, however many attempts each took.',
      'operation',
      'outcome',
    ),
    paymentAttempted: counter(
      'shop_payment_attempts_total',
      'Requests sent to the payment service.',
      'operation',
    ),
    reviewsCalled: counter('shop_reviews_calls_total', 'Calls to the reviews service.', 'outcome'),
    captureEnded: counter('shop_captures_total', 'Payments taken for stored orders.', 'outcome'),
  };
}
