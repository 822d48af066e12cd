// The bundles of the functions, each alone in an empty folder, in a plain Node process, with an emulator of DynamoDB
// and a payment service behind them.
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { toOrderItem } from '../src/adapters/dynamodb/table.ts';
import { createBreakableLink } from './breakable-link.ts';
import { FIRST_START_MS } from './dynamodb.ts';
import {
  call,
  idOf,
  place,
  RUNTIME,
  startFunctionBench,
  untilStatus,
  type FunctionBench,
  type RunningFunction,
} from './function/function-process.ts';
import { order, placement, product } from './storage-contract.ts';

let bench: FunctionBench;
let tableName: string;

const run = (name: string, changes: Readonly<Record<string, string>> = {}) =>
  bench.run(name, { TABLE_NAME: tableName, ...changes });

beforeAll(async () => {
  bench = await startFunctionBench();
  tableName = await bench.tables.createTable([product('a', 1_000), product('sold-out', 0)]);
}, FIRST_START_MS);

afterAll(async () => {
  await bench.stop();
});

describe('the bundle of a function', () => {
  // Measured: 274,594 bytes (91,060 compressed), 214,423 (72,683), 171,555 (57,273). The SDK is 167 kB of each; orders
  // of single items are some 6,400 (2,000) of the first and, with housekeeping, 7,000 (2,200) of the second.
  it.each([
    ['shop-api', 276_500, 91_500],
    ['order-worker', 216_000, 73_400],
    ['seed-catalogue', 173_500, 58_000],
  ])('of %s has at most %i bytes, %i compressed', async (name, bytes, compressed) => {
    const content = await readFile(bench.bundleOf(name));
    expect(content.length).toBeLessThanOrEqual(bytes);
    expect(gzipSync(content, { level: 9 }).length).toBeLessThanOrEqual(compressed);
  });

  it.each(['shop-api', 'order-worker', 'seed-catalogue'])('of %s needs nothing but Node', async (name) => {
    const content = await readFile(bench.bundleOf(name), 'utf8');
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
    const child = fork(RUNTIME, [bench.bundleOf('shop-api')], {
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
  let shop: RunningFunction;
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
    const link = await createBreakableLink(Number(new URL(bench.tables.dynamodb.endpoint).port));
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
    const stale = await call(frozen, '/products', {}, { sleptMs: 600_000 });
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
    const held = bench.payment.holdNext();
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
    expect(bench.payment.keys.at(-1)).toBe(bench.payment.keys.at(-2));
  }, 60_000);
});

describe('the shop as a function, on a table that takes no transactions', () => {
  const single = { ORDER_WRITES: 'single-item' };
  const readTable = async () => {
    const { Items = [] } = await bench.tables.client.send(new ScanCommand({ TableName: tableName }));
    return Items;
  };

  it('places an order once, although another function was killed on the way to it, and the worker keeps house', async () => {
    const [shop, worker, victim] = await Promise.all([
      run('shop-api', single),
      run('order-worker', single),
      run('shop-api', single),
    ]);
    await untilStatus(200, () => call(shop, '/products'));
    const held = bench.payment.holdNext();
    void place(victim, 'single-killed').catch(() => undefined);
    await held;
    victim.process.kill('SIGKILL');
    await once(victim.process, 'exit');

    const id = await idOf(await place(shop, 'single-killed'));
    expect((await place(shop, 'single-killed')).headers.get('idempotent-replayed')).toBe('true');
    const key = (await readTable()).find(({ pk }) => pk?.S === 'key#single-killed');
    // The mark of an order of single items; a transaction's record has none.
    expect(key?.['attemptId']?.S).toMatch(/^[\w-]{12}$/);
    // A busy machine may miss the adapter's limits, here and below.
    await vi.waitFor(
      async () => {
        expect(await worker.invoke({ work: 'housekeeping' })).toEqual({ settled: 0, forgotten: 0 });
      },
      { timeout: 30_000, interval: 200 },
    );
    await vi.waitFor(
      async () => {
        await worker.invoke({ 'detail-type': 'Scheduled Event', source: 'aws.scheduler' });
        const shown = await untilStatus(200, () => call(shop, `/orders/${id}`));
        expect(await shown.json()).toMatchObject({ status: 'paid' });
      },
      { timeout: 30_000, interval: 200 },
    );
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

    const before = bench.payment.captured.length;
    expect(await worker.invoke({ Records: Records.slice(0, 1) })).toEqual({ batchItemFailures: [] });
    expect(bench.payment.captured).toHaveLength(before);
    await worker.invoke({ 'detail-type': 'Scheduled Event', source: 'aws.scheduler' });
    expect(await statusOf(forgotten)).toBe('paid');
  }, 60_000);
});
