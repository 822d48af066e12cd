/**
 * What is behind every contestant: the same emulator of DynamoDB, with a table for each way of laying out the data, and
 * payment and reviews that say yes at once.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  BatchWriteItemCommand,
  CreateTableCommand,
  DynamoDBClient,
  type CreateTableCommandInput,
} from '@aws-sdk/client-dynamodb';
import { startLocalDynamodb } from '@nines/local-dynamodb';
import type { ContestantName } from './bundles.ts';
import { SHOP } from './bundles.ts';
import { startFunction } from './function-process.ts';

export interface Backend {
  /** A contestant's whole environment. */
  environmentOf(name: ContestantName): Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

const string = (...names: string[]) =>
  names.map((AttributeName) => ({ AttributeName, AttributeType: 'S' as const }));

const PLAIN: Omit<CreateTableCommandInput, 'TableName'> = {
  BillingMode: 'PAY_PER_REQUEST',
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ],
  AttributeDefinitions: string('pk', 'sk'),
};

/** As the stacks create it. */
const OF_THE_SHOP: typeof PLAIN = {
  ...PLAIN,
  AttributeDefinitions: [...string('pk', 'sk', 'dueGroup'), { AttributeName: 'dueAt', AttributeType: 'N' }],
  GlobalSecondaryIndexes: [
    {
      IndexName: 'due',
      KeySchema: [
        { AttributeName: 'dueGroup', KeyType: 'HASH' },
        { AttributeName: 'dueAt', KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'KEYS_ONLY' },
    },
  ],
};

const OF_POWERTOOLS: typeof PLAIN = {
  BillingMode: 'PAY_PER_REQUEST',
  KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
  AttributeDefinitions: string('id'),
};

const OPINIONS = JSON.stringify({
  reviews: { average: 4.5, count: 12, latest: [{ author: 'Ada', rating: 5, text: 'Sturdy.' }] },
  recommendations: [{ productId: 'product-002' }],
});

/** As many products as the shop's own catalogue has. */
const PRODUCTS = 200;
/** What one request may write. */
const BATCH = 25;

async function addProducts(client: DynamoDBClient, tableName: string): Promise<void> {
  const puts = Array.from({ length: PRODUCTS }, (_, index) => ({
    PutRequest: {
      Item: {
        pk: { S: 'products' },
        sk: { S: `product-${String(index + 1).padStart(3, '0')}` },
        name: { S: `Product ${String(index + 1)}` },
        priceCents: { N: '499' },
        stock: { N: '1000000000' },
      },
    },
  }));
  for (let from = 0; from < puts.length; from += BATCH) {
    const RequestItems = { [tableName]: puts.slice(from, from + BATCH) };
    await client.send(new BatchWriteItemCommand({ RequestItems }));
  }
}

/** Payment, reviews, and CloudFormation, which is told that the catalogue is there. */
async function startThirdParties() {
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    request.resume().on('end', () => {
      response.writeHead(request.method === 'POST' ? 201 : 200, { 'content-type': 'application/json' });
      response.end(request.method === 'POST' ? '{"id":"authorization"}' : OPINIONS);
    });
  };
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** @param seedFunction the bundle of the shop's function that fills its table. */
export async function startBackend(seedFunction: string): Promise<Backend> {
  const dynamodb = await startLocalDynamodb();
  const { endpoint, region, credentials } = dynamodb;
  const thirdParties = await startThirdParties();
  const client = new DynamoDBClient({ endpoint, region, credentials });
  // An engine that was running already may hold the tables of an earlier run.
  const run = String(performance.timeOrigin);
  const tables = { shop: `shop-${run}`, plain: `plain-${run}`, keys: `keys-${run}` };
  const { url } = thirdParties;
  const common = {
    PAYMENT_URL: url,
    REVIEWS_URL: url,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_ENDPOINT_URL: endpoint,
    AWS_LAMBDA_FUNCTION_NAME: 'cold-start',
    IDEMPOTENCY_TABLE_NAME: tables.keys,
  };
  const environmentOf = (name: ContestantName) => ({
    ...common,
    TABLE_NAME: name === SHOP ? tables.shop : tables.plain,
  });

  await client.send(new CreateTableCommand({ TableName: tables.shop, ...OF_THE_SHOP }));
  await client.send(new CreateTableCommand({ TableName: tables.plain, ...PLAIN }));
  await client.send(new CreateTableCommand({ TableName: tables.keys, ...OF_POWERTOOLS }));
  await addProducts(client, tables.plain);
  const seed = await startFunction(seedFunction, environmentOf(SHOP));
  await seed.invoke({ RequestType: 'Create', ResponseURL: url, LogicalResourceId: 'seed' });
  seed.stop();
  return {
    environmentOf,
    stop: async () => {
      client.destroy();
      thirdParties.close();
      await dynamodb.stop();
    },
  };
}
