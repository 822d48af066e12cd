/**
 * The shop as a Lambda function behind an HTTP API: the same core as the Node server's (`server.ts`), put together for
 * a process that is frozen between two requests. A wrong setting fails the function's initialisation.
 *
 * What a server does by itself and a function does not: it refuses no load (the stage's throttle and the function's
 * concurrency do, before it is started), takes no payments (`order-worker.ts` does), and needs no orderly end.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { createHttpReviews } from './adapters/http-reviews.ts';
import { createOrderId } from './core/order-id.ts';
import { createReadiness } from './core/readiness.ts';
import { createShop, type Shop } from './core/shop.ts';
import { readHttpFunctionConfig, type HttpFunctionConfig } from './function/config.ts';
import { createHttpHandler } from './function/http-handler.ts';
import { createFunctionParts, type FunctionParts } from './function/parts.ts';
import { createGuardedStorage, type RequestStorage } from './resilience/guarded-storage.ts';
import {
  createDatabaseCheck,
  createDeadline,
  createReviewsPolicies,
  createStorageBreaker,
} from './resilience/policies.ts';
import { createRefreshedOnDemand, type RefreshedOnDemand } from './resilience/refreshed-on-demand.ts';

function createShopOf(
  config: HttpFunctionConfig,
  parts: FunctionParts,
  guarded: RequestStorage,
  kept: RefreshedOnDemand,
): Shop {
  const { clock, log, metrics, payment, pending, storage, timing, wallClock } = parts;
  const withinDeadline = createDeadline(timing);
  return createShop({
    storage: guarded,
    payment: {
      authorize: payment.authorize,
      // Not waited for by the customer's answer, but by the function's end.
      void: (id, call) => pending.track(payment.void(id, call)),
    },
    reviews: createHttpReviews({
      baseUrl: config.reviewsUrl,
      fetch,
      clock,
      metrics,
      ...createReviewsPolicies({ metrics, timing }),
    }),
    catalogue: kept.catalogue,
    recent: kept.recent,
    admission: { enter: () => () => undefined },
    readiness: createReadiness({
      databaseIsLive: createDatabaseCheck({ storage, timing }),
      catalogueIsLoaded: () => kept.catalogue.view() !== undefined,
      isDraining: () => false,
    }),
    metrics,
    log,
    clock,
    wallClock,
    newOrderId: (unixMs) => createOrderId(unixMs, randomBytes(10)),
    newRequestId: randomUUID,
    servedBy: `${config.instanceId}@${config.region}`,
    withinDeadline: (call, context) => withinDeadline(() => pending.track(call()), context),
  });
}

const config = readHttpFunctionConfig(process.env);
const parts = createFunctionParts(config);
const { metrics, timing, storage } = parts;
const guarded = createGuardedStorage(storage, createStorageBreaker({ metrics, timing }));
const kept = createRefreshedOnDemand({ storage, guarded, metrics, clock: parts.clock });

export const handler = createHttpHandler({
  handle: createShopOf(config, parts, guarded, kept).handle,
  thaw: parts.clock.thaw,
  refresh: kept.refresh,
  pending: parts.pending,
  flush: metrics.flush,
  log: parts.log,
});

// Connects and reads the catalogue while the function is initialised, which no customer waits for when its
// concurrency is provisioned. It may fail: the first request then tries again.
await kept.refresh();
