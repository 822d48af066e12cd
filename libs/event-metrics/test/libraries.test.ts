/** The table of metrics against the libraries as they are: by type when this is compiled, and by their real events. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ThrottleEvent } from '@nines/adaptive-throttle';
import { createBulkhead } from '@nines/bulkhead';
import type { BulkheadEvent } from '@nines/bulkhead';
import { createCircuitBreaker } from '@nines/circuit-breaker';
import type { CircuitEvent } from '@nines/circuit-breaker';
import type { ConstantWorkEvent } from '@nines/constant-work';
import type { DeadlineEvent } from '@nines/deadline';
import type { EmergencyLeverEvent } from '@nines/emergency-lever';
import type { HealthCheckEvent } from '@nines/health-check';
import type { HedgeEvent } from '@nines/hedge';
import { createIdempotency, createMemoryStore } from '@nines/idempotency';
import type { IdempotencyEvent } from '@nines/idempotency';
import type { LoadShedderEvent } from '@nines/load-shedder';
import type { RateLimiterEvent } from '@nines/rate-limiter';
import { createRetry } from '@nines/retry';
import type { RetryEvent } from '@nines/retry';
import { createStaleCache, createStaticAnswer } from '@nines/stale-cache';
import type { StaleCacheEvent, StaticAnswerOptions } from '@nines/stale-cache';
import type { TimeoutEvent } from '@nines/timeout';
import { expect, test } from 'vitest';
import { createEmfMetrics } from '../src/emf.ts';
import { EVENT_METRICS } from '../src/metrics-of-events.ts';
import type { EventsByLibrary, Library } from '../src/metrics-of-events.ts';

type EventOfOption<F> = F extends (event: infer E) => void ? E : never;

/** The events as the libraries declare them. */
interface RealEvents {
  'adaptive-throttle': ThrottleEvent;
  bulkhead: BulkheadEvent;
  'circuit-breaker': CircuitEvent;
  'constant-work': ConstantWorkEvent;
  deadline: DeadlineEvent;
  'emergency-lever': EmergencyLeverEvent;
  'health-check': HealthCheckEvent;
  hedge: HedgeEvent;
  idempotency: IdempotencyEvent;
  'load-shedder': LoadShedderEvent;
  'rate-limiter': RateLimiterEvent;
  retry: RetryEvent;
  'stale-cache': StaleCacheEvent | EventOfOption<NonNullable<StaticAnswerOptions<unknown>['onEvent']>>;
  timeout: TimeoutEvent;
}

/** `true` where every event of a library can be given to its listener, and the listener knows no type beyond them. */
type Covered = {
  [L in Library]: RealEvents[L] extends EventsByLibrary[L]
    ? EventsByLibrary[L]['type'] extends RealEvents[L]['type']
      ? true
      : 'a type of event is gone from the library'
    : 'the library has an event that has no metric';
};

/** This is the test: it does not compile when a library gains, loses or changes an event. */
const COVERED: Covered = {
  'adaptive-throttle': true,
  bulkhead: true,
  'circuit-breaker': true,
  'constant-work': true,
  deadline: true,
  'emergency-lever': true,
  'health-check': true,
  hedge: true,
  idempotency: true,
  'load-shedder': true,
  'rate-limiter': true,
  retry: true,
  'stale-cache': true,
  timeout: true,
};

const LIBRARIES = fileURLToPath(new URL('../../resilience', import.meta.url));

test('every library that tells of events has metrics, and those without events are known', () => {
  const all = readdirSync(LIBRARIES).filter((name) => !name.includes('.'));
  const silent = all.filter(
    (name) => !readFileSync(`${LIBRARIES}/${name}/src/${name}.ts`, 'utf8').includes('onEvent'),
  );
  expect(silent).toEqual(['pipeline', 'shuffle-sharding']);
  expect(Object.keys(COVERED).sort()).toEqual(all.filter((name) => !silent.includes(name)).sort());
  expect(Object.keys(EVENT_METRICS).sort()).toEqual(Object.keys(COVERED).sort());
});

test('policies take a listener as it is, and what they tell is counted', async () => {
  const lines: string[] = [];
  const metrics = createEmfMetrics({ now: () => 0, write: (line) => lines.push(line) });
  const retry = createRetry({
    idempotent: true,
    maxAttempts: 2,
    baseDelayMs: 0,
    onEvent: metrics.listener('retry', 'payment'),
  });
  const breaker = createCircuitBreaker({
    consecutiveFailures: 1,
    onEvent: metrics.listener('circuit-breaker', 'payment'),
  });
  const bulkhead = createBulkhead({
    maxConcurrent: 1,
    maxQueue: 0,
    onEvent: metrics.listener('bulkhead', 'payment'),
  });
  const away = (): never => {
    throw new Error('away');
  };
  await retry.try(away);
  await breaker.try(away);
  await breaker.try(away);
  await bulkhead(() => bulkhead.try(() => 1));
  metrics.flush();
  expect(Object.assign({}, ...lines.map((line) => JSON.parse(line) as object))).toMatchObject({
    'nines.retry.retry': 1,
    'nines.retry.attempts': 1,
    'nines.circuit_breaker.open': 1,
    'nines.circuit_breaker.refused': 1,
    'nines.circuit_breaker.state': 2,
    'nines.bulkhead.refused': 1,
    reason: 'queue-full',
  });
});

test('what holds answers tells of them in the same way', async () => {
  const lines: string[] = [];
  const metrics = createEmfMetrics({ now: () => 0, write: (line) => lines.push(line) });
  const once = createIdempotency({
    store: createMemoryStore(),
    onEvent: metrics.listener('idempotency', 'orders'),
  });
  const cache = createStaleCache<number, string>({
    softTtlMs: 1000,
    hardTtlMs: 2000,
    onEvent: metrics.listener('stale-cache', 'products'),
  });
  const answer = createStaticAnswer({ answer: [], onEvent: metrics.listener('stale-cache', 'reviews') });
  await once('key', () => 'done');
  await once('key', () => 'again');
  await cache('a', () => 1);
  await answer(() => {
    throw new Error('away');
  });
  metrics.flush();
  expect(Object.assign({}, ...lines.map((line) => JSON.parse(line) as object))).toMatchObject({
    'nines.idempotency.acquired': 1,
    'nines.idempotency.replayed': 1,
    'nines.stale_cache.fresh': 1,
    from: 'load',
    'nines.stale_cache.answered': 1,
  });
});
