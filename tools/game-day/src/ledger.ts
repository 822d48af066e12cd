/**
 * The ledger of acknowledged writes: what clients were told is done, against what the system of record holds
 * afterwards. It is what makes "no order lost, none doubled" a measurement.
 */

export interface Acknowledgement {
  /** The client's own name for what it wanted; the same in every retry and replay. */
  readonly reference: string;
  readonly orderId: string;
  readonly atMs: number;
}

/** An order as the database holds it. */
export interface RecordedOrder {
  readonly id: string;
  readonly reference: string;
}

export interface Audit {
  /** Orders that were acknowledged and are not there. */
  readonly lost: readonly Acknowledgement[];
  /** References with more than one order, more than one acknowledged id, or more than one charge. */
  readonly doubled: readonly string[];
}

export interface Ledger {
  acknowledge(acknowledgement: Acknowledgement): void;
  /** How many distinct orders were acknowledged in the span. */
  acknowledgedBetween(fromMs: number, toMs: number): number;
  /**
   * Compares everything acknowledged before the record was read with it: an order that was acknowledged while the
   * record was being read may rightly not be in it. A loss or a double that an earlier audit reported is not
   * reported again, so that each counts against the fault that caused it.
   */
  audit(record: SystemOfRecord): Audit;
}

export interface SystemOfRecord {
  /** When its reading began, in milliseconds of the epoch. */
  readonly readAtMs: number;
  readonly orders: readonly RecordedOrder[];
  /** The order reference of every captured charge at the payment service, one entry a charge. */
  readonly chargedReferences: readonly string[];
}

/** Values that occur more than once. */
function repeated(values: Iterable<string>): Set<string> {
  const seen = new Set<string>();
  const again = new Set<string>();
  for (const value of values) (seen.has(value) ? again : seen).add(value);
  return again;
}

export function createLedger(): Ledger {
  const byOrder = new Map<string, Acknowledgement>();
  const reportedLost = new Set<string>();
  const reportedDoubled = new Set<string>();

  return {
    acknowledge(acknowledgement) {
      // A replay acknowledges the same order again; the first word counts.
      if (!byOrder.has(acknowledgement.orderId)) byOrder.set(acknowledgement.orderId, acknowledgement);
    },
    acknowledgedBetween(fromMs, toMs) {
      let count = 0;
      for (const { atMs } of byOrder.values()) if (atMs >= fromMs && atMs < toMs) count += 1;
      return count;
    },
    audit({ readAtMs, orders, chargedReferences }) {
      const recorded = new Set(orders.map((order) => order.id));
      const lost = [...byOrder.values()].filter(
        ({ orderId, atMs }) => atMs < readAtMs && !recorded.has(orderId) && !reportedLost.has(orderId),
      );
      const doubled = new Set([
        ...repeated(orders.map((order) => order.reference)),
        ...repeated([...byOrder.values()].map(({ reference }) => reference)),
        ...repeated(chargedReferences),
      ]);
      const news = [...doubled].filter((reference) => !reportedDoubled.has(reference));
      for (const { orderId } of lost) reportedLost.add(orderId);
      for (const reference of news) reportedDoubled.add(reference);
      return { lost, doubled: news };
    },
  };
}
