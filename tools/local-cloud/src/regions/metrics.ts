/**
 * Stands in for CloudWatch as far as a failover needs it: metrics that workflows and functions publish, and the alarms
 * on them, evaluated over whole periods as the template says.
 *
 * What it does not do: metrics of AWS's own, expressions, percentiles, the seconds that CloudWatch takes to take a
 * datapoint in.
 */
import type { AlarmNode } from '@nines/topology';
import type { Clock } from '../clock.ts';
import type { OnCloudEvent } from '../cloud-event.ts';
import type { Pace } from '../pace.ts';
import type { AlarmState } from './dns-health.ts';

export interface Datapoint {
  readonly namespace: string;
  readonly metricName: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A value and when it came, in seconds of AWS's time. */
export interface Sample {
  readonly atSeconds: number;
  readonly value: number;
}

/** An alarm of longer periods is evaluated every minute, one of shorter ones as often as these. */
const LONGEST_EVALUATION_SECONDS = 60;
/** What no alarm here looks back on is forgotten. */
const KEEP_SECONDS = 3600;

const STATISTICS: Readonly<Record<string, (values: readonly number[]) => number>> = {
  Minimum: (values) => Math.min(...values),
  Maximum: (values) => Math.max(...values),
  Sum: (values) => values.reduce((sum, value) => sum + value, 0),
  Average: (values) => values.reduce((sum, value) => sum + value, 0) / values.length,
  SampleCount: (values) => values.length,
};

const COMPARISONS: Readonly<Record<string, (value: number, threshold: number) => boolean>> = {
  GreaterThanOrEqualToThreshold: (value, threshold) => value >= threshold,
  GreaterThanThreshold: (value, threshold) => value > threshold,
  LessThanOrEqualToThreshold: (value, threshold) => value <= threshold,
  LessThanThreshold: (value, threshold) => value < threshold,
};

type Verdict = 'breaching' | 'well' | 'missing';

function verdictOf(alarm: AlarmNode, values: readonly number[]): Verdict {
  if (values.length === 0) {
    if (alarm.treatMissingData === 'breaching') return 'breaching';
    return alarm.treatMissingData === 'notBreaching' ? 'well' : 'missing';
  }
  const value = (STATISTICS[alarm.statistic ?? 'Average'] ?? STATISTICS['Average'])?.(values) ?? 0;
  const breaches = COMPARISONS[alarm.comparison ?? 'GreaterThanOrEqualToThreshold'];
  return breaches?.(value, alarm.threshold ?? 0) ? 'breaching' : 'well';
}

/**
 * The alarm's state at a moment, over the whole periods before it: on when enough of them breach. With nothing but
 * missing data it keeps its state (`ignore`) or is unknown.
 */
export function evaluateAlarm(
  alarm: AlarmNode,
  samples: readonly Sample[],
  nowSeconds: number,
  before: AlarmState,
): AlarmState {
  const periodSeconds = alarm.periodSeconds ?? LONGEST_EVALUATION_SECONDS;
  const endSeconds = Math.floor(nowSeconds / periodSeconds) * periodSeconds;
  const verdicts = Array.from({ length: alarm.evaluationPeriods }, (_, index) => {
    const toSeconds = endSeconds - index * periodSeconds;
    const inPeriod = samples.filter(
      ({ atSeconds }) => atSeconds >= toSeconds - periodSeconds && atSeconds < toSeconds,
    );
    return verdictOf(
      alarm,
      inPeriod.map(({ value }) => value),
    );
  });
  if (verdicts.filter((one) => one === 'breaching').length >= alarm.datapointsToAlarm) return 'alarm';
  if (verdicts.some((one) => one !== 'missing')) return 'ok';
  return alarm.treatMissingData === 'ignore' ? before : 'unknown';
}

export interface Metrics {
  put(point: Datapoint): void;
  stateOf(alarm: string): AlarmState;
  start(): void;
  close(): Promise<void>;
}

export interface MetricsOptions {
  /** Those that something follows; the others are not run. */
  readonly alarms: readonly AlarmNode[];
  readonly onAlarm: (alarm: string) => void;
  readonly pace: Pace;
  readonly clock: Clock;
  readonly onEvent: OnCloudEvent;
}

const keyOf = (namespace: string, metricName: string, dimensions: Readonly<Record<string, string>>): string =>
  JSON.stringify([namespace, metricName, Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1))]);

export function createMetrics({ alarms, onAlarm, pace, clock, onEvent }: MetricsOptions): Metrics {
  const samples = new Map<string, Sample[]>();
  const states = new Map<string, AlarmState>();
  const closing = new AbortController();
  const running: Promise<void>[] = [];
  const nowSeconds = () => clock.now() / pace.scaleMs(1);

  function evaluate(alarm: AlarmNode): void {
    const before = states.get(alarm.id) ?? 'unknown';
    const key = keyOf(alarm.namespace ?? '', alarm.metricName ?? '', alarm.dimensions);
    const after = evaluateAlarm(alarm, samples.get(key) ?? [], nowSeconds(), before);
    states.set(alarm.id, after);
    if (after === before || after === 'unknown') return;
    if (after === 'ok' && before === 'unknown') return;
    onEvent({ kind: 'alarm', subject: alarm.id, message: `alarm ${alarm.id} is ${after}` });
    if (after === 'alarm') onAlarm(alarm.id);
  }

  async function watch(alarm: AlarmNode): Promise<void> {
    const { signal } = closing;
    const everySeconds = Math.min(
      alarm.periodSeconds ?? LONGEST_EVALUATION_SECONDS,
      LONGEST_EVALUATION_SECONDS,
    );
    while (!signal.aborted) {
      // Just after the end of a period, which is then whole.
      const nextSeconds = (Math.floor(nowSeconds() / everySeconds) + 1) * everySeconds;
      await clock.sleep(Math.max(1, (nextSeconds - nowSeconds()) * pace.scaleMs(1) + 1), signal);
      if (!signal.aborted) evaluate(alarm);
    }
  }

  return {
    put({ namespace, metricName, dimensions, value }) {
      const key = keyOf(namespace, metricName, dimensions);
      const atSeconds = nowSeconds();
      const kept = (samples.get(key) ?? []).filter((one) => one.atSeconds > atSeconds - KEEP_SECONDS);
      samples.set(key, [...kept, { atSeconds, value }]);
    },
    stateOf: (alarm) => states.get(alarm) ?? 'unknown',
    start() {
      for (const alarm of alarms) running.push(watch(alarm));
    },
    async close() {
      closing.abort();
      await Promise.all(running);
    },
  };
}
