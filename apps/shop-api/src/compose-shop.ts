/** What the shop is put together from in the same way in every runtime; entry points hand in what is theirs. */
import { randomBytes, randomUUID } from 'node:crypto';
import { createHttpReviews } from './adapters/http-reviews.ts';
import { createLeverGate, type Levers } from './core/levers.ts';
import { createOrderId } from './core/order-id.ts';
import { createReadiness } from './core/readiness.ts';
import { createShop, type Shop, type ShopDependencies } from './core/shop.ts';
import type { Storage } from './ports/storage.ts';
import { createLeveredReviews } from './resilience/levered.ts';
import {
  createDatabaseCheck,
  createDeadline,
  createReviewsPolicies,
  type Timing,
} from './resilience/policies.ts';

type Given =
  | 'payment'
  | 'catalogue'
  | 'recent'
  | 'admission'
  | 'intake'
  | 'intakeResults'
  | 'metrics'
  | 'log'
  | 'clock'
  | 'wallClock'
  | 'servedBy';

export interface ShopParts extends Pick<ShopDependencies, Given> {
  readonly reviewsUrl: string;
  /** What readiness asks. */
  readonly storage: Pick<Storage, 'ping'>;
  /** What requests ask. */
  readonly guarded: ShopDependencies['storage'];
  readonly levers: Levers;
  readonly isDraining: () => boolean;
  readonly timing: Timing;
  /** @default every request by itself */
  readonly track?: <T>(call: Promise<T>) => Promise<T>;
}

export function composeShop(parts: ShopParts): Shop {
  const { reviewsUrl, storage, guarded, levers, isDraining, timing, track, ...given } = parts;
  const { metrics, clock, catalogue } = given;
  const withinDeadline = createDeadline(timing);
  const reviews = createHttpReviews({
    baseUrl: reviewsUrl,
    fetch,
    clock,
    metrics,
    ...createReviewsPolicies({ metrics, timing }),
  });
  return createShop({
    ...given,
    storage: guarded,
    reviews: createLeveredReviews(reviews, levers),
    isLeftOut: createLeverGate(levers),
    readiness: createReadiness({
      databaseIsLive: createDatabaseCheck({ storage, timing }),
      catalogueIsLoaded: () => catalogue.view() !== undefined,
      isDraining,
    }),
    newOrderId: (unixMs) => createOrderId(unixMs, randomBytes(10)),
    newRequestId: randomUUID,
    withinDeadline:
      track === undefined ? withinDeadline : (call, context) => withinDeadline(() => track(call()), context),
  });
}
