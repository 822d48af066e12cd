/**
 * The shop as a Node server: the only place that knows every part. Settings come from the environment
 * (`config.ts`); a wrong one ends the process with exit code 2 before anything is started.
 */
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createEmergencyLevers, type EmergencyLevers } from '@nines/emergency-lever';
import { fileSource } from '@nines/emergency-lever/sources';
import { pino } from 'pino';
import { createServerQueue } from './adapters/aws/server-queue.ts';
import {
  createConnections,
  type Connections,
  type ConnectionsOptions,
} from './adapters/postgres/connections.ts';
import { isMigrated, migrate } from './adapters/postgres/migrate.ts';
import { createPostgresStorage, type PostgresStorage } from './adapters/postgres/postgres-storage.ts';
import { toErrorFields } from './adapters/error-fields.ts';
import { createHttpPayment } from './adapters/http-payment.ts';
import { createPrometheusMetrics } from './adapters/prometheus-metrics.ts';
import { composeShop } from './compose-shop.ts';
import { type OrderIntakeQueue, readConfig, type ShopConfig } from './config.ts';
import { createCaptureWorker } from './core/capture-worker.ts';
import { createIntakeDecider } from './core/decide-intake.ts';
import { createKeptOrderWorker } from './core/kept-order-worker.ts';
import { LEVERS } from './core/levers.ts';
import type { Shop } from './core/shop.ts';
import { ConfigInvalidError } from './environment-reader.ts';
import { createHttpServer } from './http-server.ts';
import { inheritedSocket } from './inherited-socket.ts';
import { createPeriodicWork, type PeriodicWork } from './periodic-work.ts';
import { createLastKnownGood, type LastKnownGood } from './resilience/last-known-good.ts';
import type { Log } from './ports/log.ts';
import type { Metrics } from './ports/metrics.ts';
import type { KeptOrders, OrderIntake } from './ports/order-intake.ts';
import type { Payment } from './ports/payment.ts';
import {
  createGuardedIntakes,
  createGuardedStorage,
  type RequestIntakes,
  type RequestStorage,
} from './resilience/guarded-storage.ts';
import { createLeveredIntakes, createLeveredStorage } from './resilience/levered.ts';
import {
  createReplicatedCatalogue,
  createReplicatedIntakes,
  createReplicatedStorage,
} from './resilience/replicated-storage.ts';
import {
  CAPTURE_BATCH_SIZE,
  createAdmission,
  createPaymentPolicies,
  createStorageBreaker,
  KEPT_ORDER_BATCH_SIZE,
} from './resilience/policies.ts';

const CAPTURE_INTERVAL_MS = 500;
/** As long as the contract promises. */
const KEY_EXPIRY_MS = 24 * 3_600_000;
const KEY_EXPIRY_BATCH = 500;
const KEY_EXPIRY_INTERVAL_MS = 60_000;
/** What became of kept orders is known for a week, as the contract promises. */
const INTAKE_EXPIRY_MS = 7 * 24 * 3_600_000;
/** How soon the queue is polled again after it, or the database, did not answer. */
const KEPT_ORDERS_INTERVAL_MS = 1_000;
/** The same for another region's queue, which is away for hours when its region is lost. */
const OTHER_KEPT_ORDERS_INTERVAL_MS = 10_000;
const MIGRATE_RETRY_MS = 1_000;
/** How long a pull of an emergency lever may take to arrive here, once it is in the file. */
const LEVERS_INTERVAL_MS = 2_000;
/** After the drain: how long requests under way may take to end. */
const CLOSE_GRACE_MS = 10_000;

const clock = performance;
const timing = { clock };
const wallClock = () => new Date();
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
  readonly storage: PostgresStorage;
  readonly guarded: RequestStorage;
  readonly intakes: RequestIntakes;
  /** Absent: orders that the database refuses are refused. */
  readonly queue: { readonly intake: OrderIntake; readonly keptOrders: KeptOrders } | undefined;
  /** What servers of other regions keep, by their region. */
  readonly otherKeptOrders: ReadonlyMap<string, KeptOrders>;
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
  readonly writer: PostgresStorage;
  readonly replicas: PostgresStorage | undefined;
  readonly levers: EmergencyLevers<typeof LEVERS>;
  readonly metrics: Metrics;
}): Pick<Parts, 'guarded' | 'intakes'> {
  const { replicas, levers, metrics } = parts;
  const guard = (storage: PostgresStorage, countedAs: string) => {
    const breaker = createStorageBreaker({ metrics, timing, countedAs });
    return {
      storage: createGuardedStorage(storage, breaker),
      intakes: createGuardedIntakes(storage, breaker),
    };
  };
  const levered = (places: { readonly storage: RequestStorage; readonly intakes: RequestIntakes }) => ({
    guarded: createLeveredStorage(places.storage, levers),
    intakes: createLeveredIntakes(places.intakes, levers),
  });
  const writer = guard(parts.writer, 'storage-breaker');
  if (replicas === undefined) return levered(writer);
  const readers = guard(replicas, 'replica-breaker');
  return levered({
    storage: createReplicatedStorage({ writer: writer.storage, replicas: readers.storage }),
    intakes: createReplicatedIntakes({ writer: writer.intakes, replicas: readers.intakes }),
  });
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
  const { guarded, intakes } = createRequestStorage({ writer: storage, replicas, levers, metrics });
  const lastKnownGood = createLastKnownGood({
    storage: replicas === undefined ? storage : createReplicatedCatalogue(storage, replicas),
    guarded,
    metrics,
    timing,
  });
  const closeStorage = () => Promise.all([storage.close(), replicas?.close()]);
  const behind = { storage, guarded, intakes, ...createQueues(config), payment };
  return { config, log, metrics, ...behind, lastKnownGood, levers, closeStorage, isDraining };
}

function createQueues({
  orderIntake,
  otherOrderIntakes,
}: ShopConfig): Pick<Parts, 'queue' | 'otherKeptOrders'> {
  const open = (place: OrderIntakeQueue) => createServerQueue({ ...place, batchSize: KEPT_ORDER_BATCH_SIZE });
  return {
    queue: orderIntake && open(orderIntake),
    otherKeptOrders: new Map(otherOrderIntakes.map((place) => [place.region, open(place).keptOrders])),
  };
}

function createShopOf({ config, lastKnownGood, intakes, queue, ...parts }: Parts): Shop {
  const { log, metrics, storage, guarded, payment, levers, isDraining } = parts;
  return composeShop({
    ...{ log, metrics, storage, guarded, payment, levers, isDraining, clock, timing },
    ...(queue === undefined ? {} : { intake: queue.intake, intakeResults: intakes }),
    catalogue: lastKnownGood.catalogue,
    recent: lastKnownGood.recent,
    admission: createAdmission({ ratedRps: config.ratedRps, metrics, timing }),
    reviewsUrl: config.reviewsUrl,
    wallClock,
    servedBy: `${config.instanceId}@${config.zone}`,
  });
}

type Periodic = Pick<Parameters<typeof createPeriodicWork>[0], 'run' | 'intervalMs'>;

/** @param level Of the line about a round that failed. */
function startable(
  { log }: Parts,
  what: string,
  work: Periodic,
  level: 'debug' | 'warn' = 'debug',
): PeriodicWork {
  const onError = (err: unknown) => {
    log[level]({ err }, `${what} is done later`);
  };
  return createPeriodicWork({ ...work, onError, setTimer });
}

function createBackgroundWork(parts: Parts): readonly PeriodicWork[] {
  const { storage, payment, metrics, log, levers } = parts;
  const worker = createCaptureWorker({ storage, payment, metrics, log, batchSize: CAPTURE_BATCH_SIZE });
  const forget = async (one: (expiry: { limit: number }) => Promise<number>) =>
    !levers.get('read-only') && (await one({ limit: KEY_EXPIRY_BATCH })) === KEY_EXPIRY_BATCH;
  return [
    startable(parts, 'taking payments', {
      // A full batch means that there is more to take.
      run: async () => !levers.get('read-only') && (await worker.runOnce()) === CAPTURE_BATCH_SIZE,
      intervalMs: CAPTURE_INTERVAL_MS,
    }),
    startable(parts, 'forgetting old idempotency keys', {
      run: () => forget((to) => storage.forgetIdempotencyKeys({ ...to, olderThanMs: KEY_EXPIRY_MS })),
      intervalMs: KEY_EXPIRY_INTERVAL_MS,
    }),
    startable(parts, 'forgetting what became of kept orders', {
      run: () => forget((to) => storage.forgetIntakes({ ...to, olderThanMs: INTAKE_EXPIRY_MS })),
      intervalMs: KEY_EXPIRY_INTERVAL_MS,
    }),
  ];
}

/**
 * Where there is a queue, each server also stores what it holds; where there are other regions, what theirs hold too, since
 * only the region that writes can. Each queue is polled on its own, so that one that is away holds up no other.
 */
function createKeptOrderWork(parts: Parts): readonly PeriodicWork[] {
  const { queue, otherKeptOrders, storage, payment, metrics, log, levers } = parts;
  const decide = createIntakeDecider({ storage, payment, metrics, log, wallClock });
  const isReadOnly = () => levers.get('read-only');
  const storing = (keptOrders: KeptOrders, intervalMs: number): Periodic => {
    const worker = createKeptOrderWorker({ queue: keptOrders, storage, decide, isReadOnly, log });
    return { run: () => worker.runOnce(), intervalMs };
  };
  return [
    ...(queue === undefined
      ? []
      : [startable(parts, 'storing kept orders', storing(queue.keptOrders, KEPT_ORDERS_INTERVAL_MS))]),
    ...[...otherKeptOrders].map(([region, keptOrders]) =>
      startable(
        parts,
        `storing what ${region} keeps`,
        storing(keptOrders, OTHER_KEPT_ORDERS_INTERVAL_MS),
        'warn',
      ),
    ),
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
  const keptOrderWork = createKeptOrderWork(parts);
  const server = createHttpServer({
    handle: createShopOf(parts).handle,
    isDraining: () => draining,
    onError: (err) => {
      log.error({ err }, 'an answer could not be sent');
    },
  });
  stopOnSignal(async () => {
    draining = true;
    // What is under way of kept orders is stored meanwhile; the next is another server's.
    await Promise.all([sleep(config.drainSeconds * 1_000), ...keptOrderWork.map((part) => part.stop())]);
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
  for (const part of keptOrderWork) part.start();
  log.info({ address, port }, 'listening');
}

await main();
