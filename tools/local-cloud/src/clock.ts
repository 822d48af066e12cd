import { setTimeout as delay } from 'node:timers/promises';

/** Time as the local cloud sees it: monotonic, injected, so that a test can decide when a minute has passed. */
export interface Clock {
  /** Monotonic milliseconds. */
  now(): number;
  /** Milliseconds of the epoch, to compare with times that another process wrote down. */
  epochNow(): number;
  /** Resolves after the time, or at once (without an error) when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  // Not performance.timeOrigin + performance.now(): that one stands still while a laptop sleeps and hears of no
  // correction, and k6, whose times are compared with this, reads the wall clock.
  // eslint-disable-next-line no-restricted-properties -- the injected default itself
  epochNow: () => Date.now(),
  sleep: (ms, signal) => delay(ms, undefined, { ...(signal ? { signal } : {}) }).catch(() => undefined),
};
