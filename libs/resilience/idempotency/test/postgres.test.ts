/** The PostgreSQL store against a real PostgreSQL: the contract, and interleavings with transactions of their own. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { idempotencyContract } from '../src/idempotency-contract.ts';
import { createPostgresStore, postgresStoreTable } from '../src/idempotency-postgres.ts';
import { startPostgres } from './engines.ts';
import { searchInterleavings } from './search-interleavings.ts';

/** A few hundred here; `npm run interleavings` searches for as long as one likes. */
const INTERLEAVINGS = 300;

let engine: Awaited<ReturnType<typeof startPostgres>>;
beforeAll(async () => {
  engine = await startPostgres();
}, 120_000);
afterAll(async () => {
  await engine.stop();
}, 60_000);
const makeHarness = () => engine.makeHarness();

test('the statements that make the table do nothing when it is there', async () => {
  await engine.pool.query(postgresStoreTable());
});

describe('the PostgreSQL store keeps the contract', () => {
  for (const { name, run } of idempotencyContract) test(name, () => run(makeHarness()));
});

test(`${String(INTERLEAVINGS)} interleavings on PostgreSQL`, async () => {
  const { total, found } = await searchInterleavings(engine, { seed: 1, count: INTERLEAVINGS });
  expect(found).toBeUndefined();
  expect(total.takeovers).toBeGreaterThan(INTERLEAVINGS / 5);
}, 120_000);

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
  const sweeping = createPostgresStore({ client: engine.pool });
  await sweeping.sweep();
  await store.acquire({ key: 'h-old', fingerprint: '', leaseMs: 1, retentionMs: 1 });
  await engine.pool.query(`update idempotency set expires_at = clock_timestamp() where key = 'h-old'`);
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
    expect(() => createPostgresStore({ client: engine.pool, table })).toThrow(RangeError);
    expect(() => postgresStoreTable(table)).toThrow(RangeError);
  },
);
