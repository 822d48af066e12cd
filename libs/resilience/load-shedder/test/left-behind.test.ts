import { countLeftBehind, countLeftByAborts } from '@nines/testing/left-behind';
import { expect, test, vi } from 'vitest';
import { createLoadShedder } from '../src/load-shedder.ts';

test('nothing is left after a million calls under one signal: no timer, no listener', async () => {
  vi.useFakeTimers();
  const { timers, listeners, listened } = await countLeftBehind(({ schedule }) =>
    createLoadShedder({ schedule }),
  );
  expect(listened).toBeGreaterThanOrEqual(1_000_000);
  expect([timers, listeners, vi.getTimerCount()]).toEqual([0, 0, 0]);
  vi.useRealTimers();
}, 300_000);

test('nothing is left of calls that were aborted while they worked or waited', async () => {
  const left = await countLeftByAborts(({ schedule }) =>
    createLoadShedder({
      initialLimit: 1,
      algorithm: ({ limit }) => limit,
      clock: { now: () => 0 },
      schedule,
    }),
  );
  expect(left.listened).toBeGreaterThanOrEqual(500);
  expect(left).toMatchObject({ timers: 0, listeners: 0 });
});
