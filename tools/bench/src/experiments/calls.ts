/**
 * The calls that are compared: ours and those of the libraries that people use today. What each is set to is its
 * documented default or the example of its own readme, and the same limits for all: three attempts, one second.
 */
import { StandardRetryStrategy } from '@smithy/util-retry';
import * as cockatiel from 'cockatiel';
import CircuitBreaker from 'opossum';
import pRetry from 'p-retry';
import { createCircuitBreaker } from '@nines/circuit-breaker';
import { pipeline } from '@nines/pipeline';
import { createRetry } from '@nines/retry';
import { createTimeout } from '@nines/timeout';
import type { Contestant } from './experiment.ts';

const TIMEOUT_MS = 1000;
/** Longer than any run, so that what is open stays open. */
const LONG_MS = 2 ** 30;

export const work = async (): Promise<number> => 42;

/** The error is made once: all pay alike for making one, and it would hide what they do with it. */
const AWAY = new Error('away');
export const fail = (): Promise<never> => Promise.reject(AWAY);

export const bareAwait: Contestant = { name: 'bare await', run: () => work() };

export const settled = async (call: () => Promise<unknown>): Promise<unknown> => {
  try {
    return await call();
  } catch (error) {
    return error;
  }
};

/** As the page of the pipeline recommends. */
const ours = pipeline(
  createRetry({ idempotent: true }),
  createCircuitBreaker(),
  createTimeout({ timeoutMs: TIMEOUT_MS }),
);

const cockatielTimeout = () => cockatiel.timeout(TIMEOUT_MS, cockatiel.TimeoutStrategy.Aggressive);

const cockatielRetry = () =>
  cockatiel.retry(cockatiel.handleAll, { maxAttempts: 2, backoff: new cockatiel.ExponentialBackoff() });

const cockatielBreaker = () =>
  cockatiel.circuitBreaker(cockatiel.handleAll, {
    halfOpenAfter: 5000,
    breaker: new cockatiel.CountBreaker({ threshold: 0.5, size: 100 }),
  });

/**
 * `wrap(retry, breaker, timeout)` in the same order. `Aggressive` settles the caller when the time is over, as ours
 * does; `Cooperative` would wait for the function and is no timeout for one that hangs. Its breaker that counts calls is the
 * faster of its two windows, and the like of our default.
 */
const cockatielComposed = cockatiel.wrap(cockatielRetry(), cockatielBreaker(), cockatielTimeout());

/**
 * opossum has no retry and no timeout without a breaker. p-retry around it is the pair that its users compose; two
 * retries are three attempts. Nothing else is changed: percentiles and snapshots are its defaults.
 */
const opossumBreaker = () => new CircuitBreaker(work, { timeout: TIMEOUT_MS });

export function composedCalls(): Contestant[] {
  const breaker = opossumBreaker();
  return [
    { name: 'nines', run: () => ours(work) },
    { name: 'cockatiel', run: () => cockatielComposed.execute(work) },
    { name: 'opossum + p-retry', run: () => pRetry(() => breaker.fire(), { retries: 2 }) },
  ];
}

/** The breaker of opossum is in its figure, for it has no other timeout; see the row of the table. */
export function timeoutCalls(): Contestant[] {
  const timeout = createTimeout({ timeoutMs: TIMEOUT_MS });
  const breaker = opossumBreaker();
  const aggressive = cockatielTimeout();
  return [
    { name: 'nines', run: () => timeout(work) },
    { name: 'opossum', run: () => breaker.fire() },
    { name: 'cockatiel', run: () => aggressive.execute(work) },
  ];
}

/** A retry around a call that goes well: what it costs to be ready. */
export function retriedCalls(): Contestant[] {
  const retry = createRetry({ idempotent: true });
  const theirs = cockatielRetry();
  const smithy = new StandardRetryStrategy(3);
  return [
    { name: 'nines', run: () => retry(work) },
    { name: 'cockatiel', run: () => theirs.execute(work) },
    { name: 'p-retry', run: () => pRetry(work, { retries: 2 }) },
    {
      // It calls nobody itself: this is what the clients of the SDK do around it when all goes well.
      name: 'util-retry',
      run: async () => {
        const token = await smithy.acquireInitialRetryToken('bench');
        const value = await work();
        smithy.recordSuccess(token);
        return value;
      },
    },
  ];
}

/** Closed breakers with a window of calls, and opossum's of time, which is all it has; no timeout in it. */
export function watchedCalls(): Contestant[] {
  const breaker = createCircuitBreaker();
  const theirs = cockatielBreaker();
  const opossum = new CircuitBreaker(work, { timeout: false });
  return [
    { name: 'nines', run: () => breaker(work) },
    { name: 'cockatiel', run: () => theirs.execute(work) },
    { name: 'opossum', run: () => opossum.fire() },
  ];
}

/** Each breaker is open, and nobody probes while it is measured. Thrown errors are caught where they arrive. */
export async function refusedCalls(): Promise<Contestant[]> {
  const open = createCircuitBreaker({ consecutiveFailures: 1, openMs: LONG_MS });
  await open.try(fail);
  const cockatielOpen = cockatiel.circuitBreaker(cockatiel.handleAll, {
    halfOpenAfter: LONG_MS,
    breaker: new cockatiel.ConsecutiveBreaker(1),
  });
  await settled(() => cockatielOpen.execute(fail));
  const opossumOpen = new CircuitBreaker(work, { timeout: false, resetTimeout: LONG_MS });
  opossumOpen.open();
  return [
    { name: 'nines, thrown', run: () => settled(() => open(work)) },
    { name: 'nines, as a value', run: () => open.try(work) },
    { name: 'cockatiel, thrown', run: () => settled(() => cockatielOpen.execute(work)) },
    { name: 'opossum, thrown', run: () => settled(() => opossumOpen.fire()) },
  ];
}

const SMALL_WINDOW = 100;

/**
 * Breakers whose window is full and that cannot open. Every tenth call goes well, because cockatiel accepts no threshold of
 * 1 and would open on failures alone. opossum's window is a time: it is made so long that none of its calls leaves
 * it, and so it is not measured with a small one, which would grow under measurement.
 */
export async function failingCalls(largeWindow: number): Promise<Contestant[]> {
  const contestant = async (
    name: string,
    calls: number,
    run: (fn: () => Promise<number>) => Promise<unknown>,
  ) => {
    for (let call = 0; call < calls; call++) await run(work);
    let turn = 0;
    return { name, run: () => settled(() => run(turn++ % 10 ? fail : work)) };
  };
  const ownBreaker = (windowCalls: number) => {
    const breaker = createCircuitBreaker({ windowCalls, failureRate: Infinity });
    return (fn: () => Promise<number>) => breaker.try(fn);
  };
  const cockatielLarge = cockatiel.circuitBreaker(cockatiel.handleAll, {
    halfOpenAfter: LONG_MS,
    breaker: new cockatiel.CountBreaker({ threshold: 0.999, size: largeWindow }),
  });
  const opossumLarge = new CircuitBreaker((fn: () => Promise<number>) => fn(), {
    timeout: false,
    errorThresholdPercentage: 100,
    rollingCountTimeout: LONG_MS,
  });
  return [
    await contestant('nines, 100 calls', SMALL_WINDOW, ownBreaker(SMALL_WINDOW)),
    await contestant('nines, 200k calls', largeWindow, ownBreaker(largeWindow)),
    await contestant('cockatiel, 200k calls', largeWindow, (fn) => cockatielLarge.execute(fn)),
    await contestant('opossum, 200k calls', largeWindow, (fn) => opossumLarge.fire(fn)),
  ];
}
