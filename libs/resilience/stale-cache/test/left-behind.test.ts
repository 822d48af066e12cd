import { countLeftBehind, countLeftByAborts } from '@nines/testing/left-behind';
import type { CountingSchedule } from '@nines/testing/left-behind';
import { expect, test, vi } from 'vitest';
import { createStaleCache, createStaticAnswer } from '../src/stale-cache.ts';
import type { Load } from '../src/stale-cache.ts';

const KEYS = ['served', 'failing', 'shared'] as const;

/** Every caller finds a stale value and waits for a new one: with a timer, and with an ear on its signal. */
function createWaitingCache(schedule: CountingSchedule) {
  const cache = createStaleCache<unknown>({
    softTtlMs: 0,
    hardTtlMs: 1,
    retryAfterMs: 0,
    maxWaitMs: 1000,
    clock: { now: () => 0 },
    schedule,
  });
  for (const key of KEYS) cache.set(key, 'stale');
  return cache;
}

const waitFor =
  (keyOf: (call: number) => string) =>
  ({ schedule }: { readonly schedule: CountingSchedule }) => {
    const cache = createWaitingCache(schedule);
    let calls = 0;
    return {
      try: (load: Load<unknown>, { signal }: { readonly signal: AbortSignal }) =>
        cache.try(keyOf(calls++), load, { signal }),
    };
  };

const answer = createStaticAnswer({ answer: null });
const answerStatically = () => ({
  try: (fn: () => unknown, context: { readonly signal: AbortSignal }) =>
    answer(fn, context).catch(() => undefined),
});

test('nothing is left after a million calls under one signal: no timer, no listener', async () => {
  vi.useFakeTimers();
  const { timers, listeners, listened } = await countLeftBehind(waitFor(() => 'served'));
  expect(listened).toBeGreaterThanOrEqual(1_000_000);
  expect([timers, listeners, vi.getTimerCount()]).toEqual([0, 0, 0]);
  vi.useRealTimers();
}, 300_000);

test('nothing is left of callers that were aborted, alone or with others that wait for the same load', async () => {
  const left = await countLeftByAborts(waitFor((call) => KEYS[Math.min(call % 5, 2)] as string));
  expect(left.listened).toBeGreaterThanOrEqual(500);
  expect(left).toMatchObject({ timers: 0, listeners: 0 });
});

test('a static answer leaves no listener after a million calls under one signal', async () => {
  const left = await countLeftBehind(answerStatically);
  expect(left.listened).toBeGreaterThanOrEqual(1_000_000);
  expect(left).toMatchObject({ timers: 0, listeners: 0 });
}, 300_000);

test('a static answer leaves no listener of calls that were aborted', async () => {
  const left = await countLeftByAborts(answerStatically);
  expect(left.listened).toBeGreaterThanOrEqual(500);
  expect(left).toMatchObject({ timers: 0, listeners: 0 });
});
