/**
 * The shop's metrics as log lines in CloudWatch's embedded metric format: no agent, no call, no timer. What happened
 * is summed up and written as one line at the end of each invocation.
 *
 * Metrics, each of which costs money, are few and have no dimension but the function; what else is counted stands in
 * the same line for Logs Insights.
 */
import type { Metrics } from '../ports/metrics.ts';

export interface EmbeddedMetrics extends Metrics {
  /** Writes what happened since the last time, if anything did. */
  flush(): void;
}

export interface EmbeddedMetricsOptions {
  readonly namespace: string;
  /** The one dimension. */
  readonly functionName: string;
  readonly write: (line: string) => void;
  readonly wallClock: () => Date;
}

/** CloudWatch takes this many values of one metric from a line. */
const MAX_VALUES = 100;

export function createEmbeddedMetrics(options: EmbeddedMetricsOptions): EmbeddedMetrics {
  const { write } = options;
  let counts = new Map<string, number>();
  let properties = new Map<string, number>();
  let durations: number[] = [];
  const into = (map: () => Map<string, number>) => (name: string) => {
    map().set(name, (map().get(name) ?? 0) + 1);
  };
  const count = into(() => counts);
  const note = into(() => properties);

  return {
    requestFinished: (operation, status, durationMs) => {
      if (durations.length < MAX_VALUES) durations.push(durationMs);
      if (status >= 500) count('ServerErrors');
      note(`request.${operation}.${String(status)}`);
    },
    requestShed: () => {
      count('RequestsShed');
    },
    orderAnswered: (outcome) => {
      if (outcome === 'placed') count('OrdersPlaced');
      if (outcome === 'queued') count('OrdersQueued');
      note(`order.${outcome}`);
    },
    paymentCalled: (operation, outcome) => {
      if (outcome === 'failed') count('PaymentCallsFailed');
      note(`payment.${operation}.${outcome}`);
    },
    paymentAttempted: (operation) => {
      note(`payment.${operation}.attempts`);
    },
    reviewsCalled: (outcome) => {
      note(`reviews.${outcome}`);
    },
    staleAnswered: () => {
      count('StaleAnswers');
    },
    captureEnded: (outcome) => {
      if (outcome === 'payment-failed') count('CapturesFailed');
      note(`capture.${outcome}`);
    },
    event: (source, type) => {
      if (source === 'storage-contention' && type === 'retry') count('OrdersRepeated');
      note(`${source}.${type}`);
    },
    render: () =>
      Promise.resolve({
        contentType: 'text/plain; charset=utf-8',
        body: '# The metrics of a function are in its log, in the embedded metric format.\n',
      }),
    flush: () => {
      const happened = { counts, properties, durations };
      if (counts.size + properties.size + durations.length === 0) return;
      counts = new Map();
      properties = new Map();
      durations = [];
      write(`${JSON.stringify(toLine(happened, options))}\n`);
    },
  };
}

interface Happened {
  readonly counts: ReadonlyMap<string, number>;
  readonly properties: ReadonlyMap<string, number>;
  readonly durations: readonly number[];
}

function toLine({ counts, properties, durations }: Happened, options: EmbeddedMetricsOptions): object {
  const { namespace, functionName, wallClock } = options;
  const timed = durations.length === 0 ? [] : [{ Name: 'RequestDuration', Unit: 'Milliseconds' }];
  const Metrics = [...timed, ...[...counts.keys()].map((Name) => ({ Name, Unit: 'Count' }))];
  const directive = { Namespace: namespace, Dimensions: [['FunctionName']], Metrics };
  return {
    _aws: {
      Timestamp: wallClock().getTime(),
      // Without a metric there is nothing for CloudWatch to take out of the line.
      CloudWatchMetrics: Metrics.length === 0 ? [] : [directive],
    },
    FunctionName: functionName,
    ...(durations.length === 0 ? {} : { RequestDuration: durations }),
    ...Object.fromEntries(counts),
    ...Object.fromEntries(properties),
  };
}
