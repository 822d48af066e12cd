import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { countLeftBehind, countLeftByAborts } from '@nines/testing/left-behind';
import { expect, test, vi } from 'vitest';
import { createCircuitBreaker } from '../src/circuit-breaker.ts';

test('nothing is left after a million calls under one signal: no timer, no listener', async () => {
  vi.useFakeTimers();
  const { timers, listeners, listened } = await countLeftBehind(() =>
    createCircuitBreaker({ failureRate: Infinity }),
  );
  expect(listened).toBeGreaterThanOrEqual(1_000_000);
  expect([timers, listeners, vi.getTimerCount()]).toEqual([0, 0, 0]);
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

test('nothing is left of calls that were aborted while they worked or waited', async () => {
  const left = await countLeftByAborts(() => createCircuitBreaker({ failureRate: Infinity }));
  expect(left.listened).toBeGreaterThanOrEqual(500);
  expect(left).toMatchObject({ timers: 0, listeners: 0 });
});
