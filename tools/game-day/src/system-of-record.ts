/**
 * What the shop itself holds to be true after a fault: the orders in the database's current primary and the
 * charges at the payment service. Read past the application on purpose, because doubles are invisible through it.
 */
import { DatabasePrimaryAbsentError } from '@nines/local-cloud';
import type { Clock, LocalCloud } from '@nines/local-cloud';
import type { KeptOrder, SystemOfRecord } from './ledger.ts';

interface Charges {
  readonly items: readonly { readonly reference: string }[];
  readonly nextCursor?: string | null;
}

/** The order of every charge, one entry a charge, asked at the payment service itself. */
export async function chargedReferences(cloud: Pick<LocalCloud, 'services'>): Promise<string[]> {
  const payment = cloud.services.get('payment');
  if (!payment) return [];
  const references: string[] = [];
  for (let cursor: string | null | undefined = ''; cursor !== undefined && cursor !== null;) {
    const query: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const reply = await fetch(`${payment.url}/charges?limit=1000${query}`, {
      signal: AbortSignal.timeout(10_000),
    });
    const page = (await reply.json()) as Charges;
    references.push(...page.items.map((charge) => charge.reference));
    cursor = page.nextCursor;
  }
  return references;
}

/** What the database says became of an order that was kept. */
export interface DecidedIntake {
  readonly id: string;
  readonly outcome: 'stored' | 'refused';
  readonly recordedAtMs: number;
}

export interface ServersRecord extends SystemOfRecord {
  readonly intakes: readonly DecidedIntake[];
}

/** @param keptBeforeMs Orders that were kept before have had the time to come to their end, in milliseconds of the epoch. */
export async function readSystemOfRecord(
  cloud: Pick<LocalCloud, 'database' | 'services'>,
  { clock, keptBeforeMs }: { readonly clock: Clock; readonly keptBeforeMs: number },
): Promise<ServersRecord> {
  const readAtMs = clock.epochNow();
  /** Without a primary nothing can be read back, and what cannot be read back is lost. */
  const read = <Row extends Record<string, unknown>>(statement: string): Promise<readonly Row[]> =>
    cloud.database.query<Row>(statement).catch((error: unknown): Row[] => {
      if (error instanceof DatabasePrimaryAbsentError) return [];
      throw error;
    });
  const orders = await read<Record<'id' | 'reference', string>>(
    'SELECT id::text AS id, reference FROM orders',
  );
  const rows = await read<{ id: string; outcome: DecidedIntake['outcome']; recorded_at_ms: string }>(
    `SELECT id::text AS id, outcome, round(extract(epoch FROM recorded_at) * 1000)::text AS recorded_at_ms
     FROM order_intakes`,
  );
  const intakes = rows.map(({ id, outcome, recorded_at_ms: atMs }) => ({
    id,
    outcome,
    recordedAtMs: Number(atMs),
  }));
  return {
    readAtMs,
    keptBeforeMs,
    orders,
    intakes,
    refusedIntakes: intakes.filter(({ outcome }) => outcome === 'refused').map(({ id }) => id),
    chargedReferences: await chargedReferences(cloud),
  };
}

/** Orders that were kept, and how long the one that waited longest was kept until it was decided about. */
export interface KeptOrders {
  readonly count: number;
  readonly refused: number;
  /** Null when none was decided about. */
  readonly slowestSeconds: number | null;
}

export function describeKept(
  kept: readonly KeptOrder[],
  { intakes }: Pick<ServersRecord, 'intakes'>,
): KeptOrders {
  const decided = new Map(intakes.map((intake) => [intake.id, intake]));
  const waited = kept.flatMap(({ intakeId, atMs }) => {
    const intake = decided.get(intakeId);
    return intake === undefined ? [] : [Math.max(0, (intake.recordedAtMs - atMs) / 1000)];
  });
  return {
    count: kept.length,
    refused: kept.filter(({ intakeId }) => decided.get(intakeId)?.outcome === 'refused').length,
    slowestSeconds: waited.length === 0 ? null : Math.max(...waited),
  };
}
