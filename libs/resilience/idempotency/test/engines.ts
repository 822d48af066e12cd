/**
 * Stores on real engines, as the contract and the search want them: made on first need, each harness under keys of its
 * own, gone with `stop`.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLocalDynamodb } from '@nines/local-dynamodb';
import { createPostgresServer, freePort, preparePostgresBinaries } from '@nines/local-postgres';
import pg from 'pg';
import type { StoreHarness } from '../src/idempotency-contract.ts';
import { createDynamodbStore, type DynamodbTransaction } from '../src/idempotency-dynamodb.ts';
import { createPostgresStore, postgresStoreTable, type PostgresClient } from '../src/idempotency-postgres.ts';

export interface Engine<Tx> {
  /** What answers, for whoever reads the figures. */
  readonly name: string;
  makeHarness(): StoreHarness<Tx>;
  stop(): Promise<void>;
}

const superuser = { user: 'postgres', password: 'only-for-this-test' };

/** Records stay when a harness is done with them: the table grows to ten thousands of rows, as a table does. */
const postgresHarness = (pool: pg.Pool, keyPrefix: string): StoreHarness<PostgresClient> => ({
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
});

/** A PostgreSQL of its own, as npm ships it. It need not survive a power cut, so it does not wait for the disk. */
export async function startPostgres(): Promise<Engine<PostgresClient> & { readonly pool: pg.Pool }> {
  const directory = await mkdtemp(join(tmpdir(), 'nines-idempotency-'));
  const server = createPostgresServer({
    name: 'idempotency',
    directory: join(directory, 'data'),
    port: await freePort(),
    binaries: await preparePostgresBinaries(directory),
    superuser,
    settings: { fsync: 'off', full_page_writes: 'off' },
  });
  await server.initialise();
  await server.start();
  const pool = new pg.Pool({
    host: '127.0.0.1',
    port: server.port,
    database: 'postgres',
    ...superuser,
    max: 60,
  });
  await pool.query(postgresStoreTable());
  await pool.query('create table effects (harness text not null, effect text not null)');
  await pool.query('create index effects_harness on effects (harness)');
  const { rows } = await pool.query<{ server_version: string }>('show server_version');
  let harnesses = 0;
  return {
    name: `PostgreSQL ${rows[0]?.server_version ?? ''}`,
    pool,
    makeHarness: () => postgresHarness(pool, `h${String(harnesses++)}/`),
    async stop() {
      await pool.end();
      await server.crash();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** The protocol by hand: so the store is shown to need nothing of the SDK but the shape of one method. */
const createCall = (endpoint: string) => async (operation: string, body: object) => {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `DynamoDB_20120810.${operation}`,
      authorization:
        'AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-1/dynamodb/aws4_request, SignedHeaders=host, Signature=x',
      'x-amz-date': '20260101T000000Z',
    },
    body: JSON.stringify(body),
  });
  const answer = (await response.json()) as Record<string, unknown>;
  if (response.ok) return answer;
  const name = String(answer['__type']).split('#').pop();
  throw Object.assign(new Error(String(answer['message'])), answer, { name });
};

type Call = ReturnType<typeof createCall>;

const createTable = (call: Call, name: string) =>
  call('CreateTable', {
    TableName: name,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
  });

function dynamodbHarness(call: Call, run: string, keyPrefix: string): StoreHarness<DynamodbTransaction> {
  const tried: string[] = [];
  let now = 1_700_000_000_000;
  return {
    keyPrefix,
    store: createDynamodbStore({
      client: { updateItem: (input) => call('UpdateItem', input) },
      tableName: `idempotency-${run}`,
      clock: { now: () => now },
    }),
    passTime(ms) {
      now += ms;
    },
    async transact(effect, work) {
      tried.push(effect);
      const items: object[] = [
        { Put: { TableName: `effects-${run}`, Item: { id: { S: keyPrefix + effect } } } },
      ];
      await work(items as unknown as DynamodbTransaction);
      await call('TransactWriteItems', { TransactItems: items });
    },
    async effects() {
      const kept: string[] = [];
      for (const effect of new Set(tried)) {
        const Key = { id: { S: keyPrefix + effect } };
        const found = await call('GetItem', { TableName: `effects-${run}`, Key, ConsistentRead: true });
        if (found['Item']) kept.push(effect);
      }
      return kept;
    },
  };
}

/** The pinned emulator, installed on first need; or the engine that `NINES_DYNAMODB_ENDPOINT` names. */
export async function startDynamodb(log?: (line: string) => void): Promise<Engine<DynamodbTransaction>> {
  const dynamodb = await startLocalDynamodb(log ? { log } : {});
  const call = createCall(dynamodb.endpoint);
  // An engine that was there before may know tables of an earlier run.
  const run = String(performance.timeOrigin);
  await createTable(call, `idempotency-${run}`);
  await createTable(call, `effects-${run}`);
  let harnesses = 0;
  return {
    name: dynamodb.pid === undefined ? `DynamoDB at ${dynamodb.endpoint}` : 'DynamoDB as MiniStack has it',
    makeHarness: () => dynamodbHarness(call, run, `${String(harnesses++)}/`),
    stop: () => dynamodb.stop(),
  };
}
