/** A whole shop of which a test holds every string: time, storage, payment, reviews, admission, draining. */
import { createFakeClock, type FakeClock } from '@nines/testing';
import { createCatalogue, toCatalogueSnapshot, type CatalogueSnapshot } from '../src/core/catalogue.ts';
import { createLeverGate, LEVERS, type LeverName, type Levers } from '../src/core/levers.ts';
import { createOrderId } from '../src/core/order-id.ts';
import { createReadiness } from '../src/core/readiness.ts';
import { createRecentOrders, type RecentOrders } from '../src/core/recent-orders.ts';
import { createShop, type Shop } from '../src/core/shop.ts';
import type { OrderIntake } from '../src/ports/order-intake.ts';
import type { Product } from '../src/ports/storage.ts';
import {
  createLeveredIntakes,
  createLeveredReviews,
  createLeveredStorage,
} from '../src/resilience/levered.ts';
import { createDatabaseCheck, createDeadline, type Timing } from '../src/resilience/policies.ts';
import type { MemoryStorage } from './memory-storage.ts';
import {
  createBreakableStorage,
  createCountingMetrics,
  createFakeIntake,
  createFakePayment,
  createFakeReviews,
  createMemoryLog,
} from './stand-ins.ts';
import { product } from './storage-contract.ts';

export const PRODUCTS: readonly Product[] = [
  product('a', 100, 250),
  product('b', 5, 1_999),
  product('c', 7, 0),
  product('sold-out', 0, 100),
];

export interface TestShop {
  readonly handle: Shop['handle'];
  readonly clock: FakeClock;
  readonly storage: ReturnType<typeof createBreakableStorage>;
  readonly payment: ReturnType<typeof createFakePayment>;
  readonly reviews: ReturnType<typeof createFakeReviews>;
  readonly metrics: ReturnType<typeof createCountingMetrics>;
  readonly log: ReturnType<typeof createMemoryLog>;
  readonly recent: RecentOrders;
  readonly intake: ReturnType<typeof createFakeIntake>;
  /** The emergency levers that do not stand where they stand by default. */
  readonly moved: Set<LeverName>;
  /** Takes a snapshot of the catalogue and the newest orders, as the shop does at its cadence. */
  refresh(): Promise<void>;
  /** What the shop decides by itself in a server. */
  readonly switches: { full: boolean; draining: boolean; underWay: number; leftOut: boolean };
}

export const STALE_AFTER_MS = 5_000;
const NEW_YEAR_2026 = Date.UTC(2026, 0, 1);

/** Timers that stand still with the clock, and jitter that is always half of what it may be. */
export function timingOf(clock: FakeClock): Timing {
  const schedule = (run: () => void, delayMs: number) => {
    const timer = clock.setTimeout(run, delayMs);
    return () => {
      clock.clearTimeout(timer);
    };
  };
  return { clock, schedule, random: () => 0.5 };
}

export interface TestShopOptions {
  /** Whether orders that the database does not take are kept in a queue. @default false */
  readonly keepsOrders?: boolean;
  /** What the orders are stored in. @default memory */
  readonly inner?: MemoryStorage;
  /** The queue. @default the shop's stand-in, `intake` */
  readonly queue?: OrderIntake;
}

/** Without a first refresh, as at the start of a process. */
export function createUnstartedShop({ keepsOrders = false, inner, queue }: TestShopOptions = {}): TestShop {
  const clock = createFakeClock();
  const storage = createBreakableStorage(PRODUCTS, clock, inner);
  const [payment, reviews] = [createFakePayment(), createFakeReviews()];
  const [metrics, log] = [createCountingMetrics(), createMemoryLog()];
  const recent = createRecentOrders({ clock });
  const intake = createFakeIntake();
  const moved = new Set<LeverName>();
  const levers: Levers = { get: (name) => moved.has(name) !== LEVERS[name] };
  const gate = createLeverGate(levers);
  const switches = { full: false, draining: false, underWay: 0, leftOut: false };
  let snapshot: { readonly value: CatalogueSnapshot; readonly takenAt: number } | undefined;
  let ids = 0;
  const catalogue = createCatalogue({
    current: () => snapshot && { value: snapshot.value, ageMs: clock.now() - snapshot.takenAt },
    staleAfterMs: STALE_AFTER_MS,
  });
  const shop = createShop({
    storage: createLeveredStorage(storage, levers),
    payment,
    reviews: createLeveredReviews(reviews, levers),
    ...(keepsOrders ? { intake: queue ?? intake, intakeResults: createLeveredIntakes(storage, levers) } : {}),
    catalogue,
    recent,
    metrics,
    log,
    clock,
    isLeftOut: (request) => switches.leftOut || gate(request),
    admission: {
      enter: () => {
        if (switches.full) return undefined;
        switches.underWay += 1;
        return () => {
          switches.underWay -= 1;
        };
      },
    },
    readiness: createReadiness({
      databaseIsLive: createDatabaseCheck({ storage, timing: timingOf(clock) }),
      catalogueIsLoaded: () => catalogue.view() !== undefined,
      isDraining: () => switches.draining,
    }),
    wallClock: () => new Date(NEW_YEAR_2026 + clock.now()),
    newOrderId: (unixMs) => createOrderId(unixMs, new Uint8Array(10).fill((ids += 1) % 256)),
    newRequestId: () => 'made-here',
    servedBy: 'i-1@zone-a',
    withinDeadline: createDeadline(timingOf(clock)),
  });
  const refresh = async () => {
    snapshot = { value: toCatalogueSnapshot(await storage.readCatalogue()), takenAt: clock.now() };
    recent.replaceNewest(await storage.listOrders({ limit: 250 }));
  };
  const parts = { clock, storage, payment, reviews, metrics, log, recent, intake };
  return { ...parts, handle: shop.handle, moved, refresh, switches };
}

export async function createTestShop(options?: TestShopOptions): Promise<TestShop> {
  const shop = createUnstartedShop(options);
  await shop.refresh();
  return shop;
}
