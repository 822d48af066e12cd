// What k6 tells about a run, line by line: one sample per request of the load tests, and the requests never sent.
//
// Use it on the JSON lines that `k6 run --out json=...` writes for load-tests/src/k6/shop.ts; load-tests/README.md
// describes the lines. It does no I/O and keeps no state. Of the dozen lines that k6 writes for each request one
// matters here, so the others are recognised by their first characters and never parsed.

export type ShopRoute = 'browse' | 'product' | 'order' | 'read-back' | 'replay';

/** Bad and shed both count against availability; shed says that the service refused on purpose. */
export type ShopOutcome = 'good' | 'bad' | 'shed';

/** One request that was sent. */
export interface RequestSample {
  readonly kind: 'request';
  /** When the answer was there, or was given up: milliseconds since 1970. */
  readonly endedAtMs: number;
  /** How long the client waited. */
  readonly durationMs: number;
  readonly route: ShopRoute;
  readonly outcome: ShopOutcome;
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  /** Whether a read was answered from current or from last-known-good data; absent when the answer does not say. */
  readonly freshness?: 'live' | 'stale';
  /** Why it was bad: `timeout`, `network`, `status`, `contract` or `different`. Absent unless bad. */
  readonly reason?: string;
  /** What exactly was wrong, such as `503 writer-unavailable`. Absent when good. */
  readonly detail?: string;
  /** The instance and zone that answered. Absent when nobody did. */
  readonly servedBy?: string;
  /** The order that the request was about. Absent for browse and product. */
  readonly order?: OrderOfSample;
}

export interface OrderOfSample {
  readonly reference: string;
  readonly idempotencyKey: string;
  /** Its id once it was acknowledged, by this answer or an earlier one; absent while its outcome is unknown. */
  readonly orderId?: string;
  /** The id to ask by, once the shop has kept the order to store it later. */
  readonly intakeId?: string;
}

/** Requests that were due and never sent, because every virtual user was still waiting: each counts as bad. */
export interface DroppedSample {
  readonly kind: 'dropped';
  readonly endedAtMs: number;
  readonly count: number;
}

export type Sample = RequestSample | DroppedSample;

/** A line that should have been a sample could not be read: the script and this file do not belong together. */
export class K6SampleInvalidError extends Error {
  readonly code = 'k6-sample-invalid';

  constructor(line: string) {
    super(`not a sample of shop_request or dropped_iterations: ${line.slice(0, 200)}`);
    this.name = 'K6SampleInvalidError';
  }
}

const REQUEST_LINE = '{"metric":"shop_request","type":"Point"';
const DROPPED_LINE = '{"metric":"dropped_iterations","type":"Point"';

/**
 * Reads one line.
 * @returns undefined for every line that is not about a request sent or dropped.
 * @throws K6SampleInvalidError for a line about a request that lacks what it must hold.
 */
export function parseK6Line(line: string): Sample | undefined {
  if (line.startsWith(REQUEST_LINE)) return requestSample(line);
  if (line.startsWith(DROPPED_LINE)) return droppedSample(line);
  return undefined;
}

interface Point {
  readonly time: string;
  readonly value: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly metadata?: Readonly<Record<string, string>>;
}

function requestSample(line: string): RequestSample {
  const { time, value, tags, metadata = {} } = pointOf(line);
  const { route, outcome, status, freshness, reason, served_by: servedBy } = tags;
  if (!isRoute(route) || !isOutcome(outcome) || status === undefined) throw new K6SampleInvalidError(line);
  return {
    kind: 'request',
    endedAtMs: Date.parse(time),
    durationMs: value,
    route,
    outcome,
    status: Number(status),
    ...(freshness === 'live' || freshness === 'stale' ? { freshness } : {}),
    ...(reason === undefined ? {} : { reason }),
    ...(metadata['detail'] === undefined ? {} : { detail: metadata['detail'] }),
    ...(servedBy === undefined ? {} : { servedBy }),
    ...orderOf(metadata),
  };
}

function orderOf(metadata: Readonly<Record<string, string>>): { order?: OrderOfSample } {
  const { reference, idempotency_key: idempotencyKey, order_id: orderId, intake_id: intakeId } = metadata;
  if (reference === undefined || idempotencyKey === undefined) return {};
  return {
    order: {
      reference,
      idempotencyKey,
      ...(orderId === undefined ? {} : { orderId }),
      ...(intakeId === undefined ? {} : { intakeId }),
    },
  };
}

function droppedSample(line: string): DroppedSample {
  const { time, value } = pointOf(line);
  return { kind: 'dropped', endedAtMs: Date.parse(time), count: value };
}

function pointOf(line: string): Point {
  let parsed: { data?: Partial<Point> };
  try {
    parsed = JSON.parse(line) as typeof parsed;
  } catch {
    throw new K6SampleInvalidError(line);
  }
  const { time, value, tags = {}, metadata } = parsed.data ?? {};
  if (time === undefined || Number.isNaN(Date.parse(time)) || typeof value !== 'number') {
    throw new K6SampleInvalidError(line);
  }
  return { time, value, tags, ...(metadata === undefined ? {} : { metadata }) };
}

function isRoute(value: string | undefined): value is ShopRoute {
  return (
    value === 'browse' ||
    value === 'product' ||
    value === 'order' ||
    value === 'read-back' ||
    value === 'replay'
  );
}

function isOutcome(value: string | undefined): value is ShopOutcome {
  return value === 'good' || value === 'bad' || value === 'shed';
}
