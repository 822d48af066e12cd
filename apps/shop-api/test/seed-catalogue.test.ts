import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDynamodbConnection } from '../src/adapters/dynamodb/connection.ts';
import { seedCatalogue } from '../src/adapters/dynamodb/seed.ts';
import { productKey } from '../src/adapters/dynamodb/table.ts';
import { createConnections } from '../src/adapters/postgres/connections.ts';
import { createPostgresStorage } from '../src/adapters/postgres/postgres-storage.ts';
import { createCustomResource } from '../src/function/custom-resource.ts';
import { startDatabase, type TestDatabase } from './database.ts';
import { FIRST_START_MS, openStorage, PATIENT, startTables, type TestTables } from './dynamodb.ts';
import { createMemoryLog } from './stand-ins.ts';

describe('a new table', () => {
  let tables: TestTables;
  let database: TestDatabase;
  beforeAll(async () => {
    [tables, database] = await Promise.all([startTables(), startDatabase()]);
  }, FIRST_START_MS);
  afterAll(async () => {
    await Promise.all([tables.stop(), database.stop()]);
  });

  it('gets the catalogue that a new PostgreSQL has, and keeps what was sold since when it is seeded again', async () => {
    const tableName = await tables.createTable([]);
    const { endpoint, region, credentials } = tables.dynamodb;
    const connection = createDynamodbConnection({ client: { endpoint, region, credentials }, ...PATIENT });
    const storage = openStorage(tables, tableName);
    const postgres = createPostgresStorage(createConnections(await database.createShop('seeded')));

    await seedCatalogue(connection, tableName);
    const catalogue = await storage.readCatalogue();
    expect(catalogue).toEqual(await postgres.readCatalogue());
    expect(catalogue).toHaveLength(201);

    await tables.client.send(
      new UpdateItemCommand({
        TableName: tableName,
        Key: productKey('product-001'),
        UpdateExpression: 'SET stock = stock - :one',
        ExpressionAttributeValues: { ':one': { N: '1' } },
      }),
    );
    await seedCatalogue(connection, tableName);
    expect((await storage.readCatalogue())[0]).toMatchObject({ id: 'product-001', stock: 999_999_999 });
    connection.close();
    await Promise.all([storage.close(), postgres.close()]);
  }, 60_000);
});

describe('a custom resource', () => {
  const event = {
    RequestType: 'Create',
    ResponseURL: 'https://cloudformation.test/answer?signature=s',
    StackId: 'stack',
    RequestId: 'request',
    LogicalResourceId: 'Seed',
  } as const;

  function create(work: () => Promise<void>, status = 200) {
    const told: { url: string; method: string | undefined; body: unknown }[] = [];
    const log = createMemoryLog();
    const handler = createCustomResource({
      work,
      log,
      fetch: (url, { method, body }) => {
        told.push({ url, method, body: JSON.parse(String(body)) });
        return Promise.resolve(new Response(null, { status }));
      },
    });
    return { told, log, handler };
  }

  it('does its work and tells CloudFormation', async () => {
    let worked = 0;
    const { told, handler } = create(() => Promise.resolve(void (worked += 1)));
    await handler(event);
    expect(worked).toBe(1);
    expect(told).toEqual([
      {
        url: event.ResponseURL,
        method: 'PUT',
        body: {
          Status: 'SUCCESS',
          PhysicalResourceId: 'Seed',
          StackId: 'stack',
          RequestId: 'request',
          LogicalResourceId: 'Seed',
        },
      },
    ]);
  });

  it('does nothing when it goes, and keeps the id that it had', async () => {
    const { told, handler } = create(() => Promise.reject(new Error('worked')));
    await handler({ ...event, RequestType: 'Delete', PhysicalResourceId: 'first' });
    expect(told[0]?.body).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'first' });
  });

  it('tells CloudFormation why it failed, rather than let it wait', async () => {
    const { told, log, handler } = create(() => Promise.reject(new Error('the table is away')));
    await handler({ ...event, RequestType: 'Update' });
    expect(told[0]?.body).toMatchObject({ Status: 'FAILED', Reason: 'the table is away' });
    expect(log.lines).toHaveLength(1);
  });

  it('fails when CloudFormation does not take the answer', async () => {
    await expect(create(() => Promise.resolve(), 403).handler(event)).rejects.toThrow('403');
  });
});
