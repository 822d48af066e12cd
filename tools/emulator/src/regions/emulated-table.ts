/** A region's table in its emulator, past the fault point, as the replication between regions reads and writes it. */
import type { Emulator } from '../emulator.ts';
import type { RegionTable, TableAnswer } from './global-table.ts';
import type { Item } from './item-writes.ts';

/** What a table is made of, as DynamoDB describes it. */
export interface TableShape {
  readonly TableName: string;
  readonly KeySchema: readonly { readonly AttributeName: string }[];
  readonly AttributeDefinitions: readonly object[];
  readonly GlobalSecondaryIndexes?: readonly {
    readonly IndexName: string;
    readonly KeySchema: readonly object[];
    readonly Projection: object;
  }[];
}

const API = 'DynamoDB_20120810';
/** As long as a function waits for the table at most, and more. */
const PATIENCE_MS = 30_000;
/** Said anew by whoever passes an answer on. */
const OF_CONNECTION = new Set([
  'connection',
  'content-length',
  'content-encoding',
  'keep-alive',
  'transfer-encoding',
  'date',
]);

export async function describeTable(
  { call }: Pick<Emulator, 'call'>,
  tableName: string,
): Promise<TableShape> {
  const { Table } = await call<{ readonly Table: TableShape }>(`${API}.DescribeTable`, {
    TableName: tableName,
  });
  return Table;
}

/** Makes the same table in another region, as a global table's replica is made. */
export async function createReplica({ call }: Pick<Emulator, 'call'>, shape: TableShape): Promise<void> {
  const { TableName, KeySchema, AttributeDefinitions, GlobalSecondaryIndexes } = shape;
  await call(`${API}.CreateTable`, {
    TableName,
    KeySchema,
    AttributeDefinitions,
    BillingMode: 'PAY_PER_REQUEST',
    ...(GlobalSecondaryIndexes === undefined
      ? {}
      : {
          GlobalSecondaryIndexes: GlobalSecondaryIndexes.map((index) => ({
            IndexName: index.IndexName,
            KeySchema: index.KeySchema,
            Projection: index.Projection,
          })),
        }),
  });
}

/** Where a signature says which region a request is for. */
const REGION_OF_SIGNATURE = /(Credential=[^/]+\/\d+\/)[^/]+/;

export function emulatedTable({
  endpoint,
  region,
  call,
}: Pick<Emulator, 'endpoint' | 'region' | 'call'>): RegionTable {
  return {
    async send({ headers, body }): Promise<TableAnswer> {
      const answer = await fetch(endpoint, {
        method: 'POST',
        // A function of another region may have made it, and the emulator looks for tables where the signature says.
        headers: {
          ...headers,
          authorization: (headers['authorization'] ?? '').replace(REGION_OF_SIGNATURE, `$1${region}`),
        },
        body,
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      return {
        status: answer.status,
        headers: Object.fromEntries([...answer.headers].filter(([name]) => !OF_CONNECTION.has(name))),
        body: await answer.text(),
      };
    },
    async read({ tableName, key }) {
      const { Item: item } = await call<{ readonly Item?: Item }>(`${API}.GetItem`, {
        TableName: tableName,
        Key: key,
        ConsistentRead: true,
      });
      return item;
    },
    async put(tableName, item) {
      await call(`${API}.PutItem`, { TableName: tableName, Item: item });
    },
    async remove({ tableName, key }) {
      await call(`${API}.DeleteItem`, { TableName: tableName, Key: key });
    },
    async scan(tableName) {
      const items: Item[] = [];
      let from: object | undefined;
      do {
        const page: { readonly Items: readonly Item[]; readonly LastEvaluatedKey?: object } = await call(
          `${API}.Scan`,
          {
            TableName: tableName,
            ConsistentRead: true,
            ...(from === undefined ? {} : { ExclusiveStartKey: from }),
          },
        );
        items.push(...page.Items);
        from = page.LastEvaluatedKey;
      } while (from !== undefined);
      return items;
    },
  };
}
