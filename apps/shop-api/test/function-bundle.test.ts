// The bundles of the functions, each alone in an empty folder, in a plain Node process, with an emulator of DynamoDB
// and a payment service behind them.
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { toOrderItem } from '../src/adapters/dynamodb/table.ts';
import type { HttpResult } from '../src/function/api-gateway.ts';
import { createBreakableLink } from './breakable-link.ts';
import { checkAgainstContract } from './contract-check.ts';
import { FIRST_START_MS, startTables, type TestTables } from './dynamodb.ts';
import { toEvent, toResponse } from './function/http-api.ts';
import { order, placement, product } from './storage-contract.ts';

const RUNTIME = fileURLToPath(new URL('function/runtime.mjs', import.meta.url));
const BUILD = fileURLToPath(new URL('../build.mjs', import.meta.url));

interface Running {
  readonly process: ChildProcess;
  /** @param sleptMs how long the function was frozen before, as far as the wall clock knows. */
  invoke<T>(event: unknown, sleptMs?: number): Promise<T>;
}

let folder: string;
let tables: TestTables;
let tableName: string;
let payment: Awaited<ReturnType<typeof startPayment>>;
const started: ChildProcess[] = [];

const bundleOf = (name: string) => join(folder, 'functions', name, 'index.mjs');

/** Says yes to everything, and keeps what it was asked. */
async function startPayment() {
  const keys: string[] = [];
  const captured: string[] = [];
  let hold: (() => void) | undefined;
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      const captures = /\/authorizations\/([^/]+)\/capture/.exec(request.url ?? '');
      if (captures?.[1] !== undefined) captured.push(captures[1]);
      else keys.push(String(request.headers['idempotency-key']));
      if (hold !== undefined) {
        hold();
        return;
      }
      response.writeHead(captures ? 200 : 201, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ id: `authorization-of-${keys.at(-1) ?? ''}` }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    keys,
    captured,
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    /** Leaves the next request without an answer; resolves when it has come. */
    holdNext: () =>
      new Promise<void>((resolve) => {
        hold = () => {
          hold = undefined;
          resolve();
        };
      }),
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

const environment = () => ({
  TABLE_NAME: tableName,
  PAYMENT_URL: payment.url,
  // Nobody listens there: opinions are soft.
  REVIEWS_URL: 'http://127.0.0.1:1',
  AWS_REGION: tables.dynamodb.region,
  AWS_ACCESS_KEY_ID: tables.dynamodb.credentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: tables.dynamodb.credentials.secretAccessKey,
  AWS_ENDPOINT_URL_DYNAMODB: tables.dynamodb.endpoint,
  AWS_LAMBDA_FUNCTION_NAME: 'shop-api',
});

/** Nothing of ours is inherited: what a bundle needs is in its file and its environment. */
async function run(name: string, changes: Record<string, string> = {}): Promise<Running> {
  const child = fork(RUNTIME, [bundleOf(name)], {
    cwd: folder,
    env: { ...environment(), ...changes },
    execArgv: [],
    stdio: 'pipe',
  });
  started.push(child);
  await once(child, 'message');
  let ids = 0;
  return {
    process: child,
    invoke: <T>(event: unknown, sleptMs = 0) =>
      new Promise<T>((resolve, reject) => {
        const id = (ids += 1);
        const onMessage = (answer: { id: number; result?: T; error?: string }) => {
          if (answer.id !== id) return;
          child.off('message', onMessage);
          if (answer.error === undefined) resolve(answer.result as T);
          else reject(new Error(answer.error));
        };
        child.on('message', onMessage);
        child.send({ id, event, remainingMs: 20_000, sleptMs });
      }),
  };
}

async function call(shop: Running, path: string, init: RequestInit = {}, sleptMs = 0): Promise<Response> {
  const result = await shop.invoke<HttpResult>(await toEvent(path, init), sleptMs);
  return checkAgainstContract(init.method ?? 'GET', path.split('?')[0] ?? '', toResponse(result));
}

const place = (shop: Running, key: string) => untilStatus(201, () => placeOnce(shop, key));

const placeOnce = (shop: Running, key: string) =>
  call(shop, '/orders', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': key, 'x-request-timeout-ms': '15000' },
    body: JSON.stringify({ reference: key, items: [{ productId: 'a', quantity: 1 }] }),
  });

/** The limits in the bundle are the real ones, and a busy machine may miss them: then the same is asked again. */
const untilStatus = (status: number, ask: () => Promise<Response>): Promise<Response> =>
  vi.waitFor(
    async () => {
      const response = await ask();
      expect(response.status).toBe(status);
      return response;
    },
    { timeout: 40_000, interval: 200 },
  );

const idOf = async (response: Response) => ((await response.json()) as { id: string }).id;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nines-functions-'));
  const builder = spawn(process.execPath, [BUILD, folder], { stdio: 'inherit' });
  await once(builder, 'exit');
  expect(builder.exitCode).toBe(0);
  tables = await startTables();
  tableName = await tables.createTable([product('a', 1_000), product('sold-out', 0)]);
  payment = await startPayment();
}, FIRST_START_MS);

afterAll(async () => {
  for (const child of started) child.kill('SIGKILL');
  payment.close();
  await tables.stop();
  await rm(folder, { recursive: true, force: true });
});

describe('the bundle of a function', () => {
  // Measured: 267,179 bytes (88,460 compressed), 206,544 (70,199), 171,344 (57,203). The SDK is 167 kB of each.
  it.each([
    ['shop-api', 270_000, 89_500],
    ['order-worker', 209_000, 71_200],
    ['seed-catalogue', 173_500, 58_000],
  ])('of %s has at most %i bytes, %i compressed', async (name, bytes, compressed) => {
    const content = await readFile(bundleOf(name));
    expect(content.length).toBeLessThanOrEqual(bytes);
    expect(gzipSync(content, { level: 9 }).length).toBeLessThanOrEqual(compressed);
  });

  it.each(['shop-api', 'order-worker', 'seed-catalogue'])('of %s needs nothing but Node', async (name) => {
    const content = await readFile(bundleOf(name), 'utf8');
    const needed = [...content.matchAll(/(?:\bfrom|\bimport|\bimport\(|\brequire\()\s*"([^"]+)"/g)].map(
      ([, from]) => from,
    );
    expect(needed.length).toBeGreaterThan(0);
    expect(
      needed.filter(
        (from) =>
          !/^(?:node:)?(?:async_hooks|buffer|crypto|fs|fs\/promises|http|https|http2|net|os|path|process|stream|tls|url|util|zlib)$/.test(
            from ?? '',
          ),
      ),
    ).toEqual([]);
  });

  it('names every wrong setting when it is initialised', async () => {
    const child = fork(RUNTIME, [bundleOf('shop-api')], {
      env: { LOG_LEVEL: 'loud' },
      execArgv: [],
      stdio: 'pipe',
    });
    let output = '';
    child.stderr?.on('data', (data: Buffer) => (output += data.toString()));
    const [code] = (await once(child, 'close')) as [number];
    expect(code).toBe(1);
    for (const name of ['TABLE_NAME', 'PAYMENT_URL', 'REVIEWS_URL', 'LOG_LEVEL'])
      expect(output).toContain(name);
  });
});

describe('the shop as a function', () => {
  let shop: Running;
  beforeAll(async () => {
    shop = await run('shop-api');
    await untilStatus(200, () => call(shop, '/products'));
  }, 60_000);

  it('serves the catalogue that it read while it was initialised, without opinions when there are none', async () => {
    expect(await (await call(shop, '/products')).json()).toMatchObject({
      items: [{ id: 'a' }, { id: 'sold-out' }],
    });
    expect(await (await call(shop, '/products/a')).json()).toMatchObject({ id: 'a', reviews: null });
    expect(await (await call(shop, '/readyz')).json()).toMatchObject({ status: 'ready' });
  });

  it('places an order once, however often it is sent, and reads it back', async () => {
    const first = await place(shop, 'once');
    const body = await first.text();
    const second = await place(shop, 'once');
    expect(second.headers.get('idempotent-replayed')).toBe('true');
    expect(await second.text()).toBe(body);
    const { id } = JSON.parse(body) as { id: string };
    expect(await (await call(shop, `/orders/${id}`)).json()).toEqual(JSON.parse(body));
  });

  it('shows what it read while it was initialised when DynamoDB is away, and knows how long it was frozen', async () => {
    const link = await createBreakableLink(Number(new URL(tables.dynamodb.endpoint).port));
    const endpoint = { AWS_ENDPOINT_URL_DYNAMODB: `http://127.0.0.1:${String(link.port)}` };
    // A busy machine may miss the limit of the first reading, too: then another function is started.
    const frozen = await vi.waitFor(
      async () => {
        link.heal();
        const candidate = await run('shop-api', endpoint);
        link.refuse();
        expect((await call(candidate, '/products')).status).toBe(200);
        return candidate;
      },
      { timeout: 40_000, interval: 100 },
    );
    const stale = await call(frozen, '/products', {}, 600_000);
    expect(stale.headers.get('x-data-freshness')).toBe('stale');
    expect(Number(stale.headers.get('age'))).toBeGreaterThanOrEqual(600);
    await link.close();
  }, 60_000);

  it('knows its paths, methods and limits', async () => {
    expect((await call(shop, '/nothing')).status).toBe(404);
    expect((await call(shop, '/orders', { method: 'DELETE' })).status).toBe(405);
    expect((await call(shop, '/products/NOT%20AN%20ID')).status).toBe(400);
    expect((await call(shop, '/products?limit=101')).status).toBe(400);
  });

  it('places an order once although it was killed while it waited for the payment', async () => {
    const victim = await run('shop-api');
    const held = payment.holdNext();
    void place(victim, 'killed').catch(() => undefined);
    await held;
    victim.process.kill('SIGKILL');
    await once(victim.process, 'exit');

    await place(shop, 'killed');
    const { items } = (await (await untilStatus(200, () => call(shop, '/orders'))).json()) as {
      items: { reference: string }[];
    };
    expect(items.filter(({ reference }) => reference === 'killed')).toHaveLength(1);
    // Both asked for the same authorization.
    expect(payment.keys.at(-1)).toBe(payment.keys.at(-2));
  }, 60_000);
});

describe('the order worker as a function', () => {
  const inserted = (id: string) => {
    const { pk, sk } = toOrderItem(placement({ ...order(1, {}), id }), 0);
    return JSON.stringify({ eventName: 'INSERT', dynamodb: { Keys: { pk, sk } } });
  };

  it('takes the payment of an order once, fails poison alone, and sweeps what no message came for', async () => {
    const [shop, worker] = await Promise.all([run('shop-api'), run('order-worker')]);
    await untilStatus(200, () => call(shop, '/products'));
    const reminded = await idOf(await place(shop, 'reminded'));
    const forgotten = await idOf(await place(shop, 'forgotten'));
    const statusOf = async (id: string) =>
      ((await (await call(shop, `/orders/${id}`)).json()) as { status: string }).status;

    const Records = [
      { messageId: 'good', body: inserted(reminded) },
      { messageId: 'poison', body: 'poison' },
      { messageId: 'again', body: inserted(reminded) },
    ];
    expect(await worker.invoke({ Records })).toEqual({ batchItemFailures: [{ itemIdentifier: 'poison' }] });
    expect([await statusOf(reminded), await statusOf(forgotten)]).toEqual(['paid', 'accepted']);

    const before = payment.captured.length;
    expect(await worker.invoke({ Records: Records.slice(0, 1) })).toEqual({ batchItemFailures: [] });
    expect(payment.captured).toHaveLength(before);
    await worker.invoke({ 'detail-type': 'Scheduled Event', source: 'aws.scheduler' });
    expect(await statusOf(forgotten)).toBe('paid');
  }, 60_000);
});
