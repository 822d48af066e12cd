// The SDK's client under our limits, against a server on loopback that answers, refuses or keeps silent as told.
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import {
  createDynamodbConnection,
  type DynamodbConnection,
  type DynamodbConnectionOptions,
} from '../src/adapters/dynamodb/connection.ts';

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

const json = (status: number, body: object) => (response: ServerResponse) => {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' });
  response.end(JSON.stringify(body));
};
const found = json(200, { Item: { pk: { S: 'there' } } });
const refuse = (status: number, type: string) =>
  json(status, { __type: `com.amazonaws.dynamodb.v20120810#${type}`, message: 'no' });
const keepSilent: Answer = () => undefined;
const hangUp: Answer = (response) => response.destroy();

/** A server that gives these answers, and then the last of them again and again. */
async function serve(...answers: [Answer, ...Answer[]]) {
  let requests = 0;
  let connections = 0;
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      const answer = answers[Math.min(requests, answers.length - 1)] ?? answers[0];
      requests += 1;
      answer(response, request);
    });
  });
  server.on('connection', () => (connections += 1));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { endpoint: `http://127.0.0.1:${String(port)}`, seen: () => ({ requests, connections }) };
}

function connect(endpoint: string, options: DynamodbConnectionOptions = {}): DynamodbConnection {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const connection = createDynamodbConnection({
    client: { endpoint, region: 'eu-west-1', credentials },
    ...options,
  });
  closing.push(() => {
    connection.close();
  });
  return connection;
}

const get = (connection: DynamodbConnection, timeoutMs?: number) =>
  connection.call(timeoutMs === undefined ? undefined : { timeoutMs }, (send) =>
    send(new GetItemCommand({ TableName: 'shop', Key: { pk: { S: 'a' }, sk: { S: 'b' } } })),
  );

const unavailable = (callerGaveUp: boolean) =>
  expect.objectContaining({ code: 'storage-unavailable', callerGaveUp }) as unknown;

async function durationOf(work: Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work;
  return performance.now() - startedAt;
}

describe('a connection to DynamoDB', () => {
  it('takes what is left of a deadline as it is, with its fractions', async () => {
    const { endpoint } = await serve(found);
    expect((await get(connect(endpoint), 447.501_607)).Item).toEqual({ pk: { S: 'there' } });
  });

  it('is used again by the next call', async () => {
    const server = await serve(found);
    const connection = connect(server.endpoint);
    for (let n = 0; n < 5; n++) await get(connection);
    expect(server.seen()).toEqual({ requests: 5, connections: 1 });
  });

  it('is made anew when it broke while nobody used it, and nobody notices', async () => {
    const server = await serve(found, hangUp, found);
    const connection = connect(server.endpoint);
    await get(connection);
    expect((await get(connection)).Item).toEqual({ pk: { S: 'there' } });
    expect(server.seen()).toEqual({ requests: 3, connections: 2 });
  });
});

describe('an answer that does not come', () => {
  it('is asked for again, elsewhere, after the limit of a request', async () => {
    const server = await serve(keepSilent, found);
    const connection = connect(server.endpoint, { requestTimeoutMs: 50 });
    expect((await get(connection)).Item).toEqual({ pk: { S: 'there' } });
    expect(server.seen()).toEqual({ requests: 2, connections: 2 });
  });

  it('is not waited for beyond the limit of a call', async () => {
    const server = await serve(keepSilent);
    const connection = connect(server.endpoint, { requestTimeoutMs: 60_000, callTimeoutMs: 450 });
    const ms = await durationOf(expect(get(connection)).rejects.toEqual(unavailable(false)));
    expect(ms).toBeGreaterThan(400);
    expect(ms).toBeLessThan(5_000);
  });

  it('says nothing about DynamoDB when the caller had no time for it', async () => {
    const server = await serve(keepSilent);
    const connection = connect(server.endpoint, { requestTimeoutMs: 60_000 });
    await expect(get(connection, 30)).rejects.toEqual(unavailable(true));
    await expect(get(connection, -5)).rejects.toEqual(unavailable(true));
  });
});

describe('an error', () => {
  it('of the network means that DynamoDB is away', async () => {
    const server = await serve(hangUp);
    await expect(get(connect(server.endpoint))).rejects.toEqual(unavailable(false));
    await expect(get(connect('http://127.0.0.1:1'))).rejects.toEqual(unavailable(false));
  });

  it('of DynamoDB itself does, too, after three attempts', async () => {
    const server = await serve(refuse(500, 'InternalServerError'));
    await expect(get(connect(server.endpoint))).rejects.toEqual(unavailable(false));
    expect(server.seen().requests).toBe(3);
  });

  it.each([
    'ProvisionedThroughputExceededException',
    'ThrottlingException',
    'RequestLimitExceeded',
    'ReplicatedWriteConflictException',
  ])(
    'of capacity, or of another region at the same item (%s), is no sign that DynamoDB is away',
    async (type) => {
      const server = await serve(refuse(400, type));
      await expect(get(connect(server.endpoint))).rejects.toEqual(unavailable(true));
      expect(server.seen().requests).toBe(3);
    },
  );

  it('about the request itself is given to the caller as it is, at once', async () => {
    const server = await serve(refuse(400, 'ValidationException'));
    await expect(get(connect(server.endpoint))).rejects.toMatchObject({ name: 'ValidationException' });
    expect(server.seen().requests).toBe(1);
  });

  it('of our own code is not taken for one of DynamoDB', async () => {
    const bug = new TypeError('a bug');
    const connection = connect('http://127.0.0.1:1');
    await expect(connection.call(undefined, () => Promise.reject(bug))).rejects.toBe(bug);
  });
});

describe('what must not be done twice', () => {
  const once = (connection: DynamodbConnection) =>
    connection.call(undefined, (_, sendOnce) =>
      sendOnce(new GetItemCommand({ TableName: 'shop', Key: { pk: { S: 'a' }, sk: { S: 'b' } } })),
    );

  it('is sent once, whatever becomes of it', async () => {
    const answers = [keepSilent, hangUp, refuse(500, 'InternalServerError')] as const;
    for (const answer of answers) {
      const server = await serve(answer, found);
      const sent = once(connect(server.endpoint, { requestTimeoutMs: 50 }));
      await expect(sent).rejects.toEqual(unavailable(false));
      expect(server.seen().requests).toBe(1);
    }
    const server = await serve(refuse(400, 'ReplicatedWriteConflictException'), found);
    await expect(once(connect(server.endpoint))).rejects.toEqual(unavailable(true));
    expect(server.seen().requests).toBe(1);
  });

  it('uses the connections that are there', async () => {
    const server = await serve(found);
    const connection = connect(server.endpoint);
    for (let n = 0; n < 3; n++) await get(connection).then(() => once(connection));
    expect(server.seen()).toEqual({ requests: 6, connections: 1 });
  });
});
