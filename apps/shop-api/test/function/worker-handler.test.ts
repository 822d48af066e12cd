import { createFakeClock } from '@nines/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { toOrderItem, toProductItem } from '../../src/adapters/dynamodb/table.ts';
import { createCaptureWorker } from '../../src/core/capture-worker.ts';
import { createIntakeDecider } from '../../src/core/decide-intake.ts';
import { createWorkerHandler } from '../../src/function/worker-handler.ts';
import type { Order, OrderPlacement } from '../../src/ports/storage.ts';
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
let readOnly: boolean;
let handler: ReturnType<typeof createWorkerHandler>;

const BATCH = 3;
/** A second after the orders of these tests were made. */
const wallClock = () => new Date(Date.UTC(2026, 0, 1, 0, 0, 1));

beforeEach(() => {
  clock = createFakeClock();
  storage = createBreakableStorage([product('a', 1_000)], clock);
  payment = createFakePayment();
  log = createMemoryLog();
  steps = [];
  readOnly = false;
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
    decide: createIntakeDecider({ storage, payment, metrics: createCountingMetrics(), log, wallClock }),
    housekeeping: async (hasTime) => {
      steps.push(hasTime() ? 'housekeeping' : 'housekeeping without time');
      return { settled: 1, forgotten: 2 };
    },
    isReadOnly: () => readOnly,
    refresh: async () => {
      steps.push('refresh');
    },
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
    expect(steps).toEqual(['thaw', 'refresh', 'flush']);
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
    expect(steps).toEqual(['thaw', 'refresh', 'flush']);
  });
});

describe('a batch of kept orders', () => {
  const kept = (number: number, changes: Partial<OrderPlacement> = {}) => ({
    placement: placement(order(number, { a: 1 }), changes),
  });
  const references = async () => (await storage.listOrders({ limit: 100 })).map(({ reference }) => reference);

  it('stores each order once, whichever queue, batch or direct way it comes by', async () => {
    expect(await send(kept(1), kept(2), kept(1))).toEqual(failed());
    expect(await send(kept(1))).toEqual(failed());
    expect(await references()).toEqual(['reference-2', 'reference-1']);
  });

  it('fails while the table does not answer, and succeeds when it is delivered again', async () => {
    storage.state = 'away';
    expect(await send(kept(1), kept(2))).toEqual(failed('m1', 'm2'));
    storage.state = 'live';
    expect(await send(kept(1), kept(2))).toEqual(failed());
    expect(await references()).toEqual(['reference-2', 'reference-1']);
  });

  const { placement: whole } = kept(1);
  it.each([
    ['no placement', {}],
    ['no key', { ...whole, idempotencyKey: '' }],
    ['no fingerprint', { ...whole, fingerprint: 7 }],
    ['no authorization', { ...whole, authorizationId: undefined }],
    ['no order', { ...whole, order: null }],
    ['an id that is none', { ...whole, order: { ...whole.order, id: 'x' } }],
    ['another status', { ...whole, order: { ...whole.order, status: 'paid' } }],
    ['another currency', { ...whole, order: { ...whole.order, currency: 'USD' } }],
    ['no date', { ...whole, order: { ...whole.order, createdAt: 'soon' } }],
    ['an amount below nought', { ...whole, order: { ...whole.order, totalCents: -1 } }],
    ['no items', { ...whole, order: { ...whole.order, items: [] } }],
    [
      'a quantity of nought',
      { ...whole, order: { ...whole.order, items: [{ productId: 'a', quantity: 0, priceCents: 1 }] } },
    ],
    [
      'an item without a product',
      { ...whole, order: { ...whole.order, items: [{ quantity: 1, priceCents: 1 }] } },
    ],
  ])('fails poison with %s, alone', async (_, poison) => {
    expect(await send({ placement: poison }, kept(2))).toEqual(failed('m1'));
    expect(await references()).toEqual(['reference-2']);
    expect(log.lines).toMatchObject([{ level: 'error', fields: { messageId: 'm1' } }]);
  });
});

describe('a schedule for what is abandoned and expired', () => {
  it('has it removed as long as there is time, and touches no payment', async () => {
    await place(1);
    expect(await handler({ work: 'housekeeping' }, context())).toEqual({ settled: 1, forgotten: 2 });
    expect(await statuses()).toEqual(['accepted']);
    await handler({ work: 'housekeeping' }, context(10_000));
    expect(steps.filter((step) => step.startsWith('housekeeping'))).toEqual([
      'housekeeping',
      'housekeeping without time',
    ]);
  });

  it('waits while the shop is read-only', async () => {
    readOnly = true;
    expect(await handler({ work: 'housekeeping' }, context())).toEqual({ settled: 0, forgotten: 0 });
    expect(steps).not.toContain('housekeeping');
  });
});

describe('while the shop is read-only', () => {
  it('hints are passed over and kept orders stay kept, until the lever is let go', async () => {
    const placed = await place(1);
    readOnly = true;
    const messages = [inserted(placed), { placement: placement(order(2, { a: 1 })) }];
    expect(await send(...messages)).toEqual(failed('m2'));
    expect(await handler({ 'detail-type': 'Scheduled Event' }, context())).toEqual({ claimed: 0 });
    expect(await statuses()).toEqual(['accepted']);
    readOnly = false;
    expect(await send(messages[1])).toEqual(failed());
    expect(await handler({ 'detail-type': 'Scheduled Event' }, context())).toEqual({ claimed: 2 });
    expect(await statuses()).toEqual(['paid', 'paid']);
  });
});

it('an event of another kind is a mistake', async () => {
  await expect(handler({ version: '2.0' }, context())).rejects.toThrow(TypeError);
});
