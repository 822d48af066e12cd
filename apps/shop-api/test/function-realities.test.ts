// What Lambda does to a process, done to the bundles: it freezes and thaws them, ends them when their time is over,
// delivers messages twice, and kills them. And what AppConfig and SQS are to them, in an emulator.
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createBreakableLink, type BreakableLink } from './breakable-link.ts';
import { FIRST_START_MS } from './dynamodb.ts';
import { createTestLevers, type TestLevers } from './function/app-config.ts';
import { createEventSource, type EventSource, type TestQueue } from './function/event-source.ts';
import {
  call,
  idOf,
  place,
  placeOnce,
  startFunctionBench,
  untilStatus,
  type FunctionBench,
  type RunningFunction,
} from './function/function-process.ts';
import { intakeIdOf } from '../src/core/order-intake.ts';
import type { QueueResult } from '../src/function/worker-handler.ts';
import { order, placement, product } from './storage-contract.ts';

/** A pull of a lever is looked for after 20 s; the functions are told that they slept for longer. */
const SLEPT = { sleptMs: 25_000 };

let bench: FunctionBench;
let tableName: string;
let source: EventSource;
let link: BreakableLink;

const run = (name: string, changes: Readonly<Record<string, string>> = {}) =>
  bench.run(name, { TABLE_NAME: tableName, ...changes });

beforeAll(async () => {
  bench = await startFunctionBench();
  const { endpoint } = bench.tables.dynamodb;
  tableName = await bench.tables.createTable([product('a', 1_000)]);
  source = createEventSource(endpoint, `realities-${String(performance.timeOrigin)}`);
  link = await createBreakableLink(Number(new URL(endpoint).port));
}, FIRST_START_MS);

afterAll(async () => {
  await link.close();
  await bench.stop();
});

beforeEach(() => {
  link.heal();
});

/** DynamoDB can be cut off; AppConfig and SQS are reached directly. */
const throughLink = () => ({ AWS_ENDPOINT_URL_DYNAMODB: `http://127.0.0.1:${String(link.port)}` });

async function startShop(changes: Readonly<Record<string, string>> = {}): Promise<RunningFunction> {
  const shop = await run('shop-api', changes);
  await untilStatus(200, () => call(shop, '/products'));
  return shop;
}

const deliver = (queueUrl: string, worker: RunningFunction) =>
  source.deliver(queueUrl, (event) => worker.invoke<QueueResult>(event));

describe('the emergency levers in AppConfig', () => {
  let levers: TestLevers;
  beforeEach(async () => {
    levers = await createTestLevers(bench.tables.dynamodb.endpoint);
  });

  /** One that has found the shop read-only as it started: a busy machine may miss the limit of the first reading. */
  const startReadOnly = (changes: Readonly<Record<string, string>> = {}): Promise<RunningFunction> => {
    const start = async () => {
      const candidate = await startShop({ ...levers.environment, ...changes });
      const refused = await placeOnce(candidate, `before-${String(performance.now())}`);
      expect([refused.status, await refused.json()]).toMatchObject([503, { code: 'writer-unavailable' }]);
      return candidate;
    };
    return vi.waitFor(start, { timeout: 40_000 });
  };

  it('are found pulled by a function that starts, and let go by one that was frozen meanwhile', async () => {
    await levers.pull({ 'read-only': true });
    const shop = await startReadOnly();
    await levers.pull({ 'read-only': false });
    expect((await placeOnce(shop, 'read-only')).status).toBe(503);
    await untilStatus(201, () => placeOnce(shop, 'read-only', SLEPT));
  }, 60_000);

  it('each do what they do in a server', async () => {
    const shop = await startShop(levers.environment);
    const statusOf = async (path: string, agent = 'Firefox') =>
      (await call(shop, path, { headers: { 'user-agent': agent } }, SLEPT)).status;
    await levers.pull({ 'shed-sheddable': true, 'block-bots': true });
    await vi.waitFor(async () => expect(await statusOf('/orders')).toBe(503), { timeout: 20_000 });
    expect(await statusOf('/products', 'Googlebot')).toBe(503);
    expect(await statusOf('/products')).toBe(200);
    await levers.pull({ 'serve-static': true });
    await vi.waitFor(
      async () => {
        const response = await call(shop, '/orders', {}, SLEPT);
        expect([response.status, response.headers.get('x-data-freshness')]).toEqual([200, 'stale']);
      },
      { timeout: 20_000 },
    );
  }, 60_000);

  it('stay where they are while AppConfig is away', async () => {
    await levers.pull({ 'read-only': true });
    const { port } = new URL(bench.tables.dynamodb.endpoint);
    const config = await createBreakableLink(Number(port));
    const shop = await startReadOnly({
      AWS_ENDPOINT_URL_APPCONFIGDATA: `http://127.0.0.1:${String(config.port)}`,
    });
    config.refuse();
    await levers.pull({ 'read-only': false });
    expect((await placeOnce(shop, 'held', SLEPT)).status).toBe(503);
    config.heal();
    await untilStatus(201, () => placeOnce(shop, 'held', SLEPT));
    await config.close();
  }, 90_000);
});

describe('an order that the table refuses', () => {
  let queue: TestQueue;
  beforeEach(async () => {
    queue = await source.createQueue(3);
  });

  const startKeeping = () => startShop({ ...throughLink(), ORDER_INTAKE_QUEUE_URL: queue.url });

  it('is kept in the queue, told the same twice, and stored and paid once by the worker', async () => {
    const [shop, worker] = [await startKeeping(), await run('order-worker')];
    link.refuse();
    const kept = await untilStatus(202, () => placeOnce(shop, 'kept'));
    const body = await kept.text();
    expect(await (await untilStatus(202, () => placeOnce(shop, 'kept'))).text()).toBe(body);

    link.heal();
    while ((await deliver(queue.url, worker)) > 0);
    const location = kept.headers.get('location') ?? '';
    const { orderId, ...result } = (await (
      await untilStatus(200, () => call(shop, location))
    ).json()) as Record<string, string>;
    expect(result).toEqual({ id: (JSON.parse(body) as { id: string }).id, status: 'stored' });
    const again = await place(shop, 'kept');
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(await again.json()).toMatchObject({ id: orderId });
    await worker.invoke({ Records: [{ messageId: 'hint', body: JSON.stringify({ orderId }) }] });
    expect(bench.payment.captured.filter((id) => id.endsWith(bench.payment.keys.at(-1) ?? ''))).toHaveLength(
      1,
    );
    const orders = (await (await call(shop, '/orders')).json()) as { items: { reference: string }[] };
    expect(orders.items.filter(({ reference }) => reference === 'kept')).toHaveLength(1);
  }, 60_000);

  it('waits in the queue for as long as the worker cannot store it either', async () => {
    const worker = await run('order-worker', throughLink());
    const waiting = placement(order(1, { a: 1 }), { idempotencyKey: 'waiting' });
    const fresh = { ...waiting, order: { ...waiting.order, createdAt: new Date().toISOString() } };
    await source.send(queue.url, JSON.stringify({ placement: fresh }));
    link.refuse();
    expect(await deliver(queue.url, worker)).toBe(1);
    link.heal();
    expect(await vi.waitFor(() => deliver(queue.url, worker))).toBe(1);
    expect(await deliver(queue.url, worker)).toBe(0);
  }, 60_000);

  it('does not wait behind poison, which goes to the dead-letter queue after its deliveries', async () => {
    const worker = await run('order-worker');
    const good = placement(order(2, { a: 1 }), { idempotencyKey: 'beside-poison' });
    const fresh = { ...good, order: { ...good.order, createdAt: new Date().toISOString() } };
    await source.send(queue.url, '{"placement":{}}');
    await source.send(queue.url, JSON.stringify({ placement: fresh }));
    expect(await deliver(queue.url, worker)).toBe(2);
    expect(await deliver(queue.url, worker)).toBe(1);
    expect(await deliver(queue.url, worker)).toBe(1);
    expect(await deliver(queue.url, worker)).toBe(0);
    const bodies: string[] = [];
    await source.deliver(queue.deadLetterUrl, ({ Records }) => {
      bodies.push(...Records.map(({ body }) => body));
      return Promise.resolve({ batchItemFailures: [] });
    });
    expect(bodies).toEqual(['{"placement":{}}']);
  }, 60_000);
});

describe('what was put aside, and is delivered again as the runbook says once its cause is mended', () => {
  const DELIVERIES = 3;
  const HOUR_MS = 3_600_000;
  let queue: TestQueue;
  beforeEach(async () => {
    queue = await source.createQueue(DELIVERIES);
  });

  const keptAt = (name: string, atMs: number, number: number) => {
    const made = placement(order(number, { a: 1 }), { idempotencyKey: name });
    return { ...made, order: { ...made.order, createdAt: new Date(atMs).toISOString() } };
  };

  /** Delivered as often as its queue does, to a worker that cannot reach the table. */
  async function putAside(body: string): Promise<void> {
    const worker = await run('order-worker', throughLink());
    await source.send(queue.url, body);
    link.refuse();
    for (let time = 0; time < DELIVERIES; time++) expect(await deliver(queue.url, worker)).toBe(1);
    expect(await deliver(queue.url, worker)).toBe(0);
    link.heal();
  }

  async function redrive(): Promise<void> {
    expect(await source.redrive(queue)).toBe(1);
    const worker = await run('order-worker');
    // A busy machine may miss the limit of a first request.
    for (let time = 0; time < DELIVERIES && (await deliver(queue.url, worker)) > 0; time++);
    expect(await deliver(queue.url, worker)).toBe(0);
    expect(await source.redrive(queue)).toBe(0);
  }

  const resultOf = async (kept: ReturnType<typeof keptAt>): Promise<unknown> => {
    const shop = await startShop({ ORDER_INTAKE_QUEUE_URL: queue.url });
    return (await untilStatus(200, () => call(shop, `/order-intakes/${intakeIdOf(kept)}`))).json();
  };

  it('is, of a kept order, an order', async () => {
    const kept = keptAt('put-aside', new Date().getTime() - 19 * HOUR_MS, 3);
    await putAside(JSON.stringify({ placement: kept }));
    expect(await resultOf(kept)).toMatchObject({ status: 'pending' });
    await redrive();
    expect(await resultOf(kept)).toMatchObject({ status: 'stored', orderId: kept.order.id });
  }, 120_000);

  it('is, of an order that was kept more than twenty hours ago, a refusal', async () => {
    const kept = keptAt('too-late', new Date().getTime() - 21 * HOUR_MS, 4);
    await putAside(JSON.stringify({ placement: kept }));
    await redrive();
    expect(await resultOf(kept)).toMatchObject({ status: 'refused', reason: 'expired' });
    const shop = await startShop();
    expect((await call(shop, `/orders/${kept.order.id}`)).status).toBe(404);
  }, 120_000);

  it('is, of a reminder, a payment that is taken', async () => {
    const shop = await startShop();
    const orderId = await idOf(await place(shop, 'reminded-again'));
    await putAside(JSON.stringify({ orderId }));
    await redrive();
    expect(await (await call(shop, `/orders/${orderId}`)).json()).toMatchObject({ status: 'paid' });
  }, 120_000);
});

it('a payment whose worker was killed while it took it is taken by another, once the lease is over', async () => {
  const [shop, killed, other] = [await startShop(), await run('order-worker'), await run('order-worker')];
  const id = await idOf(await place(shop, 'lease'));
  const hint = { Records: [{ messageId: 'hint', body: JSON.stringify({ orderId: id }) }] };
  const held = bench.payment.holdNext();
  void killed.invoke(hint).catch(() => undefined);
  await held;
  killed.process.kill('SIGKILL');
  const taken = () => bench.payment.captured.length;
  const before = taken();

  // Somebody has it: the hint is done, and nothing is taken.
  expect(await other.invoke(hint)).toEqual({ batchItemFailures: [] });
  expect(taken()).toBe(before);
  const duringNextSweep = { sleptMs: 31_000 };
  await other.invoke({ 'detail-type': 'Scheduled Event' }, duringNextSweep);
  expect(taken()).toBeGreaterThan(before);
  expect(await (await call(shop, `/orders/${id}`)).json()).toMatchObject({ status: 'paid' });
}, 60_000);

describe('a function', () => {
  it('uses its connections again, invocation after invocation', async () => {
    const shop = await startShop(throughLink());
    await place(shop, 'first-of-many');
    const before = { table: link.connections(), payment: bench.payment.connections() };
    for (let number = 0; number < 10; number++) await place(shop, `many-${String(number)}`);
    expect(link.connections() - before.table).toBeLessThanOrEqual(1);
    expect(bench.payment.connections() - before.payment).toBeLessThanOrEqual(1);
  }, 60_000);

  it('says itself that the time is over, with a quarter of a second to spare, when Lambda would end it', async () => {
    const shop = await startShop();
    const held = bench.payment.holdNext();
    const startedAt = performance.now();
    // The payment's own limit is 800 ms and its retry's too; what is left for it here is 450 ms.
    const late = await placeOnce(shop, 'late', { remainingMs: 700 });
    await held;
    expect([late.status, await late.json()]).toMatchObject([504, { code: 'deadline-exceeded' }]);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(400);
    // Nothing was stored, and the same key goes through.
    const again = await place(shop, 'late');
    expect(again.headers.has('idempotent-replayed')).toBe(false);
  }, 60_000);

  it('leaves its other routes alone while one of them is refused', async () => {
    const shop = await startShop();
    bench.payment.keys.length = 0;
    const away = await startShop({ PAYMENT_URL: 'http://127.0.0.1:1' });
    for (let number = 0; number < 25; number++) {
      const refused = await placeOnce(away, `refused-${String(number)}`);
      expect(refused.status).toBe(503);
      expect(refused.headers.get('retry-after')).toBe('1');
    }
    for (const path of ['/products', '/products/a', '/orders', '/readyz'])
      expect([path, (await untilStatus(200, () => call(away, path))).status]).toEqual([path, 200]);
    expect((await place(shop, 'elsewhere')).status).toBe(201);
  }, 90_000);
});
