/**
 * Events as CloudWatch metrics, in lines of the embedded metric format, which CloudWatch Logs reads from a Lambda
 * function's output, or the CloudWatch agent from a file. Events are added up and written when `flush` is called: a line
 * for each policy of each library, and one more for each value of a detail such as a priority.
 */
import { createListenerFor } from './listener.ts';
import type { CreateListener, Series } from './listener.ts';
import type { MetricSpec, MetricUnit } from './metrics-of-events.ts';

export interface EmfOptions {
  /** The metrics' namespace in CloudWatch. @default 'Nines' */
  readonly namespace?: string;
  /** Dimensions of every metric, such as the service; each further value is billed as metrics of its own. @default none */
  readonly dimensions?: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch, from the wall clock. */
  readonly now: () => number;
  /** Takes one line of JSON, without its line end. */
  readonly write: (line: string) => void;
}

export interface EmfMetrics {
  /** A policy's `onEvent`. The policy's name becomes the dimension `policy`: give names that your code contains. */
  readonly listener: CreateListener;
  /**
   * Writes what has happened since the last time, and the gauges as they are. Call it at the end of each invocation of
   * a function, or each minute: CloudWatch keeps minutes.
   */
  flush(): void;
}

export interface EmfDocument {
  readonly namespace: string;
  readonly timestampMs: number;
  /** Each list is a set of dimensions under which the metrics are kept. */
  readonly dimensionSets: readonly (readonly string[])[];
  readonly dimensions: Readonly<Record<string, string>>;
  readonly metrics: readonly {
    readonly name: string;
    readonly unit: MetricUnit;
    readonly values: number | readonly number[];
  }[];
}

/** CloudWatch's names of the units. */
const UNITS: Readonly<Record<MetricUnit, string>> = {
  count: 'Count',
  ms: 'Milliseconds',
  ratio: 'None',
  state: 'None',
};

/** The most values that the format takes for one metric in one line. */
const MAX_VALUES = 100;

/** One line of the embedded metric format; pure. */
export function renderEmf(document: EmfDocument): string {
  const { namespace, timestampMs, dimensionSets, dimensions, metrics } = document;
  return JSON.stringify({
    _aws: {
      Timestamp: timestampMs,
      CloudWatchMetrics: [
        {
          Namespace: namespace,
          Dimensions: dimensionSets,
          Metrics: metrics.map(({ name, unit }) => ({ Name: name, Unit: UNITS[unit] })),
        },
      ],
    },
    ...dimensions,
    ...Object.fromEntries(metrics.map(({ name, values }) => [name, values])),
  });
}

/** What one metric has gathered; undefined is nothing. */
interface Gathered {
  readonly spec: MetricSpec;
  sum: number;
  last: number | undefined;
  values: number[];
}

/** What goes into one line. */
interface Page {
  readonly series: Series;
  readonly gathered: Gathered[];
}

/** Takes out what is to be written; a gauge stays as it is. */
function take(gathered: Gathered): number | readonly number[] | undefined {
  const { spec, sum, last, values } = gathered;
  if (spec.kind === 'gauge') return last;
  if (spec.kind === 'histogram') {
    gathered.values = [];
    return values.length > 0 ? values : undefined;
  }
  gathered.sum = 0;
  return sum > 0 ? sum : undefined;
}

/** Dimensions of the caller's come first; a detail's metrics are kept with and without it. */
function dimensionsOf({ policy, detail }: Series, own: Readonly<Record<string, string>>) {
  const general = [...Object.keys(own), 'policy'];
  return {
    dimensions: { ...own, policy, ...(detail ? { [detail.name]: detail.value } : {}) },
    dimensionSets: detail ? [general, [...general, detail.name]] : [general],
  };
}

function gather(gathered: Gathered, value: number): void {
  if (gathered.spec.kind === 'counter') gathered.sum += value;
  else if (gathered.spec.kind === 'gauge') gathered.last = value;
  else gathered.values.push(value);
}

export function createEmfMetrics(options: EmfOptions): EmfMetrics {
  const { namespace = 'Nines', dimensions: own = {}, now, write } = options;
  const pages = new Map<string, Page>();

  const writePage = ({ series, gathered }: Page): void => {
    const metrics = gathered.flatMap((one) => {
      const values = take(one);
      return values === undefined ? [] : [{ name: one.spec.name, unit: one.spec.unit, values }];
    });
    if (metrics.length === 0) return;
    write(renderEmf({ namespace, timestampMs: now(), metrics, ...dimensionsOf(series, own) }));
  };

  const gatheredFor = (page: Page, spec: MetricSpec): Gathered => {
    const known = page.gathered.find((one) => one.spec.name === spec.name);
    if (known) return known;
    const gathered: Gathered = { spec, sum: 0, last: undefined, values: [] };
    page.gathered.push(gathered);
    return gathered;
  };

  return {
    listener: createListenerFor((spec, series) => {
      const library = spec.name.split('.').slice(0, 2).join('.');
      const key = JSON.stringify([library, series.policy, series.detail?.name, series.detail?.value]);
      const page = pages.get(key) ?? { series, gathered: [] };
      pages.set(key, page);
      const gathered = gatheredFor(page, spec);
      return (value) => {
        gather(gathered, value);
        if (gathered.values.length === MAX_VALUES) writePage(page);
      };
    }),
    flush: () => {
      pages.forEach(writePage);
    },
  };
}
