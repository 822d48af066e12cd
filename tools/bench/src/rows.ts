/** The rows of the table: what is measured, what it must reach, and who is measured beside it. */
import { fastestByRound, ratiosByRound, spreadOf, type Spread } from './arithmetic.ts';
import type { ExperimentName } from './experiments/all-experiments.ts';
import type { Series } from './experiments/experiment.ts';

/** How a number is written: nanoseconds, microseconds of processor time, bytes, a count. */
export type Unit = 'ns' | 'µs' | 'B' | '';

export interface Row {
  readonly id: string;
  readonly figure: string;
  readonly experiment: ExperimentName;
  /** Of the experiment's contestants. */
  readonly unit: Unit;
  /** Whose number is judged. */
  readonly subject: string;
  /** Divided by the number of this one in the same round, of several the smallest. Absent: judged as it is. */
  readonly against?: readonly string[];
  /** The most that the median may be. Absent: a figure to know, and nothing to reach. */
  readonly limit?: number;
  /** The limit as people write it. */
  readonly target: string;
  /** Who else is in the row. */
  readonly beside: readonly string[];
}

const COMPOSED = ['cockatiel', 'opossum + p-retry'];
const PEERS_THROWN = ['cockatiel, thrown', 'opossum, thrown'];

/** For figures that nobody asked for, but everybody does. */
const NO_TARGET = '-';

const times: readonly Row[] = [
  {
    id: 'happy-path',
    figure: 'retry + breaker + timeout, happy path, against a bare await',
    experiment: 'happy-path',
    unit: 'ns',
    subject: 'nines',
    against: ['bare await'],
    limit: 5,
    target: '≤ 5x',
    beside: ['bare await', ...COMPOSED],
  },
  {
    id: 'retry',
    figure: 'retry, happy path, against a bare await',
    experiment: 'retry',
    unit: 'ns',
    subject: 'nines',
    against: ['bare await'],
    target: NO_TARGET,
    beside: ['bare await', 'cockatiel', 'p-retry', 'util-retry'],
  },
  {
    id: 'breaker',
    figure: 'breaker, happy path, against a bare await',
    experiment: 'breaker',
    unit: 'ns',
    subject: 'nines',
    against: ['bare await'],
    target: NO_TARGET,
    beside: ['bare await', 'cockatiel', 'opossum'],
  },
  {
    id: 'timeout-opossum',
    figure: 'timeout, against opossum (whose timeout comes with its breaker)',
    experiment: 'timeout',
    unit: 'ns',
    subject: 'nines',
    against: ['opossum'],
    limit: 1 / 3,
    target: '≤ 1/3',
    beside: ['opossum'],
  },
  {
    id: 'timeout-cockatiel',
    figure: 'timeout, against cockatiel',
    experiment: 'timeout',
    unit: 'ns',
    subject: 'nines',
    against: ['cockatiel'],
    limit: 1 / 25,
    target: '≤ 1/25',
    beside: ['cockatiel'],
  },
  {
    id: 'heap',
    figure: 'heap for a call through retry + breaker + timeout',
    experiment: 'heap',
    unit: 'B',
    subject: 'nines',
    limit: 1600,
    target: '≤ 1600 B',
    beside: ['bare await', ...COMPOSED],
  },
  {
    id: 'refusal-thrown',
    figure: 'refusal by an open breaker, thrown, against the faster peer',
    experiment: 'refusal',
    unit: 'ns',
    subject: 'nines, thrown',
    against: PEERS_THROWN,
    limit: 1 / 3,
    target: '≤ 1/3',
    beside: PEERS_THROWN,
  },
  {
    id: 'refusal-typed',
    figure: 'refusal by an open breaker, as a value, against the faster peer',
    experiment: 'refusal',
    unit: 'ns',
    subject: 'nines, as a value',
    against: PEERS_THROWN,
    limit: 1 / 20,
    target: '≤ 1/20',
    beside: PEERS_THROWN,
  },
  {
    id: 'failure',
    figure: 'failing call with 200,000 calls in the window, against 100',
    experiment: 'failure',
    unit: 'ns',
    subject: 'nines, 200k calls',
    against: ['nines, 100 calls'],
    limit: 1.2,
    target: '≤ 1.2x',
    beside: ['nines, 100 calls', 'cockatiel, 200k calls', 'opossum, 200k calls'],
  },
  {
    id: 'idempotency-cpu',
    figure: 'idempotent call with its payload compared, processor time, records in memory',
    experiment: 'idempotency',
    unit: 'µs',
    subject: 'nines',
    limit: 3,
    target: '≤ 3 µs',
    beside: ['Powertools', 'Powertools, event as key'],
  },
  {
    id: 'idempotency-powertools',
    figure: 'the same, against Powertools',
    experiment: 'idempotency',
    unit: 'µs',
    subject: 'nines',
    against: ['Powertools'],
    limit: 1 / 4,
    target: '≤ 1/4',
    beside: ['Powertools'],
  },
  {
    id: 'idempotency-key-alone',
    figure: 'the same by key alone, against Powertools by key alone',
    experiment: 'idempotency',
    unit: 'µs',
    subject: 'nines, key alone',
    against: ['Powertools, key alone'],
    limit: 1 / 4,
    target: '≤ 1/4',
    beside: ['Powertools, key alone'],
  },
];

const bundle = (
  id: string,
  figure: string,
  subject: string,
  limit: number,
  beside: readonly string[],
): Row => ({
  id,
  figure,
  experiment: 'bundle-size',
  unit: 'B',
  subject,
  limit,
  target: `≤ ${String(limit)} B`,
  beside,
});

const sizes: readonly Row[] = [
  bundle('gzip-retry', 'gzip, retry', 'nines retry', 700, ['cockatiel retry', 'p-retry', 'util-retry']),
  bundle('gzip-breaker', 'gzip, breaker', 'nines breaker', 900, ['cockatiel breaker', 'opossum']),
  bundle(
    'gzip-core',
    'gzip, the core: retry, breaker, timeout, bulkhead, deadline, hedge, pipeline',
    'nines core',
    5000,
    ['cockatiel core'],
  ),
  bundle('gzip-idempotency', 'gzip, idempotency with its DynamoDB store', 'nines idempotency', 3300, [
    'Powertools idempotency',
  ]),
  {
    id: 'idle-bytes',
    figure: 'heap of an idle breaker',
    experiment: 'idle-bytes',
    unit: 'B',
    subject: 'nines',
    limit: 500,
    target: '≤ 500 B',
    beside: ['cockatiel', 'opossum'],
  },
  {
    id: 'idle-timers',
    figure: 'timers of an idle breaker',
    experiment: 'idle-timers',
    unit: '',
    subject: 'nines',
    limit: 0,
    target: '0',
    beside: ['cockatiel', 'opossum'],
  },
  {
    id: 'left-behind',
    figure: 'timers and listeners left after 1,000,000 calls',
    experiment: 'left-behind',
    unit: '',
    subject: 'nines',
    limit: 0,
    target: '0',
    beside: COMPOSED,
  },
  {
    id: 'left-behind-idempotency',
    figure: 'the same, idempotency',
    experiment: 'left-behind',
    unit: '',
    subject: 'nines idempotency',
    limit: 0,
    target: '0',
    beside: [],
  },
];

export const ROWS: readonly Row[] = [...times, ...sizes];

/** A row with what came of it. */
export interface JudgedRow extends Row {
  readonly measured: Spread;
  readonly met: boolean;
  /** Everybody in the row, the subject first, as measured: not divided by anyone. */
  readonly contestants: Readonly<Record<string, Spread>>;
}

/** Rows are judged by the median; a figure that is missing (NaN) is not met. */
export function judge(row: Row, series: Series): JudgedRow {
  const of = (name: string) => series[name] ?? [];
  const own = of(row.subject);
  const measured = spreadOf(row.against ? ratiosByRound(own, fastestByRound(row.against.map(of))) : own);
  const names = [row.subject, ...row.beside];
  return {
    ...row,
    measured,
    met: row.limit === undefined ? Number.isFinite(measured.median) : measured.median <= row.limit,
    contestants: Object.fromEntries(names.map((name) => [name, spreadOf(of(name))])),
  };
}
