import { createFakeClock } from '@nines/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { toOrderItem, toProductItem } from '../../src/adapters/dynamodb/table.ts';
import { createCaptureWorker } from '../../src/core/capture-worker.ts';
import { createWorkerHandler } from '../../src/function/worker-handler.ts';
import type { Order } from '../../src/ports/storage.ts';
import {
  createBreakableStorage,
  createCountingMetrics,
  createFakePayment,
  createMemoryLog,
} from '../stand-ins.ts';
import { order, placement, product } from '../storage-contract.ts';
import { context } from './http-api.ts';

let clock: ReturnType<typeof createFakeClock>;
let storage: ReturnType<typeof createBreakableStorage>;
let payment: ReturnType<typeof createFakePayment>;
let log: ReturnType<typeof createMemoryLog>;
let steps: string[];
let handler: ReturnType<typeof createWorkerHandler>;

const BATCH = 3;

beforeEach(() => {
  clock = createFakeClock();
  storage = createBreakableStorage([product('a', 1_000)], clock);
  payment = createFakePayment();
  log = createMemoryLog();
  steps = [];
  handler = createWorkerHandler({
    storage,
    worker: createCaptureWorker({
      storage,
      payment,
      metrics: createCountingMetrics(),
      log,
      batchSize: BATCH,
    }),
    batchSize: BATCH,
    thaw: () => steps.push('thaw'),
    flush: () => steps.push('flush'),
    log,
  });
});

async function place(number: number): Promise<Order> {
  const placed = order(number, { a: 1 });
  const { reference, totalCents: amountCents, currency } = placed;
  const result = await payment.authorize({ idempotencyKey: reference, reference, amountCents, currency });
  if (result.outcome !== 'authorized') throw new Error('the stand-in authorizes everything');
  await storage.placeOrder(placement(placed, { authorizationId: result.authorizationId }));
  return placed;
}

/** What the table's stream says when an order was stored. */
const inserted = (placed: Order) => {
  const { pk, sk } = toOrderItem(placement(placed), 0);
  return { eventName: 'INSERT', dynamodb: { Keys: { pk, sk } } };
};

const send = (...bodies: unknown[]) =>
  handler(
    {
      Records: bodies.map((body, index) => ({
        messageId: `m${String(index + 1)}`,
        body: typeof body === 'string' ? body : JSON.stringify(body),
      })),
    },
    context(),
  );

const failed = (...messageIds: string[]) => ({
  batchItemFailures: messageIds.map((itemIdentifier) => ({ itemIdentifier })),
});

const statuses = async () => (await storage.listOrders({ limit: 100 })).map(({ status }) => status);

describe('a batch of messages', () => {
  it('gets the payments of its orders taken', async () => {
    const [one, other] = [await place(1), await place(2)];
    expect(await send(inserted(one), { orderId: other.id })).toEqual(failed());
    expect(await statuses()).toEqual(['paid', 'paid']);
    expect(steps).toEqual(['thaw', 'flush']);
  });

  it('takes the money once, however often and however closely a message is delivered', async () => {
    const placed = await place(1);
    let captures = 0;
    const { capture } = payment;
    payment.capture = (id, call) => {
      captures += 1;
      return capture(id, call);
    };
    const both = await Promise.all([send(inserted(placed), inserted(placed)), send(inserted(placed))]);
    expect(both).toEqual([failed(), failed()]);
    expect(await send(inserted(placed))).toEqual(failed());
    expect(captures).toBe(1);
    expect(await statuses()).toEqual(['paid']);
  });

  it('is done with changes that are no new orders', async () => {
    const placed = await place(1);
    const productKeys = toProductItem(product('a', 1));
    expect(
      await send(
        { ...inserted(placed), eventName: 'MODIFY' },
        { ...inserted(placed), eventName: 'REMOVE' },
        { eventName: 'INSERT', dynamodb: { Keys: productKeys } },
      ),
    ).toEqual(failed());
    expect(await statuses()).toEqual(['accepted']);
  });

  it.each([
    ['no JSON', 'poison'],
    ['no object', '7'],
    ['nothing', 'null'],
    ['an object of another kind', '{}'],
    ['an id that is none', '{"orderId":"1"}'],
    ['a record without keys', '{"eventName":"INSERT","dynamodb":{}}'],
  ])('fails a message that is %s, alone', async (_, poison) => {
    const placed = await place(1);
    expect(await send(poison, inserted(placed))).toEqual(failed('m1'));
    expect(await statuses()).toEqual(['paid']);
    expect(log.lines).toEqual([
      { level: 'error', fields: { messageId: 'm1' }, message: 'a message is not understood' },
    ]);
  });

  it('fails each message about an order that is not there', async () => {
    const placed = await place(1);
    const missing = inserted(order(2, { a: 1 }));
    expect(await send(missing, inserted(placed), missing)).toEqual(failed('m1', 'm3'));
    expect(await statuses()).toEqual(['paid']);
  });

  it('fails as a whole while the table does not answer, and succeeds when it is delivered again', async () => {
    const placed = await place(1);
    storage.state = 'away';
    expect(await send(inserted(placed))).toEqual(failed('m1'));
    storage.state = 'live';
    expect(await send(inserted(placed))).toEqual(failed());
    expect(await statuses()).toEqual(['paid']);
  });

  it('leaves orders to the outbox while the payment service is away, and no message to the dead', async () => {
    const placed = await place(1);
    payment.state = 'away';
    expect(await send(inserted(placed))).toEqual(failed());
    payment.state = 'live';
    // Not due before the first delay of a second is over.
    expect(await send(inserted(placed))).toEqual(failed());
    expect(await statuses()).toEqual(['accepted']);
    await clock.advance(1_000);
    expect(await send(inserted(placed))).toEqual(failed());
    expect(await statuses()).toEqual(['paid']);
  });

  it('is captured again after a worker that died with the money taken, once its lease is over', async () => {
    const placed = await place(1);
    const { completeCaptures } = storage;
    storage.completeCaptures = () => Promise.reject(new Error('died'));
    expect(await send(inserted(placed))).toEqual(failed('m1'));
    storage.completeCaptures = completeCaptures;
    await clock.advance(29_999);
    expect(await send(inserted(placed))).toEqual(failed());
    expect(await statuses()).toEqual(['accepted']);
    await clock.advance(1);
    expect(await send(inserted(placed))).toEqual(failed());
    expect(await statuses()).toEqual(['paid']);
    expect([...payment.money.values()]).toEqual(['captured']);
  });
});

describe('a scheduled event', () => {
  const scheduled = { 'detail-type': 'Scheduled Event', source: 'aws.scheduler' };

  it('sweeps the outbox in rounds until nothing is due', async () => {
    for (let number = 1; number <= 7; number++) await place(number);
    expect(await handler(scheduled, context())).toEqual({ claimed: 7 });
    expect(await statuses()).toEqual(Array.from({ length: 7 }, () => 'paid'));
    expect(await handler(scheduled, context())).toEqual({ claimed: 0 });
  });

  it('begins no round that it could not end', async () => {
    for (let number = 1; number <= 7; number++) await place(number);
    let remainingMs = 20_000;
    const hurried = { ...context(), getRemainingTimeInMillis: () => (remainingMs -= 5_000) };
    // 15 s and 10 s are left: the second is not more than a round may take.
    expect(await handler(scheduled, hurried)).toEqual({ claimed: 3 });
  });

  it('fails when the table does not answer, so that Lambda counts it', async () => {
    storage.state = 'away';
    await expect(handler(scheduled, context())).rejects.toMatchObject({ code: 'storage-unavailable' });
    expect(steps).toEqual(['thaw', 'flush']);
  });
});

it('an event of another kind is a mistake', async () => {
  await expect(handler({ version: '2.0' }, context())).rejects.toThrow(TypeError);
});
