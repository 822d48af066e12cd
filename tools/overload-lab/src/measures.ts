/** What is read from the seconds of a run. Pure arithmetic. */
import { sumOf } from './world/tally.ts';
import type { Second } from './world/tally.ts';

/** Which seconds are looked at: from the first up to, not including, the last. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Good answers as a share of what the server can give, or of what was asked for when that is less. */
export function goodputShare(seconds: readonly Second[], { from, to }: Span, capacityRps: number): number {
  const { good, offered } = sumOf(seconds, from, to);
  return good / Math.min(offered, capacityRps * (to - from));
}

export function goodputRps(seconds: readonly Second[], { from, to }: Span): number {
  return sumOf(seconds, from, to).good / (to - from);
}

/** How often the server was called for each request that came. */
export function attemptsPerRequest(seconds: readonly Second[], { from, to }: Span): number {
  const { attempts, offered } = sumOf(seconds, from, to);
  return attempts / offered;
}

/** A second in which so many of its requests are good is a good one. */
const GOOD_SECOND = 0.95;

/** As a game day has it: whole again is ten good seconds in a row, and the first of them counts. */
export const IN_A_ROW = 10;

/**
 * Whole seconds from the end of an outage to the first of ten good ones in a row.
 *
 * @returns Infinity when there are no such ten
 */
export function recoverySeconds(seconds: readonly Second[], endOfOutage: number): number {
  let inARow = 0;
  for (let at = endOfOutage; at < seconds.length; at++) {
    const { good, offered } = seconds[at] as Second;
    inARow = offered > 0 && good >= offered * GOOD_SECOND ? inARow + 1 : 0;
    if (inARow === IN_A_ROW) return at - endOfOutage - IN_A_ROW + 1;
  }
  return Infinity;
}
