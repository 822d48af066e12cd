/**
 * Stands in for a PostgreSQL that a server holds itself: it lives and dies with that server, is copied at the
 * template's interval to where the server's end does not reach, and a new server begins with the newest copy. Copies
 * are really made and really restored, and a restore takes as long as it takes on this machine.
 *
 * Use it for a database that the topology says a group holds (`heldBy`). Not for RDS or Aurora: `database.ts`.
 */
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatabaseNode } from '@nines/topology';
import {
  createDatabaseCopy,
  createPostgresServer,
  freePort,
  preparePostgresBinaries,
  restoreDatabaseCopy,
} from '@nines/local-postgres';
import type { PostgresBinaries, PostgresCredentials, PostgresServer } from '@nines/local-postgres';
import type { Clock } from './clock.ts';
import type { OnCloudEvent } from './cloud-event.ts';
import { DatabasePrimaryAbsentError } from './database.ts';
import type { LocalDatabase } from './database.ts';
import type { Address } from './fault-link.ts';
import type { Guardian } from './guardian/guardian.ts';
import type { Pace } from './pace.ts';

export const HOSTED_DATABASE_STAND_IN =
  'A database that a server holds itself is a PostgreSQL process beside the application; the bucket of its copies is a ' +
  'folder, a copy is PostgreSQL’s own base backup (npm carries no pg_dump), and the first one, which the server before ' +
  'would have left, is made when the tier is whole. Copies and restores are real and small: gigabytes take longer.';

const POLL_MS = 100;

export interface HostedDatabase extends LocalDatabase {
  /** Makes the first copy if there is none, as the server before this one would have left it. */
  ensureCopied(): Promise<void>;
  /**
   * A new server begins in the zone: with the newest copy, unless the database is there already.
   *
   * @throws DatabaseCopyMissingError when there is no copy: a server that began empty would soon copy its emptiness.
   */
  beginIn(zone: string): Promise<void>;
  /** Says what else is on the server, and goes before the database does. */
  sharesFateWith(lose: () => void): void;
  /** Makes the last copy of a server that is asked to go, and ends it; nothing when it is gone already. */
  retire(): Promise<void>;
}

export interface HostedDatabaseOptions {
  readonly node: DatabaseNode;
  readonly zone: string;
  readonly directory: string;
  readonly credentials: PostgresCredentials;
  /** Told when the database falls silent and when it answers again. */
  readonly onReachable: (reachable: boolean) => void;
  readonly pace: Pace;
  readonly clock: Clock;
  readonly guardian: Guardian;
  readonly onEvent: OnCloudEvent;
}

/** There is nothing that a new server could begin with. */
export class DatabaseCopyMissingError extends Error {
  readonly code = 'database-copy-missing';
  override readonly name = 'DatabaseCopyMissingError';

  constructor() {
    super('there is no copy of the database to begin with');
  }
}

interface Copy {
  readonly directory: string;
  readonly takenAtMs: number;
}

/** The database on its server, while that server is there. */
interface Held {
  readonly server: PostgresServer;
  readonly zone: string;
  /** Ends what belongs to this server alone, such as its copies. */
  readonly gone: AbortController;
}

class Hosted implements HostedDatabase {
  readonly #options: HostedDatabaseOptions;
  readonly #binaries: PostgresBinaries;
  readonly #lostZones = new Set<string>();
  readonly #closing = new AbortController();
  readonly #background = new Set<Promise<void>>();
  readonly failoverSeconds: readonly number[] = [];
  readonly standbyZone = undefined;
  #held: Held | undefined;
  #zone: string;
  #newest: Copy | undefined;
  #loseRest: () => void = () => undefined;
  #servers = 0;
  #copies = 0;

  constructor(options: HostedDatabaseOptions, binaries: PostgresBinaries) {
    this.#options = options;
    this.#binaries = binaries;
    this.#zone = options.zone;
  }

  get databaseName(): string {
    return this.#options.node.databaseName ?? 'postgres';
  }
  get credentials(): PostgresCredentials {
    return this.#options.credentials;
  }
  get endpoint(): Address | undefined {
    return this.#held ? { host: '127.0.0.1', port: this.#held.server.port } : undefined;
  }
  get readEndpoint(): Address | undefined {
    return this.endpoint;
  }
  get primaryZone(): string {
    return this.#zone;
  }

  async #makeServer(): Promise<PostgresServer> {
    this.#servers += 1;
    const { directory, credentials, guardian } = this.#options;
    const name = `database-${String(this.#servers)}`;
    return createPostgresServer({
      name,
      directory: join(directory, name),
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
    this.#hold(server, this.#zone);
  }

  #hold(server: PostgresServer, zone: string): void {
    const held = { server, zone, gone: new AbortController() };
    this.#held = held;
    this.#zone = zone;
    this.#inBackground(this.#copyAtIntervals(held));
  }

  #inBackground(work: Promise<void>): void {
    const tracked = work.finally(() => this.#background.delete(tracked));
    this.#background.add(tracked);
  }

  /** As its timer does: counted from the server's start, and then from the start of each copy. */
  async #copyAtIntervals(held: Held): Promise<void> {
    const { node, pace, clock, onEvent } = this.#options;
    const intervalMs = pace.scaleMs((node.copies?.intervalMinutes ?? Number.POSITIVE_INFINITY) * 60);
    if (!Number.isFinite(intervalMs)) return;
    const over = AbortSignal.any([held.gone.signal, this.#closing.signal]);
    for (let dueMs = clock.now() + intervalMs; ; dueMs += intervalMs) {
      await clock.sleep(Math.max(0, dueMs - clock.now()), over);
      if (over.aborted) return;
      await this.#copy(held).catch((error: unknown) => {
        // A copy that its server did not live to finish is none; any other failure is for somebody to see.
        if (over.aborted) return;
        const message = `the database could not be copied: ${error instanceof Error ? error.message : String(error)}`;
        onEvent({ kind: 'database-copy-failed', subject: node.id, message });
      });
    }
  }

  /** Taken over under its own name only when it is whole; earlier ones stay. */
  async #copy({ server }: Held): Promise<void> {
    const { directory, credentials, clock, node, onEvent } = this.#options;
    this.#copies += 1;
    const name = `copy-${String(this.#copies)}`;
    const copies = join(directory, 'copies');
    const unfinished = join(copies, `${name}.unfinished`);
    await mkdir(copies, { recursive: true, mode: 0o711 });
    try {
      await createDatabaseCopy({
        primary: server,
        superuser: credentials,
        directory: unfinished,
        binaries: this.#binaries,
      });
      await rename(unfinished, join(copies, name));
    } catch (error) {
      await rm(unfinished, { recursive: true, force: true });
      throw error;
    }
    this.#newest = { directory: join(copies, name), takenAtMs: clock.now() };
    onEvent({
      kind: 'database-copied',
      subject: node.id,
      message: `the database of ${this.#zone} is copied`,
    });
  }

  async ensureCopied(): Promise<void> {
    if (this.#held && !this.#newest) await this.#copy(this.#held);
  }

  async beginIn(zone: string): Promise<void> {
    if (this.#held?.zone === zone) return;
    const { clock, node, onEvent, onReachable } = this.#options;
    const copy = this.#newest;
    if (!copy) throw new DatabaseCopyMissingError();
    const begunAtMs = clock.now();
    const server = await this.#makeServer();
    await restoreDatabaseCopy({
      copy: copy.directory,
      directory: server.directory,
      binaries: this.#binaries,
    });
    await server.start();
    if (this.#lostZones.has(zone) || this.#closing.signal.aborted) {
      await server.crash();
      return;
    }
    this.#hold(server, zone);
    onReachable(true);
    const seconds = (ms: number) => (ms / 1000).toFixed(1);
    onEvent({
      kind: 'database-restored',
      subject: node.id,
      message: `the database begins in ${zone} with a copy of ${seconds(begunAtMs - copy.takenAtMs)} s ago, restored in ${seconds(clock.now() - begunAtMs)} s`,
    });
  }

  sharesFateWith(lose: () => void): void {
    this.#loseRest = lose;
  }

  async retire(): Promise<void> {
    const held = this.#held;
    if (!held) return;
    await this.#copy(held);
    await this.#end(held);
  }

  /** Clients first: they must see silence, as from a machine that is gone, and no orderly goodbye. */
  async #end(held: Held): Promise<void> {
    held.gone.abort();
    this.#held = undefined;
    this.#options.onReachable(false);
    await held.server.crash();
  }

  async losePrimary(): Promise<string> {
    const held = this.#held;
    if (!held) throw new DatabasePrimaryAbsentError();
    this.#loseRest();
    const hit = `server with its ${held.server.name} in ${held.zone}`;
    await this.#end(held);
    this.#options.onEvent({
      kind: 'failover-started',
      subject: hit,
      message: `${hit} is lost, and what was written since the last copy`,
    });
    return hit;
  }

  async loseZone(zone: string): Promise<readonly string[]> {
    this.#lostZones.add(zone);
    const held = this.#held;
    if (held?.zone !== zone) return [];
    await this.#end(held);
    return [`${held.server.name} in ${zone}`];
  }

  restoreZone(zone: string): void {
    this.#lostZones.delete(zone);
  }

  standbyInSync(): Promise<boolean> {
    return Promise.resolve(false);
  }

  async settle(signal?: AbortSignal): Promise<void> {
    while (!this.#held && !signal?.aborted && !this.#closing.signal.aborted)
      await this.#options.clock.sleep(POLL_MS, signal);
  }

  query<Row extends Record<string, unknown>>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    if (!this.#held) return Promise.reject(new DatabasePrimaryAbsentError());
    return this.#held.server.query<Row>(text, values, this.databaseName);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled(this.#background);
    const held = this.#held;
    this.#held = undefined;
    await held?.server.crash();
  }
}

/** Starts the database, empty, on the first server. */
export async function createHostedDatabase(options: HostedDatabaseOptions): Promise<HostedDatabase> {
  const binaries = await preparePostgresBinaries(join(options.directory, 'postgresql'));
  const database = new Hosted(options, binaries);
  await database.start();
  return database;
}
