/**
 * What a function keeps for the time when the database is away: the same as a server (`last-known-good.ts`), but read
 * when a request comes and it is time, since between two requests a function does not run. A request that finds it
 * too old waits for the reading, some 10 ms; a reading that fails leaves what was there.
 */
import {
  createCatalogue,
  toCatalogueSnapshot,
  type Catalogue,
  type CatalogueSnapshot,
} from '../core/catalogue.ts';
import { createRecentOrders, type RecentOrders } from '../core/recent-orders.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { Storage } from '../ports/storage.ts';
import { createDueWork } from './due-work.ts';

export interface RefreshedOnDemand {
  readonly catalogue: Catalogue;
  readonly recent: RecentOrders;
  /** Reads the catalogue again when it is due. Never rejects. */
  refreshCatalogue(): Promise<void>;
  /** Reads the newest orders again when they are due. Never rejects. */
  refreshOrders(): Promise<void>;
}

export interface RefreshedOnDemandOptions {
  readonly storage: Pick<Storage, 'readCatalogue'>;
  /** Behind the breaker, since nobody needs it while the database answers. */
  readonly guarded: Pick<Storage, 'listOrders'>;
  readonly metrics: Metrics;
  /** Milliseconds that go on while the function is frozen. */
  readonly clock: { now(): number };
}

/** A price or a stock is at most this old while all is well, as in a server. */
const CATALOGUE_CADENCE_MS = 2_000;
/** A reading was due and failed, and a little more. */
const CATALOGUE_STALE_AFTER_MS = 5_000;
/** Only what is shown while the database is away, in each of perhaps hundreds of functions: so, not often. */
const NEWEST_ORDERS_CADENCE_MS = 10_000;
/** The first page at its largest. */
const NEWEST_ORDERS = 100;
/**
 * Thirty times what a reading takes; a request waits no longer for data that may be older, too. Where there is none
 * yet, it waits as long as the storage does: a function that has just been started is slow, and has nothing to show.
 */
const PATIENCE_MS = 300;

export function createRefreshedOnDemand(options: RefreshedOnDemandOptions): RefreshedOnDemand {
  const { storage, guarded, metrics, clock } = options;
  const recent = createRecentOrders({ clock });
  const counted = (source: string) => (how: string) => {
    metrics.event(source, how);
  };
  let snapshot: { readonly value: CatalogueSnapshot; readonly takenAt: number } | undefined;

  const products = createDueWork(
    {
      intervalMs: CATALOGUE_CADENCE_MS,
      clock,
      // A first reading that failed, as that of a slow start does, would else refuse whoever comes until the next one.
      cannotWait: () => snapshot === undefined,
      onEnd: counted('catalogue'),
    },
    async () => {
      const takenAt = clock.now();
      const found = await storage.readCatalogue(snapshot === undefined ? {} : { timeoutMs: PATIENCE_MS });
      if (found.length === 0) throw new Error('an empty catalogue is taken for a mistake');
      snapshot = { value: toCatalogueSnapshot(found), takenAt };
    },
  );
  const orders = createDueWork(
    { intervalMs: NEWEST_ORDERS_CADENCE_MS, clock, onEnd: counted('newest-orders') },
    async () => {
      recent.replaceNewest(await guarded.listOrders({ limit: NEWEST_ORDERS }, { timeoutMs: PATIENCE_MS }));
    },
  );
  return {
    recent,
    catalogue: createCatalogue({
      current: () => snapshot && { value: snapshot.value, ageMs: clock.now() - snapshot.takenAt },
      staleAfterMs: CATALOGUE_STALE_AFTER_MS,
    }),
    refreshCatalogue: products,
    refreshOrders: orders,
  };
}
