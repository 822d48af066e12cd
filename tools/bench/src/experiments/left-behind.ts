/** What is there although nothing happens: an idle breaker's bytes and timers, and what a million calls leave behind. */
import { createHook } from 'node:async_hooks';
import { getEventListeners, setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import * as cockatiel from 'cockatiel';
import CircuitBreaker from 'opossum';
import pRetry from 'p-retry';
import { createBulkhead } from '@nines/bulkhead';
import { createCircuitBreaker } from '@nines/circuit-breaker';
import { createIdempotency, createMemoryStore } from '@nines/idempotency';
import { pipeline } from '@nines/pipeline';
import { createRetry } from '@nines/retry';
import { createTimeout } from '@nines/timeout';
import type { Effort, Series } from './experiment.ts';
import { work } from './calls.ts';

/** Timers that were started and have neither ended nor been cancelled, unreferenced ones included. */
function watchTimers(): { live(): Promise<number>; stop(): void } {
  const timers = new Set<number>();
  const hook = createHook({
    init(id, type) {
      if (type === 'Timeout') timers.add(id);
    },
    destroy(id) {
      timers.delete(id);
    },
  }).enable();
  return {
    async live() {
      // Node tells of ended timers a turn of the event loop later.
      for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
      return timers.size;
    },
    stop: () => hook.disable(),
  };
}

const makeCockatielBreaker = () =>
  cockatiel.circuitBreaker(cockatiel.handleAll, {
    halfOpenAfter: 5000,
    breaker: new cockatiel.CountBreaker({ threshold: 0.5, size: 100 }),
  });

const BREAKERS: Readonly<Record<string, () => unknown>> = {
  nines: () => createCircuitBreaker(),
  cockatiel: makeCockatielBreaker,
  opossum: () => new CircuitBreaker(work, { timeout: 1000 }),
};

/** Bytes of heap for a breaker that was made and never used. */
export function weighIdleBreakers({ rounds, repetitions }: Effort): Promise<Series> {
  const count = Math.min(1000, repetitions);
  const series = Object.entries(BREAKERS).map(([name, make]): [string, number[]] => {
    const bytes = Array.from({ length: rounds }, () => {
      // The list is there before, so that it is not weighed.
      const kept = Array.from({ length: count }, (): unknown => undefined);
      globalThis.gc?.();
      const before = process.memoryUsage().heapUsed;
      for (let index = 0; index < count; index++) kept[index] = make();
      globalThis.gc?.();
      const each = (process.memoryUsage().heapUsed - before) / count;
      for (const breaker of kept) (breaker as { shutdown?(): void }).shutdown?.();
      return each;
    });
    return [name, bytes];
  });
  return Promise.resolve(Object.fromEntries(series));
}

/** Timers of a breaker that was made and never used. */
export async function countIdleTimers({ repetitions }: Effort): Promise<Series> {
  const count = Math.min(100, repetitions);
  const series: Record<string, number[]> = {};
  for (const [name, make] of Object.entries(BREAKERS)) {
    const timers = watchTimers();
    const kept = Array.from({ length: count }, make);
    series[name] = [(await timers.live()) / count];
    for (const breaker of kept) (breaker as { shutdown?(): void }).shutdown?.();
    timers.stop();
  }
  return series;
}

const AT_ONCE = 100;
const TIMEOUT_MS = 160;

type Call = (signal: AbortSignal, index: number) => Promise<unknown>;

/** The function reads its signal, as fetch would: that is what makes listeners on the caller's. */
const reading = ({ signal }: { readonly signal?: AbortSignal | undefined }) =>
  Promise.resolve(signal?.aborted === true);

/** Made when its turn comes, so that what it keeps is its own. */
const POLICIES: Readonly<Record<string, () => Call>> = {
  nines: () => {
    const call = pipeline(
      createRetry({ idempotent: true }),
      createCircuitBreaker(),
      createTimeout({ timeoutMs: TIMEOUT_MS }),
      createBulkhead({ maxConcurrent: AT_ONCE }),
    );
    return (signal) => call(reading, { signal });
  },
  // Records are kept for a moment, so that the store forgets as it goes; a tenth of the calls find their key taken and wait.
  'nines idempotency': () => {
    const store = createMemoryStore({ maxRecords: 10_000_000 });
    const once = createIdempotency({ store, leaseMs: 1000, retentionMs: 1000 });
    return (signal, index) => once(String(index - Number(index % 10 === 9)), reading, { signal });
  },
  cockatiel: () => {
    const policy = cockatiel.wrap(
      cockatiel.retry(cockatiel.handleAll, { maxAttempts: 2, backoff: new cockatiel.ExponentialBackoff() }),
      makeCockatielBreaker(),
      cockatiel.timeout(TIMEOUT_MS, cockatiel.TimeoutStrategy.Aggressive),
    );
    return (signal) => policy.execute(reading, signal);
  },
  'opossum + p-retry': () => {
    const breaker = new CircuitBreaker(work, { timeout: TIMEOUT_MS });
    return (signal) => pRetry(() => breaker.fire(), { retries: 2, signal });
  },
};

/**
 * Timers and listeners that are still there when so many calls under one shared signal have ended, a hundred at once. Ours share
 * one timer, which is not cancelled with the last call but left to run out (a sixteenth of the limit): so it is
 * looked at one whole limit later. opossum's two intervals are part of it as long as it lives.
 */
export async function countLeftBehind({ repetitions }: Effort): Promise<Series> {
  const timers = watchTimers();
  const series: Record<string, number[]> = {};
  let before = await timers.live();
  for (const [name, make] of Object.entries(POLICIES)) {
    const call = make();
    const { signal } = new AbortController();
    setMaxListeners(0, signal);
    for (let index = 0; index < repetitions; index += AT_ONCE) {
      await Promise.all(Array.from({ length: AT_ONCE }, (_, offset) => call(signal, index + offset)));
    }
    await sleep(TIMEOUT_MS);
    const after = await timers.live();
    series[name] = [after - before + getEventListeners(signal, 'abort').length];
    before = after;
  }
  timers.stop();
  return series;
}
