/**
 * The database of one region of several: it writes, or it follows the region that does, or it is lost. Stands in for one
 * cluster of an Aurora global database.
 *
 * A follower streams through a link that is as slow as the declared lag, so that what was not carried over when its
 * source is lost is lost for good. It reads, and takes no writes. Where its stream does not come back, it is made anew.
 */
import type { PostgresBinaries, PostgresServer } from '@nines/local-postgres';
import { createStandbyDirectory } from '@nines/local-postgres';
import { createDatabase, DatabasePrimaryAbsentError, makeServer } from '../database.ts';
import type { DatabaseOptions, FollowableDatabase, LocalDatabase } from '../database.ts';
import { createFaultLink } from '../fault-link.ts';
import type { Address, FaultLink } from '../fault-link.ts';

const APPLICATION_NAME = 'nines_region';
const POLL_MS = 200;
/** A follower whose source is there and that has not streamed for so long is made anew. */
const STALLED_MS = 8_000;
/** A copy that does not stream within this time on a machine that does something else, too, never will. */
const CATCH_UP_LIMIT_MS = 180_000;

export type RegionRole = 'writer' | 'follower' | 'lost';

/** What a follower copies and then streams from. */
export interface FollowerSource {
  readonly endpoint: Address | undefined;
  readonly primaryServer: PostgresServer | undefined;
}

export interface RegionDatabase extends LocalDatabase, FollowerSource {
  readonly role: RegionRole;
  /** Becomes the one that writes, with a server of its own or one that holds the data already. */
  lead(adopt?: PostgresServer): Promise<void>;
  /** Becomes a follower of the source, whatever it was before; resolves when it streams. */
  follow(source: FollowerSource): Promise<void>;
  /** From follower to writer. What has not arrived is not waited for. */
  promote(): Promise<void>;
  /** Nothing more of the source arrives. */
  cutOff(): void;
  /** Ends writing in good order: everything is sent to who follows. */
  retire(): Promise<void>;
  /** Everything that runs here is gone. Answers what was hit. */
  lose(): Promise<readonly string[]>;
  /** The region is back, and nobody has taken over: what wrote writes again, with all that it had. */
  restart(): Promise<void>;
}

export interface RegionDatabaseOptions extends DatabaseOptions {
  readonly binaries: PostgresBinaries;
  readonly nextName: () => string;
  /** Told of how long each failover inside the region takes, in seconds of AWS's time. */
  readonly onFailover: (seconds: number) => void;
}

interface Following {
  readonly server: PostgresServer;
  readonly link: FaultLink;
  readonly source: FollowerSource;
  readonly zone: string;
  readonly stop: AbortController;
}

class Region implements RegionDatabase {
  readonly #options: RegionDatabaseOptions;
  readonly #closing = new AbortController();
  #writer: FollowableDatabase | undefined;
  #following: Following | undefined;
  #lastPrimary: PostgresServer | undefined;
  #watch: Promise<void> = Promise.resolve();
  #role: RegionRole = 'lost';
  #lastFailure: unknown;
  readonly failoverSeconds: number[] = [];

  constructor(options: RegionDatabaseOptions) {
    this.#options = options;
  }

  get role(): RegionRole {
    return this.#role;
  }
  get databaseName(): string {
    return this.#options.node.databaseName ?? 'postgres';
  }
  get credentials() {
    return this.#options.credentials;
  }
  get #zone(): string {
    return this.#options.zones[0] ?? '';
  }
  get endpoint(): Address | undefined {
    return this.#writer?.endpoint;
  }
  get readEndpoint(): Address | undefined {
    if (this.#writer) return this.#writer.readEndpoint;
    return this.#following ? { host: '127.0.0.1', port: this.#following.server.port } : undefined;
  }
  get primaryServer(): PostgresServer | undefined {
    return this.#writer?.primaryServer;
  }
  get primaryZone(): string {
    return this.#writer?.primaryZone ?? this.#following?.zone ?? this.#zone;
  }
  get standbyZone(): string | undefined {
    return this.#writer?.standbyZone;
  }

  async lead(adopt?: PostgresServer): Promise<void> {
    const { drawFailoverSeconds, onFailover } = this.#options;
    this.#writer = await createDatabase({
      ...this.#options,
      ...(adopt ? { adopt } : {}),
      drawFailoverSeconds: () => {
        const seconds = drawFailoverSeconds();
        onFailover(seconds);
        return seconds;
      },
    });
    this.#role = 'writer';
    this.#options.onReachable(true);
  }

  async follow(source: FollowerSource): Promise<void> {
    const { clock } = this.#options;
    await this.#end();
    // It takes no writes, and says so at once instead of being silent.
    this.#options.onReachable(true);
    const until = clock.now() + CATCH_UP_LIMIT_MS;
    for (;;) {
      if (await this.#tryToFollow(source)) return;
      if (this.#closing.signal.aborted) return;
      if (clock.now() > until) {
        throw new Error(`the database in ${this.#zone} never followed its source`, {
          cause: this.#lastFailure,
        });
      }
      await clock.sleep(POLL_MS, this.#closing.signal);
    }
  }

  async #tryToFollow(source: FollowerSource): Promise<boolean> {
    const { pace, replicationLagSeconds, binaries, nextName, credentials } = this.#options;
    const primary = source.primaryServer;
    if (!primary) return false;
    const link = await createFaultLink({
      name: `replication to ${this.#zone}`,
      target: () => source.endpoint,
    });
    link.delay(pace.scaleMs(replicationLagSeconds));
    const server = await makeServer(this.#options, binaries, nextName());
    try {
      await createStandbyDirectory({
        primary,
        superuser: credentials,
        replicateFromPort: link.address.port,
        applicationName: APPLICATION_NAME,
        directory: server.directory,
        binaries,
      });
      await server.start();
      // Its copy may name a standby of the source's region, which it would wait for in vain once it writes.
      await server.configure({ synchronous_standby_names: "''" });
    } catch (error) {
      this.#lastFailure = error;
      // The source went away in the middle of the copy; the caller tries again.
      await server.crash();
      await link.close();
      return false;
    }
    this.#following = { server, link, source, zone: this.#zone, stop: new AbortController() };
    this.#role = 'follower';
    this.#watch = this.#watchStream(this.#following);
    return true;
  }

  async #streams({ server }: Following): Promise<boolean> {
    const rows = await server.query<{ status: string }>('SELECT status FROM pg_stat_wal_receiver');
    return rows.some(({ status }) => status === 'streaming');
  }

  /** A source that failed over inside its region may have gone on from before what this one has: then it starts anew. */
  async #watchStream(following: Following): Promise<void> {
    const { clock } = this.#options;
    const stop = AbortSignal.any([following.stop.signal, this.#closing.signal]);
    let streamedAtMs = clock.now();
    while (!stop.aborted) {
      await clock.sleep(POLL_MS, stop);
      if (stop.aborted) return;
      const streams = await this.#streams(following).catch(() => false);
      if (streams || !following.source.primaryServer) streamedAtMs = clock.now();
      if (clock.now() - streamedAtMs < STALLED_MS || stop.aborted) continue;
      this.#tell(`the database in ${this.#zone} lost its stream and is copied anew`);
      following.stop.abort();
      this.#following = undefined;
      await following.link.close();
      await following.server.crash();
      while (!this.#closing.signal.aborted && !(await this.#tryToFollow(following.source)))
        await clock.sleep(POLL_MS, this.#closing.signal);
      return;
    }
  }

  #tell(message: string): void {
    this.#options.onEvent({ kind: 'standby-lost', subject: this.#options.node.id, message });
  }

  cutOff(): void {
    this.#following?.link.partition();
  }

  async promote(): Promise<void> {
    const following = this.#following;
    if (!following) throw new DatabasePrimaryAbsentError();
    following.stop.abort();
    await following.link.close();
    await following.server.promote();
    this.#following = undefined;
    await this.lead(following.server);
  }

  async retire(): Promise<void> {
    const writer = this.#writer;
    this.#writer = undefined;
    this.#lastPrimary = await writer?.retire();
    this.#role = 'lost';
  }

  async lose(): Promise<readonly string[]> {
    this.#role = 'lost';
    const [writer, following] = [this.#writer, this.#following];
    this.#lastPrimary = writer?.primaryServer;
    this.#writer = undefined;
    this.#following = undefined;
    following?.stop.abort();
    const hit = [
      ...((await writer?.lose()) ?? []),
      ...(following ? [`follower ${following.server.name} in ${following.zone}`] : []),
    ];
    await following?.link.close();
    await following?.server.crash();
    return hit;
  }

  async restart(): Promise<void> {
    const server = this.#lastPrimary;
    if (!server) throw new DatabasePrimaryAbsentError();
    await server.start();
    // Its standby is gone; a new one is built while it writes already.
    await server.configure({ synchronous_standby_names: "''" });
    await this.lead(server);
  }

  async standbyInSync(): Promise<boolean> {
    return (await this.#writer?.standbyInSync()) ?? false;
  }

  async settle(signal?: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const settled = async () => {
      if (this.#following) return this.#streams(this.#following).catch(() => false);
      return this.#writer !== undefined;
    };
    while (!(await settled()) && !signal?.aborted && !this.#closing.signal.aborted)
      await clock.sleep(POLL_MS, signal);
    await this.#writer?.settle(signal);
  }

  losePrimary(): Promise<string> {
    return this.#writer?.losePrimary() ?? Promise.reject(new DatabasePrimaryAbsentError());
  }

  async loseZone(zone: string): Promise<readonly string[]> {
    return (await this.#writer?.loseZone(zone)) ?? [];
  }

  restoreZone(zone: string): void {
    this.#writer?.restoreZone(zone);
  }

  query<Row extends Record<string, unknown>>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    return this.#writer?.query<Row>(text, values) ?? Promise.reject(new DatabasePrimaryAbsentError());
  }

  async #end(): Promise<void> {
    const [writer, following] = [this.#writer, this.#following];
    this.#writer = undefined;
    this.#following = undefined;
    following?.stop.abort();
    await this.#watch;
    await following?.link.close();
    await following?.server.crash();
    await writer?.close();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#end();
  }
}

/** It is neither writer nor follower until it is told. */
export const createRegionDatabase = (options: RegionDatabaseOptions): RegionDatabase => new Region(options);
