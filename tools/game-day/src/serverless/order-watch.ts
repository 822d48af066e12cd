/**
 * Follows orders to their end: that the payment of each acknowledged order is taken, and that each order that was kept
 * for later is stored. The ledger asks at a moment; this waits for what takes its time, before the ledger asks.
 */
import type { Measurements } from '@nines/availability';
import type { ServerlessCloud } from '@nines/emulator';
import type { Clock } from '@nines/local-cloud';
import type { KeptOrder, Ledger } from '../ledger.ts';
import { chargedReferences } from '../system-of-record.ts';
import type { AcknowledgedOrder } from './faults/serverless-fault.ts';
import { readOrders, readRefusedIntakes } from './order-record.ts';

export interface EndsOptions {
  /** Orders of this span, in milliseconds of the epoch. */
  readonly fromMs: number;
  readonly toMs: number;
  /** How long a queue waits before it delivers again what failed. */
  readonly visibilitySeconds: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

export interface OrderWatch {
  acknowledge(order: AcknowledgedOrder): void;
  keep(order: KeptOrder): void;
  acknowledgedSince(atMs: number): readonly AcknowledgedOrder[];
  /**
   * Waits until every order of the span has come to its end, or for so long that it never will, and counts the rest.
   * Orders that were kept before the span are waited for too: the audit that follows judges them. A refusal ends the
   * wait, and is none the less an order that is not stored.
   */
  awaitEnds(cloud: ServerlessCloud, options: EndsOptions): Promise<Measurements>;
}

/** Of the orders of a span, how many references are not among those that came to their end. */
export function countWithoutEnd(
  orders: readonly { readonly reference: string; readonly atMs: number }[],
  ended: Iterable<string>,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): number {
  const known = new Set(ended);
  const open = orders.filter(({ atMs, reference }) => atMs >= fromMs && atMs < toMs && !known.has(reference));
  return new Set(open.map(({ reference }) => reference)).size;
}

/** A delivery that failed and the next one, and the sweep of every minute behind it, which no pace divides here. */
const DELIVERIES_WAITED = 2;
const SWEEP_SECONDS = 75;
const POLL_MS = 2_000;

/** Whether there are kept orders of before the time that were neither stored nor refused. */
async function hasUndecided(
  cloud: ServerlessCloud,
  kept: readonly KeptOrder[],
  stored: ReadonlySet<string>,
  toMs: number,
): Promise<boolean> {
  const open = kept.filter(({ atMs, reference }) => atMs < toMs && !stored.has(reference));
  if (open.length === 0) return false;
  const refused = new Set(await readRefusedIntakes(cloud));
  return open.some(({ intakeId }) => !refused.has(intakeId));
}

export function createOrderWatch(ledger: Ledger): OrderWatch {
  const acknowledged: AcknowledgedOrder[] = [];
  const seen = new Set<string>();
  const kept: KeptOrder[] = [];

  return {
    acknowledge(order) {
      ledger.acknowledge(order);
      if (seen.has(order.orderId)) return;
      seen.add(order.orderId);
      acknowledged.push(order);
    },
    keep(order) {
      ledger.keep(order);
      kept.push(order);
    },
    acknowledgedSince: (atMs) => acknowledged.filter((order) => order.atMs >= atMs),
    async awaitEnds(cloud, { clock, signal, visibilitySeconds, ...span }) {
      const untilMs = clock.now() + (DELIVERIES_WAITED * visibilitySeconds + SWEEP_SECONDS) * 1000;
      for (;;) {
        const stored = new Set((await readOrders(cloud)).map(({ reference }) => reference));
        const unstoredOrders = countWithoutEnd(kept, stored, span);
        // Of a kept order that is stored the payment is due like anybody's.
        const placed = [...acknowledged, ...kept.filter(({ reference }) => stored.has(reference))];
        const untakenPayments = countWithoutEnd(placed, await chargedReferences(cloud), span);
        const isWaiting = untakenPayments > 0 || (await hasUndecided(cloud, kept, stored, span.toMs));
        if (!isWaiting || clock.now() >= untilMs || signal.aborted)
          return { untakenPayments, unstoredOrders };
        await clock.sleep(POLL_MS, signal);
      }
    },
  };
}
