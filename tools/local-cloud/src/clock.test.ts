import { afterEach, expect, it, vi } from 'vitest';
import { systemClock } from './clock.ts';

afterEach(() => {
  vi.useRealTimers();
});

it('tells the epoch as other processes do, even after the wall clock was set', () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  vi.setSystemTime(new Date('2031-01-01T00:00:00Z'));
  expect(systemClock.epochNow()).toBe(1_924_992_000_000);
});

it('ends a sleep at once and without an error when it is aborted, before or meanwhile', async () => {
  const begun = performance.now();
  const stop = new AbortController();
  const sleeping = systemClock.sleep(60_000, stop.signal);
  stop.abort();
  await sleeping;
  await systemClock.sleep(60_000, AbortSignal.abort());
  expect(performance.now() - begun).toBeLessThan(5_000);
});

it('sleeps for as long as it is told', async () => {
  const begun = systemClock.now();
  await systemClock.sleep(30);
  expect(systemClock.now() - begun).toBeGreaterThanOrEqual(29);
});
