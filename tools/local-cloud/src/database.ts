/**
 * Stands in for an RDS PostgreSQL instance, Multi-AZ or not: a real primary, a real synchronous standby in
 * another zone, an endpoint that follows the primary, and failover as slow as AWS declares it. Loss of the
 * standby lets the primary go on alone, as RDS does; a new standby is built as soon as a zone is there for it.
 */
import { join } from 'node:path';
import type { DatabaseNode } from '@nines/topology';
import {
  createPostgresServer,
  createStandbyDirectory,
  freePort,
  preparePostgresBinaries,
} from '@nines/local-postgres';
import type { PostgresBinaries, PostgresCredentials, PostgresServer } from '@nines/local-postgres';
import type { Clock } from './clock.ts';
import type { OnCloudEvent } from './cloud-event.ts';
import { createFaultLink } from './fault-link.ts';
import type { Address, FaultLink } from './fault-link.ts';
import type { Guardian } from './guardian/guardian.ts';
import type { Pace } from './pace.ts';

export const DATABASE_STAND_IN =
  'The database is real PostgreSQL with streaming replication; RDS is stood in for by an endpoint that follows ' +
  'the primary and by promotion after the declared failover time. A crash ends the processes, not the disk.';

const STANDBY_NAME = 'nines_standby';
const POLL_MS = 100;
/** A standby that does not catch up within this time on an idle local machine never will. */
const SYNC_TIMEOUT_MS = 60_000;

/** Nobody takes statements at the moment: a failover is under way, or there is nothing left to fail over to. */
export class DatabasePrimaryAbsentError extends Error {
  readonly code = 'database-primary-absent';
  override readonly name = 'DatabasePrimaryAbsentError';

  constructor() {
    super('the database has no primary right now: a failover is under way');
  }
}

/**
 * The primary is lost and so is what could have taken its place: the standby was lost as well, or did not have every
 * write yet. RDS leaves the rest to a person, who restores a backup; here the database stays away for the run.
 */
export class DatabaseFailoverFailedError extends Error {
  readonly code = 'database-failover-failed';
  override readonly name = 'DatabaseFailoverFailedError';

  constructor(reason: string, options?: ErrorOptions) {
    super(`the database cannot fail over: ${reason}`, options);
  }
}

export interface LocalDatabase {
  /** Where the endpoint's name leads right now; the application reaches it through its own fault point. */
  readonly endpoint: Address | undefined;
  /**
   * Where the endpoint for reads leads: to the standby of a cluster once it has every write, else to the primary. An
   * RDS instance has none of its own, and its standby answers nobody.
   */
  readonly readEndpoint: Address | undefined;
  readonly databaseName: string;
  readonly credentials: PostgresCredentials;
  readonly primaryZone: string;
  readonly standbyZone: string | undefined;
  /** Whether a standby has every acknowledged write. Without a standby in the topology: never. */
  standbyInSync(): Promise<boolean>;
  /**
   * Waits until the database has what its topology promises: a primary, and a standby in sync if there is one. After
   * a failover that failed that is never, so pass a signal that ends the wait.
   */
  settle(signal?: AbortSignal): Promise<void>;
  /**
   * Crashes the primary. Answers what was hit.
   *
   * @throws DatabasePrimaryAbsentError while a failover is under way, DatabaseFailoverFailedError after one that failed.
   */
  losePrimary(): Promise<string>;
  /** The zone is gone, with the primary or the standby that ran there. */
  loseZone(zone: string): Promise<readonly string[]>;
  restoreZone(zone: string): void;
  /**
   * SQL on the current primary, for the ledger.
   *
   * @throws DatabasePrimaryAbsentError while a failover is under way, DatabaseFailoverFailedError after one that failed.
   */
  query<Row extends Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** How long the failovers of this run took from loss to promotion, in seconds of AWS's time. */
  readonly failoverSeconds: readonly number[];
  close(): Promise<void>;
}

/** A database that others may follow: in reach of what copies it into another region. */
export interface FollowableDatabase extends LocalDatabase {
  /** The server that writes right now; absent while a failover is under way. */
  readonly primaryServer: PostgresServer | undefined;
  /** Everything is gone at once, the standby too, and nothing fails over. Answers what was hit. */
  lose(): Promise<readonly string[]>;
  /** Ends everything but the primary, which it hands over, stopped with all that it had written. */
  retire(): Promise<PostgresServer | undefined>;
}

/** Names servers in the order in which they are made. */
export function createServerNames(): () => string {
  let made = 0;
  return () => {
    made += 1;
    return `database-${String(made)}`;
  };
}

export interface DatabaseOptions {
  readonly node: DatabaseNode;
  readonly zones: readonly string[];
  readonly directory: string;
  /** @default prepared in `directory` */
  readonly binaries?: PostgresBinaries;
  /**
   * Names the next server, and its folder; databases that share a folder over time share it.
   *
   * @default database-1, database-2 and so on
   */
  readonly nextName?: () => string;
  /**
   * A running server that becomes the primary instead of a new one: what a promotion from elsewhere left. Its standby
   * is then built while it serves already.
   */
  readonly adopt?: PostgresServer;
  readonly credentials: PostgresCredentials;
  /** Draws how long the next failover takes, in seconds of AWS's time. */
  readonly drawFailoverSeconds: () => number;
  /** How far an asynchronous standby trails, in seconds of AWS's time. */
  readonly replicationLagSeconds: number;
  /**
   * Told when the endpoint falls silent and when it answers again: connections to a lost machine hang, they are
   * not refused, so every link to the endpoint has to swallow what it carries.
   */
  readonly onReachable: (reachable: boolean) => void;
  /** Draws how long the primary waits for a lost standby before it goes on alone, in seconds of AWS's time. */
  readonly drawStandbyLossSeconds: () => number;
  readonly pace: Pace;
  readonly clock: Clock;
  readonly guardian: Guardian;
  readonly onEvent: OnCloudEvent;
}

interface Member {
  readonly server: PostgresServer;
  readonly zone: string;
  /** The standby streams through this; absent for a primary that never was one. */
  readonly replication?: FaultLink;
  /** Set at once when its zone is lost, before its process has ended. */
  lost: boolean;
  /** Whether it ever had every write; before that it must not be promoted. */
  caughtUp: boolean;
}

/** A standby that is being made; nobody may count on it yet. */
interface Build {
  readonly zone: string;
  /** Its zone was lost meanwhile. */
  lost: boolean;
}

/** A PostgreSQL process that the guardian knows of, not yet started. */
export async function makeServer(
  { directory, credentials, guardian }: Pick<DatabaseOptions, 'directory' | 'credentials' | 'guardian'>,
  binaries: PostgresBinaries,
  name: string,
): Promise<PostgresServer> {
  return createPostgresServer({
    name,
    directory: join(directory, name),
    port: await freePort(),
    binaries,
    superuser: credentials,
    // A PostgreSQL that is killed leaves its shared memory behind; at SIGQUIT it stops at once and gives it back.
    spawnProcess: (command, args, options) =>
      guardian.spawn(command, args, { ...options, killSignal: 'SIGQUIT' }),
  });
}

class Database implements FollowableDatabase {
  readonly #options: DatabaseOptions;
  readonly #binaries: PostgresBinaries;
  readonly #lostZones = new Set<string>();
  readonly #closing = new AbortController();
  readonly #background = new Set<Promise<void>>();
  readonly failoverSeconds: number[] = [];
  #primary: Member | undefined;
  #standby: Member | undefined;
  #primaryZone: string;
  readonly #nextName: () => string;
  #build: Build | undefined;
  #failure: DatabaseFailoverFailedError | undefined;

  constructor(options: DatabaseOptions, binaries: PostgresBinaries) {
    this.#options = options;
    this.#binaries = binaries;
    this.#primaryZone = options.zones[0] ?? '';
    this.#nextName = options.nextName ?? createServerNames();
  }

  get databaseName(): string {
    return this.#options.node.databaseName ?? 'postgres';
  }
  get credentials(): PostgresCredentials {
    return this.#options.credentials;
  }
  get endpoint(): Address | undefined {
    return this.#primary ? { host: '127.0.0.1', port: this.#primary.server.port } : undefined;
  }
  get readEndpoint(): Address | undefined {
    const standby = this.#standby;
    if (this.#options.node.cluster === undefined || !standby?.caughtUp || standby.lost) return this.endpoint;
    return { host: '127.0.0.1', port: standby.server.port };
  }
  get primaryZone(): string {
    return this.#primaryZone;
  }
  get primaryServer(): PostgresServer | undefined {
    return this.#primary?.server;
  }
  get standbyZone(): string | undefined {
    return this.#standby?.zone;
  }

  async #makeServer(): Promise<PostgresServer> {
    return makeServer(this.#options, this.#binaries, this.#nextName());
  }

  async start(): Promise<void> {
    const { adopt } = this.#options;
    if (adopt !== undefined) {
      this.#primary = { server: adopt, zone: this.#primaryZone, lost: false, caughtUp: true };
      if (this.#wantsStandby) this.#inBackground(this.#buildStandby());
      return;
    }
    const server = await this.#makeServer();
    await server.initialise();
    await server.start();
    if (this.databaseName !== 'postgres') await server.query(`CREATE DATABASE "${this.databaseName}"`);
    this.#primary = { server, zone: this.#primaryZone, lost: false, caughtUp: true };
    if (this.#wantsStandby) await this.#buildStandby();
  }

  get #wantsStandby(): boolean {
    return this.#options.node.standbyReplication !== 'none';
  }

  /** Copies the primary into another zone that is there, and waits until it streams. */
  async #buildStandby(): Promise<void> {
    // When the zone is lost meanwhile the work is begun again in another one, for as long as there is one.
    for (;;) {
      const primary = this.#primary;
      const zone = this.#options.zones.find((one) => one !== this.#primaryZone && !this.#lostZones.has(one));
      if (!primary || zone === undefined || this.#standby || this.#build || this.#closing.signal.aborted)
        return;
      const build = { zone, lost: false };
      this.#build = build;
      try {
        this.#standby = await this.#makeStandby(primary, build);
      } finally {
        this.#build = undefined;
      }
      if (this.#standby) {
        await this.#waitForSync(primary, this.#standby);
        return;
      }
    }
  }

  /** Answers nothing when the zone was lost meanwhile; whatever goes wrong, it leaves nothing running. */
  async #makeStandby(primary: Member, build: Build): Promise<Member | undefined> {
    const { zone } = build;
    const replication = await createFaultLink({
      name: `replication to ${zone}`,
      target: () => ({ host: '127.0.0.1', port: primary.server.port }),
    });
    const server = await this.#makeServer();
    try {
      await this.#startStandby(primary.server, server, replication);
      if (this.#primary !== primary) throw new DatabasePrimaryAbsentError();
      if (!build.lost) return { server, zone, replication, lost: false, caughtUp: false };
    } catch (error) {
      await replication.close();
      await server.crash();
      throw error;
    }
    await replication.close();
    await server.crash();
    // It never had every write, so nobody has to wait before the primary goes on without it.
    await primary.server.configure({ synchronous_standby_names: "''" });
    this.#options.onEvent({
      kind: 'standby-lost',
      subject: zone,
      message: `${zone} was lost while a standby was being built there`,
    });
    return undefined;
  }

  async #startStandby(
    primary: PostgresServer,
    standby: PostgresServer,
    replication: FaultLink,
  ): Promise<void> {
    const { node, pace, replicationLagSeconds } = this.#options;
    if (node.standbyReplication === 'asynchronous') replication.delay(pace.scaleMs(replicationLagSeconds));
    await createStandbyDirectory({
      primary,
      superuser: this.credentials,
      replicateFromPort: replication.address.port,
      applicationName: STANDBY_NAME,
      directory: standby.directory,
      binaries: this.#binaries,
    });
    await standby.start();
    if (node.standbyReplication === 'synchronous') {
      await primary.configure({ synchronous_standby_names: `'${STANDBY_NAME}'` });
    }
  }

  /** Ends early, and without a word, when either of the two is lost: whoever lost it goes on from there. */
  async #waitForSync(primary: Member, standby: Member): Promise<void> {
    const { clock, onEvent } = this.#options;
    const { signal } = this.#closing;
    const { zone } = standby;
    const until = clock.now() + SYNC_TIMEOUT_MS;
    const bothThere = () => this.#primary === primary && this.#standby === standby && !standby.lost;
    while (!signal.aborted && bothThere()) {
      if (await this.#streaming().catch(() => false)) {
        if (!bothThere()) return;
        standby.caughtUp = true;
        onEvent({ kind: 'standby-in-sync', subject: zone, message: `standby in ${zone} has every write` });
        return;
      }
      if (clock.now() > until) throw new Error(`the standby in ${zone} never caught up`);
      await clock.sleep(POLL_MS, signal);
    }
  }

  async #streaming(): Promise<boolean> {
    const wanted = this.#options.node.standbyReplication === 'synchronous' ? 'sync' : 'async';
    const rows = await this.#primary?.server.query<{ sync_state: string; state: string }>(
      'SELECT sync_state, state FROM pg_stat_replication WHERE application_name = $1',
      [STANDBY_NAME],
    );
    return rows?.some((row) => row.state === 'streaming' && row.sync_state === wanted) ?? false;
  }

  async standbyInSync(): Promise<boolean> {
    return (
      this.#standby !== undefined &&
      this.#options.node.standbyReplication === 'synchronous' &&
      (await this.#streaming())
    );
  }

  async settle(signal?: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const ready = async () =>
      this.#primary !== undefined &&
      (!this.#wantsStandby || (this.#standby !== undefined && (await this.#streaming())));
    while (!(await ready().catch(() => false)) && !signal?.aborted && !this.#closing.signal.aborted) {
      await clock.sleep(POLL_MS, signal);
    }
  }

  #inBackground(work: Promise<void>): void {
    const tracked = work
      .catch((error: unknown) => {
        if (this.#closing.signal.aborted) return;
        const message = `database: ${error instanceof Error ? error.message : String(error)}`;
        this.#options.onEvent({ kind: 'standby-lost', subject: this.#options.node.id, message });
      })
      .finally(() => this.#background.delete(tracked));
    this.#background.add(tracked);
  }

  async losePrimary(): Promise<string> {
    const primary = this.#primary;
    if (!primary) throw this.#failure ?? new DatabasePrimaryAbsentError();
    const hit = `primary ${primary.server.name} in ${primary.zone}`;
    // Clients first: they must see silence, as from a machine that is gone, and no orderly goodbye.
    this.#primary = undefined;
    this.#options.onReachable(false);
    this.#standby?.replication?.partition();
    await primary.server.crash();
    this.#options.onEvent({ kind: 'failover-started', subject: hit, message: `${hit} is lost` });
    this.#inBackground(this.#failOver());
    return hit;
  }

  async #failOver(): Promise<void> {
    const { drawFailoverSeconds, pace, clock, onEvent } = this.#options;
    const seconds = drawFailoverSeconds();
    await clock.sleep(pace.scaleMs(seconds), this.#closing.signal);
    // Without a standby there is nothing to fail over to: a restore is a person's work, and takes a restore's time.
    if (!this.#wantsStandby || this.#closing.signal.aborted) return;
    const standby = this.#standby;
    try {
      const promoted = await promote(standby);
      this.#standby = undefined;
      this.#primary = promoted;
      this.#primaryZone = promoted.zone;
    } catch (error) {
      await this.#giveUpFailover(standby, error);
      return;
    }
    this.failoverSeconds.push(seconds);
    this.#options.onReachable(true);
    onEvent({
      kind: 'failover-completed',
      subject: this.#primaryZone,
      message: `standby in ${this.#primaryZone} is the primary now (failover drawn: ${seconds.toFixed(0)} s)`,
    });
    await this.#buildStandby();
  }

  async #giveUpFailover(standby: Member | undefined, error: unknown): Promise<void> {
    this.#failure =
      error instanceof DatabaseFailoverFailedError
        ? error
        : new DatabaseFailoverFailedError('the standby could not be promoted', { cause: error });
    this.#standby = undefined;
    this.#options.onEvent({
      kind: 'failover-failed',
      subject: this.#options.node.id,
      message: this.#failure.message,
    });
    await standby?.replication?.close();
    await standby?.server.crash();
  }

  async #loseStandby(standby: Member): Promise<void> {
    const { drawStandbyLossSeconds, pace, clock, onEvent } = this.#options;
    standby.lost = true;
    standby.replication?.partition();
    await standby.server.crash();
    onEvent({
      kind: 'standby-lost',
      subject: standby.zone,
      message: `standby in ${standby.zone} is lost; commits wait`,
    });
    this.#inBackground(
      (async () => {
        await clock.sleep(pace.scaleMs(drawStandbyLossSeconds()), this.#closing.signal);
        // Without a primary nobody goes on alone; the failover finds out that there is no standby.
        if (this.#closing.signal.aborted || this.#standby !== standby || !this.#primary) return;
        this.#standby = undefined;
        // The link first: what follows fails when the primary goes at this moment too.
        await standby.replication?.close();
        await this.#primary.server.configure({ synchronous_standby_names: "''" });
        onEvent({
          kind: 'standby-lost',
          subject: standby.zone,
          message: 'the primary goes on without a standby',
        });
        await this.#buildStandby();
      })(),
    );
  }

  async loseZone(zone: string): Promise<readonly string[]> {
    this.#lostZones.add(zone);
    const hit: string[] = [];
    if (this.#build?.zone === zone) {
      this.#build.lost = true;
      hit.push(`standby being built in ${zone}`);
    } else if (this.#standby?.zone === zone && !this.#standby.lost) {
      hit.push(`standby in ${zone}`);
      await this.#loseStandby(this.#standby);
    } else if (this.#primary?.zone === zone) hit.push(await this.losePrimary());
    return hit;
  }

  restoreZone(zone: string): void {
    this.#lostZones.delete(zone);
    if (this.#wantsStandby && this.#primary && !this.#standby) this.#inBackground(this.#buildStandby());
  }

  async lose(): Promise<readonly string[]> {
    this.#closing.abort();
    this.#options.onReachable(false);
    const [primary, standby] = [this.#primary, this.#standby];
    this.#primary = undefined;
    standby?.replication?.partition();
    if (this.#build) this.#build.lost = true;
    await Promise.all([primary?.server.crash(), standby?.server.crash()]);
    await Promise.allSettled(this.#background);
    await standby?.replication?.close();
    this.#standby = undefined;
    return [
      ...(primary ? [`primary ${primary.server.name} in ${primary.zone}`] : []),
      ...(standby ? [`standby in ${standby.zone}`] : []),
    ];
  }

  async retire(): Promise<PostgresServer | undefined> {
    this.#closing.abort();
    const primary = this.#primary;
    this.#primary = undefined;
    await Promise.allSettled(this.#background);
    await this.#standby?.server.crash();
    await this.#standby?.replication?.close();
    this.#standby = undefined;
    await primary?.server.stop();
    return primary?.server;
  }

  query<Row extends Record<string, unknown>>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    if (!this.#primary) return Promise.reject(this.#failure ?? new DatabasePrimaryAbsentError());
    return this.#primary.server.query<Row>(text, values, this.databaseName);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled(this.#background);
    await this.#standby?.server.crash();
    await this.#standby?.replication?.close();
    await this.#primary?.server.crash();
  }
}

/**
 * Makes a primary of the standby.
 *
 * @throws DatabaseFailoverFailedError when it may not be one: it is lost, or did not have every write yet.
 */
async function promote(standby: Member | undefined): Promise<Member> {
  if (!standby) throw new DatabaseFailoverFailedError('there is no standby');
  const { server, zone } = standby;
  const refuseIfLost = () => {
    if (standby.lost) throw new DatabaseFailoverFailedError(`the standby in ${zone} is lost too`);
  };
  refuseIfLost();
  if (!standby.caughtUp)
    throw new DatabaseFailoverFailedError(`the standby in ${zone} did not have every write yet`);
  await standby.replication?.close();
  try {
    await server.promote();
    await server.configure({ synchronous_standby_names: "''" });
  } finally {
    // Its zone may have gone in the middle of this, which tells more than how the promotion noticed.
    refuseIfLost();
  }
  return { server, zone, lost: false, caughtUp: true };
}

/** Starts the primary and, where the topology has one, the standby; resolves when it is in sync. */
export async function createDatabase(options: DatabaseOptions): Promise<FollowableDatabase> {
  const binaries = options.binaries ?? (await preparePostgresBinaries(join(options.directory, 'postgresql')));
  const database = new Database(options, binaries);
  await database.start();
  return database;
}
