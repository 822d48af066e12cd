/**
 * Decides about an order that was kept in the queue: stores it once, or says why not and gives the money back.
 *
 * It may be told of the same order any number of times, at once or a day apart, and any of its steps may be its last:
 * the placement is the one that the shop made, so storing it again is a replay; a result is written before the message
 * is given up, and is looked at before anything else.
 */
import type { Log } from '../ports/log.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { IntakeResult, IntakeResults } from '../ports/order-intake.ts';
import type { Payment } from '../ports/payment.ts';
import type { OrderPlacement, Storage } from '../ports/storage.ts';
import { intakeIdOf } from './order-intake.ts';

export interface IntakeDeciderDependencies {
  readonly storage: Pick<Storage, 'placeOrder' | 'findPlacedOrder' | 'getOrder'> & IntakeResults;
  readonly payment: Pick<Payment, 'void'>;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly wallClock: () => Date;
}

/**
 * Until when a kept order may be stored, counted from its making, in milliseconds: well within the day for which keys
 * are known. Later its key, and with it what tells it from a repetition that was stored directly, may be forgotten.
 */
const LATEST_MS = 20 * 3_600_000;

/** @returns what decides about one order; it rejects when the database does not answer, and is to be asked again. */
export function createIntakeDecider(dependencies: IntakeDeciderDependencies) {
  const { storage, payment, metrics, log, wallClock } = dependencies;

  const isTooOld = ({ order }: OrderPlacement): boolean =>
    wallClock().getTime() - Date.parse(order.createdAt) > LATEST_MS;

  /** An old order may have been stored by an earlier delivery, of which only the result is missing. */
  async function findStored({ idempotencyKey, fingerprint, order }: OrderPlacement) {
    const [known, own] = await Promise.all([
      storage.findPlacedOrder(idempotencyKey),
      storage.getOrder(order.id),
    ]);
    return known?.fingerprint === fingerprint ? known.order : own;
  }

  async function decide(placement: OrderPlacement): Promise<IntakeResult> {
    if (isTooOld(placement)) {
      const stored = await findStored(placement);
      return stored === undefined
        ? { outcome: 'refused', reason: 'expired' }
        : { outcome: 'stored', orderId: stored.id };
    }
    const result = await storage.placeOrder(placement);
    switch (result.outcome) {
      case 'placed':
        return { outcome: 'stored', orderId: placement.order.id };
      case 'replayed':
        return { outcome: 'stored', orderId: result.order.id };
      case 'key-reused':
        return { outcome: 'refused', reason: 'idempotency-key-reused' };
      case 'out-of-stock':
        return { outcome: 'refused', reason: 'out-of-stock' };
    }
  }

  return async (placement: OrderPlacement): Promise<void> => {
    const id = intakeIdOf(placement);
    if ((await storage.findIntake(id)) !== undefined) return;
    const result = await decide(placement);
    const stands = await storage.recordIntake(id, result);
    metrics.event('order-intake', result.outcome);
    // A twin that was stored meanwhile is paid with the same authorization.
    if (result.outcome === 'stored' || !stands) return;
    log.warn({ intakeId: id, reason: result.reason }, 'an order that was kept is refused');
    // Best effort: an authorization that is left over expires by itself.
    await payment.void(placement.authorizationId).catch((err: unknown) => {
      log.warn({ err, intakeId: id }, 'an unused authorization was not given back');
    });
  };
}

export type DecideIntake = ReturnType<typeof createIntakeDecider>;
