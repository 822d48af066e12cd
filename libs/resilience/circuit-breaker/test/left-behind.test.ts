import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test, vi } from 'vitest';
import { createCircuitBreaker } from '../src/circuit-breaker.ts';

/** A signal that never aborts, and the listeners that are on it: much cheaper than a real one, a million times. */
const createSignal = () => {
  const listeners = new Set<unknown>();
  let added = 0;
  const signal = {
    aborted: false,
    throwIfAborted: () => undefined,
    addEventListener(_type: string, listener: unknown) {
      added++;
      listeners.add(listener);
    },
    removeEventListener: (_type: string, listener: unknown) => void listeners.delete(listener),
  };
  return { signal: signal as unknown as AbortSignal, listeners, added: () => added };
};

test('nothing is left after a million calls under one signal: no timer, no listener', async () => {
  vi.useFakeTimers();
  const { signal, listeners, added } = createSignal();
  const call = createCircuitBreaker({ failureRate: Infinity });
  const broken = new Error('broken');
  const fns = [() => 7, () => Promise.resolve(7), () => Promise.reject(broken)];
  fns.push(() => {
    throw broken;
  });
  for (let index = 0; index < 1_000_000; index++) await call.try(fns[index % 4] ?? (() => 7), { signal });
  expect(added()).toBeGreaterThanOrEqual(1_000_000);
  expect([listeners.size, vi.getTimerCount()]).toEqual([0, 0]);
  vi.useRealTimers();
}, 300_000);

test('an idle breaker has at most 500 bytes of heap, and no timer', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  vi.useFakeTimers();
  const weigh = () => {
    const kept = Array.from({ length: 2000 }, (): unknown => undefined);
    collect();
    const before = process.memoryUsage().heapUsed;
    for (let index = 0; index < kept.length; index++) kept[index] = createCircuitBreaker();
    collect();
    return (process.memoryUsage().heapUsed - before) / kept.length;
  };
  // The first time the code itself is compiled; of the others the least has no rubbish of somebody else in it.
  const bytes = Math.min(...[weigh(), weigh(), weigh()].slice(1));
  expect(bytes).toBeGreaterThan(100);
  expect(bytes).toBeLessThanOrEqual(500);
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});
