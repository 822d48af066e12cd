// What the functions write into their log: lines for people, and lines that CloudWatch makes metrics of.
import { expect, it } from 'vitest';
import { createEmbeddedMetrics } from '../src/adapters/embedded-metrics.ts';
import { createJsonLog, type LogLevel } from '../src/adapters/json-log.ts';

const wallClock = () => new Date(Date.UTC(2026, 0, 1));

function logAt(level: LogLevel) {
  const lines: string[] = [];
  const log = createJsonLog({ level, base: { service: 's' }, write: (line) => lines.push(line), wallClock });
  return { lines, log };
}

it('a log line is one line of JSON, whatever is in it', () => {
  const { lines, log } = logAt('info');
  log.info({ requestId: 'r', text: 'a\nb' }, 'a message');
  expect(lines).toEqual([
    '{"time":"2026-01-01T00:00:00.000Z","level":"info","service":"s","requestId":"r","text":"a\\nb","message":"a message"}\n',
  ]);
});

it('an error is logged as its kind, message and causes, and nothing that a driver hung on it', () => {
  const { lines, log } = logAt('info');
  log.error({ err: Object.assign(new TypeError('broken'), { detail: 'a customer’s' }) }, 'failed');
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ err: { type: 'TypeError', message: 'broken' } });
  expect(lines[0]).not.toContain('customer');
});

it.each([
  ['debug', ['debug', 'info', 'warn', 'error']],
  ['info', ['info', 'warn', 'error']],
  ['error', ['error']],
  ['silent', []],
] as const)('at level %s it has %j', (level, expected) => {
  const { lines, log } = logAt(level);
  for (const each of ['debug', 'info', 'warn', 'error'] as const) log[each]({}, '');
  expect(lines.map((line) => (JSON.parse(line) as { level: string }).level)).toEqual(expected);
});

function createMetrics() {
  const lines: unknown[] = [];
  const metrics = createEmbeddedMetrics({
    namespace: 'Shop',
    functionName: 'shop-api',
    write: (line) => lines.push(JSON.parse(line)),
    wallClock,
  });
  return { lines, metrics };
}

it('what happened since the last time is one line, with the metrics that CloudWatch is to take from it', () => {
  const { lines, metrics } = createMetrics();
  metrics.requestFinished('placeOrder', 201, 12.5);
  metrics.requestFinished('placeOrder', 503, 3);
  metrics.orderAnswered('placed');
  metrics.orderAnswered('writer-unavailable');
  metrics.paymentAttempted('authorize');
  metrics.paymentCalled('authorize', 'ok');
  metrics.event('storage-breaker', 'opened');
  metrics.event('storage-breaker', 'opened');
  metrics.flush();
  metrics.flush();
  expect(lines).toEqual([
    {
      _aws: {
        Timestamp: 1_767_225_600_000,
        CloudWatchMetrics: [
          {
            Namespace: 'Shop',
            Dimensions: [['FunctionName']],
            Metrics: [
              { Name: 'RequestDuration', Unit: 'Milliseconds' },
              { Name: 'ServerErrors', Unit: 'Count' },
              { Name: 'OrdersPlaced', Unit: 'Count' },
            ],
          },
        ],
      },
      FunctionName: 'shop-api',
      RequestDuration: [12.5, 3],
      ServerErrors: 1,
      OrdersPlaced: 1,
      'request.placeOrder.201': 1,
      'request.placeOrder.503': 1,
      'order.placed': 1,
      'order.writer-unavailable': 1,
      'payment.authorize.attempts': 1,
      'payment.authorize.ok': 1,
      'storage-breaker.opened': 2,
    },
  ]);
});

it('trouble of every kind is a metric of its own', () => {
  const { lines, metrics } = createMetrics();
  metrics.requestShed('rate');
  metrics.paymentCalled('capture', 'failed');
  metrics.staleAnswered('getOrder');
  metrics.captureEnded('payment-failed');
  metrics.flush();
  expect(lines).toMatchObject([
    { RequestsShed: 1, PaymentCallsFailed: 1, StaleAnswers: 1, CapturesFailed: 1 },
  ]);
});

it('what is no metric is written nevertheless, without one', () => {
  const { lines, metrics } = createMetrics();
  metrics.reviewsCalled('ok');
  metrics.captureEnded('paid');
  metrics.flush();
  expect(lines).toMatchObject([{ _aws: { CloudWatchMetrics: [] }, 'reviews.ok': 1, 'capture.paid': 1 }]);
});

it('no more values of one metric are in a line than CloudWatch takes', () => {
  const { lines, metrics } = createMetrics();
  for (let n = 0; n < 101; n++) metrics.requestFinished('getOrder', 200, n);
  metrics.flush();
  expect((lines as [{ RequestDuration: number[] }])[0].RequestDuration).toHaveLength(100);
});

it('whoever asks a function for its metrics is told where they are', async () => {
  expect((await createMetrics().metrics.render()).contentType).toBe('text/plain; charset=utf-8');
});
