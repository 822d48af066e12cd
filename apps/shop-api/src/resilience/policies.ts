/**
 * Every resilience setting of the shop in one place: what protects which call, with which figures, and why.
 * The mechanisms are the libraries of `libs/resilience`; nothing is copied here.
 */
import { createBulkhead } from '@nines/bulkhead';
import { createCircuitBreaker, type CircuitBreaker } from '@nines/circuit-breaker';
import { createHealthCheck } from '@nines/health-check';
import { createLoadShedder, gradient2 } from '@nines/load-shedder';
import { pipeline, type Policy } from '@nines/pipeline';
import { createRateLimiter } from '@nines/rate-limiter';
import { createRetry, createRetryBudget, type RetryBudget } from '@nines/retry';
import { createStaleCache, type StaleCache } from '@nines/stale-cache';
import { createTimeout } from '@nines/timeout';
import type { Protection } from '../adapters/http-call.ts';
import type { Admission } from '../core/admission.ts';
import type { Metrics } from '../ports/metrics.ts';
import { isStorageUnavailable, type Storage } from '../ports/storage.ts';
import type { Opinions } from '../ports/reviews.ts';

/** Where policies get their time from; a test hands in its own. */
export interface Timing {
  /** Monotonic milliseconds. */
  readonly clock: { now(): number };
  /** Starts a timer and returns its cancellation. @default setTimeout */
  readonly schedule?: (run: () => void, delayMs: number) => () => void;
  /** A number from 0 up to, not including, 1. @default Math.random */
  readonly random?: () => number;
}

export interface PolicyDependencies {
  readonly metrics: Metrics;
  readonly timing: Timing;
}

/** The name under which a policy's events are counted, and the event's type. */
const counted =
  (metrics: Metrics, source: string) =>
  (event: { readonly type: string }): void => {
    metrics.event(source, event.type);
  };

/**
 * The payment service answers in 40 ms, give or take 10; ten times slower, in up to 500 ms, it must still do. Two
 * attempts fit into the two seconds that a client has as a rule.
 */
const PAYMENT_TIMEOUT_MS = 800;

/** Retries that a server may make in a row; spread over thousands of orders between two failures they weigh nothing. */
const RETRIES_OF_A_SERVER = 5;

/**
 * A function is many processes with a few orders each, and a budget each: with five retries to begin with, 46% more
 * calls reached a payment service that hung (seen in a game day). So each begins with none, and earns one by ten orders.
 */
export const createFunctionRetryBudget = (): RetryBudget => createRetryBudget(1, 0.1, 0);

export interface PaymentPoliciesOptions extends PolicyDependencies {
  /** @default five retries at once, then a tenth of the successes */
  readonly retryBudget?: RetryBudget;
}

export interface PaymentPolicies {
  readonly interactive: Protection;
  readonly background: Protection;
}

/**
 * Payment: two attempts, but retries only up to a tenth of the successes, so that a service that fails altogether
 * gets at most 1.1 times the calls. One breaker for all operations, since they fail together; a bulkhead for each
 * kind of caller, so that captures never take the customers' places.
 */
export function createPaymentPolicies({
  metrics,
  timing,
  retryBudget = createRetryBudget(RETRIES_OF_A_SERVER),
}: PaymentPoliciesOptions): PaymentPolicies {
  const breaker = createCircuitBreaker({
    // A wrong answer now and then is no reason to stop selling; half of twenty calls is.
    failureRate: 0.5,
    minimumCalls: 20,
    windowMs: 10_000,
    openMs: 2_000,
    ...timing,
    onEvent: counted(metrics, 'payment-breaker'),
  });
  const retry = createRetry({
    idempotent: true,
    maxAttempts: 2,
    baseDelayMs: 50,
    maxDelayMs: 500,
    budget: retryBudget,
    ...timing,
    onEvent: counted(metrics, 'payment-retry'),
  });
  const onEvent = counted(metrics, 'payment-timeout');
  const timeout = fairTimeout(
    createTimeout({ timeoutMs: PAYMENT_TIMEOUT_MS, ...timing, onEvent }),
    timing.clock,
  );
  const bulkhead = (maxConcurrent: number) =>
    createBulkhead({ maxConcurrent, ...timing, onEvent: counted(metrics, 'payment-bulkhead') });
  return {
    // Little's law: 50 orders a second at the slow 400 ms are 20 at once; the rest is room for time limits.
    interactive: pipeline(retry, breaker, timeout, bulkhead(60)),
    // The outbox repeats in its own time, so no retry here. As many as a worker claims, and as many gifts back.
    background: pipeline(breaker, timeout, bulkhead(CAPTURE_BATCH_SIZE * 2)),
  };
}

/** A wait of this length without an answer says something about the payment service: it is above the slow 400 ms. */
const TELLING_PAYMENT_WAIT_MS = 500;

/**
 * A time limit under which a caller in a hurry proves nothing: when its deadline ends the call early, that is an
 * abort, which neither retry nor breaker count. Else a client could stop everybody's orders by sending some
 * requests with too little time.
 */
function fairTimeout(timeout: Policy, clock: Timing['clock']): Policy {
  return async (fn, context) => {
    const startedAt = clock.now();
    try {
      return await timeout(fn, context);
    } catch (error) {
      const timedOut = (error as { code?: unknown } | null)?.code === 'timeout';
      if (!timedOut || clock.now() - startedAt >= TELLING_PAYMENT_WAIT_MS) throw error;
      throw new DOMException('the caller had too little time', 'AbortError');
    }
  };
}

/** Captures under way at once in one instance. */
export const CAPTURE_BATCH_SIZE = 20;

/**
 * Kept orders that one instance stores at once: a writer that comes back meets every instance of the fleet, and the
 * customers of the moment go first. Five at a time are still some hundred a second for each instance.
 */
export const KEPT_ORDER_BATCH_SIZE = 5;

/** Reviews: 20 ms as a rule, never worth more than a quarter of a second, never asked again. */
export function createReviewsPolicies({ metrics, timing }: PolicyDependencies): {
  policy: Protection;
  cache: StaleCache<Opinions, string>;
} {
  return {
    policy: pipeline(
      createCircuitBreaker({ openMs: 5_000, ...timing, onEvent: counted(metrics, 'reviews-breaker') }),
      createTimeout({ timeoutMs: 250, ...timing, onEvent: counted(metrics, 'reviews-timeout') }),
      createBulkhead({ maxConcurrent: 20, ...timing, onEvent: counted(metrics, 'reviews-bulkhead') }),
    ),
    // Soft and hard time are equal: opinions that cannot be had are left out, not shown from yesterday.
    cache: createStaleCache<Opinions>({ softTtlMs: 5_000, hardTtlMs: 5_000, maxEntries: 1_000, ...timing }),
  };
}

/**
 * Storage: five failures in a row among all calls mean that the database is away; then one call a second finds
 * out whether it is back, and everybody else is answered without waiting. Writer and replicas have one each, since
 * one being away says nothing about the other.
 */
export function createStorageBreaker({
  metrics,
  timing,
  countedAs = 'storage-breaker',
}: PolicyDependencies & {
  /** @default 'storage-breaker' */
  readonly countedAs?: string;
}): CircuitBreaker {
  return createCircuitBreaker({
    consecutiveFailures: 5,
    openMs: 1_000,
    probes: 3,
    isFailure: (error) => isStorageUnavailable(error) && !error.callerGaveUp,
    ...timing,
    onEvent: counted(metrics, countedAs),
  });
}

export interface DatabaseCheckOptions {
  readonly storage: Pick<Storage, 'ping'>;
  readonly timing: Timing;
}

/**
 * Whether the database answers, for `/readyz`: asked at most once a second however many probers there are, and
 * answered within what the shortest usual prober's timeout (2 s) leaves. One result counts at once: thresholds are
 * the load balancer's business.
 */
export function createDatabaseCheck({ storage, timing }: DatabaseCheckOptions): () => Promise<boolean> {
  const health = createHealthCheck({
    checks: { database: { check: () => storage.ping({ timeoutMs: 500 }) } },
    timeoutMs: 600,
    cacheMs: 1_000,
    unhealthyAfter: 1,
    healthyAfter: 1,
    ...timing,
  });
  return async () => (await health.deep()).status === 'healthy';
}

export interface AdmissionOptions extends PolicyDependencies {
  /** What one instance was found to bear, in requests a second. */
  readonly ratedRps: number;
}

/**
 * How long a request may wait for its turn: a burst is smoothed, a queue is not built. Two fifths of a second ride out
 * a pause of the runtime or of a shared machine, after which everything that arrived meanwhile comes at once (seen on
 * two busy cores at 60% of the rating: 50 ms shed 14 of 3,732 requests, 200 ms 8 of 7,500), and are a fifth of a
 * user's patience.
 */
const MAX_TURN_WAIT_MS = 400;

/**
 * Admission: at most the rated rate, and at most so many at once. Orders have a limit of their own, since they
 * wait for the payment service: however slow it is, their waiting takes nothing from the reads.
 */
export function createAdmission({ ratedRps, metrics, timing }: AdmissionOptions): Admission {
  const rate = createRateLimiter({
    ratePerSecond: ratedRps,
    burst: Math.max(10, ratedRps / 10),
    maxWaitMs: MAX_TURN_WAIT_MS,
    ...timing,
  });
  // The limit follows what reads are seen to take; a floor keeps a noisy moment from shutting them out.
  const adaptive = gradient2();
  const reads = createLoadShedder({
    algorithm: (window) => Math.max(32, adaptive(window)),
    initialLimit: 64,
    maxLimit: 256,
    ...timing,
  });
  const orders = createLoadShedder({ algorithm: () => 100, initialLimit: 100, maxLimit: 100, ...timing });

  function place(method: string) {
    const release = (method === 'POST' ? orders : reads).tryAcquire();
    if (release === undefined) metrics.requestShed('concurrency');
    return release;
  }

  async function afterTurn(method: string, deadline: number) {
    try {
      await rate.acquire({ deadline });
    } catch {
      metrics.requestShed('rate');
      return undefined;
    }
    return place(method);
  }

  return {
    enter: (method, deadline) => {
      if (rate.tryAcquire()) return place(method);
      // Asked first, because a refusal without an error costs a tenth of one with.
      const waitMs = ((1 - rate.state().tokens) / ratedRps) * 1_000;
      if (waitMs > MAX_TURN_WAIT_MS) {
        metrics.requestShed('rate');
        return undefined;
      }
      return afterTurn(method, deadline);
    },
  };
}

/** Ends a request when its time is over; the time itself comes from the client, bounded by the shop. */
export function createDeadline(timing: Timing) {
  const timeout = createTimeout({ timeoutMs: LONGEST_REQUEST_MS, ...timing });
  return <T>(call: () => Promise<T>, { deadline }: { deadline: number }): Promise<T> =>
    timeout(() => call(), { deadline });
}

/** A ceiling that no request reaches, since each has a nearer deadline of its own. */
const LONGEST_REQUEST_MS = 60_000;
