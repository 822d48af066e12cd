/**
 * A monotonic clock that does not stand still while its function is frozen.
 *
 * Whether the monotonic clock of a frozen function goes on is nowhere promised, and where it stands still, an open
 * circuit breaker stays open and old data counts as fresh, by as much as the function slept. The wall clock knows how
 * long that was. It may also be set back or forth, so it is asked only between two requests and only ever moves this
 * clock forward.
 */
export interface ThawClock {
  /** Milliseconds; never less than before. */
  now(): number;
  /** To be called at the start of each invocation: makes up for the time that the function was frozen. */
  thaw(): void;
}

export interface ThawClockOptions {
  /** Monotonic milliseconds while the function runs. */
  readonly monotonic: { now(): number };
  /** Unix milliseconds. */
  readonly wall: { now(): number };
  /**
   * Smaller differences are left alone, in milliseconds.
   * @default 100: clocks drift, and nothing here depends on less.
   */
  readonly toleranceMs?: number;
}

export function createThawClock({ monotonic, wall, toleranceMs = 100 }: ThawClockOptions): ThawClock {
  let asleepMs = 0;
  let seen = { monotonic: monotonic.now(), wall: wall.now() };
  return {
    now: () => monotonic.now() + asleepMs,
    thaw: () => {
      const current = { monotonic: monotonic.now(), wall: wall.now() };
      const missingMs = current.wall - seen.wall - (current.monotonic - seen.monotonic);
      if (missingMs > toleranceMs) asleepMs += missingMs;
      seen = current;
    },
  };
}
