import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createConnections, type ConnectionsOptions } from '../src/adapters/postgres/connections.ts';
import { isMigrated, migrate } from '../src/adapters/postgres/migrate.ts';
import { createPostgresStorage } from '../src/adapters/postgres/postgres-storage.ts';
import type { PlacementResult, Product } from '../src/ports/storage.ts';
import { MIGRATIONS, resetShop, startDatabase, type TestDatabase } from './database.ts';
import { describeIntakeResults, describeStorage, order, placement, product } from './storage-contract.ts';

let database: TestDatabase;
let shop: ConnectionsOptions;

beforeAll(async () => {
  database = await startDatabase();
  shop = await database.createShop('shop');
}, 60_000);

afterAll(async () => {
  await database.stop();
});

async function createStorage(products: readonly Product[]) {
  await resetShop(database.server, 'shop', products);
  return createPostgresStorage(createConnections(shop));
}

describeStorage('PostgreSQL', { createStorage, propertyRuns: 10 });
describeIntakeResults('PostgreSQL', () => createStorage([]));

describe('what became of kept orders', () => {
  it('is forgotten when it is old, the oldest first, and not before', async () => {
    const storage = await createStorage([]);
    const ids = [1, 2, 3].map((n) => `00000000-0000-8000-a000-00000000000${String(n)}`);
    for (const id of ids) await storage.recordIntake(id, { outcome: 'refused', reason: 'expired' });
    const age = `UPDATE order_intakes SET recorded_at = now() - interval '8 days' * right(id::text, 1)::int
                 WHERE right(id::text, 1) <> '1'`;
    await database.server.query(age, [], 'shop');
    const week = { olderThanMs: 7 * 86_400_000 };
    expect(await storage.forgetIntakes({ ...week, limit: 1 })).toBe(1);
    expect(await storage.findIntake(ids[2]!)).toBeUndefined();
    expect(await storage.findIntake(ids[1]!)).toBeDefined();
    expect(await storage.forgetIntakes({ ...week, limit: 10 })).toBe(1);
    expect(await storage.findIntake(ids[0]!)).toBeDefined();
    await storage.close();
  });
});

describe('a database that may be a follower', () => {
  it('knows whether it takes writes', async () => {
    const storage = await createStorage([]);
    expect(await storage.isWriter()).toBe(true);
    await storage.close();
    await database.server.query('ALTER DATABASE shop SET default_transaction_read_only = on');
    const following = createPostgresStorage(createConnections(shop));
    expect(await following.isWriter()).toBe(false);
    await following.close();
    await database.server.query('ALTER DATABASE shop RESET default_transaction_read_only');
  });
});

/** A transaction of somebody else, to hold a lock for as long as a test wants. */
async function withTransaction(lock: string, action: () => Promise<void>): Promise<void> {
  const { host, port, user } = shop;
  const client = new pg.Client({ host, port, user, database: 'shop', password: await shop.password() });
  await client.connect();
  try {
    await client.query('BEGIN');
    await client.query(lock);
    await action();
  } finally {
    await client.query('ROLLBACK');
    await client.end();
  }
}

/** Resolves when this many statements of the shop wait for a lock. */
const untilWaiting = (count: number) =>
  expect
    .poll(
      async () => {
        const rows = await database.server.query(
          `SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%place_order%'`,
        );
        return rows.length;
      },
      { interval: 5 },
    )
    .toBe(count);

describe('PostgreSQL under contention', () => {
  it('locks the products of an order in one order, so that two orders never wait for each other', async () => {
    const storage = await createStorage([product('a', 10), product('b', 10)]);
    let orders: Promise<PlacementResult[]> | undefined;
    await withTransaction(`SELECT FROM products WHERE id = 'a' FOR UPDATE`, async () => {
      const first = storage.placeOrder(placement(order(1, { a: 1, b: 1 })));
      await untilWaiting(1);
      // Would it take "b" first, each of the two would now hold what the other needs next.
      const second = storage.placeOrder(placement(order(2, { b: 1, a: 1 })));
      await untilWaiting(2);
      orders = Promise.all([first, second]);
    });
    expect(await orders).toEqual([{ outcome: 'placed' }, { outcome: 'placed' }]);
    await storage.close();
  });

  it('passes over captures that another worker is just claiming', async () => {
    const storage = await createStorage([product('a', 10)]);
    const [first, second] = [order(1, { a: 1 }), order(2, { a: 1 })];
    for (const each of [first, second]) await storage.placeOrder(placement(each));
    await withTransaction(`SELECT FROM outbox WHERE order_id = '${first.id}' FOR UPDATE`, async () => {
      const claimed = await storage.claimCaptures({ limit: 10, leaseMs: 0 });
      expect(claimed.map(({ orderId }) => orderId)).toEqual([second.id]);
    });
    await storage.close();
  });
});

describe('migrations', () => {
  it('are run once when two instances start at the same time', async () => {
    await database.server.query('CREATE DATABASE fresh');
    const options = { ...database.options('fresh'), directory: MIGRATIONS };
    const applied = await Promise.all([migrate(options), migrate(options), migrate(options)]);

    expect(applied.map(({ length }) => length).toSorted()).toEqual([0, 0, 4]);
    expect(await migrate(options)).toEqual([]);
  });

  it('leave nothing behind when one of them fails, and release the lock', async () => {
    await database.server.query('CREATE DATABASE broken');
    await database.server.query('CREATE TABLE orders (already int)', [], 'broken');
    const options = { ...database.options('broken'), directory: MIGRATIONS };

    await expect(migrate(options)).rejects.toThrow('relation "orders" already exists');
    await database.server.query('DROP TABLE orders', [], 'broken');
    expect(await migrate(options)).toHaveLength(4);
  });

  it('are known to be there or not, also where nothing may be written', async () => {
    await database.server.query('CREATE DATABASE followed');
    const options = { ...database.options('followed'), directory: MIGRATIONS };
    await expect(isMigrated(options)).rejects.toThrow('relation "schema_versions" does not exist');
    await migrate(options);
    await database.server.query('ALTER DATABASE followed SET default_transaction_read_only = on');

    expect(await isMigrated(options)).toBe(true);
    await database.server.query(
      'BEGIN READ WRITE; DELETE FROM schema_versions WHERE version = 4; COMMIT',
      [],
      'followed',
    );
    expect(await isMigrated(options)).toBe(false);
  });

  it('seed two hundred products that do not run out, and one that is sold out', async () => {
    const connections = createConnections(await database.createShop('seeded'));
    const catalogue = await createPostgresStorage(connections).readCatalogue();
    await connections.close();

    expect(catalogue).toHaveLength(201);
    expect(catalogue.filter(({ stock }) => stock === 1_000_000_000)).toHaveLength(200);
    expect(catalogue.find(({ stock }) => stock === 0)?.id).toBe('sold-out');
  });
});
