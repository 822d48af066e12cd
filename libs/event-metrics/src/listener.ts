/** What all renderings share: from an event to what is recorded, with a bound on the number of time series. */
import { EVENT_METRICS } from './metrics-of-events.ts';
import type { EventMetric, EventsByLibrary, Library, MetricSpec } from './metrics-of-events.ts';

/** What tells time series of one metric apart: the policy, and at most one attribute more. */
export interface Series {
  readonly policy: string;
  readonly detail?: { readonly name: string; readonly value: string };
}

/** Where values go: asked once for each metric and series, then given numbers only. */
export type Recorder = (spec: MetricSpec, series: Series) => (value: number) => void;

export type CreateListener = <L extends Library>(
  library: L,
  policy: string,
) => (event: EventsByLibrary[L]) => void;

/** All values of a detail beyond this many share the value `other`; only a name made up at run time gets there. */
const MAX_DETAILS = 50;
const OTHER = 'other';

/** All that is to be done for one type of event, under one value of its detail. */
type Record = (event: { readonly type: string }) => void;

function recordFor(metric: EventMetric, series: Series, recorder: Recorder): Record {
  const count = recorder(metric.counter, series);
  const values = metric.values.map(({ of, ...spec }) => ({ of, record: recorder(spec, series) }));
  return (event) => {
    count(1);
    for (const { of, record } of values) {
      const value = of(event);
      // An age is infinite where there is nothing yet; no backend takes that.
      if (Number.isFinite(value)) record(value);
    }
  };
}

/** The records of one type of event, made when its detail's value is first seen, and kept. */
function recordsFor(metric: EventMetric, policy: string, recorder: Recorder): Record {
  const { detail } = metric;
  if (!detail) return recordFor(metric, { policy }, recorder);
  const records = new Map<string, Record>();
  return (event) => {
    const seen = detail.of(event);
    const value = records.has(seen) || records.size < MAX_DETAILS ? seen : OTHER;
    let record = records.get(value);
    if (!record) {
      record = recordFor(metric, { policy, detail: { name: detail.name, value } }, recorder);
      records.set(value, record);
    }
    record(event);
  };
}

/**
 * Everything about a series is made once, so that an event costs a look-up and an addition. An event of a type that
 * is not known here, from a newer copy of a library, is passed over.
 */
export const createListenerFor =
  (recorder: Recorder): CreateListener =>
  (library, policy) => {
    const records = new Map(
      [...EVENT_METRICS[library]].map(([type, metric]) => [type, recordsFor(metric, policy, recorder)]),
    );
    return (event) => {
      records.get(event.type)?.(event);
    };
  };
