import { countLeftBehind, countLeftByAborts } from '@nines/testing/left-behind';
import { expect, test, vi } from 'vitest';
import { createTimeout } from '../src/timeout.ts';

test('nothing is left after a million calls under one signal: no timer, no listener', async () => {
  vi.useFakeTimers();
  // The shared timer of the last calls, which is not cancelled, finds nobody and is gone.
  const { timers, listeners, listened } = await countLeftBehind(
    ({ schedule }) => createTimeout({ timeoutMs: 1000, schedule }),
    { lateTimersFire: true },
  );
  expect(listened).toBeGreaterThanOrEqual(1_000_000);
  expect([timers, listeners, vi.getTimerCount()]).toEqual([0, 0, 0]);
  vi.useRealTimers();
}, 300_000);

test('nothing is left of calls that were aborted while they worked or waited', async () => {
  const left = await countLeftByAborts(
    ({ schedule }) => createTimeout({ timeoutMs: 1000, clock: { now: () => 0 }, schedule }),
    { deadline: 500 },
  );
  expect(left.listened).toBeGreaterThanOrEqual(500);
  expect(left).toMatchObject({ timers: 0, listeners: 0 });
});
