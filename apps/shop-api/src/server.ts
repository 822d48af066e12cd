/**
 * The shop as a Node server: the only place that knows every part. Settings come from the environment
 * (`config.ts`); a wrong one ends the process with exit code 2 before anything is started.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { createConstantWork } from '@nines/constant-work';
import { createHealthCheck } from '@nines/health-check';
import { pino } from 'pino';
import {
  createConnections,
  type Connections,
  type ConnectionsOptions,
} from './adapters/postgres/connections.ts';
import { migrate } from './adapters/postgres/migrate.ts';
import { createPostgresStorage } from './adapters/postgres/postgres-storage.ts';
import { createHttpPayment } from './adapters/http-payment.ts';
import { createHttpReviews } from './adapters/http-reviews.ts';
import { createPrometheusMetrics } from './adapters/prometheus-metrics.ts';
import { ConfigInvalidError, readConfig, type ShopConfig } from './config.ts';
import { createCaptureWorker } from './core/capture-worker.ts';
import { createCatalogue, toCatalogueSnapshot, type CatalogueSnapshot } from './core/catalogue.ts';
import { createOrderId } from './core/order-id.ts';
import { createReadiness } from './core/readiness.ts';
import { createRecentOrders } from './core/recent-orders.ts';
import { createShop } from './core/shop.ts';
import { createHttpServer } from './http-server.ts';
import { createPeriodicWork } from './periodic-work.ts';
import type { Log } from './ports/log.ts';
import type { Metrics } from './ports/metrics.ts';
import type { Storage } from './ports/storage.ts';
import { createGuardedStorage } from './resilience/guarded-storage.ts';
import {
  CAPTURE_BATCH_SIZE,
  createAdmission,
  createDeadline,
  createPaymentPolicies,
  createReviewsPolicies,
  createStorageBreaker,
} from './resilience/policies.ts';

const CATALOGUE_CADENCE_MS = 2_000;
const NEWEST_ORDERS_CADENCE_MS = 1_000;
/** How many of the newest orders each instance knows of, its own and the others'. */
const NEWEST_ORDERS = 500;
const CAPTURE_INTERVAL_MS = 500;
const KEY_EXPIRY_MS = 24 * 3_600_000;
const MIGRATE_RETRY_MS = 1_000;
/** After the drain: how long requests under way may take to end. */
const CLOSE_GRACE_MS = 10_000;

const clock = performance;
const setTimer = (run: () => void, delayMs: number) => {
  const timer = setTimeout(run, delayMs);
  return () => {
    clearTimeout(timer);
  };
};

function readConfigOrExit(): ShopConfig {
  try {
    return readConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigInvalidError)) throw error;
    process.stderr.write(`shop-api cannot start:\n${error.problems.map((line) => `  ${line}\n`).join('')}`);
    process.exit(2);
  }
}

async function databaseOptions(config: ShopConfig): Promise<ConnectionsOptions> {
  return {
    host: config.databaseHost,
    port: config.databasePort,
    database: config.databaseName,
    user: config.databaseUser,
    password: async () => (await readFile(config.databasePasswordFile, 'utf8')).trim(),
    ...(config.databaseCaFile === undefined
      ? {}
      : { certificateAuthorities: await readFile(config.databaseCaFile, 'utf8') }),
  };
}

/** The database may be away just now; an instance that gave up would only be started again. */
async function migrateUntilDone(database: ConnectionsOptions, log: Log): Promise<void> {
  for (;;) {
    try {
      const directory = fileURLToPath(new URL('migrations', import.meta.url));
      const applied = await migrate({ ...database, directory });
      log.info({ applied }, 'the schema is up to date');
      return;
    } catch (error) {
      log.error({ err: error }, 'the schema could not be brought up to date; trying again');
      await new Promise<void>((resolve) => {
        setTimer(resolve, MIGRATE_RETRY_MS);
      });
    }
  }
}

function createMetrics(config: ShopConfig, connections: () => Connections | undefined): Metrics {
  const gauge = (help: string, of: (stats: ReturnType<Connections['stats']>) => number) => ({
    help,
    read: () => of(connections()?.stats() ?? { total: 0, idle: 0, waiting: 0 }),
  });
  return createPrometheusMetrics({
    instance: config.instanceId,
    zone: config.zone,
    gauges: {
      shop_database_connections: gauge('Open database connections.', ({ total }) => total),
      shop_database_connections_idle: gauge('Idle database connections.', ({ idle }) => idle),
      shop_database_waiting: gauge('Calls that wait for a connection.', ({ waiting }) => waiting),
    },
  });
}

function createRefreshes(storage: Storage, metrics: Metrics) {
  const recent = createRecentOrders({ clock });
  const snapshots = createConstantWork<CatalogueSnapshot>({
    read: async () => toCatalogueSnapshot(await storage.readCatalogue()),
    validate: ({ products }) => {
      if (products.length === 0) throw new Error('an empty catalogue is taken for a mistake');
    },
    intervalMs: CATALOGUE_CADENCE_MS,
    clock,
    onEvent: ({ type }) => {
      metrics.event('catalogue', type);
    },
  });
  const newestOrders = createConstantWork({
    read: async () => {
      recent.replaceNewest(await storage.listOrders({ limit: NEWEST_ORDERS }));
    },
    intervalMs: NEWEST_ORDERS_CADENCE_MS,
    clock,
    onEvent: ({ type }) => {
      metrics.event('newest-orders', type);
    },
  });
  const catalogue = createCatalogue({
    current: () => snapshots.current(),
    staleAfterMs: 2.5 * CATALOGUE_CADENCE_MS,
  });
  return {
    recent,
    catalogue,
    start: () => Promise.all([snapshots.start(), newestOrders.start()]),
    stop: () => {
      snapshots.stop();
      newestOrders.stop();
    },
  };
}

function createDatabaseCheck(storage: Storage): () => Promise<boolean> {
  const health = createHealthCheck({
    checks: { database: { check: () => storage.ping({ timeoutMs: 500 }) } },
    timeoutMs: 600,
    cacheMs: 1_000,
    unhealthyAfter: 1,
    healthyAfter: 1,
    clock,
  });
  return async () => (await health.deep()).status === 'healthy';
}

async function main(): Promise<void> {
  const config = readConfigOrExit();
  const log = pino({
    level: config.logLevel,
    base: { service: 'shop-api', instance: config.instanceId, zone: config.zone },
  });
  const database = await databaseOptions(config);
  let connections: Connections | undefined = undefined;
  const metrics = createMetrics(config, () => connections);
  connections = createConnections({
    ...database,
    onEvent: (event) => {
      metrics.event('database', event.type);
      if (event.type === 'pool-replaced') log.warn(event, 'the database fell silent; connecting anew');
    },
  });
  const storage = createPostgresStorage(connections);
  const refreshes = createRefreshes(storage, metrics);
  const paymentPolicies = createPaymentPolicies({ metrics, clock });
  const payment = createHttpPayment({
    baseUrl: config.paymentUrl,
    fetch,
    clock,
    metrics,
    ...paymentPolicies,
  });
  const reviewsPolicies = createReviewsPolicies({ metrics, clock });
  let draining = false;
  const shop = createShop({
    storage: createGuardedStorage(storage, createStorageBreaker({ metrics, clock })),
    payment,
    reviews: createHttpReviews({ baseUrl: config.reviewsUrl, fetch, clock, metrics, ...reviewsPolicies }),
    catalogue: refreshes.catalogue,
    recent: refreshes.recent,
    admission: createAdmission({ ratedRps: config.ratedRps, metrics, clock }),
    readiness: createReadiness({
      databaseIsLive: createDatabaseCheck(storage),
      catalogueIsLoaded: () => refreshes.catalogue.view() !== undefined,
      isDraining: () => draining,
    }),
    metrics,
    log,
    clock,
    wallClock: () => new Date(),
    newOrderId: (unixMs) => createOrderId(unixMs, randomBytes(10)),
    newRequestId: randomUUID,
    servedBy: `${config.instanceId}@${config.zone}`,
    withinDeadline: createDeadline({ clock }),
  });
  const server = createHttpServer({
    handle: shop.handle,
    isDraining: () => draining,
    onError: (error) => {
      log.error({ err: error }, 'an answer could not be sent');
    },
  });
  const work = createBackgroundWork(storage, payment, metrics, log);

  let stopping: Promise<void> | undefined;
  const stop = (signal: string) => {
    stopping ??= (async () => {
      draining = true;
      log.info({ signal, drainSeconds: config.drainSeconds }, 'draining');
      await new Promise<void>((resolve) => {
        setTimer(resolve, config.drainSeconds * 1_000);
      });
      await server.close(CLOSE_GRACE_MS);
      refreshes.stop();
      await Promise.all(work.map((part) => part.stop()));
      await storage.close();
      log.info({}, 'stopped');
      process.exit(0);
    })();
  };
  process.on('SIGTERM', () => {
    stop('SIGTERM');
  });
  process.on('SIGINT', () => {
    stop('SIGINT');
  });

  if (config.migrateOnStart) await migrateUntilDone(database, log);
  await refreshes.start();
  const { address, port } = await server.listen(config.host, config.port);
  for (const part of work) part.start();
  log.info({ address, port }, 'listening');
}

function createBackgroundWork(
  storage: Storage,
  payment: ReturnType<typeof createHttpPayment>,
  metrics: Metrics,
  log: Log,
) {
  const worker = createCaptureWorker({ storage, payment, metrics, log, batchSize: CAPTURE_BATCH_SIZE });
  const captures = createPeriodicWork({
    run: async () => (await worker.runOnce()) === CAPTURE_BATCH_SIZE,
    intervalMs: CAPTURE_INTERVAL_MS,
    onError: (error) => {
      log.debug({ err: error }, 'captures wait for the database');
    },
    setTimer,
  });
  const expiry = createPeriodicWork({
    run: async () =>
      (await storage.forgetIdempotencyKeys({ olderThanMs: KEY_EXPIRY_MS, limit: 500 })) === 500,
    intervalMs: 60_000,
    onError: (error) => {
      log.debug({ err: error }, 'expired keys are removed later');
    },
    setTimer,
  });
  return [captures, expiry];
}

await main();
