/** The DynamoDB store: what it asks DynamoDB for is pinned here, and an emulator shows that this keeps the contract. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { idempotencyContract } from '../src/idempotency-contract.ts';
import {
  createDynamodbStore,
  type DynamodbTransaction,
  type UpdateItem,
} from '../src/idempotency-dynamodb.ts';
import { startDynamodb, type Engine } from './engines.ts';
import { searchInterleavings } from './search-interleavings.ts';

/** Two hundred here; `npm run interleavings` searches for as long as one likes. */
const INTERLEAVINGS = 200;

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

describe('on an engine', () => {
  let engine: Engine<DynamodbTransaction>;
  // The first start on a machine installs the emulator.
  beforeAll(async () => {
    engine = await startDynamodb();
  }, 600_000);
  afterAll(async () => {
    await engine.stop();
  }, 60_000);
  const makeHarness = () => engine.makeHarness();

  for (const { name, run } of idempotencyContract) test(name, () => run(makeHarness()));

  test(`${String(INTERLEAVINGS)} interleavings on DynamoDB`, async () => {
    const { total, found } = await searchInterleavings(engine, { seed: 1, count: INTERLEAVINGS });
    expect(found).toBeUndefined();
    expect(total.takeovers).toBeGreaterThan(INTERLEAVINGS / 5);
  }, 300_000);
});
