import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createConnections, type ConnectionsOptions } from '../src/adapters/postgres/connections.ts';
import { migrate } from '../src/adapters/postgres/migrate.ts';
import { createPostgresStorage } from '../src/adapters/postgres/postgres-storage.ts';
import type { Product } from '../src/ports/storage.ts';
import { MIGRATIONS, startDatabase, type TestDatabase } from './database.ts';
import { describeStorage } from './storage-contract.ts';

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
  await database.server.query('TRUNCATE products, orders, order_items, idempotency_keys, outbox', [], 'shop');
  await database.server.query(
    `INSERT INTO products (id, name, price_cents, currency, stock)
     SELECT id, name, "priceCents", currency, stock
     FROM json_to_recordset($1) AS p (id text, name text, "priceCents" bigint, currency text, stock bigint)`,
    [JSON.stringify(products)],
    'shop',
  );
  return createPostgresStorage(createConnections(shop));
}

describeStorage('PostgreSQL', { createStorage, propertyRuns: 10 });

describe('migrations', () => {
  it('are run once when two instances start at the same time', async () => {
    await database.server.query('CREATE DATABASE fresh');
    const options = { ...database.options('fresh'), directory: MIGRATIONS };
    const applied = await Promise.all([migrate(options), migrate(options), migrate(options)]);

    expect(applied.map(({ length }) => length).toSorted()).toEqual([0, 0, 3]);
    expect(await migrate(options)).toEqual([]);
  });

  it('leave nothing behind when one of them fails, and release the lock', async () => {
    await database.server.query('CREATE DATABASE broken');
    await database.server.query('CREATE TABLE orders (already int)', [], 'broken');
    const options = { ...database.options('broken'), directory: MIGRATIONS };

    await expect(migrate(options)).rejects.toThrow('relation "orders" already exists');
    await database.server.query('DROP TABLE orders', [], 'broken');
    expect(await migrate(options)).toHaveLength(3);
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
