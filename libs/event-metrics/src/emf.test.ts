import { describe, expect, test } from 'vitest';
import { createEmfMetrics, renderEmf } from './emf.ts';
import type { EmfOptions } from './emf.ts';

/** Wednesday, 1 January 2025, 00:00 UTC. */
const NEW_YEAR_MS = 1_735_689_600_000;

function createMetrics(options: Partial<EmfOptions> = {}) {
  const lines: string[] = [];
  const metrics = createEmfMetrics({
    now: () => NEW_YEAR_MS,
    write: (line) => {
      lines.push(line);
    },
    ...options,
  });
  const take = () => lines.splice(0).map((line) => JSON.parse(line) as Record<string, unknown>);
  return { ...metrics, lines, take };
}

describe('a line', () => {
  test('has the shape that CloudWatch reads', () => {
    expect(
      renderEmf({
        namespace: 'Shop',
        timestampMs: NEW_YEAR_MS,
        dimensionSets: [['service', 'policy']],
        dimensions: { service: 'orders', policy: 'payment' },
        metrics: [
          { name: 'nines.retry.budget', unit: 'count', values: 2 },
          { name: 'nines.retry.delay', unit: 'ms', values: [120, 80] },
        ],
      }),
    ).toBe(
      '{"_aws":{"Timestamp":1735689600000,"CloudWatchMetrics":[{"Namespace":"Shop",' +
        '"Dimensions":[["service","policy"]],"Metrics":[{"Name":"nines.retry.budget","Unit":"Count"},' +
        '{"Name":"nines.retry.delay","Unit":"Milliseconds"}]}]},"service":"orders","policy":"payment",' +
        '"nines.retry.budget":2,"nines.retry.delay":[120,80]}',
    );
  });

  test('is one line, whatever a name contains', () => {
    const { listener, flush, lines } = createMetrics();
    listener('hedge', 'a\nb')({ type: 'won' });
    flush();
    expect(lines[0]).not.toContain('\n');
  });
});

describe('what is written', () => {
  test('nothing, when nothing has happened', () => {
    const { listener, flush, take } = createMetrics();
    listener('retry', 'payment');
    flush();
    expect(take()).toEqual([]);
  });

  test('how often each event came since the last time', () => {
    const { listener, flush, take } = createMetrics();
    const onEvent = listener('idempotency', 'orders');
    onEvent({ type: 'acquired' });
    onEvent({ type: 'acquired' });
    onEvent({ type: 'lease-lost' });
    flush();
    expect(take()).toMatchObject([{ 'nines.idempotency.acquired': 2, 'nines.idempotency.lease_lost': 1 }]);
    onEvent({ type: 'replayed' });
    flush();
    const [second] = take();
    expect(second).toMatchObject({ 'nines.idempotency.replayed': 1 });
    expect(second).not.toHaveProperty(['nines.idempotency.acquired']);
  });

  test('one line for each policy, with the dimensions of the service', () => {
    const { listener, flush, take } = createMetrics({ namespace: 'Shop', dimensions: { service: 'orders' } });
    listener('timeout', 'payment')({ type: 'timeout' });
    listener('timeout', 'reviews')({ type: 'timeout' });
    listener('timeout', 'payment')({ type: 'timeout' });
    flush();
    const lines = take();
    expect(lines).toMatchObject([
      { service: 'orders', policy: 'payment', 'nines.timeout.timeout': 2 },
      { service: 'orders', policy: 'reviews', 'nines.timeout.timeout': 1 },
    ]);
    expect(lines[0]?.['_aws']).toMatchObject({
      Timestamp: NEW_YEAR_MS,
      CloudWatchMetrics: [{ Namespace: 'Shop', Dimensions: [['service', 'policy']] }],
    });
  });

  test('a detail in a line of its own, counted with it and without it', () => {
    const { listener, flush, take } = createMetrics();
    const onEvent = listener('load-shedder', 'api');
    onEvent({ type: 'refused', priority: 'sheddable' });
    onEvent({ type: 'refused', priority: 'critical' });
    onEvent({ type: 'refused', priority: 'sheddable' });
    flush();
    const lines = take();
    expect(lines).toMatchObject([
      { policy: 'api', priority: 'sheddable', 'nines.load_shedder.refused': 2 },
      { policy: 'api', priority: 'critical', 'nines.load_shedder.refused': 1 },
    ]);
    expect(lines[0]?.['_aws']).toMatchObject({
      CloudWatchMetrics: [{ Namespace: 'Nines', Dimensions: [['policy'], ['policy', 'priority']] }],
    });
  });

  test('every duration, and no more than a hundred to a line', () => {
    const { listener, flush, take } = createMetrics();
    const onEvent = listener('rate-limiter', 'api');
    for (let waitMs = 1; waitMs <= 250; waitMs += 1) onEvent({ type: 'queued', waitMs });
    flush();
    const lines = take();
    const waits = lines.map((line) => line['nines.rate_limiter.wait'] as number[]);
    expect(waits.map(({ length }) => length)).toEqual([100, 100, 50]);
    expect(waits.flat()).toEqual(Array.from({ length: 250 }, (_, at) => at + 1));
    // Each event is counted once, in whichever line it comes.
    expect(lines.map((line) => line['nines.rate_limiter.queued'])).toEqual([100, 100, 50]);
  });

  test('the last value of a gauge, again each time', () => {
    const { listener, flush, take } = createMetrics();
    const onEvent = listener('circuit-breaker', 'payment');
    onEvent({ type: 'half-open' });
    onEvent({ type: 'open' });
    flush();
    expect(take()).toMatchObject([{ 'nines.circuit_breaker.state': 2, 'nines.circuit_breaker.open': 1 }]);
    flush();
    const [quiet] = take();
    expect(quiet).toMatchObject({ 'nines.circuit_breaker.state': 2 });
    expect(quiet).not.toHaveProperty(['nines.circuit_breaker.open']);
    onEvent({ type: 'closed' });
    flush();
    expect(take()).toMatchObject([{ 'nines.circuit_breaker.state': 0 }]);
  });

  test('nothing for an age that is infinite, and the failure all the same', () => {
    const { listener, flush, take } = createMetrics();
    const onEvent = listener('constant-work', 'routes');
    onEvent({ type: 'refresh-failed', ageMs: Infinity });
    onEvent({ type: 'refresh-failed', ageMs: 30_000 });
    flush();
    expect(take()).toMatchObject([
      { 'nines.constant_work.refresh_failed': 2, 'nines.constant_work.age': [30_000] },
    ]);
  });
});

describe('what is bounded', () => {
  test('values of a detail: those beyond fifty are one', () => {
    const { listener, flush, take } = createMetrics();
    const onEvent = listener('emergency-lever', 'levers');
    for (let at = 0; at < 1000; at += 1) onEvent({ type: 'changed', lever: `lever-${String(at)}` });
    onEvent({ type: 'changed', lever: 'lever-0' });
    flush();
    const lines = take();
    expect(lines).toHaveLength(51);
    expect(lines[0]).toMatchObject({ lever: 'lever-0', 'nines.emergency_lever.changed': 2 });
    expect(lines.at(-1)).toMatchObject({ lever: 'other', 'nines.emergency_lever.changed': 950 });
  });

  test('what is unknown: an event of a newer library is passed over', () => {
    const { listener, flush, take } = createMetrics();
    const onEvent = listener('hedge', 'search') as (event: { type: string }) => void;
    onEvent({ type: 'invented-later' });
    onEvent({ type: 'constructor' });
    flush();
    expect(take()).toEqual([]);
  });

  test('what is read: no key, error or value of an event is in a line', () => {
    const { listener, flush, lines } = createMetrics();
    const secret = { key: 'SECRET', error: new Error('SECRET'), value: 'SECRET' };
    const idempotency = { type: 'acquired', ...secret } as const;
    const retry = { type: 'error', attempt: 1, delayMs: 0, ...secret } as const;
    const lever = { type: 'refused', lever: 'reviews', ...secret } as const;
    listener('idempotency', 'a')(idempotency);
    listener('retry', 'a')(retry);
    listener('emergency-lever', 'a')(lever);
    flush();
    expect(lines).toHaveLength(3);
    expect(lines.join('')).not.toContain('SECRET');
  });
});
