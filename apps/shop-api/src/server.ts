/**
 * The shop as a Node server: the only place that knows every part. Settings come from the environment
 * (`config.ts`); a wrong one ends the process with exit code 2 before anything is started.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import {
  createConnections,
  type Connections,
  type ConnectionsOptions,
} from './adapters/postgres/connections.ts';
import { migrate } from './adapters/postgres/migrate.ts';
import { createPostgresStorage } from './adapters/postgres/postgres-storage.ts';
import { toErrorFields } from './adapters/error-fields.ts';
import { createHttpPayment } from './adapters/http-payment.ts';
import { createHttpReviews } from './adapters/http-reviews.ts';
import { createPrometheusMetrics } from './adapters/prometheus-metrics.ts';
import { ConfigInvalidError, readConfig, type ShopConfig } from './config.ts';
import { createCaptureWorker } from './core/capture-worker.ts';
import { createOrderId } from './core/order-id.ts';
import { createReadiness } from './core/readiness.ts';
import { createShop, type Shop } from './core/shop.ts';
import { createHttpServer } from './http-server.ts';
import { createPeriodicWork, type PeriodicWork } from './periodic-work.ts';
import { createLastKnownGood, type LastKnownGood } from './resilience/last-known-good.ts';
import type { Log } from './ports/log.ts';
import type { Metrics } from './ports/metrics.ts';
import type { Payment } from './ports/payment.ts';
import type { Storage } from './ports/storage.ts';
import { createGuardedStorage, type RequestStorage } from './resilience/guarded-storage.ts';
import {
  CAPTURE_BATCH_SIZE,
  createAdmission,
  createDatabaseCheck,
  createDeadline,
  createPaymentPolicies,
  createReviewsPolicies,
  createStorageBreaker,
} from './resilience/policies.ts';

const CAPTURE_INTERVAL_MS = 500;
/** As long as the contract promises. */
const KEY_EXPIRY_MS = 24 * 3_600_000;
const KEY_EXPIRY_BATCH = 500;
const KEY_EXPIRY_INTERVAL_MS = 60_000;
const MIGRATE_RETRY_MS = 1_000;
/** After the drain: how long requests under way may take to end. */
const CLOSE_GRACE_MS = 10_000;

const clock = performance;
const timing = { clock };
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
      await sleep(MIGRATE_RETRY_MS);
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

interface Parts {
  readonly config: ShopConfig;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly storage: Storage;
  readonly guarded: RequestStorage;
  readonly payment: Payment;
  readonly lastKnownGood: LastKnownGood;
  readonly isDraining: () => boolean;
}

function createParts(config: ShopConfig, database: ConnectionsOptions, isDraining: () => boolean): Parts {
  const log = pino({
    level: config.logLevel,
    base: { service: 'shop-api', instance: config.instanceId, zone: config.zone },
    serializers: { err: toErrorFields },
  });
  // The gauges read a pool that is made after them, because it counts its events in the same metrics.
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
  const payment = createHttpPayment({
    baseUrl: config.paymentUrl,
    fetch,
    clock,
    metrics,
    ...createPaymentPolicies({ metrics, timing }),
  });
  const guarded = createGuardedStorage(storage, createStorageBreaker({ metrics, timing }));
  const lastKnownGood = createLastKnownGood({ storage, guarded, metrics, timing });
  return { config, log, metrics, storage, guarded, payment, lastKnownGood, isDraining };
}

function createShopOf({
  config,
  log,
  metrics,
  storage,
  guarded,
  payment,
  lastKnownGood,
  isDraining,
}: Parts): Shop {
  return createShop({
    storage: guarded,
    payment,
    reviews: createHttpReviews({
      baseUrl: config.reviewsUrl,
      fetch,
      clock,
      metrics,
      ...createReviewsPolicies({ metrics, timing }),
    }),
    catalogue: lastKnownGood.catalogue,
    recent: lastKnownGood.recent,
    admission: createAdmission({ ratedRps: config.ratedRps, metrics, timing }),
    readiness: createReadiness({
      databaseIsLive: createDatabaseCheck({ storage, timing }),
      catalogueIsLoaded: () => lastKnownGood.catalogue.view() !== undefined,
      isDraining,
    }),
    metrics,
    log,
    clock,
    wallClock: () => new Date(),
    newOrderId: (unixMs) => createOrderId(unixMs, randomBytes(10)),
    newRequestId: randomUUID,
    servedBy: `${config.instanceId}@${config.zone}`,
    withinDeadline: createDeadline(timing),
  });
}

function createBackgroundWork({ storage, payment, metrics, log }: Parts): readonly PeriodicWork[] {
  const worker = createCaptureWorker({ storage, payment, metrics, log, batchSize: CAPTURE_BATCH_SIZE });
  const later = (what: string) => (err: unknown) => {
    log.debug({ err }, `${what} is done later`);
  };
  return [
    createPeriodicWork({
      // A full batch means that there is more to take.
      run: async () => (await worker.runOnce()) === CAPTURE_BATCH_SIZE,
      intervalMs: CAPTURE_INTERVAL_MS,
      onError: later('taking payments'),
      setTimer,
    }),
    createPeriodicWork({
      run: async () => {
        const expiry = { olderThanMs: KEY_EXPIRY_MS, limit: KEY_EXPIRY_BATCH };
        return (await storage.forgetIdempotencyKeys(expiry)) === KEY_EXPIRY_BATCH;
      },
      intervalMs: KEY_EXPIRY_INTERVAL_MS,
      onError: later('forgetting old idempotency keys'),
      setTimer,
    }),
  ];
}

/** Drains on the first signal: not ready at once, then no new connections, then the end of what is under way. */
function stopOnSignal(stop: () => Promise<void>, log: Log): void {
  let stopping: Promise<void> | undefined;
  const onSignal = (signal: string) => {
    log.info({ signal }, 'stopping');
    stopping ??= stop().finally(() => process.exit(0));
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
}

async function main(): Promise<void> {
  const config = readConfigOrExit();
  const database = await databaseOptions(config);
  let draining = false;
  const parts = createParts(config, database, () => draining);
  const { log, storage, lastKnownGood } = parts;
  const work = createBackgroundWork(parts);
  const server = createHttpServer({
    handle: createShopOf(parts).handle,
    isDraining: () => draining,
    onError: (err) => {
      log.error({ err }, 'an answer could not be sent');
    },
  });
  stopOnSignal(async () => {
    draining = true;
    await sleep(config.drainSeconds * 1_000);
    await server.close(CLOSE_GRACE_MS);
    lastKnownGood.stop();
    await Promise.all(work.map((part) => part.stop()));
    await storage.close();
    log.info({}, 'stopped');
  }, log);

  if (config.migrateOnStart) await migrateUntilDone(database, log);
  await lastKnownGood.start();
  const { address, port } = await server.listen(config.host, config.port);
  for (const part of work) part.start();
  log.info({ address, port }, 'listening');
}

await main();
