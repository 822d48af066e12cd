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

export interface RefreshedOnDemand {
  readonly catalogue: Catalogue;
  readonly recent: RecentOrders;
  /** Reads again what is due. Never rejects. */
  refresh(): Promise<void>;
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
  let snapshot: { readonly value: CatalogueSnapshot; readonly takenAt: number } | undefined;

  const products = createDueWork(
    { source: 'catalogue', intervalMs: CATALOGUE_CADENCE_MS, metrics, clock },
    async () => {
      const takenAt = clock.now();
      const found = await storage.readCatalogue(snapshot === undefined ? {} : { timeoutMs: PATIENCE_MS });
      if (found.length === 0) throw new Error('an empty catalogue is taken for a mistake');
      snapshot = { value: toCatalogueSnapshot(found), takenAt };
    },
  );
  const orders = createDueWork(
    { source: 'newest-orders', intervalMs: NEWEST_ORDERS_CADENCE_MS, metrics, clock },
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
    refresh: async () => {
      await Promise.all([products(), orders()]);
    },
  };
}

interface DueWorkOptions {
  readonly source: string;
  readonly intervalMs: number;
  readonly metrics: Metrics;
  readonly clock: { now(): number };
}

/**
 * Work that is done when somebody asks and it is due; who asks meanwhile waits for the same. A failure counts as done,
 * so that a database that is away costs one request in each interval its patience, and not every request.
 */
function createDueWork({ source, intervalMs, metrics, clock }: DueWorkOptions, work: () => Promise<void>) {
  let begunAt: number | undefined;
  let underWay: Promise<void> | undefined;

  async function run(): Promise<void> {
    try {
      await work();
      metrics.event(source, 'refreshed');
    } catch {
      metrics.event(source, 'refresh-failed');
    } finally {
      underWay = undefined;
    }
  }

  return (): Promise<void> => {
    if (underWay !== undefined) return underWay;
    if (begunAt !== undefined && clock.now() - begunAt < intervalMs) return Promise.resolve();
    begunAt = clock.now();
    underWay = run();
    return underWay;
  };
}
