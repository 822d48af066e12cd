/**
 * The shop as a Lambda function behind an HTTP API: the same core as the Node server's (`server.ts`), put together for
 * a process that is frozen between two requests. A wrong setting fails the function's initialisation.
 *
 * What a server does by itself and a function does not: it refuses no load (the stage's throttle and the function's
 * concurrency do, before it is started), takes no payments (`order-worker.ts` does), and needs no orderly end.
 */
import { createSqsOrderIntake } from './adapters/aws/sqs-order-intake.ts';
import { composeShop } from './compose-shop.ts';
import type { Shop } from './core/shop.ts';
import { readHttpFunctionConfig, type HttpFunctionConfig } from './function/config.ts';
import { createHttpHandler } from './function/http-handler.ts';
import { awsEndpoint, createAwsFetch, createFunctionParts, type FunctionParts } from './function/parts.ts';
import type { IntakeResults } from './ports/order-intake.ts';
import {
  createGuardedIntakes,
  createGuardedStorage,
  type RequestStorage,
} from './resilience/guarded-storage.ts';
import { createLeveredIntakes, createLeveredStorage } from './resilience/levered.ts';
import { createStorageBreaker } from './resilience/policies.ts';
import { createRefreshedOnDemand, type RefreshedOnDemand } from './resilience/refreshed-on-demand.ts';

interface ShopOptions extends FunctionParts {
  readonly config: HttpFunctionConfig;
  readonly guarded: RequestStorage;
  readonly intakeResults: Pick<IntakeResults, 'findIntake'>;
  readonly kept: RefreshedOnDemand;
}

function createShopOf({ config, kept, payment, pending, ...parts }: ShopOptions): Shop {
  const { clock, guarded, intakeResults, levers, log, metrics, storage, timing, wallClock } = parts;
  return composeShop({
    ...{ clock, guarded, intakeResults, levers, log, metrics, storage, timing, wallClock },
    payment: {
      authorize: payment.authorize,
      // Not waited for by the customer's answer, but by the function's end.
      void: (id, call) => pending.track(payment.void(id, call)),
    },
    intake: createIntake(config),
    catalogue: kept.catalogue,
    recent: kept.recent,
    admission: { enter: () => () => undefined },
    reviewsUrl: config.reviewsUrl,
    isDraining: () => false,
    servedBy: `${config.instanceId}@${config.region}`,
    track: (call) => pending.track(call),
  });
}

function createIntake({ orderIntakeQueueUrl: queueUrl, region }: HttpFunctionConfig) {
  if (queueUrl === undefined) return undefined;
  return createSqsOrderIntake({
    queueUrl,
    request: createAwsFetch('sqs', region),
    endpoint: awsEndpoint('sqs', region),
  });
}

const config = readHttpFunctionConfig(process.env);
const parts = createFunctionParts(config);
const { levers, metrics, timing, storage } = parts;
const breaker = createStorageBreaker({ metrics, timing });
const intakeResults = createLeveredIntakes(createGuardedIntakes(storage, breaker), levers);
const guarded = createLeveredStorage(createGuardedStorage(storage, breaker), levers);
const kept = createRefreshedOnDemand({ storage, guarded, metrics, clock: parts.clock });

/** All at once: a request waits for the longest of them. */
async function refresh(reading: readonly Promise<void>[] = []): Promise<void> {
  await Promise.all([levers.refresh(), kept.refreshCatalogue(), ...reading]);
}

/** The newest orders are kept where orders are read: a function that shows products has no use for them. */
const readsOrders = ({ method, url }: Request): boolean =>
  method === 'GET' && new URL(url).pathname.startsWith('/orders');

export const handler = createHttpHandler({
  handle: createShopOf({ ...parts, config, guarded, intakeResults, kept }).handle,
  thaw: parts.clock.thaw,
  refresh: (request) => refresh(readsOrders(request) ? [kept.refreshOrders()] : []),
  pending: parts.pending,
  flush: metrics.flush,
  log: parts.log,
});

// Connects and reads the catalogue and the levers while the function is initialised, which no customer waits for when
// its concurrency is provisioned. It may fail: the next time that it is due a request tries again.
await refresh();
