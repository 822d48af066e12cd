/**
 * The DynamoDB store. What it asks DynamoDB for is pinned here; that DynamoDB then keeps the contract is shown on an
 * engine: `NINES_DYNAMODB_ENDPOINT=http://127.0.0.1:4566 vitest run test/dynamodb.test.ts` runs the contract and
 * `NINES_INTERLEAVINGS` interleavings against MiniStack, DynamoDB Local or any other that speaks its protocol.
 */
import { describe, expect, test } from 'vitest';
import { createIdempotency } from '../src/idempotency.ts';
import { idempotencyContract, type StoreHarness } from '../src/idempotency-contract.ts';
import {
  createDynamodbStore,
  type DynamodbTransaction,
  type UpdateItem,
} from '../src/idempotency-dynamodb.ts';
import { runInterleaving } from '../src/idempotency-interleavings.ts';

const endpoint = process.env['NINES_DYNAMODB_ENDPOINT'];
const INTERLEAVINGS = Number(process.env['NINES_INTERLEAVINGS'] ?? 100);

/** A client that keeps what it was asked and answers what it is told. */
const scripted = (...answers: (object | Error)[]) => {
  const inputs: (UpdateItem & { ReturnValues: string })[] = [];
  const client = {
    updateItem(input: UpdateItem & { ReturnValues: 'UPDATED_NEW' }) {
      inputs.push(input);
      const answer = answers.shift() ?? {};
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
  };
  const options = { client, tableName: 'table', clock: { now: () => 5500 }, random: () => 0.25 };
  return { inputs, store: createDynamodbStore(options) };
};

const refused = (item?: object) =>
  Object.assign(new Error(), { name: 'ConditionalCheckFailedException' }, item && { Item: item });

const request = { key: 'k', fingerprint: 'f', leaseMs: 1000, retentionMs: 60_000 };

describe('the store asks', () => {
  test('to take a key, in one conditional update', async () => {
    const { inputs, store } = scripted({ Attributes: { fence: { N: '5501' } } });
    expect(await store.acquire(request)).toEqual({ fence: 5501 });
    expect(inputs).toEqual([
      {
        TableName: 'table',
        Key: { id: { S: 'k' } },
        UpdateExpression:
          'SET fence = if_not_exists(fence, :now) + :one, leaseUntil = :until, fingerprint = :fingerprint, ' +
          'expiresAt = :expires, holder = :holder REMOVE reply',
        ConditionExpression:
          'attribute_not_exists(fingerprint) OR expiresAt <= :seconds OR (attribute_not_exists(reply) AND ' +
          '(holder = :holder OR (leaseUntil <= :now AND fingerprint = :fingerprint)))',
        ExpressionAttributeValues: {
          ':now': { N: '5500' },
          ':one': { N: '1' },
          ':until': { N: '6500' },
          ':fingerprint': { S: 'f' },
          // 5500 + 60,000 ms, in whole seconds as the table's TTL takes them, rounded up.
          ':expires': { N: '66' },
          ':seconds': { N: '5' },
          ':holder': { S: '0.25' },
        },
        ReturnValues: 'UPDATED_NEW',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      },
    ]);
  });

  test('to complete in a transaction by adding its update to the items', async () => {
    const { inputs, store } = scripted();
    const items: { Update: UpdateItem }[] = [];
    const record = { key: 'k', fence: 7, reply: 'r', retentionMs: 60_000 };
    expect(await store.complete(record, items)).toBe(true);
    expect(inputs).toEqual([]);
    expect(items).toEqual([
      {
        Update: {
          TableName: 'table',
          Key: { id: { S: 'k' } },
          UpdateExpression: 'SET reply = :reply, expiresAt = :expires',
          ConditionExpression:
            'fence = :fence AND attribute_exists(fingerprint) AND (attribute_not_exists(reply) OR reply = :reply)',
          ExpressionAttributeValues: { ':fence': { N: '7' }, ':reply': { S: 'r' }, ':expires': { N: '66' } },
        },
      },
    ]);
  });

  test('to release only what it holds and has not completed', async () => {
    const { inputs, store } = scripted();
    expect(await store.release({ key: 'k', fence: 7 })).toBe(true);
    expect(inputs[0]).toMatchObject({
      UpdateExpression: 'REMOVE fingerprint',
      ConditionExpression: 'fence = :fence AND attribute_exists(fingerprint) AND attribute_not_exists(reply)',
    });
  });
});

describe('the store understands', () => {
  test('who holds a key, and for how long', async () => {
    const { store } = scripted(refused({ fingerprint: { S: 'g' }, leaseUntil: { N: '5800' } }));
    expect(await store.acquire(request)).toEqual({ fingerprint: 'g', reply: undefined, leaseLeftMs: 300 });
  });

  test('what was answered', async () => {
    const item = { fingerprint: { S: 'f' }, reply: { S: '"r"' }, leaseUntil: { N: '10' } };
    const { store } = scripted(refused(item));
    expect(await store.acquire(request)).toEqual({ fingerprint: 'f', reply: '"r"', leaseLeftMs: 0 });
  });

  test('a condition that did not hold as "no longer yours"', async () => {
    const { store } = scripted(refused(), refused());
    expect(await store.complete({ key: 'k', fence: 7, reply: 'r', retentionMs: 1 })).toBe(false);
    expect(await store.release({ key: 'k', fence: 7 })).toBe(false);
  });

  test('every other failure as a failure', async () => {
    const throttled = Object.assign(new Error('slow down'), { name: 'ThrottlingException' });
    await expect(scripted(throttled).store.acquire(request)).rejects.toBe(throttled);
    await expect(scripted(throttled).store.release({ key: 'k', fence: 7 })).rejects.toBe(throttled);
  });
});

/** Not defined without an endpoint, so that no run counts as skipped. */
const onAnEngine = () => {
  const call = async (operation: string, body: object) => {
    const response = await fetch(String(endpoint), {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': `DynamoDB_20120810.${operation}`,
        authorization:
          'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=x',
        'x-amz-date': '20260101T000000Z',
      },
      body: JSON.stringify(body),
    });
    const answer = (await response.json()) as Record<string, unknown>;
    if (response.ok) return answer;
    const name = String(answer['__type']).split('#').pop();
    throw Object.assign(new Error(String(answer['message'])), answer, { name });
  };

  const createTable = (name: string) =>
    call('CreateTable', {
      TableName: name,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    });

  const run = String(performance.timeOrigin);
  let harnesses = 0;

  const makeHarness = (): StoreHarness<DynamodbTransaction> => {
    const keyPrefix = `${run}-${String(harnesses++)}/`;
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
  };

  test('the tables are made', async () => {
    await createTable(`idempotency-${run}`);
    await createTable(`effects-${run}`);
  });

  for (const { name, run: runCase } of idempotencyContract) test(name, () => runCase(makeHarness()));

  test(`${String(INTERLEAVINGS)} interleavings on DynamoDB`, async () => {
    let takeovers = 0;
    for (let seed = 1; seed <= INTERLEAVINGS; seed++) {
      takeovers += (await runInterleaving(seed, { createIdempotency, makeHarness })).takeovers;
    }
    expect(takeovers).toBeGreaterThan(INTERLEAVINGS / 5);
  }, 3_600_000);
};

if (endpoint) describe('on an engine', onAnEngine);
