import { expect, test, vi } from 'vitest';
import { createAdaptiveThrottle } from '../src/adaptive-throttle.ts';

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
  const call = createAdaptiveThrottle({ random: () => 0.999 });
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
