/**
 * The shop as a Node server: the only place that knows every part. Settings come from the environment
 * (`config.ts`); a wrong one ends the process with exit code 2 before anything is started.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createEmergencyLevers, type EmergencyLevers } from '@nines/emergency-lever';
import { fileSource } from '@nines/emergency-lever/sources';
import { pino } from 'pino';
import {
  createConnections,
  type Connections,
  type ConnectionsOptions,
} from './adapters/postgres/connections.ts';
import { isMigrated, migrate } from './adapters/postgres/migrate.ts';
import { createPostgresStorage } from './adapters/postgres/postgres-storage.ts';
import { toErrorFields } from './adapters/error-fields.ts';
import { createHttpPayment } from './adapters/http-payment.ts';
import { createHttpReviews } from './adapters/http-reviews.ts';
import { createPrometheusMetrics } from './adapters/prometheus-metrics.ts';
import { ConfigInvalidError, readConfig, type ShopConfig } from './config.ts';
import { createCaptureWorker } from './core/capture-worker.ts';
import { createLeverGate, LEVERS } from './core/levers.ts';
import { createOrderId } from './core/order-id.ts';
import { createReadiness } from './core/readiness.ts';
import { createShop, type Shop } from './core/shop.ts';
import { createHttpServer } from './http-server.ts';
import { inheritedSocket } from './inherited-socket.ts';
import { createPeriodicWork, type PeriodicWork } from './periodic-work.ts';
import { createLastKnownGood, type LastKnownGood } from './resilience/last-known-good.ts';
import type { Log } from './ports/log.ts';
import type { Metrics } from './ports/metrics.ts';
import type { Payment } from './ports/payment.ts';
import type { Storage } from './ports/storage.ts';
import { createGuardedStorage, type RequestStorage } from './resilience/guarded-storage.ts';
import { createLeveredReviews, createLeveredStorage } from './resilience/levered.ts';
import { createReplicatedCatalogue, createReplicatedStorage } from './resilience/replicated-storage.ts';
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
/** How long a pull of an emergency lever may take to arrive here, once it is in the file. */
const LEVERS_INTERVAL_MS = 2_000;
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

/** Where reads go: the writer itself, where there is no endpoint of their own. */
function readersOf(config: ShopConfig, database: ConnectionsOptions): ConnectionsOptions {
  const { databaseReadHost = database.host, databaseReadPort } = config;
  return { ...database, host: databaseReadHost, port: databaseReadPort };
}

/**
 * The database may be away just now; an instance that gave up would only be started again. Where nobody takes writes,
 * as in a region that follows another one or while the writer fails over, a schema that is there already is enough: the
 * instance can read, and must be able to start when others are lost.
 */
async function migrateUntilDone(
  database: ConnectionsOptions,
  readers: ConnectionsOptions,
  log: Log,
): Promise<void> {
  const directory = fileURLToPath(new URL('migrations', import.meta.url));
  for (;;) {
    try {
      const applied = await migrate({ ...database, directory });
      log.info({ applied }, 'the schema is up to date');
      return;
    } catch (error) {
      if (await isMigrated({ ...readers, directory }).catch(() => false)) {
        log.warn({ err: error }, 'nobody takes writes; the schema is there, as readers have it');
        return;
      }
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
  readonly levers: EmergencyLevers<typeof LEVERS>;
  /** Ends every connection to the database. */
  readonly closeStorage: () => Promise<unknown>;
  readonly isDraining: () => boolean;
}

/** Without a file they stand where they stand, which is a configuration like any other. */
function createLevers(config: ShopConfig, log: Log, metrics: Metrics): EmergencyLevers<typeof LEVERS> {
  const { leversFile } = config;
  return createEmergencyLevers({
    levers: LEVERS,
    source:
      leversFile === undefined
        ? () => ({})
        : fileSource((signal) => readFile(leversFile, { encoding: 'utf8', signal })),
    intervalMs: LEVERS_INTERVAL_MS,
    onEvent: (event) => {
      metrics.event('levers', event.type);
      if (event.type !== 'source-failed') log.warn(event, 'an emergency lever was moved');
    },
  });
}

/** The storage that requests see: replicas where there are some, a breaker before each place, levers before all. */
function createRequestStorage(parts: {
  readonly writer: Storage;
  readonly replicas: Storage | undefined;
  readonly levers: EmergencyLevers<typeof LEVERS>;
  readonly metrics: Metrics;
}): RequestStorage {
  const { writer, replicas, levers, metrics } = parts;
  const guardedWriter = createGuardedStorage(writer, createStorageBreaker({ metrics, timing }));
  if (replicas === undefined) return createLeveredStorage(guardedWriter, levers);
  const breaker = createStorageBreaker({ metrics, timing, countedAs: 'replica-breaker' });
  const storage = createReplicatedStorage({
    writer: guardedWriter,
    replicas: createGuardedStorage(replicas, breaker),
  });
  return createLeveredStorage(storage, levers);
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
  const connect = (source: string, place: { readonly host: string; readonly port: number }) =>
    createConnections({
      ...database,
      ...place,
      onEvent: (event) => {
        metrics.event(source, event.type);
        if (event.type === 'pool-replaced') log.warn(event, 'the database fell silent; connecting anew');
      },
    });
  connections = connect('database', database);
  const storage = createPostgresStorage(connections);
  const { databaseReadHost: host, databaseReadPort: port } = config;
  const replicas =
    host === undefined ? undefined : createPostgresStorage(connect('database-replicas', { host, port }));
  const payment = createHttpPayment({
    baseUrl: config.paymentUrl,
    fetch,
    clock,
    metrics,
    ...createPaymentPolicies({ metrics, timing }),
  });
  const levers = createLevers(config, log, metrics);
  const guarded = createRequestStorage({ writer: storage, replicas, levers, metrics });
  const lastKnownGood = createLastKnownGood({
    storage: replicas === undefined ? storage : createReplicatedCatalogue(storage, replicas),
    guarded,
    metrics,
    timing,
  });
  const closeStorage = () => Promise.all([storage.close(), replicas?.close()]);
  return { config, log, metrics, storage, guarded, payment, lastKnownGood, levers, closeStorage, isDraining };
}

function createShopOf({
  config,
  log,
  metrics,
  storage,
  guarded,
  payment,
  lastKnownGood,
  levers,
  isDraining,
}: Parts): Shop {
  const reviews = createHttpReviews({
    baseUrl: config.reviewsUrl,
    fetch,
    clock,
    metrics,
    ...createReviewsPolicies({ metrics, timing }),
  });
  return createShop({
    storage: guarded,
    payment,
    reviews: createLeveredReviews(reviews, levers),
    isLeftOut: createLeverGate(levers),
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

function createBackgroundWork({ storage, payment, metrics, log, levers }: Parts): readonly PeriodicWork[] {
  const worker = createCaptureWorker({ storage, payment, metrics, log, batchSize: CAPTURE_BATCH_SIZE });
  const later = (what: string) => (err: unknown) => {
    log.debug({ err }, `${what} is done later`);
  };
  return [
    createPeriodicWork({
      // A full batch means that there is more to take.
      run: async () => !levers.get('read-only') && (await worker.runOnce()) === CAPTURE_BATCH_SIZE,
      intervalMs: CAPTURE_INTERVAL_MS,
      onError: later('taking payments'),
      setTimer,
    }),
    createPeriodicWork({
      run: async () => {
        if (levers.get('read-only')) return false;
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
  const { log, levers, lastKnownGood } = parts;
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
    levers.stop();
    await parts.closeStorage();
    log.info({}, 'stopped');
  }, log);

  if (config.migrateOnStart) await migrateUntilDone(database, readersOf(config, database), log);
  // Before anything is asked for: an instance that starts while a lever is pulled starts with it pulled.
  await levers.start();
  await lastKnownGood.start();
  const socket = inheritedSocket(process.env, process.pid);
  const { address, port } =
    socket === undefined ? await server.listen(config.host, config.port) : await server.listenOn(socket);
  for (const part of work) part.start();
  log.info({ address, port }, 'listening');
}

await main();
