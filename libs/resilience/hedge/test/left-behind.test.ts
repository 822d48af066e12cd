import { countLeftBehind } from '@nines/testing/left-behind';
import { expect, test, vi } from 'vitest';
import { createHedge } from '../src/hedge.ts';

test('nothing is left after a million calls under one signal: no timer, no listener', async () => {
  vi.useFakeTimers();
  const { timers, listeners, listened } = await countLeftBehind(({ schedule }) =>
    createHedge({ idempotent: true, delayMs: 100, schedule }),
  );
  expect(listened).toBeGreaterThanOrEqual(1_000_000);
  expect([timers, listeners, vi.getTimerCount()]).toEqual([0, 0, 0]);
  vi.useRealTimers();
}, 300_000);
