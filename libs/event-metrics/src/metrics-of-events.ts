/**
 * Which metrics an event becomes: one table for all libraries, complete by its type, and read by every rendering.
 * The events are declared here by what is read of them, so that this imports no library and any copy of one fits.
 */

/** What is read of the events of each library; a library without events is not here. */
export interface EventsByLibrary {
  'adaptive-throttle': { readonly type: 'refused'; readonly share: number };
  bulkhead: { readonly type: 'refused'; readonly reason: 'queue-full' | 'wait-too-long' };
  'circuit-breaker': { readonly type: 'closed' | 'open' | 'half-open' | 'refused' };
  'constant-work':
    | { readonly type: 'refreshed'; readonly durationMs: number }
    | { readonly type: 'refresh-failed'; readonly ageMs: number };
  deadline: { readonly type: 'deadline-exceeded'; readonly started: boolean };
  'emergency-lever':
    { readonly type: 'changed' | 'refused'; readonly lever: string } | { readonly type: 'source-failed' };
  'health-check': {
    readonly type: 'status-changed';
    readonly check: string;
    readonly status: 'healthy' | 'unhealthy';
  };
  hedge: { readonly type: 'hedged' | 'budget' | 'won' };
  idempotency: {
    readonly type: 'acquired' | 'replayed' | 'waited' | 'rejected' | 'released' | 'lease-lost';
  };
  'load-shedder':
    | { readonly type: 'refused'; readonly priority: 'critical' | 'default' | 'sheddable' }
    | { readonly type: 'window'; readonly limit: number; readonly rttMs: number };
  'rate-limiter': { readonly type: 'refused' | 'queued'; readonly waitMs: number };
  retry: {
    readonly type: 'retry' | 'error' | 'attempts' | 'time' | 'budget' | 'abort';
    readonly delayMs: number;
  };
  'stale-cache':
    | { readonly type: 'fresh' | 'stale'; readonly ageMs: number }
    | { readonly type: 'load-failed' | 'answered' };
  timeout: { readonly type: 'timeout' | 'deadline-exceeded' };
}

export type Library = keyof EventsByLibrary;

/** `count`: how many; `ms`: a duration; `ratio`: a share from 0 to 1; `state`: a number that stands for a state. */
export type MetricUnit = 'count' | 'ms' | 'ratio' | 'state';

export interface MetricSpec {
  /** `nines.<library>.<what>`, in small letters with underscores. */
  readonly name: string;
  /** A `counter` adds up, a `gauge` is its last value, a `histogram` keeps the distribution. */
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly unit: MetricUnit;
  readonly description: string;
}

/** A value that an event carries beside having happened. */
interface ValueRule<E> {
  readonly what: string;
  readonly kind: 'gauge' | 'histogram';
  readonly unit: MetricUnit;
  readonly description: string;
  readonly of: (event: E) => number;
}

/** What distinguishes events of one type, as an attribute with few values. */
interface DetailRule<E> {
  readonly name: 'reason' | 'priority' | 'started' | 'lever' | 'check' | 'from';
  readonly of: (event: E) => string;
}

interface EventRule<E> {
  readonly description: string;
  readonly detail?: DetailRule<E>;
  readonly values?: readonly ValueRule<E>[];
}

type EventOf<L extends Library, T> = Extract<EventsByLibrary[L], { readonly type: unknown }> & {
  readonly type: T;
};

type Rules = {
  readonly [L in Library]: {
    readonly [T in EventsByLibrary[L]['type']]: EventRule<EventOf<L, T>>;
  };
};

/** The state of a breaker as a number: what is worse is higher, so that a maximum over instances is the worst. */
const stateValue = (state: 0 | 1 | 2) => ({
  what: 'state',
  kind: 'gauge' as const,
  unit: 'state' as const,
  description: 'State of the circuit: 0 closed, 1 half-open, 2 open.',
  of: () => state,
});

/** A new type of event, or a new library, does not compile until it has its line here. */
const RULES: Rules = {
  'adaptive-throttle': {
    refused: {
      description: 'Calls that were not made, because the service refuses too many.',
      values: [
        {
          what: 'refused_share',
          kind: 'histogram',
          unit: 'ratio',
          description: 'Share of calls that was refused, at each refusal.',
          of: ({ share }) => share,
        },
      ],
    },
  },
  bulkhead: {
    refused: {
      description: 'Calls for which there was no place.',
      detail: { name: 'reason', of: ({ reason }) => reason },
    },
  },
  'circuit-breaker': {
    closed: { description: 'Times that the circuit closed.', values: [stateValue(0)] },
    'half-open': { description: 'Times that probes were let through.', values: [stateValue(1)] },
    open: { description: 'Times that the circuit opened.', values: [stateValue(2)] },
    refused: { description: 'Calls that an open circuit refused.' },
  },
  'constant-work': {
    refreshed: {
      description: 'Snapshots that were taken over.',
      values: [
        {
          what: 'refresh_duration',
          kind: 'histogram',
          unit: 'ms',
          description: 'Time that reading a snapshot took.',
          of: ({ durationMs }) => durationMs,
        },
      ],
    },
    'refresh-failed': {
      description: 'Snapshots that could not be read.',
      values: [
        {
          what: 'age',
          kind: 'histogram',
          unit: 'ms',
          description: 'Age of the last good snapshot, at each failure; nothing where there is none.',
          of: ({ ageMs }) => ageMs,
        },
      ],
    },
  },
  deadline: {
    'deadline-exceeded': {
      description: 'Requests whose time was over.',
      detail: { name: 'started', of: ({ started }) => (started ? 'yes' : 'no') },
    },
  },
  'emergency-lever': {
    changed: {
      description: 'Levers that took another position.',
      detail: { name: 'lever', of: ({ lever }) => lever },
    },
    refused: {
      description: 'Positions that a lever does not have.',
      detail: { name: 'lever', of: ({ lever }) => lever },
    },
    'source-failed': { description: 'Readings of the source that failed.' },
  },
  'health-check': {
    'status-changed': {
      description: 'Changes between healthy and unhealthy.',
      detail: { name: 'check', of: ({ check }) => check },
      values: [
        {
          what: 'unhealthy',
          kind: 'gauge',
          unit: 'state',
          description: '1 while the check is unhealthy, 0 when it is healthy again.',
          of: ({ status }) => (status === 'unhealthy' ? 1 : 0),
        },
      ],
    },
  },
  hedge: {
    hedged: { description: 'Further attempts that were made.' },
    budget: { description: 'Further attempts that were not made for want of budget.' },
    won: { description: 'Further attempts that answered first.' },
  },
  idempotency: {
    acquired: { description: 'Keys whose work was begun.' },
    replayed: { description: 'Requests that got an earlier answer.' },
    waited: { description: 'Looks at the store while another request works under the key.' },
    rejected: { description: 'Requests with the key of another payload, or of work under way.' },
    released: { description: 'Keys that were given back, because their work failed.' },
    'lease-lost': { description: 'Work that another took over, because it outlived its lease.' },
  },
  'load-shedder': {
    refused: {
      description: 'Requests that were shed.',
      detail: { name: 'priority', of: ({ priority }) => priority },
    },
    window: {
      description: 'Windows after which the limit was set anew.',
      values: [
        {
          what: 'limit',
          kind: 'gauge',
          unit: 'count',
          description: 'Requests that may be in work at once.',
          of: ({ limit }) => limit,
        },
        {
          what: 'rtt',
          kind: 'gauge',
          unit: 'ms',
          description: 'Mean duration of the requests of the last window.',
          of: ({ rttMs }) => rttMs,
        },
      ],
    },
  },
  'rate-limiter': {
    refused: { description: 'Calls for which no token came in time.' },
    queued: {
      description: 'Calls that waited for a token.',
      values: [
        {
          what: 'wait',
          kind: 'histogram',
          unit: 'ms',
          description: 'Time that a call waits for its token.',
          of: ({ waitMs }) => waitMs,
        },
      ],
    },
  },
  retry: {
    retry: {
      description: 'Attempts that were made again.',
      values: [
        {
          what: 'delay',
          kind: 'histogram',
          unit: 'ms',
          description: 'Time between an attempt and the next.',
          of: ({ delayMs }) => delayMs,
        },
      ],
    },
    error: { description: 'Calls given up, because their error is not to be retried.' },
    attempts: { description: 'Calls given up after the last attempt.' },
    time: { description: 'Calls given up, because no time was left.' },
    budget: { description: 'Calls given up for want of budget.' },
    abort: { description: 'Calls that their caller aborted.' },
  },
  'stale-cache': {
    fresh: {
      description: 'Callers answered with what is fresh.',
      detail: { name: 'from', of: ({ ageMs }) => (ageMs === 0 ? 'load' : 'cache') },
    },
    stale: {
      description: 'Callers answered with what is no longer fresh.',
      values: [
        {
          what: 'stale_age',
          kind: 'histogram',
          unit: 'ms',
          description: 'Age of each stale answer.',
          of: ({ ageMs }) => ageMs,
        },
      ],
    },
    'load-failed': { description: 'Loads that failed.' },
    answered: { description: 'Failures that a static answer took the place of.' },
  },
  timeout: {
    timeout: { description: 'Calls that took longer than their limit.' },
    'deadline-exceeded': { description: "Calls that their caller's deadline ended." },
  },
};

/** A type of event with the metrics that it becomes. */
export interface EventMetric {
  readonly counter: MetricSpec;
  readonly detail?: { readonly name: string; readonly of: (event: unknown) => string };
  readonly values: readonly (MetricSpec & { readonly of: (event: unknown) => number })[];
}

const nameOf = (library: string, what: string): string => `nines.${library}.${what}`.replaceAll('-', '_');

function toMetric(library: string, type: string, rule: EventRule<never>): EventMetric {
  const values = (rule.values ?? []).map(({ what, ...value }) => ({ name: nameOf(library, what), ...value }));
  return {
    counter: { name: nameOf(library, type), kind: 'counter', unit: 'count', description: rule.description },
    // Each rule is only ever given the event that it stands for: it is found by that event's own type.
    ...(rule.detail ? { detail: rule.detail as NonNullable<EventMetric['detail']> } : {}),
    values: values as unknown as EventMetric['values'],
  };
}

/** Every metric, by library and type of event. */
export const EVENT_METRICS = Object.fromEntries(
  Object.entries(RULES).map(([library, rules]) => [
    library,
    new Map(
      Object.entries(rules as Record<string, EventRule<never>>).map(([type, rule]) => [
        type,
        toMetric(library, type, rule),
      ]),
    ),
  ]),
) as unknown as Readonly<Record<Library, ReadonlyMap<string, EventMetric>>>;

/** The metrics of one library, each once, in the order of its events. */
export const metricsOf = (library: Library): MetricSpec[] => {
  const specs = [...EVENT_METRICS[library].values()].flatMap(({ counter, values }) => [counter, ...values]);
  return [...new Map(specs.map((spec) => [spec.name, spec])).values()];
};
