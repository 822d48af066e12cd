import { expect, test, vi } from 'vitest';
import { createBulkhead } from '../src/bulkhead.ts';

/** Timers that have neither fired nor been cancelled. */
const createTimers = () => {
  const live = new Set<() => void>();
  const schedule = (run: () => void) => {
    const timer = () => {
      live.delete(timer);
      run();
    };
    live.add(timer);
    return () => void live.delete(timer);
  };
  return { live, schedule };
};

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
  const { live, schedule } = createTimers();
  const { signal, listeners, added } = createSignal();
  const call = createBulkhead({ maxConcurrent: 1, schedule });
  const broken = new Error('broken');
  const fns = [() => 7, () => Promise.resolve(7), () => Promise.reject(broken)];
  fns.push(() => {
    throw broken;
  });
  for (let index = 0; index < 1_000_000; index++) await call.try(fns[index % 4] ?? (() => 7), { signal });
  expect(added()).toBeGreaterThanOrEqual(1_000_000);
  expect([live.size, listeners.size, vi.getTimerCount()]).toEqual([0, 0, 0]);
  vi.useRealTimers();
}, 300_000);
