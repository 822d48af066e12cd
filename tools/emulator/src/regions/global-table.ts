/**
 * Stands in for what a DynamoDB global table does between regions, which an emulator of one region does not have: it
 * carries what one region's functions write to the tables of the others, as the template's consistency asks for.
 *
 * - `eventual`: a write is answered by its own region and copied to the others after the lag; of two writes to one item
 *   the later one wins everywhere. What a region had not handed on when it was lost arrives when it is back.
 * - `strong`: a write is carried out by one table, in turn with others to its item, and answered when a majority of all regions has it, so that
 *   every living region reads it from then on. With fewer regions left it is refused, and so are transactions.
 *
 * It sees writes at the fault point between functions and table; whoever writes past that is not copied. What it does
 * not show: how regions find out that one of them is gone (here they know at once), networks that fall apart into
 * halves, what a round trip between regions costs, and reads that come while a write is under way, which may find it in
 * one region and not yet in the next.
 */
import type { Clock } from '@nines/local-cloud';
import { changedKeys, keyText } from './item-writes.ts';
import type { Item, ItemKey, Operation } from './item-writes.ts';

/** A request as a function made it. */
export interface TableRequest {
  readonly operation: Operation;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface TableAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** One region's table, past the fault point. */
export interface RegionTable {
  /** Passes a request on as it is. Rejects when there is no answer. */
  send(request: TableRequest): Promise<TableAnswer>;
  read(key: ItemKey): Promise<Item | undefined>;
  put(tableName: string, item: Item): Promise<void>;
  remove(key: ItemKey): Promise<void>;
  scan(tableName: string): Promise<readonly Item[]>;
}

export type Consistency = 'eventual' | 'strong';

export interface GlobalTableOptions {
  readonly tableName: string;
  /** Names of the attributes that are its key. */
  readonly keyNames: readonly string[];
  readonly consistency: Consistency;
  /** Regions of the table, whether they have joined yet or not: a majority is one of these. */
  readonly regions: readonly string[];
  /** How long a copy takes to another region; only with eventual consistency. */
  readonly lagMs: number;
  readonly clock: Pick<Clock, 'sleep'>;
  /** Told of a copy that could not be made although both regions are there. */
  readonly onError: (error: unknown) => void;
}

export interface GlobalTable {
  /** Carries out a request that changes items, made in this region. Rejects when there can be no answer. */
  write(region: string, request: TableRequest): Promise<TableAnswer>;
  /** The region's table is there, or back: it gets what the others have, then takes part. */
  join(region: string, table: RegionTable): Promise<void>;
  /** The region is gone, with all that it had not handed on. */
  lose(region: string): void;
  /** Changes of lost regions that nobody else has. */
  readonly heldBack: number;
  /** Resolves when every copy that is under way has been made. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

/** DynamoDB's own words when it cannot do what was asked. */
const UNAVAILABLE: TableAnswer = {
  status: 500,
  headers: { 'content-type': 'application/x-amz-json-1.0' },
  body: JSON.stringify({
    __type: 'com.amazonaws.dynamodb.v20120810#InternalServerError',
    message: 'The request could not be processed: too few regions are available.',
  }),
};

/** The Developer Guide says that such tables support no transactions, and not how they say so. */
const NO_TRANSACTIONS: TableAnswer = {
  status: 400,
  headers: { 'content-type': 'application/x-amz-json-1.0' },
  body: JSON.stringify({
    __type: 'com.amazon.coral.validate#ValidationException',
    message: 'Transactions are not supported on a table with strong consistency over regions.',
  }),
};

/** A write to a region that is gone: its caller is gone too. */
export class RegionLostError extends Error {
  readonly code = 'region-lost';
  override readonly name = 'RegionLostError';
}

/** One thing after another; a failure ends only its own. */
function createLane(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(work);
    last = mine.catch(() => undefined);
    return mine;
  };
}

/** Work on different items at once, on the same item one after another, and now and then one piece of work alone. */
function createItemLanes() {
  const lastOf = new Map<string, Promise<unknown>>();
  const running = new Set<Promise<unknown>>();
  let alone: Promise<unknown> = Promise.resolve();
  return {
    inTurn<T>(items: readonly string[], work: () => Promise<T>): Promise<T> {
      const mine = Promise.allSettled([alone, ...items.map((item) => lastOf.get(item))]).then(work);
      const over = mine
        .catch(() => undefined)
        .finally(() => {
          running.delete(over);
          for (const item of items) if (lastOf.get(item) === over) lastOf.delete(item);
        });
      running.add(over);
      for (const item of items) lastOf.set(item, over);
      return mine;
    },
    alone<T>(work: () => Promise<T>): Promise<T> {
      const mine = Promise.allSettled([alone, ...running]).then(work);
      alone = mine.catch(() => undefined);
      return mine;
    },
  };
}

interface Change {
  readonly key: ItemKey;
  /** Absent: the item was deleted. */
  readonly item: Item | undefined;
  readonly from: string;
  /** The later of two changes has the higher number. */
  readonly version: number;
}

abstract class Replication implements GlobalTable {
  protected readonly options: GlobalTableOptions;
  protected readonly tables = new Map<string, RegionTable>();
  readonly #closing = new AbortController();
  readonly #underWay = new Set<Promise<unknown>>();

  constructor(options: GlobalTableOptions) {
    this.options = options;
  }

  abstract write(region: string, request: TableRequest): Promise<TableAnswer>;
  abstract join(region: string, table: RegionTable): Promise<void>;
  abstract readonly heldBack: number;

  lose(region: string): void {
    this.tables.delete(region);
  }

  async settle(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.settle();
  }

  protected get signal(): AbortSignal {
    return this.#closing.signal;
  }

  /** Work that nobody waits for; its failure is told, unless everything is over. */
  protected track(work: Promise<unknown>): void {
    const tracked: Promise<unknown> = work
      .catch((error: unknown) => {
        if (!this.signal.aborted) this.options.onError(error);
      })
      .finally(() => this.#underWay.delete(tracked));
    this.#underWay.add(tracked);
  }

  protected keysOf({ operation, body }: TableRequest): ItemKey[] {
    const { tableName, keyNames } = this.options;
    return changedKeys(operation, JSON.parse(body), () => keyNames).filter(
      (key) => key.tableName === tableName,
    );
  }

  protected tableOf(region: string): RegionTable {
    const table = this.tables.get(region);
    if (!table) throw new RegionLostError(`${region} is not there`);
    return table;
  }

  /** Everything that any other region has, into a table that is empty or not. */
  protected async fill(region: string, table: RegionTable): Promise<void> {
    const source = [...this.tables].find(([other]) => other !== region)?.[1];
    if (!source) return;
    const { tableName } = this.options;
    for (const item of await source.scan(tableName)) await table.put(tableName, item);
  }
}

const carry = (table: RegionTable, { key, item }: Pick<Change, 'key' | 'item'>): Promise<void> =>
  item === undefined ? table.remove(key) : table.put(key.tableName, item);

class EventualReplication extends Replication {
  /** Copies into one region, and readings of what it wrote, one after another. */
  readonly #lanes = new Map<string, ReturnType<typeof createLane>>();
  /** The version of each item that a region has, by key. */
  readonly #versions = new Map<string, Map<string, number>>();
  #held: Change[] = [];
  #next = 0;

  get heldBack(): number {
    return this.#held.length;
  }

  async write(region: string, request: TableRequest): Promise<TableAnswer> {
    const answer = await this.tableOf(region).send(request);
    if (answer.status === 200) for (const key of this.keysOf(request)) this.track(this.#hand(region, key));
    return answer;
  }

  async join(region: string, table: RegionTable): Promise<void> {
    this.tables.set(region, table);
    await this.#laneOf(region)(async () => {
      const source = [...this.tables.keys()].find((other) => other !== region);
      if (source === undefined) return;
      // What arrives while it is copied is compared with what the source had before.
      this.#versions.set(region, new Map(this.#versionsOf(source)));
      await this.fill(region, table);
    });
    const returned = this.#held.filter(({ from }) => from === region);
    this.#held = this.#held.filter(({ from }) => from !== region);
    const everywhere = [...this.tables.keys()];
    await Promise.all(returned.flatMap((change) => everywhere.map((to) => this.#apply(change, to))));
  }

  #laneOf(region: string): ReturnType<typeof createLane> {
    const lane = this.#lanes.get(region) ?? createLane();
    this.#lanes.set(region, lane);
    return lane;
  }

  #versionsOf(region: string): Map<string, number> {
    const versions = this.#versions.get(region) ?? new Map<string, number>();
    this.#versions.set(region, versions);
    return versions;
  }

  /** Reads what a write has made of an item, and sends it on its way to the other regions. */
  async #hand(from: string, key: ItemKey): Promise<void> {
    const change = await this.#laneOf(from)(async (): Promise<Change> => {
      const version = (this.#next += 1);
      const item = await this.tableOf(from).read(key);
      this.#versionsOf(from).set(keyText(key), version);
      return { key, item, from, version };
    });
    await this.options.clock.sleep(this.options.lagMs, this.signal);
    if (this.signal.aborted) return;
    // It had not left its region when that was lost.
    if (!this.tables.has(from)) {
      this.#held.push(change);
      return;
    }
    const others = [...this.tables.keys()].filter((to) => to !== from);
    await Promise.all(others.map((to) => this.#apply(change, to)));
  }

  #apply(change: Change, to: string): Promise<void> {
    return this.#laneOf(to)(async () => {
      const table = this.tables.get(to);
      const versions = this.#versionsOf(to);
      const id = keyText(change.key);
      if (!table || (versions.get(id) ?? 0) >= change.version) return;
      try {
        await carry(table, change);
      } catch (error) {
        // A region that was lost meanwhile gets everything when it is back.
        if (this.tables.get(to) !== table) return;
        throw error;
      }
      versions.set(id, change.version);
    });
  }
}

class StrongReplication extends Replication {
  /** One write at a time to an item in all regions together: the order that all of them agree on. */
  readonly #lanes = createItemLanes();
  readonly heldBack = 0;

  write(region: string, request: TableRequest): Promise<TableAnswer> {
    if (request.operation === 'TransactWriteItems') return Promise.resolve(NO_TRANSACTIONS);
    return this.#lanes.inTurn(this.keysOf(request).map(keyText), async () => {
      this.tableOf(region);
      for (;;) {
        const first = [...this.tables.entries()][0];
        if (!first || !this.#isMajority(this.tables.size)) return UNAVAILABLE;
        const done = await this.#carryOut(first[0], first[1], request);
        if (done) return done;
        this.tableOf(region);
      }
    });
  }

  join(region: string, table: RegionTable): Promise<void> {
    return this.#lanes.alone(async () => {
      await this.fill(region, table);
      this.tables.set(region, table);
    });
  }

  #isMajority(regions: number): boolean {
    return regions * 2 > this.options.regions.length;
  }

  /** Nothing when its region is lost over it: nobody has seen what it did there, so another one may begin anew. */
  async #carryOut(
    region: string,
    leader: RegionTable,
    request: TableRequest,
  ): Promise<TableAnswer | undefined> {
    try {
      const answer = await leader.send(request);
      if (answer.status !== 200) return answer;
      const keys = this.keysOf(request);
      const changes = await Promise.all(keys.map(async (key) => ({ key, item: await leader.read(key) })));
      const others = [...this.tables].filter(([other]) => other !== region);
      const copied = await Promise.all(others.map(([other, table]) => this.#copy(other, table, changes)));
      return this.#isMajority(1 + copied.filter(Boolean).length) ? answer : UNAVAILABLE;
    } catch (error) {
      if (this.tables.get(region) === leader) throw error;
      return undefined;
    }
  }

  async #copy(
    region: string,
    table: RegionTable,
    changes: readonly Pick<Change, 'key' | 'item'>[],
  ): Promise<boolean> {
    try {
      await Promise.all(changes.map((change) => carry(table, change)));
      return true;
    } catch (error) {
      if (this.tables.get(region) === table) throw error;
      return false;
    }
  }
}

export const createGlobalTable = (options: GlobalTableOptions): GlobalTable =>
  options.consistency === 'strong' ? new StrongReplication(options) : new EventualReplication(options);
