/**
 * What a database would do by itself and some tables do not: ends stock that was set aside for orders that never came,
 * then forgets idempotency keys that have expired. To be called every minute, by as many as like to.
 *
 * In this order, and the second only when nothing is left of the first: a key is what tells whether stock that is set
 * aside belongs to an order, so it must outlive it.
 */
import type { Log } from '../ports/log.ts';
import type { Reservations, Storage } from '../ports/storage.ts';

export interface HousekeepingDependencies {
  readonly storage: Pick<Storage, 'forgetIdempotencyKeys'> & Reservations;
  readonly log: Log;
}

export interface HousekeepingResult {
  /** Attempts to place an order that were ended. */
  readonly settled: number;
  readonly forgotten: number;
}

export type Housekeeping = (hasTime: () => boolean) => Promise<HousekeepingResult>;

/** As long as the contract promises. */
const KEY_RETENTION_MS = 24 * 3_600_000;

/** Attempts at once: each is some five requests. */
const ATTEMPTS = 25;
/** Keys at once: ten times as many, four times a second, are more than orders come in. */
const KEYS = 250;

/** @param hasTime Asked before each step, which takes up to a second or two. */
export function createHousekeeping({ storage, log }: HousekeepingDependencies): Housekeeping {
  /** @returns how many there were, and whether all of them are done. */
  async function exhaust(limit: number, hasTime: () => boolean, step: () => Promise<number>) {
    let done = 0;
    while (hasTime()) {
      const count = await step();
      done += count;
      if (count < limit) return { done, isOver: true };
    }
    return { done, isOver: false };
  }

  return async (hasTime) => {
    const settling = await exhaust(ATTEMPTS, hasTime, () => storage.settleReservations({ limit: ATTEMPTS }));
    const settled = settling.done;
    if (settled > 0) log.warn({ settled }, 'stock that was set aside by somebody who is gone');
    const forget = () => storage.forgetIdempotencyKeys({ olderThanMs: KEY_RETENTION_MS, limit: KEYS });
    const forgetting = settling.isOver ? await exhaust(KEYS, hasTime, forget) : { done: 0 };
    return { settled, forgotten: forgetting.done };
  };
}
