import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHttpFaultPoint } from './http-fault-point.ts';
import type { HttpFaultPoint, TableFault } from './http-fault-point.ts';

let table: Server;
let seen: string[];
let point: HttpFaultPoint;
let sleeps: { ms: number; end: () => void }[];
let draws: number[];

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
};

beforeEach(async () => {
  seen = [];
  sleeps = [];
  draws = [];
  table = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      seen.push(`${String(request.headers['x-amz-target'])} ${request.headers.host ?? ''} ${body}`);
      response.writeHead(201, { 'x-of': 'the table' }).end('answer');
    });
  });
  await new Promise<void>((resolve) => table.listen(0, '127.0.0.1', resolve));
  const { port } = table.address() as AddressInfo;
  point = await createHttpFaultPoint({
    target: () => ({ host: '127.0.0.1', port }),
    clock: { sleep: (ms) => new Promise((end) => sleeps.push({ ms, end })) },
    random: () => draws.shift() ?? 0,
  });
});
afterEach(async () => {
  await point.close();
  table.closeAllConnections();
  await new Promise((resolve) => table.close(resolve));
});

const send = (operation = 'DynamoDB_20120810.GetItem', signal?: AbortSignal) =>
  fetch(point.url, {
    method: 'POST',
    headers: { 'x-amz-target': operation },
    body: 'question',
    ...(signal === undefined ? {} : { signal }),
  });

describe('a way to the table without a fault', () => {
  it('passes requests and answers on as they are', async () => {
    const answer = await send();
    expect([answer.status, answer.headers.get('x-of'), await answer.text()]).toEqual([
      201,
      'the table',
      'answer',
    ]);
    expect(seen).toEqual([`DynamoDB_20120810.GetItem ${new URL(point.url).host} question`]);
    expect(point.hits).toBe(0);
  });

  it('breaks the connection while there is nothing behind it', async () => {
    const nowhere = await createHttpFaultPoint({
      target: () => undefined,
      clock: { sleep: () => Promise.resolve() },
      random: () => 0,
    });
    await expect(fetch(nowhere.url)).rejects.toThrow('fetch failed');
    await nowhere.close();
  });
});

describe('a table that is', () => {
  it.each([
    ['throttled', 400, 'com.amazonaws.dynamodb.v20120810#ThrottlingException'],
    ['erring', 500, 'com.amazonaws.dynamodb.v20120810#InternalServerError'],
  ] as const)('%s answers as DynamoDB does, and sees nothing of it', async (kind, status, type) => {
    point.inject({ kind });
    const answer = await send();
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ __type: type });
    expect(seen).toEqual([]);
    expect(point.hits).toBe(1);
    point.heal();
    expect((await send()).status).toBe(201);
  });

  it('refused breaks the connection', async () => {
    point.inject({ kind: 'refused' });
    await expect(send()).rejects.toThrow('fetch failed');
  });

  it('hanging answers nothing, and breaks what waits when it is healed', async () => {
    point.inject({ kind: 'hanging' });
    let settled = false;
    const waiting = send().then(
      () => 'answered',
      () => 'broken',
    );
    void waiting.then(() => (settled = true));
    await expect.poll(() => point.hits).toBe(1);
    expect(settled).toBe(false);
    point.heal();
    expect(await waiting).toBe('broken');
    expect(seen).toEqual([]);
  });

  it('delayed answers later', async () => {
    point.inject({ kind: 'delayed', delayMs: 700 });
    const waiting = send();
    await expect.poll(() => sleeps.map(({ ms }) => ms)).toEqual([700]);
    expect(seen).toEqual([]);
    sleeps[0]?.end();
    expect((await waiting).status).toBe(201);
  });
});

describe('a fault', () => {
  const statusesUnder = async (fault: TableFault, operations: string[]): Promise<number[]> => {
    point.inject(fault);
    const statuses: number[] = [];
    for (const operation of operations) statuses.push((await send(operation)).status);
    return statuses;
  };

  it('hits its share of the requests', async () => {
    draws = [0.29, 0.3, 0, 0.99];
    const four = Array.from({ length: 4 }, () => 'DynamoDB_20120810.Query');
    expect(await statusesUnder({ kind: 'throttled', share: 0.3 }, four)).toEqual([400, 201, 400, 201]);
    expect(point.hits).toBe(2);
  });

  it('hits only the operations that are named', async () => {
    const operations = ['DynamoDB_20120810.TransactWriteItems', 'DynamoDB_20120810.Query'];
    expect(await statusesUnder({ kind: 'erring', operations: ['TransactWriteItems'] }, operations)).toEqual([
      500, 201,
    ]);
  });

  it('leaves other services alone', async () => {
    expect(await statusesUnder({ kind: 'erring' }, ['AmazonSQS.SendMessage', 'x'])).toEqual([201, 201]);
  });
});

describe('a table that is in several regions', () => {
  const asked: string[] = [];
  let writes: HttpFaultPoint;
  beforeEach(async () => {
    asked.length = 0;
    writes = await createHttpFaultPoint({
      target: () => point.address,
      clock: { sleep: (ms) => new Promise((end) => sleeps.push({ ms, end })) },
      random: () => 0,
      writer:
        () =>
        ({ operation, headers, body }) => {
          asked.push(`${operation} ${String(headers['x-amz-target'])} ${String(headers['host'])} ${body}`);
          return body === 'lost'
            ? Promise.reject(new Error('the region is lost'))
            : Promise.resolve({ status: 202, headers: { 'x-of': 'the writer' }, body: 'written' });
        },
    });
  });
  afterEach(() => writes.close());
  const ask = (operation: string, body = 'question') =>
    fetch(writes.url, { method: 'POST', headers: { 'x-amz-target': operation }, body });

  it('has what changes items carried out by its writer, and all else passed on', async () => {
    const answer = await ask('DynamoDB_20120810.PutItem');
    expect([answer.status, answer.headers.get('x-of'), await answer.text()]).toEqual([
      202,
      'the writer',
      'written',
    ]);
    expect(asked).toEqual(['PutItem DynamoDB_20120810.PutItem undefined question']);
    expect(seen).toEqual([]);
    expect((await ask('DynamoDB_20120810.GetItem')).status).toBe(201);
    expect((await ask('AmazonSQS.SendMessage')).status).toBe(201);
    expect(asked).toHaveLength(1);
  });

  it('breaks the connection when there is no answer', async () => {
    await expect(ask('DynamoDB_20120810.PutItem', 'lost')).rejects.toThrow('fetch failed');
  });

  it('is reached by a write only when the fault before it lets it pass, and later when that delays it', async () => {
    writes.inject({ kind: 'erring' });
    expect((await ask('DynamoDB_20120810.PutItem')).status).toBe(500);
    expect(asked).toEqual([]);
    writes.inject({ kind: 'delayed', delayMs: 700 });
    const late = ask('DynamoDB_20120810.PutItem');
    while (sleeps.length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect([sleeps[0]?.ms, asked]).toEqual([700, []]);
    sleeps[0]?.end();
    expect((await late).status).toBe(202);
  });
});
