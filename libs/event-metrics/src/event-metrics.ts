/**
 * The events of the resilience libraries as metrics. Pass a listener as a policy's `onEvent`:
 *
 *     const metrics = createOpenTelemetryMetrics(meterProvider.getMeter('nines'));
 *     const retry = createRetry({ idempotent: true, onEvent: metrics.listener('retry', 'payment') });
 *
 *     const metrics = createEmfMetrics({ namespace: 'Shop', now: () => Date.now(), write: (line) => process.stdout.write(line + '\n') });
 *     const breaker = createCircuitBreaker({ onEvent: metrics.listener('circuit-breaker', 'payment') });
 *     metrics.flush();                             // at the end of each invocation, or once a minute
 *
 * Use it to see in CloudWatch or an OpenTelemetry backend what the policies did. Not for logs: a metric has no error,
 * no key and no message. Every counter is named after its event, `nines.<library>.<event>`.
 */
export { createEmfMetrics, renderEmf } from './emf.ts';
export type { EmfDocument, EmfMetrics, EmfOptions } from './emf.ts';
export { EVENT_METRICS, metricsOf } from './metrics-of-events.ts';
export type { EventMetric, EventsByLibrary, Library, MetricSpec, MetricUnit } from './metrics-of-events.ts';
export { createOpenTelemetryMetrics } from './opentelemetry.ts';
export type { MeterLike, OpenTelemetryMetrics } from './opentelemetry.ts';
