/** A DynamoDB emulator for one test file, and storages in it, each with a table of its own. */
import { CreateTableCommand, DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { startLocalDynamodb, type LocalDynamodb } from '@nines/local-dynamodb';
import {
  createDynamodbConnection,
  type DynamodbConnectionOptions,
} from '../src/adapters/dynamodb/connection.ts';
import {
  createDynamodbStorage,
  type DynamodbStorageOptions,
} from '../src/adapters/dynamodb/dynamodb-storage.ts';
import { tableDefinition, toProductItem } from '../src/adapters/dynamodb/table.ts';
import type { Product } from '../src/ports/storage.ts';
import { createContentionRetry } from '../src/resilience/contention.ts';
import { createCountingMetrics } from './stand-ins.ts';

/** The first start on a machine installs the emulator. */
export const FIRST_START_MS = 300_000;

export interface TestTables {
  readonly dynamodb: LocalDynamodb;
  /** For requests of a test's own. */
  readonly client: DynamoDBClient;
  /** Makes a table that holds these products, and returns its name. */
  createTable(products: readonly Product[]): Promise<string>;
  stop(): Promise<void>;
}

export async function startTables(): Promise<TestTables> {
  const dynamodb = await startLocalDynamodb();
  const { endpoint, region, credentials } = dynamodb;
  const client = new DynamoDBClient({ endpoint, region, credentials });
  // An engine that was running already may hold the tables of an earlier run.
  const run = String(performance.timeOrigin);
  let tables = 0;
  return {
    dynamodb,
    client,
    createTable: async (products) => {
      const TableName = `shop-${run}-${String((tables += 1))}`;
      await client.send(new CreateTableCommand(tableDefinition(TableName)));
      await Promise.all(
        products.map((product) =>
          client.send(new PutItemCommand({ TableName, Item: toProductItem(product) })),
        ),
      );
      return TableName;
    },
    stop: async () => {
      client.destroy();
      await dynamodb.stop();
    },
  };
}

/** The system's clock, so that leases and due times are those of the other machines. */
const wallClock = { now: () => new Date().getTime() };

/** The emulator is one process on a machine that may be busy; the real limits have tests of their own. */
export const PATIENT = { connectTimeoutMs: 20_000, requestTimeoutMs: 20_000, callTimeoutMs: 20_000 };

export function openStorage(
  { dynamodb: { endpoint, region, credentials } }: Pick<TestTables, 'dynamodb'>,
  tableName: string,
  changes: Partial<DynamodbStorageOptions> & { readonly limits?: DynamodbConnectionOptions } = {},
) {
  const { limits = PATIENT, ...options } = changes;
  const client = { endpoint, region, credentials };
  return createDynamodbStorage({
    connection: createDynamodbConnection({ client, ...limits }),
    tableName,
    clock: wallClock,
    contention: createContentionRetry({ metrics: createCountingMetrics(), timing: { clock: performance } }),
    ...options,
  });
}
