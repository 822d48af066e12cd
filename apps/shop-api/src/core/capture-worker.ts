/**
 * Takes the payments of stored orders, from the outbox that was written in the orders' own transactions. One
 * round claims what is due, captures each, and ends or postpones it. Any number of instances may work at once,
 * and any of them may die at any point: what was claimed comes back, and capturing twice takes the money once.
 */
import type { Log } from '../ports/log.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { Payment } from '../ports/payment.ts';
import type { Capture, Storage } from '../ports/storage.ts';

export interface CaptureWorkerDependencies {
  readonly storage: Pick<Storage, 'claimCaptures' | 'completeCaptures' | 'postponeCaptures'>;
  readonly payment: Pick<Payment, 'authorize' | 'capture'>;
  readonly metrics: Metrics;
  readonly log: Log;
  /** @default 50 */
  readonly batchSize?: number;
  /**
   * How long a claimed capture belongs to this worker, in milliseconds.
   * @default 30000: far longer than a batch takes, even while every call runs into its time limit.
   */
  readonly leaseMs?: number;
}

export interface CaptureWorker {
  /** One round. Resolves with the number of captures that it claimed. */
  runOnce(): Promise<number>;
  /** Takes the payments of captures that have been claimed already, and ends or postpones each. */
  settle(captures: readonly Capture[]): Promise<void>;
}

type Outcome = 'paid' | 'payment-failed' | 'postponed';

/** 1 s, 2 s, 4 s ... at most 5 minutes, by the number of attempts made. */
export function captureDelayMs(attempt: number): number {
  return Math.min(300_000, 1_000 * 2 ** Math.min(attempt - 1, 20));
}

export function createCaptureWorker(dependencies: CaptureWorkerDependencies): CaptureWorker {
  const { storage, payment, metrics, log, batchSize = 50, leaseMs = 30_000 } = dependencies;

  async function take(capture: Capture): Promise<Outcome> {
    const result = await payment.capture(capture.authorizationId);
    if (result.outcome === 'captured') return 'paid';
    // The authorization is gone (voided, expired). The order stands, so the money is asked for once more, under
    // a key that belongs to this order alone.
    const again = await payment.authorize({
      idempotencyKey: `recapture-${capture.orderId}`,
      reference: capture.reference,
      amountCents: capture.totalCents,
      currency: capture.currency,
    });
    if (again.outcome === 'declined') return 'payment-failed';
    return (await payment.capture(again.authorizationId)).outcome === 'captured' ? 'paid' : 'payment-failed';
  }

  async function takeOrPostpone(capture: Capture): Promise<Outcome> {
    try {
      const outcome = await take(capture);
      if (outcome === 'payment-failed') {
        log.error({ orderId: capture.orderId }, 'the payment of a stored order could not be taken');
      }
      return outcome;
    } catch (error) {
      log.warn(
        { err: error, orderId: capture.orderId, attempt: capture.attempt },
        'a payment is taken later',
      );
      return 'postponed';
    }
  }

  async function settle(captures: readonly Capture[]): Promise<void> {
    const outcomes = await Promise.all(captures.map(takeOrPostpone));
    for (const outcome of outcomes) metrics.captureEnded(outcome);
    for (const status of ['paid', 'payment-failed'] as const) {
      const ended = captures.filter((_, index) => outcomes[index] === status);
      if (ended.length > 0)
        await storage.completeCaptures(
          ended.map(({ orderId }) => orderId),
          status,
        );
    }
    const postponed = captures.filter((_, index) => outcomes[index] === 'postponed');
    for (const [delayMs, group] of Map.groupBy(postponed, ({ attempt }) => captureDelayMs(attempt))) {
      await storage.postponeCaptures(
        group.map(({ orderId }) => orderId),
        delayMs,
      );
    }
  }

  return {
    settle,
    runOnce: async () => {
      const captures = await storage.claimCaptures({ limit: batchSize, leaseMs });
      if (captures.length > 0) await settle(captures);
      return captures.length;
    },
  };
}
