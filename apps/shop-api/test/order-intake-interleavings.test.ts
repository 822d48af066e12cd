// An order that comes directly and by the queue, any number of times, in any order and at once, while the database
// comes and goes: it is stored once, charged once, and everybody who was promised it finds it.
import fc from 'fast-check';
import { startLocalQueues, type LocalQueues } from '@nines/local-queue';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSignedFetch, type SignedFetch } from '../src/adapters/aws/signed-fetch.ts';
import { createSqsKeptOrders } from '../src/adapters/aws/sqs-kept-orders.ts';
import { createSqsOrderIntake } from '../src/adapters/aws/sqs-order-intake.ts';
import { createConnections } from '../src/adapters/postgres/connections.ts';
import { createPostgresStorage, type PostgresStorage } from '../src/adapters/postgres/postgres-storage.ts';
import { createCaptureWorker } from '../src/core/capture-worker.ts';
import { createIntakeDecider } from '../src/core/decide-intake.ts';
import { createKeptOrderWorker } from '../src/core/kept-order-worker.ts';
import { createWorkerHandler, type QueueEvent, type QueueResult } from '../src/function/worker-handler.ts';
import type { OrderIntake } from '../src/ports/order-intake.ts';
import { createApiClient } from './api-client.ts';
import { resetShop, startDatabase, type TestDatabase } from './database.ts';
import { FIRST_START_MS, openStorage, startTables, type TestTables } from './dynamodb.ts';
import { createEventSource, type EventSource } from './function/event-source.ts';
import { context } from './function/http-api.ts';
import type { MemoryStorage } from './memory-storage.ts';
import { createCountingMetrics, createMemoryLog } from './stand-ins.ts';
import { createTestShop, PRODUCTS, type TestShop } from './test-shop.ts';

/** A client sends an order, or the queue delivers what it has, and forgets it or delivers it again. */
type Step =
  | { readonly does: 'request'; readonly key: number; readonly payload: number }
  | { readonly does: 'deliver'; readonly forgets: boolean };

/** Steps that are taken at once, while the table is in a state. */
interface Moment {
  readonly table: 'live' | 'away' | 'lost-answer';
  readonly steps: readonly Step[];
}

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ does: fc.constant('request' as const), key: fc.nat(1), payload: fc.nat(1) }),
  fc.record({ does: fc.constant('deliver' as const), forgets: fc.boolean() }),
);
const moment: fc.Arbitrary<Moment> = fc.record({
  table: fc.constantFrom('live', 'away', 'lost-answer'),
  steps: fc.array(step, { minLength: 1, maxLength: 4 }),
});

/** Each has a queue of its own. */
const POSTGRES_RUNS = 12;

type Worker = (event: QueueEvent) => Promise<QueueResult>;

interface World {
  readonly shop: TestShop;
  /** Gives the worker what is in the queue; @returns how much that was. */
  deliver(forgets: boolean): Promise<number>;
}

function createWorker({ storage, payment, clock }: TestShop): Worker {
  const [metrics, log] = [createCountingMetrics(), createMemoryLog()];
  const wallClock = () => new Date(Date.UTC(2026, 0, 1) + clock.now());
  const handler = createWorkerHandler({
    storage,
    worker: createCaptureWorker({ storage, payment, metrics, log }),
    decide: createIntakeDecider({ storage, payment, metrics, log, wallClock }),
    housekeeping: () => Promise.reject(new Error('nobody asks for it')),
    batchSize: 50,
    isReadOnly: () => false,
    refresh: () => Promise.resolve(),
    thaw: () => undefined,
    flush: () => undefined,
    log,
  });
  return (event) => handler(event, context()) as Promise<QueueResult>;
}

interface Promised {
  readonly key: number;
  readonly status: number;
  readonly body: { readonly id: string; readonly reference: string };
}

async function play({ shop, deliver }: World, moments: readonly Moment[]): Promise<readonly Promised[]> {
  const { order } = createApiClient((path, init) => shop.handle(new Request(`http://s.test${path}`, init)));
  const promised: Promised[] = [];
  const take = async (one: Step) => {
    if (one.does === 'deliver') return void (await deliver(one.forgets));
    const { key, payload } = one;
    const reference = `order-${String(key)}-${String(payload)}`;
    const response = await order(`key-${String(key)}`, [['a', 1 + payload]], { reference });
    const { status } = response;
    if (status === 201 || status === 202)
      promised.push({ key, status, body: (await response.json()) as Promised['body'] });
    else expect(status).toBe(422);
  };
  for (const { table, steps } of moments) {
    shop.storage.state = table;
    await Promise.all(steps.map(take));
  }
  shop.storage.state = 'live';
  while ((await deliver(true)) > 0);
  return promised;
}

/** @param products that were there at first: of a, 100. */
async function check({ shop }: World, promised: readonly Promised[]): Promise<void> {
  const { storage, payment } = shop;
  const orders = await storage.listOrders({ limit: 100 });
  const ofKey = (key: number) =>
    orders.filter(({ reference }) => reference.startsWith(`order-${String(key)}-`));
  for (const { key, status, body } of promised) {
    const [stored, ...more] = ofKey(key);
    expect(more).toEqual([]);
    if (status === 201) {
      expect(stored).toMatchObject({ id: body.id, reference: body.reference });
      continue;
    }
    const result = await storage.findIntake(body.id);
    expect(result).toEqual(
      stored?.reference === body.reference
        ? { outcome: 'stored', orderId: stored.id }
        : { outcome: 'refused', reason: 'idempotency-key-reused' },
    );
  }
  expect(new Set(promised.map(({ key }) => key)).size).toBe(orders.length);
  const sold = orders.flatMap(({ items }) => items).reduce((sum, { quantity }) => sum + quantity, 0);
  expect((await storage.readCatalogue()).find(({ id }) => id === 'a')?.stock).toBe(100 - sold);
  const captures = createCaptureWorker({
    storage,
    payment,
    metrics: createCountingMetrics(),
    log: createMemoryLog(),
  });
  while ((await captures.runOnce()) > 0);
  const money = [...payment.money.values()].toSorted();
  expect(money.filter((state) => state === 'captured')).toHaveLength(orders.length);
  expect(money.filter((state) => state === 'set-aside')).toEqual([]);
}

async function createMemoryWorld(): Promise<World> {
  const shop = await createTestShop({ keepsOrders: true });
  const worker = createWorker(shop);
  return {
    shop,
    deliver: async (forgets) => {
      const { kept } = shop.intake;
      const delivered = kept.slice(0, 10);
      const Records = delivered.map((placement, index) => ({
        messageId: String(index),
        body: JSON.stringify({ placement }),
      }));
      const { batchItemFailures } = await worker({ Records });
      const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => Number(itemIdentifier)));
      if (forgets)
        for (const [index, placement] of delivered.entries()) {
          // Somebody else may have deleted it meanwhile.
          const at = kept.indexOf(placement);
          if (!failed.has(index) && at >= 0) kept.splice(at, 1);
        }
      return delivered.length;
    },
  };
}

it('comes to one order for each key, in memory', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(moment, { maxLength: 6 }), async (moments) => {
      const world = await createMemoryWorld();
      await check(world, await play(world, moments));
    }),
    { numRuns: 200 },
  );
}, 60_000);

describe('with servers', () => {
  let database: TestDatabase;
  let storage: PostgresStorage;
  let queues: LocalQueues;
  let worlds = 0;

  beforeAll(async () => {
    database = await startDatabase();
    storage = createPostgresStorage(createConnections(await database.createShop('shop')));
    const named = Array.from({ length: POSTGRES_RUNS }, (_, index) => `orders-${String(index)}`);
    // What was delivered can be taken again at once.
    queues = await startLocalQueues({ queues: named.map((name) => ({ name, visibilityMs: 0 })) });
  }, 60_000);

  afterAll(async () => {
    await queues.close();
    await storage.close();
    await database.stop();
  });

  async function createServerWorld(): Promise<World> {
    await resetShop(database.server, 'shop', PRODUCTS);
    const queueUrl = queues.urlOf(`orders-${String(worlds++ % POSTGRES_RUNS)}`);
    // Signatures have a test of their own.
    const request: SignedFetch = ({ url, ...init }) => fetch(url, init);
    const ends = { request, queueUrl, endpoint: new URL(queueUrl).origin };
    const shop = await createTestShop({
      keepsOrders: true,
      inner: { ...storage, claimCapture: () => Promise.reject(new Error('nobody names a capture here')) },
      queue: createSqsOrderIntake(ends),
    });
    const { payment, metrics, log, clock } = shop;
    const wallClock = () => new Date(Date.UTC(2026, 0, 1) + clock.now());
    const queue = createSqsKeptOrders({ ...ends, batchSize: 5, waitSeconds: 0 });
    const deliver = async (forgets: boolean): Promise<number> => {
      let delivered = 0;
      const worker = createKeptOrderWorker({
        queue: {
          receive: async () => {
            const messages = await queue.receive();
            delivered += messages.length;
            return messages;
          },
          forget: (message) => (forgets ? queue.forget(message) : Promise.resolve()),
        },
        // Asked past what the test takes away, so that more comes together than a server lets.
        storage,
        decide: createIntakeDecider({ storage: shop.storage, payment, metrics, log, wallClock }),
        isReadOnly: () => false,
        log,
      });
      await worker.runOnce();
      return delivered;
    };
    return { shop, deliver };
  }

  it('comes to one order for each key, in PostgreSQL and a queue that servers fetch from', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(moment, { minLength: 2, maxLength: 6 }), async (moments) => {
        const world = await createServerWorld();
        await check(world, await play(world, moments));
      }),
      { numRuns: POSTGRES_RUNS },
    );
  }, 60_000);
});

let tables: TestTables;
let source: EventSource;

beforeAll(async () => {
  tables = await startTables();
  source = createEventSource(tables.dynamodb.endpoint, `interleavings-${String(performance.timeOrigin)}`);
}, FIRST_START_MS);

afterAll(async () => {
  await tables.stop();
});

function openQueue(queueUrl: string): OrderIntake {
  const { endpoint, region, credentials } = tables.dynamodb;
  return createSqsOrderIntake({
    endpoint,
    queueUrl,
    // The emulator's machine may be busy.
    timeout: () => AbortSignal.timeout(20_000),
    request: createSignedFetch({
      service: 'sqs',
      region,
      credentials: () => Promise.resolve(credentials),
      fetch,
      wallClock: () => new Date(),
    }),
  });
}

async function createEmulatedWorld(): Promise<World> {
  const inner: MemoryStorage = openStorage(tables, await tables.createTable(PRODUCTS));
  const { url } = await source.createQueue(1_000);
  const shop = await createTestShop({ keepsOrders: true, inner, queue: openQueue(url) });
  const worker = createWorker(shop);
  return {
    shop,
    deliver: (forgets) =>
      source.deliver(url, async (event) => {
        const result = await worker(event);
        const all = event.Records.map(({ messageId }) => ({ itemIdentifier: messageId }));
        return forgets ? result : { batchItemFailures: all };
      }),
  };
}

it('comes to one order for each key, in DynamoDB and SQS as an emulator has them', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(moment, { minLength: 2, maxLength: 4 }), async (moments) => {
      const world = await createEmulatedWorld();
      await check(world, await play(world, moments));
      await world.shop.storage.close();
    }),
    { numRuns: 8 },
  );
}, 120_000);
