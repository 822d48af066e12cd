/** A real PostgreSQL with the shop's schema, for one test file; everything goes when it stops. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  createPostgresServer,
  freePort,
  preparePostgresBinaries,
  type PostgresServer,
} from '@nines/local-postgres';
import type { ConnectionsOptions } from '../src/adapters/postgres/connections.ts';
import { migrate } from '../src/adapters/postgres/migrate.ts';
import type { Product } from '../src/ports/storage.ts';

export const MIGRATIONS = fileURLToPath(new URL('../migrations', import.meta.url));

const superuser = { user: 'postgres', password: 'only-for-this-test' };

/** Leaves these products in a shop's database, and nothing else. */
export async function resetShop(
  server: PostgresServer,
  name: string,
  products: readonly Product[],
): Promise<void> {
  await server.query(
    'TRUNCATE products, orders, order_items, idempotency_keys, outbox, order_intakes',
    [],
    name,
  );
  await server.query(
    `INSERT INTO products (id, name, price_cents, currency, stock)
     SELECT id, name, "priceCents", currency, stock
     FROM json_to_recordset($1) AS p (id text, name text, "priceCents" bigint, currency text, stock bigint)`,
    [JSON.stringify(products)],
    name,
  );
}

export interface TestDatabase {
  readonly server: PostgresServer;
  readonly passwordFile: string;
  /** How to connect to a database of this server. */
  options(database: string): ConnectionsOptions;
  /** Makes a database with the schema and the seed catalogue; a copy of a template, so it takes no time. */
  createShop(name: string): Promise<ConnectionsOptions>;
  stop(): Promise<void>;
}

export async function startDatabase(): Promise<TestDatabase> {
  const directory = await mkdtemp(join(tmpdir(), 'nines-shop-'));
  const binaries = await preparePostgresBinaries(directory);
  const server = createPostgresServer({
    name: 'shop',
    directory: join(directory, 'data'),
    port: await freePort(),
    binaries,
    superuser,
    // Nothing here has to outlive the machine; a crash of the server alone loses nothing either way.
    settings: { fsync: 'off', full_page_writes: 'off' },
  });
  await server.initialise();
  await server.start();
  const passwordFile = join(directory, 'password');
  await writeFile(passwordFile, `${superuser.password}\n`, { mode: 0o600 });
  const options = (database: string): ConnectionsOptions => ({
    host: '127.0.0.1',
    port: server.port,
    database,
    user: superuser.user,
    password: () => Promise.resolve(superuser.password),
  });
  await server.query('CREATE DATABASE shop_template');
  await migrate({ ...options('shop_template'), directory: MIGRATIONS });
  return {
    server,
    passwordFile,
    options,
    createShop: async (name) => {
      await server.query(`CREATE DATABASE ${name} TEMPLATE shop_template`);
      return options(name);
    },
    stop: async () => {
      // Its data goes with it, so nothing needs to be flushed.
      await server.crash();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
