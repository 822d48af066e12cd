// Orders placed without transactions, by several at once, each of whose requests may be held up, lost, answered to nobody
// or be the last before a crash, while sweeps run and time passes: no order is doubled, lost or half there, and stock is
// either sold or on stock.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { DynamodbConnection, Send } from '../src/adapters/dynamodb/connection.ts';
import { createDynamodbStorage } from '../src/adapters/dynamodb/dynamodb-storage.ts';
import { LEASE_MS, notesIn, toOrderRecord } from '../src/adapters/dynamodb/reservations.ts';
import { orderIdAt, orderKey, textOf } from '../src/adapters/dynamodb/table.ts';
import type { PlacementResult } from '../src/ports/storage.ts';
import { createMemoryTable, type Command } from './memory-table.ts';
import { order, placement, product } from './storage-contract.ts';

/** What becomes of a request: all that a network, a table in three regions and a dying process can do to it. */
const FATES = {
  answered: 8,
  /** Another region was writing the item: nothing was done. */
  conflict: 1,
  'lost on the way': 1,
  'done, answer lost': 1,
  /** Given up by who sent it, and done at some later time. */
  'held up': 1,
  'crash before': 1,
  'crash after': 1,
} as const;
type Fate = keyof typeof FATES;

/** Somebody's turn: some requests of theirs are done, and the last one meets its fate. */
interface Turn {
  readonly pick: number;
  readonly requests: number;
  readonly fate: Fate;
}

type Actor =
  | {
      readonly does: 'order';
      readonly key: number;
      readonly payload: number;
      readonly isRedelivered: boolean;
    }
  | { readonly does: 'look'; readonly key: number }
  | { readonly does: 'sweep' }
  /** As long as an attempt may take. */
  | { readonly does: 'wait' };

const key = fc.nat(1);
const actor: fc.Arbitrary<Actor> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      does: fc.constant('order' as const),
      key,
      payload: fc.nat(2),
      isRedelivered: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('look' as const), key }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('sweep' as const) }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('wait' as const) }) },
);
const turn: fc.Arbitrary<Turn> = fc.record({
  pick: fc.nat(1_000),
  requests: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 5, max: 30 })),
  fate: fc.oneof(
    ...Object.entries(FATES).map(([fate, weight]) => ({ weight, arbitrary: fc.constant(fate as Fate) })),
  ),
});

const STOCK = { a: 4, b: 3 };
/** What is ordered; a key with another payload is another order under a used key. */
const PAYLOADS = [{ a: 1 }, { a: 2, b: 1 }, { b: 2 }] as const;

const rejection = (name: string, more: object) => Object.assign(new Error(name), { name, ...more });
const SILENCE = rejection('TimeoutError', {});
const CONFLICT = rejection('ReplicatedWriteConflictException', { $fault: 'client', $retryable: {} });

/** As the SDK does, whose waits are of no interest here. */
const SDK_ATTEMPTS = 3;
const CONTENTION_ATTEMPTS = 7;

interface Pending {
  readonly of: number;
  readonly meet: (fate: Fate) => void;
}

async function repeatContended<T>(call: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++)
    try {
      return await call();
    } catch (error) {
      if (attempt === CONTENTION_ATTEMPTS || (error as { code?: string }).code !== 'contended') throw error;
    }
}

function createWorld(turns: readonly Turn[]) {
  const table = createMemoryTable(Object.entries(STOCK).map(([id, stock]) => product(id, stock)));
  const pending: Pending[] = [];
  const left = [...turns];
  let now = Date.UTC(2026, 0, 1);
  let attempts = 0;

  const request = (of: number) => (command: Command) =>
    new Promise<object>((resolve, reject) => {
      const perform = () => {
        try {
          resolve(table.apply(command));
        } catch (error) {
          reject(error as Error);
        }
      };
      const perish = () => {
        try {
          table.apply(command);
        } catch {
          // Nobody is there to be told.
        }
      };
      const meet = (fate: Fate) => {
        if (fate === 'answered') perform();
        if (fate === 'conflict') reject(CONFLICT);
        if (fate === 'done, answer lost' || fate === 'crash after') perish();
        if (fate === 'held up') pending.push({ of: -pending.length, meet: perish });
        if (['lost on the way', 'done, answer lost', 'held up'].includes(fate)) reject(SILENCE);
      };
      pending.push({ of, meet });
    });

  /** @param of whose requests take their turns together. */
  function open(of: number) {
    const once = request(of);
    const send = async (command: Command): Promise<object> => {
      for (let attempt = 1; ; attempt++)
        try {
          return await once(command);
        } catch (error) {
          if (attempt === SDK_ATTEMPTS || (error !== SILENCE && error !== CONFLICT)) throw error;
        }
    };
    const connection: DynamodbConnection = {
      call: (_, work) => work(send as unknown as Send, once as unknown as Send),
      close: () => undefined,
    };
    return createDynamodbStorage({
      connection,
      tableName: 'shop',
      clock: { now: () => now },
      newAttemptId: () => `attempt-${String((attempts += 1))}`,
      contention: repeatContended,
    });
  }

  const next = async (of: number | undefined): Promise<Pending | undefined> => {
    await new Promise(setImmediate);
    const index = of === undefined ? 0 : pending.findIndex((each) => each.of === of);
    return index < 0 ? undefined : pending.splice(index, 1)[0];
  };

  return {
    table,
    open,
    start: (of: number, begin: () => void) => {
      pending.push({ of, meet: begin });
    },
    wait: () => {
      now += LEASE_MS + 1;
    },
    /** From now on nothing fails. */
    calm: () => {
      left.length = 0;
    },
    /** Gives one after the other their turns, until there is nothing left to do. */
    run: async (check: () => void) => {
      await new Promise(setImmediate);
      while (pending.length > 0) {
        const { pick, requests, fate } = left.shift() ?? { pick: 0, requests: Infinity, fate: 'answered' };
        const of = pending[pick % pending.length]?.of;
        for (let count = 1; count <= requests; count++) {
          const request = await next(of);
          if (request === undefined) break;
          request.meet(count === requests ? fate : 'answered');
          check();
        }
        await new Promise(setImmediate);
      }
    },
  };
}

type World = ReturnType<typeof createWorld>;

const recordsIn = ({ table }: World) =>
  table
    .items()
    .filter(({ pk }) => pk?.S?.startsWith('key#'))
    .flatMap((item) => {
      const record = toOrderRecord(item);
      return record === undefined ? [] : [{ ...record, key: textOf(item, 'pk').slice('key#'.length) }];
    });

const soldIn = (world: World, id: string): number =>
  recordsIn(world)
    .flatMap(({ order: { items } }) => items)
    .reduce((sum, { productId, quantity }) => sum + (productId === id ? quantity : 0), 0);

/** The world as it may look between any two requests. */
function checkAlways(world: World): void {
  for (const [id, stock] of Object.entries(STOCK)) expect(soldIn(world, id)).toBeLessThanOrEqual(stock);
}

/** What an actor was told must be there from then on. */
function checkTold(world: World, told: { readonly key: string; readonly id: string }): void {
  expect(recordsIn(world).find((record) => record.key === told.key)?.order.id).toBe(told.id);
  const shown = JSON.stringify(orderKey(told.id).sk);
  expect(
    world.table.items().some(({ pk, sk }) => orderIdAt({ pk, sk } as never) && JSON.stringify(sk) === shown),
  ).toBe(true);
}

function begin(world: World, one: Actor, index: number, tell: (key: string, id: string) => void): void {
  const storage = world.open(index);
  const nothing = () => undefined;
  if (one.does === 'wait') return world.wait();
  if (one.does === 'sweep') return void storage.settleReservations({ limit: 10 }).catch(nothing);
  const idempotencyKey = `key-${String(one.key)}`;
  if (one.does === 'look')
    return void storage
      .findPlacedOrder(idempotencyKey)
      .then((found) => found && tell(idempotencyKey, found.order.id))
      .catch(nothing);
  // The queue delivers the very same order again; a customer's repetition makes another one of the same content.
  const number = one.isRedelivered ? 100 + one.key * 3 + one.payload : index;
  const wanted = placement(order(number, PAYLOADS[one.payload] ?? {}), {
    idempotencyKey,
    fingerprint: String(one.payload),
  });
  const take = (result: PlacementResult) => {
    if (result.outcome === 'placed') tell(idempotencyKey, wanted.order.id);
    if (result.outcome === 'replayed') tell(idempotencyKey, result.order.id);
  };
  void storage.placeOrder(wanted).then(take, nothing);
}

async function checkAtTheEnd(world: World): Promise<void> {
  const { table } = world;
  const storage = world.open(1_000);
  world.calm();
  world.wait();
  const swept = (async () => {
    while ((await storage.settleReservations({ limit: 2 })) > 0);
  })();
  await world.run(() => checkAlways(world));
  await swept;
  const records = recordsIn(world);
  expect(new Set(records.map((record) => record.key)).size).toBe(records.length);
  const shown = table.items().flatMap((item) => orderIdAt(item) ?? []);
  expect(shown.toSorted()).toEqual(records.map(({ order: { id } }) => id).toSorted());
  for (const item of table.items().filter(({ pk }) => pk?.S?.startsWith('products#'))) {
    const id = textOf(item, 'sk') as keyof typeof STOCK;
    expect(notesIn(item)).toEqual([]);
    expect(Number(item['stock']?.N)).toBe(STOCK[id] - soldIn(world, id));
    expect(Number(item['reservations']?.N ?? 0)).toBe(0);
  }
}

it('comes to one order for each key and to stock that is sold or there, whoever dies when', async () => {
  const actors = fc.array(actor, { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(actors, fc.array(turn, { maxLength: 120 }), async (chosen, turns) => {
      const world = createWorld(turns);
      const broken: unknown[] = [];
      const tell = (key: string, id: string) => {
        try {
          checkTold(world, { key, id });
        } catch (error) {
          broken.push(error);
        }
      };
      for (const [index, one] of chosen.entries()) world.start(index, () => begin(world, one, index, tell));
      await world.run(() => checkAlways(world));
      await checkAtTheEnd(world);
      expect(broken).toEqual([]);
    }),
    { numRuns: 1_000 },
  );
}, 120_000);
