import { countLeftBehind, countLeftByAborts } from '@nines/testing/left-behind';
import type { CallUnderTest, CountingSchedule } from '@nines/testing/left-behind';
import { expect, test, vi } from 'vitest';
import { createIdempotency, createMemoryStore } from '../src/idempotency.ts';

interface Given {
  readonly schedule: CountingSchedule;
}

/** @param keyOf the key of a call, by how many were made before it */
function createCalls({ schedule }: Given, clock: { now(): number }, keyOf: (call: number) => string) {
  const store = createMemoryStore({ maxRecords: 1000, clock });
  const once = createIdempotency({ store, leaseMs: 100, retentionMs: 100, clock, random: () => 0, schedule });
  let calls = 0;
  return {
    try: (fn, { signal }) => once.try(keyOf(calls++), fn, { signal }),
  } satisfies CallUnderTest;
}

test('nothing is left after a million calls under one signal: no timer, no listener', async () => {
  vi.useFakeTimers();
  let nowMs = 0;
  const clock = { now: () => nowMs++ };
  const { timers, listeners, listened } = await countLeftBehind((given) => createCalls(given, clock, String));
  expect(listened).toBeGreaterThanOrEqual(1_000_000);
  expect([timers, listeners, vi.getTimerCount()]).toEqual([0, 0, 0]);
  vi.useRealTimers();
}, 300_000);

test('nothing is left of duplicates that waited: for the answer, for the end of a wait, and until an abort', async () => {
  /** Of the five calls of a round the second, which fails, is another request; the rest are one. */
  const keyOf = (call: number) => `${String(Math.floor(call / 5))} ${call % 5 === 1 ? 'other' : 'same'}`;
  const left = await countLeftByAborts((given) => createCalls(given, { now: () => 0 }, keyOf));
  expect(left.listened).toBe(800);
  expect(left).toMatchObject({ timers: 0, listeners: 0 });
});
