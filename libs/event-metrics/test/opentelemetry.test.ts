/** Against the real SDK of OpenTelemetry, read as an exporter reads it. */
import {
  AggregationTemporality,
  DataPointType,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import type { MetricData } from '@opentelemetry/sdk-metrics';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EVENT_METRICS, metricsOf } from '../src/metrics-of-events.ts';
import type { Library } from '../src/metrics-of-events.ts';
import { createOpenTelemetryMetrics } from '../src/opentelemetry.ts';
import type { OpenTelemetryMetrics } from '../src/opentelemetry.ts';

let exporter: InMemoryMetricExporter;
let provider: MeterProvider;
let metrics: OpenTelemetryMetrics;

beforeEach(() => {
  exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  // Longer than any test: what is read is read on request.
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 2 ** 30 });
  provider = new MeterProvider({ readers: [reader] });
  metrics = createOpenTelemetryMetrics(provider.getMeter('nines'));
});
afterEach(async () => {
  await provider.shutdown();
});

async function read(): Promise<Map<string, MetricData>> {
  await provider.forceFlush();
  const scopes = exporter.getMetrics().at(-1)?.scopeMetrics ?? [];
  return new Map(scopes.flatMap((scope) => scope.metrics).map((one) => [one.descriptor.name, one]));
}

const pointsOf = (data: MetricData | undefined) =>
  data?.dataPoints.map(({ attributes, value }) => ({ attributes, value }));

describe('on the real SDK', () => {
  test('events are counted by policy', async () => {
    const onEvent = metrics.listener('retry', 'payment');
    onEvent({ type: 'budget', delayMs: 0 });
    onEvent({ type: 'budget', delayMs: 0 });
    metrics.listener('retry', 'reviews')({ type: 'budget', delayMs: 0 });
    const data = (await read()).get('nines.retry.budget');
    expect(data).toMatchObject({
      dataPointType: DataPointType.SUM,
      isMonotonic: true,
      descriptor: { unit: '{event}', description: 'Calls given up for want of budget.' },
    });
    expect(pointsOf(data)).toEqual([
      { attributes: { policy: 'payment' }, value: 2 },
      { attributes: { policy: 'reviews' }, value: 1 },
    ]);
  });

  test('durations are distributions in seconds', async () => {
    metrics.listener('retry', 'payment')({ type: 'retry', delayMs: 120 });
    metrics.listener('retry', 'payment')({ type: 'retry', delayMs: 30 });
    const data = (await read()).get('nines.retry.delay');
    expect(data).toMatchObject({ dataPointType: DataPointType.HISTOGRAM, descriptor: { unit: 's' } });
    const [point] = data?.dataPoints ?? [];
    expect(point?.value).toMatchObject({ count: 2, min: 0.03, max: 0.12 });
    // 0.03 lies between 0.025 and 0.05, the fourth bucket; 0.12 between 0.1 and 0.25, the seventh.
    expect((point?.value as { buckets: { counts: number[] } }).buckets.counts).toEqual([
      0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0,
    ]);
  });

  test('states and limits are their last value', async () => {
    const breaker = metrics.listener('circuit-breaker', 'payment');
    breaker({ type: 'open' });
    breaker({ type: 'half-open' });
    metrics.listener('load-shedder', 'api')({ type: 'window', limit: 20, rttMs: 50 });
    metrics.listener('load-shedder', 'api')({ type: 'window', limit: 18, rttMs: 80 });
    const data = await read();
    expect(pointsOf(data.get('nines.circuit_breaker.state'))).toEqual([
      { attributes: { policy: 'payment' }, value: 1 },
    ]);
    expect(pointsOf(data.get('nines.load_shedder.limit'))).toEqual([
      { attributes: { policy: 'api' }, value: 18 },
    ]);
    expect(pointsOf(data.get('nines.load_shedder.rtt'))).toEqual([
      { attributes: { policy: 'api' }, value: 0.08 },
    ]);
    expect(data.get('nines.load_shedder.rtt')?.descriptor.unit).toBe('s');
  });

  test('a detail is one attribute more', async () => {
    const onEvent = metrics.listener('health-check', 'readiness');
    onEvent({ type: 'status-changed', check: 'database', status: 'unhealthy' });
    onEvent({ type: 'status-changed', check: 'cache', status: 'unhealthy' });
    onEvent({ type: 'status-changed', check: 'cache', status: 'healthy' });
    expect(pointsOf((await read()).get('nines.health_check.unhealthy'))).toEqual([
      { attributes: { policy: 'readiness', check: 'database' }, value: 1 },
      { attributes: { policy: 'readiness', check: 'cache' }, value: 0 },
    ]);
  });

  test('the attributes of a series are the same object each time, so that an event allocates none', () => {
    const seen = new Set<unknown>();
    const add = (_: number, attributes: unknown): void => {
      seen.add(attributes);
    };
    const meter = {
      createCounter: () => ({ add }),
      createGauge: () => ({ record: add }),
      createHistogram: () => ({ record: add }),
    };
    const onEvent = createOpenTelemetryMetrics(meter).listener('load-shedder', 'api');
    for (let at = 0; at < 100; at += 1) onEvent({ type: 'refused', priority: 'default' });
    expect(seen.size).toBe(1);
  });
});

/** Three parts at least, in small letters with underscores, as OpenTelemetry asks and CloudWatch takes. */
const NAME = /^nines(?:\.[a-z]+(?:_[a-z]+)*){2}$/;

describe('the metrics', () => {
  const all = (Object.keys(EVENT_METRICS) as Library[]).flatMap(metricsOf);

  test('have names of their own, each in the accepted form', () => {
    expect(all.filter(({ name }) => !NAME.test(name))).toEqual([]);
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
  });

  test('say what they are in a sentence', () => {
    expect(all.filter(({ description }) => !/^[A-Z0-9].*\.$/.test(description))).toEqual([]);
  });

  test('come with no more than one attribute beside the policy', () => {
    const details = Object.values(EVENT_METRICS).flatMap((metrics) => [...metrics.values()]);
    const names = new Set(details.flatMap(({ detail }) => detail?.name ?? []));
    expect([...names].sort()).toEqual(['check', 'from', 'lever', 'priority', 'reason', 'started']);
  });
});
