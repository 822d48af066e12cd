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
    super('the database has no primary right now');
  }
}

export interface LocalDatabase {
  /** Where the endpoint's name leads right now; the application reaches it through its own fault point. */
  readonly endpoint: Address | undefined;
  readonly databaseName: string;
  readonly credentials: PostgresCredentials;
  readonly primaryZone: string;
  readonly standbyZone: string | undefined;
  /** Whether a standby has every acknowledged write. Without a standby in the topology: never. */
  standbyInSync(): Promise<boolean>;
  /** Waits until the database has what its topology promises: a primary, and a standby in sync if there is one. */
  settle(signal?: AbortSignal): Promise<void>;
  /** Crashes the primary. Answers what was hit. */
  losePrimary(): Promise<string>;
  /** The zone is gone, with the primary or the standby that ran there. */
  loseZone(zone: string): Promise<readonly string[]>;
  restoreZone(zone: string): void;
  /** SQL on the current primary, for the ledger. */
  query<Row extends Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** How long the failovers of this run took from loss to promotion, in seconds of AWS's time. */
  readonly failoverSeconds: readonly number[];
  close(): Promise<void>;
}

export interface DatabaseOptions {
  readonly node: DatabaseNode;
  readonly zones: readonly string[];
  readonly directory: string;
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
}

class Database implements LocalDatabase {
  readonly #options: DatabaseOptions;
  readonly #binaries: PostgresBinaries;
  readonly #lostZones = new Set<string>();
  readonly #closing = new AbortController();
  readonly #background = new Set<Promise<void>>();
  readonly failoverSeconds: number[] = [];
  #primary: Member | undefined;
  #standby: Member | undefined;
  #primaryZone: string;
  #made = 0;
  #building = false;

  constructor(options: DatabaseOptions, binaries: PostgresBinaries) {
    this.#options = options;
    this.#binaries = binaries;
    this.#primaryZone = options.zones[0] ?? '';
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
  get primaryZone(): string {
    return this.#primaryZone;
  }
  get standbyZone(): string | undefined {
    return this.#standby?.zone;
  }

  async #makeServer(): Promise<PostgresServer> {
    this.#made += 1;
    const { directory, credentials, guardian } = this.#options;
    return createPostgresServer({
      name: `database-${String(this.#made)}`,
      directory: join(directory, `database-${String(this.#made)}`),
      port: await freePort(),
      binaries: this.#binaries,
      superuser: credentials,
      // A PostgreSQL that is killed leaves its shared memory behind; at SIGQUIT it stops at once and gives it back.
      spawnProcess: (command, args, options) =>
        guardian.spawn(command, args, { ...options, killSignal: 'SIGQUIT' }),
    });
  }

  async start(): Promise<void> {
    const server = await this.#makeServer();
    await server.initialise();
    await server.start();
    if (this.databaseName !== 'postgres') await server.query(`CREATE DATABASE "${this.databaseName}"`);
    this.#primary = { server, zone: this.#primaryZone };
    if (this.#wantsStandby) await this.#buildStandby();
  }

  get #wantsStandby(): boolean {
    return this.#options.node.standbyReplication !== 'none';
  }

  /** Copies the primary into another zone that is there, and waits until it streams. */
  async #buildStandby(): Promise<void> {
    const primary = this.#primary;
    const zone = this.#options.zones.find((one) => one !== this.#primaryZone && !this.#lostZones.has(one));
    if (!primary || zone === undefined || this.#standby || this.#building) return;
    this.#building = true;
    const replication = await createFaultLink({
      name: `replication to ${zone}`,
      target: () => ({ host: '127.0.0.1', port: primary.server.port }),
    });
    try {
      const server = await this.#startStandby(primary.server, replication);
      this.#standby = { server, zone, replication };
    } catch (error) {
      await replication.close();
      throw error;
    } finally {
      this.#building = false;
    }
    await this.#waitForSync();
    this.#options.onEvent({
      kind: 'standby-in-sync',
      subject: zone,
      message: `standby in ${zone} has every write`,
    });
  }

  async #startStandby(primary: PostgresServer, replication: FaultLink): Promise<PostgresServer> {
    const { node, pace, replicationLagSeconds } = this.#options;
    if (node.standbyReplication === 'asynchronous') replication.delay(pace.scaleMs(replicationLagSeconds));
    const server = await this.#makeServer();
    await createStandbyDirectory({
      primary,
      superuser: this.credentials,
      replicateFromPort: replication.address.port,
      applicationName: STANDBY_NAME,
      directory: server.directory,
      binaries: this.#binaries,
    });
    await server.start();
    if (node.standbyReplication === 'synchronous') {
      await primary.configure({ synchronous_standby_names: `'${STANDBY_NAME}'` });
    }
    return server;
  }

  async #waitForSync(): Promise<void> {
    const { clock } = this.#options;
    const until = clock.now() + SYNC_TIMEOUT_MS;
    while (!this.#closing.signal.aborted && this.#standby) {
      if (await this.#streaming()) return;
      if (clock.now() > until) throw new Error(`the standby in ${this.#standby.zone} never caught up`);
      await clock.sleep(POLL_MS, this.#closing.signal);
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
    if (!primary) throw new Error('there is no primary to lose: a failover is under way');
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
    const standby = this.#standby;
    const seconds = drawFailoverSeconds();
    await clock.sleep(pace.scaleMs(seconds), this.#closing.signal);
    // Without a standby there is nothing to fail over to: a restore is a person's work, and takes a restore's time.
    if (!standby || this.#closing.signal.aborted) return;
    await standby.replication?.close();
    await standby.server.promote();
    await standby.server.configure({ synchronous_standby_names: "''" });
    this.#standby = undefined;
    this.#primary = { server: standby.server, zone: standby.zone };
    this.#primaryZone = standby.zone;
    this.failoverSeconds.push(seconds);
    this.#options.onReachable(true);
    onEvent({
      kind: 'failover-completed',
      subject: standby.zone,
      message: `standby in ${standby.zone} is the primary now (failover drawn: ${seconds.toFixed(0)} s)`,
    });
    await this.#buildStandby();
  }

  async #loseStandby(standby: Member): Promise<void> {
    const { drawStandbyLossSeconds, pace, clock, onEvent } = this.#options;
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
        if (this.#closing.signal.aborted || this.#standby !== standby) return;
        this.#standby = undefined;
        // The link first: what follows fails when the primary goes at this moment too.
        await standby.replication?.close();
        await this.#primary?.server.configure({ synchronous_standby_names: "''" });
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
    if (this.#standby?.zone === zone) {
      hit.push(`standby in ${zone}`);
      await this.#loseStandby(this.#standby);
    } else if (this.#primary?.zone === zone) hit.push(await this.losePrimary());
    return hit;
  }

  restoreZone(zone: string): void {
    this.#lostZones.delete(zone);
    if (this.#wantsStandby && this.#primary && !this.#standby) this.#inBackground(this.#buildStandby());
  }

  query<Row extends Record<string, unknown>>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    if (!this.#primary) return Promise.reject(new DatabasePrimaryAbsentError());
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

/** Starts the primary and, where the topology has one, the standby; resolves when it is in sync. */
export async function createDatabase(options: DatabaseOptions): Promise<LocalDatabase> {
  const binaries = await preparePostgresBinaries(join(options.directory, 'postgresql'));
  const database = new Database(options, binaries);
  await database.start();
  return database;
}
