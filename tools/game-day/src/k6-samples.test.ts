import { describe, expect, test } from 'vitest';
import { K6SampleInvalidError, parseK6Line } from './k6-samples.ts';

// Lines as k6 v2.2.0 wrote them for load-tests/src/k6/shop.ts.
const GOOD_ORDER =
  '{"metric":"shop_request","type":"Point","data":{"time":"2026-11-21T09:30:25.394418519Z","value":2.073229,"tags":{"outcome":"good","route":"order","served_by":"i-1@zone-a","status":"201"},"metadata":{"idempotency_key":"key-r1-0","order_id":"21f78f67-52de-2b6c-aacf-18effcee04e5","reference":"order-r1-0"}}}';
const STALE_PRODUCT =
  '{"metric":"shop_request","type":"Point","data":{"time":"2026-11-21T09:30:25.399714221Z","value":1.027349,"tags":{"freshness":"stale","outcome":"good","route":"product","served_by":"i-1@zone-a","status":"200"}}}';
const TIMED_OUT_ORDER =
  '{"metric":"shop_request","type":"Point","data":{"time":"2026-11-21T09:54:24.257427592Z","value":2000.688145,"tags":{"outcome":"bad","reason":"timeout","route":"order","status":"0"},"metadata":{"detail":"request timeout","idempotency_key":"key-r1-7","reference":"order-r1-7"}}}';
const SHED_BROWSE =
  '{"metric":"shop_request","type":"Point","data":{"time":"2026-11-21T09:54:24Z","value":0.5,"tags":{"outcome":"shed","route":"browse","served_by":"i-2@zone-b","status":"503"},"metadata":{"detail":"503 overloaded"}}}';
const DROPPED =
  '{"metric":"dropped_iterations","type":"Point","data":{"time":"2026-11-21T09:54:24.5Z","value":3,"tags":{}}}';

describe('a request', () => {
  test('that placed an order names the order', () => {
    expect(parseK6Line(GOOD_ORDER)).toEqual({
      kind: 'request',
      endedAtMs: Date.UTC(2026, 10, 21, 9, 30, 25, 394),
      durationMs: 2.073229,
      route: 'order',
      outcome: 'good',
      status: 201,
      servedBy: 'i-1@zone-a',
      order: {
        reference: 'order-r1-0',
        idempotencyKey: 'key-r1-0',
        orderId: '21f78f67-52de-2b6c-aacf-18effcee04e5',
      },
    });
  });

  test('that an order was kept by names the id to ask by', () => {
    const kept = GOOD_ORDER.replace('"order_id":', '"intake_id":').replace(
      '"status":"201"',
      '"status":"202"',
    );
    expect(parseK6Line(kept)).toMatchObject({
      status: 202,
      order: {
        reference: 'order-r1-0',
        idempotencyKey: 'key-r1-0',
        intakeId: '21f78f67-52de-2b6c-aacf-18effcee04e5',
      },
    });
  });

  test('that was answered from last-known-good data says so', () => {
    expect(parseK6Line(STALE_PRODUCT)).toEqual({
      kind: 'request',
      endedAtMs: Date.UTC(2026, 10, 21, 9, 30, 25, 399),
      durationMs: 1.027349,
      route: 'product',
      outcome: 'good',
      status: 200,
      freshness: 'stale',
      servedBy: 'i-1@zone-a',
    });
  });

  test('that got no answer has a reason, status 0 and an order without an id', () => {
    expect(parseK6Line(TIMED_OUT_ORDER)).toEqual({
      kind: 'request',
      endedAtMs: Date.UTC(2026, 10, 21, 9, 54, 24, 257),
      durationMs: 2000.688145,
      route: 'order',
      outcome: 'bad',
      status: 0,
      reason: 'timeout',
      detail: 'request timeout',
      order: { reference: 'order-r1-7', idempotencyKey: 'key-r1-7' },
    });
  });

  test('that was shed is told apart from a bad one', () => {
    expect(parseK6Line(SHED_BROWSE)).toMatchObject({
      outcome: 'shed',
      status: 503,
      detail: '503 overloaded',
    });
  });
});

test('requests that were never sent come with their number', () => {
  expect(parseK6Line(DROPPED)).toEqual({
    kind: 'dropped',
    endedAtMs: Date.UTC(2026, 10, 21, 9, 54, 24, 500),
    count: 3,
  });
});

test.each([
  '',
  '{"type":"Metric","data":{"name":"shop_request","type":"trend"},"metric":"shop_request"}',
  '{"metric":"http_reqs","type":"Point","data":{"time":"2026-11-21T09:30:25Z","value":1,"tags":{}}}',
  '{"metric":"shop_requests","type":"Point","data":{"time":"2026-11-21T09:30:25Z","value":1,"tags":{}}}',
  'k6 says something else, about "shop_request"',
])('the line %j is passed over', (line) => {
  expect(parseK6Line(line)).toBeUndefined();
});

test('what is not about requests is never parsed', () => {
  expect(parseK6Line('{"metric":"http_reqs","type":"Point",this is not JSON')).toBeUndefined();
});

test.each([
  ['a line that is cut short', GOOD_ORDER.slice(0, 90)],
  ['an unknown route', GOOD_ORDER.replace('"route":"order"', '"route":"checkout"')],
  ['an unknown outcome', GOOD_ORDER.replace('"outcome":"good"', '"outcome":"fine"')],
  ['no status', GOOD_ORDER.replace('"status":"201"', '"code":"201"')],
  ['no time', GOOD_ORDER.replace('"time"', '"when"')],
  ['a time that is none', GOOD_ORDER.replace('2026-11-21T09:30:25.394418519Z', 'today')],
  ['no value', DROPPED.replace('"value":3', '"value":null')],
])('%s is refused, because script and reader do not belong together then', (_, line) => {
  expect(() => parseK6Line(line)).toThrow(K6SampleInvalidError);
});
