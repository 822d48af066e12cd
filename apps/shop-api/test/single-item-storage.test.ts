import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll } from 'vitest';
import { FIRST_START_MS, openStorage, startTables, type TestTables } from './dynamodb.ts';
import { describeIntakeResults, describeNamedCaptures, describeStorage } from './storage-contract.ts';

let tables: TestTables;

beforeAll(async () => {
  tables = await startTables();
}, FIRST_START_MS);

afterAll(async () => {
  await tables.stop();
});

const SINGLE_ITEMS = { newAttemptId: randomUUID };

describeStorage('DynamoDB without transactions', {
  createStorage: async (products) => openStorage(tables, await tables.createTable(products), SINGLE_ITEMS),
  propertyRuns: 10,
});

describeIntakeResults('DynamoDB without transactions', async () =>
  openStorage(tables, await tables.createTable([]), SINGLE_ITEMS),
);

describeNamedCaptures('DynamoDB without transactions', async (products, clock) =>
  openStorage(tables, await tables.createTable(products), { clock, ...SINGLE_ITEMS }),
);
