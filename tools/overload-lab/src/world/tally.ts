/**
 * What became of the requests of a run, second by second. A request belongs to the second in which it came, however
 * long its answer took: so the seconds after an outage are not credited with what came before.
 */

/** `good`: answered within its deadline. `shed`: refused as too much, here or there. `failed`: anything else. */
export type RequestOutcome = 'good' | 'shed' | 'failed';

export interface Second {
  /** Requests that came. */
  offered: number;
  good: number;
  shed: number;
  failed: number;
  /** Times that clients called the server, retries included. */
  attempts: number;
}

export interface Tally {
  came(nowMs: number): void;
  attempted(nowMs: number): void;
  ended(cameAtMs: number, outcome: RequestOutcome): void;
  readonly seconds: readonly Second[];
}

export function createTally(): Tally {
  const seconds: Second[] = [];
  const at = (ms: number): Second => {
    const index = Math.floor(ms / 1000);
    while (seconds.length <= index) seconds.push({ offered: 0, good: 0, shed: 0, failed: 0, attempts: 0 });
    return seconds[index] as Second;
  };
  return {
    came(nowMs) {
      at(nowMs).offered++;
    },
    attempted(nowMs) {
      at(nowMs).attempts++;
    },
    ended(cameAtMs, outcome) {
      at(cameAtMs)[outcome]++;
    },
    seconds,
  };
}

/** @returns the sum of the seconds from `from` up to, not including, `to` */
export function sumOf(seconds: readonly Second[], from = 0, to = seconds.length): Second {
  const sum = { offered: 0, good: 0, shed: 0, failed: 0, attempts: 0 };
  for (const second of seconds.slice(from, to)) {
    sum.offered += second.offered;
    sum.good += second.good;
    sum.shed += second.shed;
    sum.failed += second.failed;
    sum.attempts += second.attempts;
  }
  return sum;
}
