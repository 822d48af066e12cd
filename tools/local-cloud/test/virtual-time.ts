/**
 * Time for the tests of the local cloud: a clock that they move themselves, and a pace at which AWS's seconds
 * are short enough to be waited for where real sockets and processes take part.
 */
import { createFakeClock } from '@nines/testing';
import type { Clock } from '../src/clock.ts';
import type { Pace } from '../src/pace.ts';

export interface VirtualTime {
  readonly clock: Clock;
  advance(ms: number): Promise<void>;
}

/** A sleep of the local cloud ends without an error when it is aborted; a fake clock's ends with one. */
export function createVirtualTime(): VirtualTime {
  const fake = createFakeClock();
  return {
    clock: {
      now: fake.now,
      epochNow: fake.now,
      sleep: (ms, signal) => fake.sleep(ms, signal).catch(() => undefined),
    },
    advance: fake.advance,
  };
}

/** One second of AWS's time is this long for real. */
export const paceOf = (msPerSecond: number): Pace => ({
  name: 'fast',
  divisor: 1000 / msPerSecond,
  scaleMs: (seconds) => seconds * msPerSecond,
});
