/**
 * How fast the local cloud's time runs for what AWS or the template decides: failover, instance start, health
 * check intervals, grace periods. At full pace they take as long as they take; a quick run divides them all by
 * one number, so that their proportions stay, and every verdict says so. What the machine itself does (starting
 * a process, answering a request, systemd's restart delay) is never divided.
 */
export interface Pace {
  readonly name: 'full' | 'fast';
  readonly divisor: number;
  /** Milliseconds that a duration of AWS's or the template's lasts at this pace. */
  scaleMs(seconds: number): number;
}

/** Ten keeps the slowest AWS time (a failover of 120 s) at 12 s and the shortest (a health check of 5 s) above the machine's own noise. */
const FAST_DIVISOR = 10;

export function createPace(name: Pace['name']): Pace {
  const divisor = name === 'fast' ? FAST_DIVISOR : 1;
  return { name, divisor, scaleMs: (seconds) => (seconds * 1000) / divisor };
}
