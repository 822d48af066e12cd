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

/**
 * An order that the shop has promised to decide about later (202). It has no id of its own yet, so it is looked for
 * by its reference, and its refusal by the id that the client was told to ask by.
 */
export interface KeptOrder {
  readonly reference: string;
  readonly intakeId: string;
  readonly atMs: number;
}

/** An order as the database holds it. */
export interface RecordedOrder {
  readonly id: string;
  readonly reference: string;
}

export interface Audit {
  /** Orders that were acknowledged and are not there, and kept ones that were neither stored nor refused. */
  readonly lost: readonly (Acknowledgement | KeptOrder)[];
  /** References with more than one order, more than one acknowledged id, or more than one charge. */
  readonly doubled: readonly string[];
}

export interface Ledger {
  acknowledge(acknowledgement: Acknowledgement): void;
  keep(order: KeptOrder): void;
  /** Distinct orders that were first kept in the span. */
  keptBetween(fromMs: number, toMs: number): readonly KeptOrder[];
  /** Kept orders that have not come to their end in this record; asking reports nothing. */
  undecided(record: SystemOfRecord): readonly KeptOrder[];
  /** How many distinct orders were acknowledged or kept in the span; an order counts when it was first so. */
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
  /**
   * Ids of kept orders that were refused with a reason, which is an end as good as being stored.
   * @default none: nothing refuses what it has kept
   */
  readonly refusedIntakes?: readonly string[];
  /**
   * Orders that were kept before have had the time to come to their end; later ones are not judged yet.
   * @default when the reading began
   */
  readonly keptBeforeMs?: number;
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
  const keptByReference = new Map<string, KeptOrder>();
  /** When each order was first said to be stored or kept. */
  const firstHeard = new Map<string, number>();
  const reportedLost = new Set<string>();
  const reportedDoubled = new Set<string>();

  /** Reports a loss once, under a name that no other order has. */
  const isNew = (name: string): boolean => {
    if (reportedLost.has(name)) return false;
    reportedLost.add(name);
    return true;
  };

  function lostAcknowledged({ readAtMs, orders }: SystemOfRecord): Acknowledgement[] {
    const recorded = new Set(orders.map((order) => order.id));
    return [...byOrder.values()].filter(
      ({ orderId, atMs }) => atMs < readAtMs && !recorded.has(orderId) && isNew(`order ${orderId}`),
    );
  }

  function undecided({ readAtMs, orders, refusedIntakes = [], keptBeforeMs }: SystemOfRecord): KeptOrder[] {
    const beforeMs = Math.min(readAtMs, keptBeforeMs ?? readAtMs);
    // Once its id is known, an order is judged by that.
    const ended = new Set([...orders, ...byOrder.values()].map(({ reference }) => reference));
    const refused = new Set(refusedIntakes);
    return [...keptByReference.values()].filter(
      ({ reference, intakeId, atMs }) => atMs < beforeMs && !ended.has(reference) && !refused.has(intakeId),
    );
  }

  const lostKept = (record: SystemOfRecord): KeptOrder[] =>
    undecided(record).filter(({ reference }) => isNew(`kept ${reference}`));

  return {
    acknowledge(acknowledgement) {
      const { reference, orderId, atMs } = acknowledgement;
      // A replay acknowledges the same order again; the first word counts.
      if (!byOrder.has(orderId)) byOrder.set(orderId, acknowledgement);
      if (!firstHeard.has(reference)) firstHeard.set(reference, atMs);
    },
    keep(order) {
      const { reference, atMs } = order;
      if (!keptByReference.has(reference)) keptByReference.set(reference, order);
      if (!firstHeard.has(reference)) firstHeard.set(reference, atMs);
    },
    keptBetween: (fromMs, toMs) =>
      [...keptByReference.values()].filter(({ atMs }) => atMs >= fromMs && atMs < toMs),
    undecided,
    acknowledgedBetween(fromMs, toMs) {
      let count = 0;
      for (const atMs of firstHeard.values()) if (atMs >= fromMs && atMs < toMs) count += 1;
      return count;
    },
    audit(record) {
      const lost = [...lostAcknowledged(record), ...lostKept(record)];
      const doubled = new Set([
        ...repeated(record.orders.map((order) => order.reference)),
        ...repeated([...byOrder.values()].map(({ reference }) => reference)),
        ...repeated(record.chargedReferences),
      ]);
      const news = [...doubled].filter((reference) => !reportedDoubled.has(reference));
      for (const reference of news) reportedDoubled.add(reference);
      return { lost, doubled: news };
    },
  };
}
