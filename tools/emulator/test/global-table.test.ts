/** The replication between regions, with two real emulators: what it copies is what DynamoDB's protocol says. */
import { createGuardian } from '@nines/local-cloud';
import type { Guardian } from '@nines/local-cloud';
import { createFakeClock } from '@nines/testing';
import type { FakeClock } from '@nines/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startEmulator } from '../src/emulator.ts';
import type { Emulator } from '../src/emulator.ts';
import { createReplica, describeTable, emulatedTable } from '../src/regions/emulated-table.ts';
import { createGlobalTable } from '../src/regions/global-table.ts';
import type { Consistency, GlobalTable } from '../src/regions/global-table.ts';

const LONGEST_MS = 300_000;
const API = 'DynamoDB_20120810';
const REGIONS = ['eu-west-1', 'eu-central-1'] as const;

let guardian: Guardian;
let clock: FakeClock;
let emulators: readonly Emulator[];

beforeAll(async () => {
  guardian = createGuardian();
  emulators = await Promise.all(REGIONS.map((region) => startEmulator({ guardian, region })));
}, LONGEST_MS);
afterAll(() => guardian.close());

/** A table in the first region, made again in the second one as its description says. */
async function tableOf(TableName: string, consistency: Consistency): Promise<GlobalTable> {
  const [home, other] = emulators;
  if (!home || !other) throw new Error('there are not two emulators');
  await home.call(`${API}.CreateTable`, {
    TableName,
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
    AttributeDefinitions: ['pk', 'sk', 'dueGroup'].map((AttributeName) => ({
      AttributeName,
      AttributeType: 'S',
    })),
    BillingMode: 'PAY_PER_REQUEST',
    GlobalSecondaryIndexes: [
      {
        IndexName: 'due',
        KeySchema: [{ AttributeName: 'dueGroup', KeyType: 'HASH' }],
        Projection: { ProjectionType: 'KEYS_ONLY' },
      },
    ],
  });
  await home.call(`${API}.PutItem`, { TableName, Item: { ...key('product', '1'), stock: { N: '5' } } });
  const shape = await describeTable(home, TableName);
  await createReplica(other, shape);
  clock = createFakeClock();
  const global = createGlobalTable({
    tableName: TableName,
    keyNames: shape.KeySchema.map(({ AttributeName }) => AttributeName),
    consistency,
    regions: REGIONS,
    lagMs: 1000,
    clock,
    onError: (error) => {
      throw error;
    },
  });
  await global.join(REGIONS[0], emulatedTable(home));
  await global.join(REGIONS[1], emulatedTable(other));
  return global;
}

const key = (pk: string, sk: string) => ({ pk: { S: pk }, sk: { S: sk } });

/** A request as a function of this region would make it. */
const requestOf = (region: string, operation: string, input: object) => ({
  operation,
  headers: {
    'content-type': 'application/x-amz-json-1.0',
    'x-amz-target': `${API}.${operation}`,
    authorization: `AWS4-HMAC-SHA256 Credential=test/20260101/${region}/dynamodb/aws4_request, SignedHeaders=host, Signature=x`,
  },
  body: JSON.stringify(input),
});

/** An order that nobody has placed yet. */
const newOrder = (TableName: string, id: string) => ({
  TableName,
  Item: { ...key('order', id), dueGroup: { S: 'open' } },
  ConditionExpression: 'attribute_not_exists(pk)',
});
/** One less of what it takes. */
const oneLess = (TableName: string) => ({
  TableName,
  Key: key('product', '1'),
  UpdateExpression: 'SET stock = stock - :one',
  ConditionExpression: 'stock >= :one',
  ExpressionAttributeValues: { ':one': { N: '1' } },
});
const transaction = (region: string, tableName: string, id: string) =>
  requestOf(region, 'TransactWriteItems', {
    TransactItems: [{ Put: newOrder(tableName, id) }, { Update: oneLess(tableName) }],
  });

/** Orders that are due, by the index, and what is left of the product. */
async function contentsOf({ call }: Emulator, TableName: string) {
  const due = await call<{ Items: readonly { sk: { S: string } }[] }>(`${API}.Query`, {
    TableName,
    IndexName: 'due',
    KeyConditionExpression: 'dueGroup = :open',
    ExpressionAttributeValues: { ':open': { S: 'open' } },
  });
  const product = await call<{ Item: { stock: { N: string } } }>(`${API}.GetItem`, {
    TableName,
    Key: key('product', '1'),
  });
  return { due: due.Items.map(({ sk }) => sk.S).sort(), stock: product.Item.stock.N };
}
const everywhere = (tableName: string) => Promise.all(emulators.map((one) => contentsOf(one, tableName)));

it(
  'copies a transaction into the other region after the lag, its index included',
  { timeout: LONGEST_MS },
  async () => {
    const global = await tableOf('eventual', 'eventual');
    expect(await everywhere('eventual')).toEqual([
      { due: [], stock: '5' },
      { due: [], stock: '5' },
    ]);
    expect((await global.write('eu-west-1', transaction('eu-west-1', 'eventual', 'a'))).status).toBe(200);
    // The copy is read after the answer, and only then waits.
    while (clock.pendingTimers() < 2) await new Promise((resolve) => setImmediate(resolve));
    expect(await everywhere('eventual')).toEqual([
      { due: ['a'], stock: '4' },
      { due: [], stock: '5' },
    ]);
    await clock.advance(1000);
    await global.settle();
    expect(await everywhere('eventual')).toEqual([
      { due: ['a'], stock: '4' },
      { due: ['a'], stock: '4' },
    ]);
  },
);

it(
  'has an order in both regions before it is answered, and takes no second one for it in either',
  { timeout: LONGEST_MS },
  async () => {
    const global = await tableOf('strong', 'strong');
    const put = (region: string) =>
      global.write(region, requestOf(region, 'PutItem', newOrder('strong', 'a')));
    const answers = await Promise.all(REGIONS.map(put));
    expect(answers.map(({ status }) => status)).toEqual([200, 400]);
    expect(answers[1]?.body).toContain('ConditionalCheckFailedException');
    const update = requestOf('eu-central-1', 'UpdateItem', oneLess('strong'));
    expect((await global.write('eu-central-1', update)).status).toBe(200);
    expect(await everywhere('strong')).toEqual([
      { due: ['a'], stock: '4' },
      { due: ['a'], stock: '4' },
    ]);
  },
);
