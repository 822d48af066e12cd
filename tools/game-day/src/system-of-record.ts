/**
 * What the shop itself holds to be true after a fault: the orders in the database's current primary and the
 * charges at the payment service. Read past the application on purpose, because doubles are invisible through it.
 */
import { DatabasePrimaryAbsentError } from '@nines/local-cloud';
import type { Clock, LocalCloud } from '@nines/local-cloud';
import type { RecordedOrder, SystemOfRecord } from './ledger.ts';

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

export async function readSystemOfRecord(cloud: LocalCloud, clock: Clock): Promise<SystemOfRecord> {
  const readAtMs = clock.epochNow();
  const orders = await cloud.database
    .query<{ id: string; reference: string }>('SELECT id::text AS id, reference FROM orders')
    .catch((error: unknown): RecordedOrder[] => {
      // Without a primary nothing can be read back, and what cannot be read back is lost.
      if (error instanceof DatabasePrimaryAbsentError) return [];
      throw error;
    });
  return { readAtMs, orders, chargedReferences: await chargedReferences(cloud) };
}
