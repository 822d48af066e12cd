/** The PostgreSQL store against a real PostgreSQL: the contract, and interleavings with transactions of their own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createPostgresServer,
  freePort,
  preparePostgresBinaries,
  type PostgresServer,
} from '@nines/local-postgres';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createIdempotency } from '../src/idempotency.ts';
import { idempotencyContract, type StoreHarness } from '../src/idempotency-contract.ts';
import { runInterleaving } from '../src/idempotency-interleavings.ts';
import { createPostgresStore, postgresStoreTable, type PostgresClient } from '../src/idempotency-postgres.ts';

const superuser = { user: 'postgres', password: 'only-for-this-test' };
/** A few hundred here; `NINES_INTERLEAVINGS=10000` is the full search. */
const INTERLEAVINGS = Number(process.env['NINES_INTERLEAVINGS'] ?? 200);

let directory: string;
let server: PostgresServer;
let pool: pg.Pool;
let harnesses = 0;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'nines-idempotency-'));
  server = createPostgresServer({
    name: 'idempotency',
    directory: join(directory, 'data'),
    port: await freePort(),
    binaries: await preparePostgresBinaries(directory),
    superuser,
    settings: { fsync: 'off', full_page_writes: 'off' },
  });
  await server.initialise();
  await server.start();
  pool = new pg.Pool({ host: '127.0.0.1', port: server.port, database: 'postgres', ...superuser, max: 60 });
  await pool.query(postgresStoreTable());
  await pool.query(postgresStoreTable());
  await pool.query('create table effects (harness text not null, effect text not null)');
}, 120_000);

afterAll(async () => {
  await pool.end();
  await server.crash();
  await rm(directory, { recursive: true, force: true });
}, 60_000);

const makeHarness = (): StoreHarness<PostgresClient> => {
  const keyPrefix = `h${String(harnesses++)}/`;
  return {
    store: createPostgresStore({ client: pool }),
    keyPrefix,
    async passTime(ms) {
      await pool.query(
        `update idempotency set lease_until = lease_until - $2 * interval '1 millisecond',
           expires_at = expires_at - $2 * interval '1 millisecond' where starts_with(key, $1)`,
        [keyPrefix, ms],
      );
    },
    async transact(effect, work) {
      const client = await pool.connect();
      try {
        await client.query('begin');
        await client.query('insert into effects values ($1, $2)', [keyPrefix, effect]);
        await work(client);
        await client.query('commit');
      } catch (error) {
        await client.query('rollback');
        throw error;
      } finally {
        client.release();
      }
    },
    async effects() {
      const { rows } = await pool.query<{ effect: string }>('select effect from effects where harness = $1', [
        keyPrefix,
      ]);
      return rows.map(({ effect }) => effect);
    },
  };
};

describe('the PostgreSQL store keeps the contract', () => {
  for (const { name, run } of idempotencyContract) test(name, () => run(makeHarness()));
});

test(`${String(INTERLEAVINGS)} interleavings on PostgreSQL`, async () => {
  let takeovers = 0;
  for (let seed = 1; seed <= INTERLEAVINGS; seed++) {
    takeovers += (await runInterleaving(seed, { createIdempotency, makeHarness })).takeovers;
  }
  expect(takeovers).toBeGreaterThan(INTERLEAVINGS / 5);
}, 1_800_000);

test('a duplicate does not wait for a holder that is just committing', async () => {
  const { store, transact } = makeHarness();
  const key = 'committing';
  const request = { key, fingerprint: 'f', leaseMs: 60_000, retentionMs: 60_000 };
  const { fence = 0 } = await store.acquire(request);
  await transact('effect', async (client) => {
    await store.complete({ key, fence, reply: 'r', retentionMs: 60_000 }, client);
    // The row is locked now, and what is committed still says that the key is held.
    expect(await store.acquire(request)).toMatchObject({ fingerprint: 'f' });
  });
  expect((await store.acquire(request)).reply).toBe('r');
});

test('a sweep removes what is past its retention, and nothing else', async () => {
  const { store, passTime } = makeHarness();
  const sweeping = createPostgresStore({ client: pool });
  await sweeping.sweep();
  await store.acquire({ key: 'h-old', fingerprint: '', leaseMs: 1, retentionMs: 1 });
  await pool.query(`update idempotency set expires_at = clock_timestamp() where key = 'h-old'`);
  await store.acquire({ key: 'h-new', fingerprint: '', leaseMs: 60_000, retentionMs: 60_000 });
  expect(await sweeping.sweep()).toBe(1);
  await passTime(0);
  expect(
    (await store.acquire({ key: 'h-new', fingerprint: '', leaseMs: 1, retentionMs: 1 })).fence,
  ).toBeUndefined();
});

test.each(['idempotency; drop table x', 'a-b', '', 'a.b.c', '"quoted"'])(
  '%j is not taken for a table',
  (table) => {
    expect(() => createPostgresStore({ client: pool, table })).toThrow(RangeError);
    expect(() => postgresStoreTable(table)).toThrow(RangeError);
  },
);
