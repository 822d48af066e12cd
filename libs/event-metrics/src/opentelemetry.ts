/** Events as OpenTelemetry metrics, on a meter of the caller's: nothing of OpenTelemetry is imported. */
import { createListenerFor } from './listener.ts';
import type { CreateListener, Series } from './listener.ts';
import type { MetricSpec, MetricUnit } from './metrics-of-events.ts';

type Attributes = Readonly<Record<string, string>>;

interface InstrumentOptions {
  description: string;
  unit: string;
  advice?: { explicitBucketBoundaries: number[] };
}

/** What is needed of the `Meter` of `@opentelemetry/api`, version 1.9 or later. */
export interface MeterLike {
  createCounter(
    name: string,
    options: InstrumentOptions,
  ): { add(value: number, attributes: Attributes): void };
  createGauge(
    name: string,
    options: InstrumentOptions,
  ): { record(value: number, attributes: Attributes): void };
  createHistogram(
    name: string,
    options: InstrumentOptions,
  ): { record(value: number, attributes: Attributes): void };
}

export interface OpenTelemetryMetrics {
  /** A policy's `onEvent`. The policy's name becomes the attribute `policy`: give names that your code contains. */
  readonly listener: CreateListener;
}

/** UCUM, as OpenTelemetry's conventions ask: durations in seconds, what is counted in braces. */
const UNITS: Readonly<Record<MetricUnit, string>> = { count: '{event}', ms: 's', ratio: '1', state: '1' };

/** Seconds, as OpenTelemetry's conventions advise for the durations of requests. */
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
const SHARES = [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95];

const MS_PER_SECOND = 1000;

const attributesOf = ({ policy, detail }: Series): Attributes =>
  detail ? { policy, [detail.name]: detail.value } : { policy };

type Add = (value: number, attributes: Attributes) => void;

function createInstrument(meter: MeterLike, { name, kind, unit, description }: MetricSpec): Add {
  const options = { description, unit: UNITS[unit] };
  if (kind === 'counter') {
    const counter = meter.createCounter(name, options);
    return (value, attributes) => {
      counter.add(value, attributes);
    };
  }
  const explicitBucketBoundaries = unit === 'ms' ? [...SECONDS] : [...SHARES];
  const instrument =
    kind === 'gauge'
      ? meter.createGauge(name, options)
      : meter.createHistogram(name, { ...options, advice: { explicitBucketBoundaries } });
  return (value, attributes) => {
    instrument.record(unit === 'ms' ? value / MS_PER_SECOND : value, attributes);
  };
}

/** @param meter a meter of `@opentelemetry/api`; its provider decides where the metrics go, and how often */
export function createOpenTelemetryMetrics(meter: MeterLike): OpenTelemetryMetrics {
  const instruments = new Map<string, Add>();
  const instrumentFor = (spec: MetricSpec): Add => {
    const add = instruments.get(spec.name) ?? createInstrument(meter, spec);
    instruments.set(spec.name, add);
    return add;
  };
  return {
    listener: createListenerFor((spec, series) => {
      const add = instrumentFor(spec);
      const attributes = attributesOf(series);
      return (value) => {
        add(value, attributes);
      };
    }),
  };
}
