/**
 * Stands in for an Aurora global database: one region writes, the others follow, and the writer moves by failover (what
 * had not arrived is lost) or by switchover (nothing is lost, while both are well).
 */
import { join } from 'node:path';
import { mkdir } from 'node:fs/promises';
import { preparePostgresBinaries } from '@nines/local-postgres';
import type { PostgresBinaries } from '@nines/local-postgres';
import type { Clock } from '../clock.ts';
import type { OnCloudEvent } from '../cloud-event.ts';
import { createServerNames, DatabasePrimaryAbsentError } from '../database.ts';
import type { DatabaseOptions, LocalDatabase } from '../database.ts';
import type { Pace } from '../pace.ts';
import { createRegionDatabase } from './region-database.ts';
import type { RegionDatabase } from './region-database.ts';

export const GLOBAL_DATABASE_STAND_IN =
  'A global database is one PostgreSQL writer with its standby in one region, and one follower in the other, behind a ' +
  'link as slow as the declared lag; a follower is one server, however many readers its template names; what a lost ' +
  'writer had not carried over is lost, and its old data are not merged.';

export interface GlobalDatabase {
  /** The database as who writes sees it: of whichever region writes right now. */
  readonly database: LocalDatabase;
  readonly writerRegion: string;
  /** As Aurora names it: `available` when no move is under way. */
  readonly status: 'available' | 'failing-over' | 'switching-over';
  readonly regions: readonly string[];
  /** Adds a region: the first one writes, every other one follows it. */
  join(region: string, options: DatabaseOptions): Promise<LocalDatabase>;
  /** Begins to make this region the writer; what has not arrived there is lost. */
  failOver(region: string): void;
  /** Begins to make this region the writer without losing anything. */
  switchOver(region: string): void;
  loseRegion(region: string): Promise<readonly string[]>;
  restoreRegion(region: string): void;
  close(): Promise<void>;
}

export interface GlobalDatabaseOptions {
  readonly directory: string;
  /** Draws how long a failover to another region takes, in seconds of AWS's time. */
  readonly drawFailoverSeconds: () => number;
  /** The same of a planned one. */
  readonly drawSwitchoverSeconds: () => number;
  readonly pace: Pace;
  readonly clock: Clock;
  readonly onEvent: OnCloudEvent;
}

/** A move that AWS would refuse: the target is not there, or another move is under way. */
export class WriterMoveRefusedError extends Error {
  readonly code = 'writer-move-refused';
  override readonly name = 'WriterMoveRefusedError';
}

class Global implements GlobalDatabase {
  readonly #options: GlobalDatabaseOptions;
  readonly #members = new Map<string, RegionDatabase>();
  readonly #lost = new Set<string>();
  readonly #closing = new AbortController();
  readonly #background = new Set<Promise<void>>();
  readonly #failovers: number[] = [];
  #binaries: Promise<PostgresBinaries> | undefined;
  #writerRegion = '';
  status: GlobalDatabase['status'] = 'available';
  readonly database: LocalDatabase;

  constructor(options: GlobalDatabaseOptions) {
    this.#options = options;
    this.database = this.#facade();
  }

  get writerRegion(): string {
    return this.#writerRegion;
  }
  get regions(): readonly string[] {
    return [...this.#members.keys()];
  }

  #memberOf(region: string): RegionDatabase {
    const member = this.#members.get(region);
    if (!member) throw new WriterMoveRefusedError(`there is no database in ${region}`);
    return member;
  }

  async join(region: string, options: DatabaseOptions): Promise<LocalDatabase> {
    this.#binaries ??= preparePostgresBinaries(join(this.#options.directory, 'postgresql'));
    const directory = join(options.directory, region);
    await mkdir(directory, { recursive: true, mode: 0o711 });
    const first = this.#members.get(this.#writerRegion);
    const member = createRegionDatabase({
      ...options,
      directory,
      // Everything that a follower holds came from the writer, its name and password too.
      ...(first ? { credentials: first.credentials } : {}),
      node: first ? { ...options.node, databaseName: first.databaseName } : options.node,
      binaries: await this.#binaries,
      nextName: createServerNames(),
      onFailover: (seconds) => this.#failovers.push(seconds),
    });
    this.#members.set(region, member);
    if (first) await member.follow(first);
    else {
      this.#writerRegion = region;
      await member.lead();
    }
    return member;
  }

  #begin(status: 'failing-over' | 'switching-over', region: string, work: () => Promise<void>): void {
    const target = this.#memberOf(region);
    if (this.status !== 'available') throw new WriterMoveRefusedError(`it is ${this.status} already`);
    if (target.role !== 'follower') throw new WriterMoveRefusedError(`${region} does not follow`);
    this.status = status;
    this.#inBackground(work().finally(() => (this.status = 'available')));
  }

  #inBackground(work: Promise<unknown>): void {
    const tracked: Promise<void> = work
      .then(
        () => undefined,
        (error: unknown) => {
          if (this.#closing.signal.aborted) return;
          const message = `global database: ${error instanceof Error ? error.message : String(error)}`;
          this.#options.onEvent({ kind: 'failover-failed', subject: 'global-database', message });
        },
      )
      .finally(() => this.#background.delete(tracked));
    this.#background.add(tracked);
  }

  failOver(region: string): void {
    const { drawFailoverSeconds, pace, clock } = this.#options;
    const seconds = drawFailoverSeconds();
    this.#begin('failing-over', region, async () => {
      const former = this.#memberOf(this.#writerRegion);
      const target = this.#memberOf(region);
      this.#tell('failover-started', `the database moves to ${region}, with what has arrived there`);
      target.cutOff();
      await clock.sleep(pace.scaleMs(seconds), this.#closing.signal);
      if (this.#closing.signal.aborted) return;
      await target.promote();
      this.#moved(region, seconds);
      // Aurora ends writes in the former one, if it can reach it, and makes it a follower.
      if (former.role === 'writer') this.#inBackground(former.follow(target));
    });
  }

  switchOver(region: string): void {
    const { drawSwitchoverSeconds, pace, clock } = this.#options;
    const seconds = drawSwitchoverSeconds();
    this.#begin('switching-over', region, async () => {
      const former = this.#memberOf(this.#writerRegion);
      const target = this.#memberOf(region);
      if (former.role !== 'writer') throw new WriterMoveRefusedError('the region that writes is not there');
      this.#tell('failover-started', `the database is handed over to ${region}`);
      // Stopped in good order, it ends only when its follower has everything.
      await former.retire();
      await clock.sleep(pace.scaleMs(seconds), this.#closing.signal);
      if (this.#closing.signal.aborted) return;
      await target.promote();
      this.#moved(region, seconds);
      await former.follow(target);
    });
  }

  #moved(region: string, seconds: number): void {
    this.#writerRegion = region;
    this.#failovers.push(seconds);
    this.#tell('failover-completed', `${region} writes now (drawn: ${seconds.toFixed(0)} s)`);
  }

  #tell(kind: 'failover-started' | 'failover-completed', message: string): void {
    this.#options.onEvent({ kind, subject: 'global-database', message });
  }

  async loseRegion(region: string): Promise<readonly string[]> {
    this.#lost.add(region);
    // The link first: not a byte more arrives than what had when the region went.
    if (region === this.#writerRegion)
      for (const [other, member] of this.#members) if (other !== region) member.cutOff();
    return this.#memberOf(region).lose();
  }

  restoreRegion(region: string): void {
    this.#lost.delete(region);
    const member = this.#memberOf(region);
    if (member.role !== 'lost') return;
    this.#inBackground(this.#rejoin(region, member));
  }

  async #rejoin(region: string, member: RegionDatabase): Promise<void> {
    const { clock } = this.#options;
    while (this.status !== 'available' && !this.#closing.signal.aborted)
      await clock.sleep(100, this.#closing.signal);
    if (this.#closing.signal.aborted) return;
    if (this.#writerRegion === region) {
      await member.restart();
      // Who was cut off follows again, from the beginning: its link had swallowed what it carried.
      for (const [other, follower] of this.#members)
        if (other !== region && follower.role === 'follower') await follower.follow(member);
    } else await member.follow(this.#memberOf(this.#writerRegion));
    this.#options.onEvent({
      kind: 'standby-in-sync',
      subject: region,
      message: `the database in ${region} is back as the ${member.role === 'writer' ? 'writer' : 'follower'}`,
    });
  }

  /** Whatever is asked of "the database" is asked of the region that writes. */
  #facade(): LocalDatabase {
    const writer = () => this.#members.get(this.#writerRegion);
    const present = (): RegionDatabase => {
      const found = writer();
      if (!found) throw new DatabasePrimaryAbsentError();
      return found;
    };
    const members = this.#members;
    const failoverSeconds = this.#failovers;
    return {
      get endpoint() {
        return writer()?.endpoint;
      },
      get readEndpoint() {
        return writer()?.readEndpoint;
      },
      get databaseName() {
        return present().databaseName;
      },
      get credentials() {
        return present().credentials;
      },
      get primaryZone() {
        return present().primaryZone;
      },
      get standbyZone() {
        return writer()?.standbyZone;
      },
      failoverSeconds,
      standbyInSync: () => present().standbyInSync(),
      settle: async (signal) => {
        await this.#settle(signal);
      },
      losePrimary: () => present().losePrimary(),
      loseZone: async (zone) =>
        (await Promise.all([...members.values()].map((member) => member.loseZone(zone)))).flat(),
      restoreZone: (zone) => {
        for (const member of members.values()) member.restoreZone(zone);
      },
      query: (text, values) => present().query(text, values),
      close: () => this.close(),
    };
  }

  async #settle(signal?: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const moving = () =>
      this.status !== 'available' || [...this.#members.values()].some(({ role }) => role === 'lost');
    while (moving() && !signal?.aborted && !this.#closing.signal.aborted) await clock.sleep(100, signal);
    for (const member of this.#members.values()) await member.settle(signal);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    // Followers first: they would see their source go and be copied anew.
    const members = [...this.#members].sort(([a]) => (a === this.#writerRegion ? 1 : -1));
    for (const [, member] of members) await member.close();
    await Promise.allSettled(this.#background);
  }
}

export const createGlobalDatabase = (options: GlobalDatabaseOptions): GlobalDatabase => new Global(options);
