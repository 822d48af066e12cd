/**
 * What the world is like, and what can happen in it, as plain numbers and names: also for whoever plans or draws runs
 * and does not run any.
 */

/** The world as measured in advance: 1000 requests a second, where 50 workers take 50 ms each. */
export const WORLD = {
  capacityRps: 1000,
  workers: 50,
  serviceMs: 50,
  queueLength: 1000,
  attemptTimeoutMs: 500,
  deadlineMs: 2000,
  /** First attempt and three retries. */
  maxAttempts: 4,
} as const;

export type ServerKind = 'fifo' | 'shedding';
export type OutageKind = 'hang' | 'errors' | 'spike';

export interface Outage {
  readonly kind: OutageKind;
  readonly fromMs: number;
  readonly toMs: number;
}

/** What a spike multiplies the capacity by. */
export const SPIKE_LOAD = 5;
