/**
 * What this instance keeps for the time when the database is away: the whole catalogue and the newest orders, read
 * at fixed cadences. The work is the same every time, however much has changed and however many customers there
 * are, so a bad day adds nothing to it (docs/adr/0021).
 */
import { createConstantWork } from '@nines/constant-work';
import { createCatalogue, toCatalogueSnapshot, type Catalogue } from '../core/catalogue.ts';
import { createRecentOrders, type RecentOrders } from '../core/recent-orders.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { Storage } from '../ports/storage.ts';
import type { Timing } from './policies.ts';

export interface LastKnownGood {
  readonly catalogue: Catalogue;
  readonly recent: RecentOrders;
  /** Resolves when both have been tried once, well or not. */
  start(): Promise<void>;
  stop(): void;
}

export interface LastKnownGoodOptions {
  readonly storage: Pick<Storage, 'readCatalogue'>;
  /** Behind the breaker: these reads are also what tells it, when no customer does, that the database is away. */
  readonly guarded: Pick<Storage, 'listOrders'>;
  readonly metrics: Metrics;
  readonly timing: Timing;
}

/** A price or a stock is at most this old while all is well. */
const CATALOGUE_CADENCE_MS = 2_000;
/** Two refreshes missed, and a little more. */
const CATALOGUE_STALE_AFTER_MS = 5_000;
/** An order that another instance stored is known here this much later at the latest. */
const NEWEST_ORDERS_CADENCE_MS = 500;
/** Enough for 500 orders a second over all instances. */
const NEWEST_ORDERS = 250;

export function createLastKnownGood(options: LastKnownGoodOptions): LastKnownGood {
  const { storage, guarded, metrics, timing } = options;
  const recent = createRecentOrders({ clock: timing.clock });
  const snapshots = createConstantWork({
    read: async () => toCatalogueSnapshot(await storage.readCatalogue()),
    validate: ({ products }) => {
      if (products.length === 0) throw new Error('an empty catalogue is taken for a mistake');
    },
    intervalMs: CATALOGUE_CADENCE_MS,
    onEvent: ({ type }) => {
      metrics.event('catalogue', type);
    },
    ...timing,
  });
  const newestOrders = createConstantWork({
    read: async () => {
      recent.replaceNewest(await guarded.listOrders({ limit: NEWEST_ORDERS }));
    },
    intervalMs: NEWEST_ORDERS_CADENCE_MS,
    onEvent: ({ type }) => {
      metrics.event('newest-orders', type);
    },
    ...timing,
  });
  return {
    recent,
    catalogue: createCatalogue({
      current: () => snapshots.current(),
      staleAfterMs: CATALOGUE_STALE_AFTER_MS,
    }),
    start: async () => {
      await Promise.all([snapshots.start(), newestOrders.start()]);
    },
    stop: () => {
      snapshots.stop();
      newestOrders.stop();
    },
  };
}
