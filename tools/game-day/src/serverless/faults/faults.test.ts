import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serverlessAcceptancesOf, serverlessFaultIds } from '@nines/availability';
import type { FunctionProcess, ServerlessCloud, TableFault } from '@nines/emulator';
import { createPace } from '@nines/local-cloud';
import type { ThirdPartyBehaviour } from '@nines/local-cloud';
import { createFakeClock } from '@nines/testing';
import type { FakeClock } from '@nines/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KeptOrder } from '../../ledger.ts';
import type { TemplateSettings } from '../template-settings.ts';
import { SERVERLESS_FAULTS } from './index.ts';
import type { AcknowledgedOrder, ServerlessContext, ServerlessFault } from './index.ts';

const faultOf = (name: string): ServerlessFault => SERVERLESS_FAULTS.find((fault) => fault.name === name)!;

const UNRATED: TemplateSettings = {
  ordersFunction: 'OrdersFunction',
  queue: { deliveries: 5, visibilitySeconds: 180 },
  keepsOrders: true,
};
const SETTINGS: TemplateSettings = { ...UNRATED, stage: { rateLimit: 25, burstLimit: 25 } };
const UNHARMED = { failedRequests: 0, goodputRps: 25 };
const OFFERED = { offeredRps: 50 };

let clock: FakeClock;
let server: Server;
let url: string;
let authorizations: number;
let behaviours: ThirdPartyBehaviour[];
let tableFaults: (TableFault | 'healed')[];
let hits: number;
let sent: string[];
let deadLetters: string[];
let acknowledged: AcknowledgedOrder[];
let kept: KeptOrder[];
let extraRates: number[];
/** What the shop does with orders, by how often they were asked for. */
let orderAnswers: { status: number; replayed?: boolean }[];
let processes: FunctionProcess[][];
let killed: number[];

beforeEach(async () => {
  clock = createFakeClock({ startMs: 50_000 });
  authorizations = 7;
  behaviours = [];
  tableFaults = [];
  hits = 0;
  sent = [];
  deadLetters = ['an old one'];
  acknowledged = [];
  kept = [];
  extraRates = [];
  orderAnswers = [];
  processes = [];
  killed = [];
  server = createServer((request, response) => {
    request.resume();
    const answer = (status: number, body: object, headers = {}) =>
      response
        .writeHead(status, { 'content-type': 'application/json', ...headers })
        .end(JSON.stringify(body));
    if (request.url === '/admin/calls') answer(200, { authorizations });
    else if (request.method === 'GET') answer(200, { items: [{ id: 'p-1' }] });
    else {
      const { status, replayed = false } = orderAnswers.shift() ?? { status: 201 };
      if (status === 0) request.socket.destroy();
      else answer(status, { id: 'order-1' }, replayed ? { 'idempotent-replayed': 'true' } : {});
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

interface Input {
  readonly QueueUrl: string;
  readonly Entries: readonly { readonly MessageBody: string }[];
}

/** Speaks of queues as the emulator does, as far as the faults ask. */
function call(operation: string, { QueueUrl, Entries }: Input): Promise<unknown> {
  if (operation === 'AmazonSQS.SendMessageBatch') {
    sent.push(...Entries.map(({ MessageBody }) => MessageBody));
    return Promise.resolve({});
  }
  expect(QueueUrl).toBe('dead');
  if (operation === 'AmazonSQS.GetQueueAttributes') {
    return Promise.resolve({ Attributes: { ApproximateNumberOfMessages: String(deadLetters.length) } });
  }
  if (operation === 'AmazonSQS.ReceiveMessage') {
    return Promise.resolve({
      Messages: deadLetters.splice(0, 10).map((Body) => ({ Body, ReceiptHandle: Body })),
    });
  }
  return Promise.resolve({});
}

function context(changes: Partial<ServerlessContext> = {}): ServerlessContext {
  const cloud = {
    url,
    outputs: { OrderQueueUrl: 'orders', DeadLetterQueueUrl: 'dead' },
    services: new Map([
      [
        'payment',
        {
          url,
          behave: (behaviour: ThirdPartyBehaviour) => {
            behaviours.push(behaviour);
            return Promise.resolve();
          },
        },
      ],
    ]),
    table: {
      get hits() {
        return hits;
      },
      inject: (fault: TableFault) => tableFaults.push(fault),
      heal: () => tableFaults.push('healed'),
    },
    stackName: 'stack',
    emulator: { call, functions: () => Promise.resolve(processes.shift() ?? []) },
  } as unknown as ServerlessCloud;
  return {
    cloud,
    settings: SETTINGS,
    pace: createPace('fast'),
    clock: { now: clock.now, epochNow: clock.now, sleep: clock.sleep },
    signal: new AbortController().signal,
    loadRps: 15,
    extraLoad: {
      start: (rate) => {
        extraRates.push(rate);
        return Promise.resolve({ startedAtMs: 60_000, stop: () => Promise.resolve() });
      },
    },
    acknowledgedSince: (atMs) => acknowledged.filter((order) => order.atMs >= atMs),
    acknowledge: (order) => acknowledged.push(order),
    keep: (order) => kept.push(order),
    kill: (pid) => killed.push(pid) > 0,
    awaitRecovery: () => Promise.resolve(true),
    mark: () => undefined,
    ...changes,
  };
}

/** Lets time pass until the fault is over; answers come over real sockets, so each step waits for them. */
async function pass(held: Promise<void>): Promise<void> {
  let isOver = false;
  void held.finally(() => {
    isOver = true;
  });
  for (let step = 0; step < 2_000 && !isOver; step += 1) {
    await clock.advance(250);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await held;
}

it('has a fault for each that a tier promises something for, in the order of the promises', () => {
  expect(SERVERLESS_FAULTS.map(({ name }) => name)).toEqual(serverlessFaultIds);
  expect(serverlessAcceptancesOf('five-nines').map(({ fault }) => fault)).toEqual(serverlessFaultIds);
  expect(serverlessAcceptancesOf('three-nines').map(({ fault }) => fault)).toEqual(
    serverlessFaultIds.filter((fault) => fault !== 'region-loss'),
  );
});

describe('the payment service', () => {
  it.each([
    ['payment-slow', { latencyMs: 400, jitterMs: 100, failureRate: 0, away: false }],
    ['payment-away', { latencyMs: 40, jitterMs: 10, failureRate: 0, away: 'hang' }],
  ])('%s: is bad for a while and well again', async (name, bad) => {
    const injection = await faultOf(name).inject(context());
    await pass(injection.hold());
    expect(clock.now()).toBe(65_000);
    await injection.heal();
    expect(behaviours).toEqual([bad, { latencyMs: 40, jitterMs: 10, failureRate: 0, away: false }]);
  });

  it('was not hit when nobody asked it for an authorization meanwhile', async () => {
    const injection = await faultOf('payment-away').inject(context());
    await expect(injection.verify(OFFERED)).rejects.toMatchObject({ code: 'fault-hit-nothing' });
    authorizations += 1;
    await expect(injection.verify(OFFERED)).resolves.toBeUndefined();
  });
});

describe('the table', () => {
  it.each([
    ['table-throttled', { kind: 'throttled', share: 0.5 }],
    ['table-refusing', { kind: 'erring' }],
  ])('%s: refuses for a while, and tells what it hit', async (name, fault) => {
    const injection = await faultOf(name).inject(context());
    await expect(injection.verify(OFFERED)).rejects.toMatchObject({ code: 'fault-hit-nothing' });
    hits = 42;
    await pass(injection.hold());
    await injection.heal();
    expect(tableFaults).toEqual([fault, 'healed']);
    await expect(injection.verify(OFFERED)).resolves.toBeUndefined();
    expect(injection.target()).toContain('42 requests hit');
  });
});

describe('messages', () => {
  it('are delivered three times more for each order, once it is acknowledged', async () => {
    const injection = await faultOf('duplicate-delivery').inject(context());
    acknowledged.push({ orderId: 'a', reference: 'r-a', atMs: 49_000 });
    acknowledged.push({ orderId: 'long ago', reference: 'r', atMs: 40_000 });
    await pass(injection.hold());
    expect(sent).toEqual(['{"orderId":"a"}', '{"orderId":"a"}', '{"orderId":"a"}']);
    await expect(injection.verify(OFFERED)).resolves.toBeUndefined();
  });

  it('were not duplicated when there was no order', async () => {
    const injection = await faultOf('duplicate-delivery').inject(context());
    await pass(injection.hold());
    await expect(injection.verify(OFFERED)).rejects.toMatchObject({ code: 'fault-hit-nothing' });
  });

  it('that nobody understands are timed until the last of them is put aside', async () => {
    const injection = await faultOf('poison-message').inject(context());
    expect(sent).toHaveLength(3);
    const held = injection.hold();
    await clock.advance(89_500);
    deadLetters.push(...sent);
    await pass(held);
    // Asked once a second.
    expect(await injection.measure?.(UNHARMED)).toEqual({ strandedMessages: 0, putAsideSeconds: 90 });
  });

  it('that nobody understands are counted where they are never put aside', async () => {
    const injection = await faultOf('poison-message').inject(context());
    deadLetters.push(sent[0]!);
    await pass(injection.hold());
    // 90 s at this pace, and a minute of patience.
    expect(clock.now()).toBe(200_000);
    expect(await injection.measure?.(UNHARMED)).toEqual({ strandedMessages: 2, putAsideSeconds: null });
  });
});

describe('the kill of a process', () => {
  it('is tried at several moments, until an order was cut off, which is then repeated', async () => {
    // Answered before it could be cut off; then cut off, and two tries until the repeat finds it stored.
    orderAnswers = [{ status: 201 }, { status: 0 }, { status: 503 }, { status: 201, replayed: true }];
    for (let round = 0; round < 4; round += 1) orderAnswers.push({ status: 0 }, { status: 201 });
    // Looked at before each order and after it: 1 was busy before, 8 is idle, and 99 reads products.
    const orders = (pid: number, busy = true) => ({ functionName: 'stack-OrdersFunction-1A', pid, busy });
    const reads = { functionName: 'stack-ReadsFunction-1A', pid: 99, busy: true };
    for (const pid of [2, 3, 4, 5, 6, 7])
      processes.push([orders(1)], [orders(1), orders(8, false), reads, orders(pid)]);
    const injection = await faultOf('function-kill').inject(context());
    await pass(injection.hold());
    await expect(injection.verify(OFFERED)).resolves.toBeUndefined();
    expect(injection.target()).toBe(
      '6 processes of OrdersFunction at work (of 5 orders cut off, 1 were stored already)',
    );
    expect(killed).toEqual([2, 3, 4, 5, 6, 7]);
    expect(acknowledged).toHaveLength(6);
    const measured = await injection.measure?.({ failedRequests: 12, goodputRps: 0 });
    expect(measured).toMatchObject({ failedPerKill: 2 });
    expect(measured?.repeatSeconds).toBeGreaterThanOrEqual(0.05);
  });

  it('takes an order that is kept to be stored later for an end of the repeating', async () => {
    for (let round = 0; round < 5; round += 1) orderAnswers.push({ status: 0 }, { status: 202 });
    const injection = await faultOf('function-kill').inject(context());
    await pass(injection.hold());
    expect(kept).toHaveLength(5);
    expect(kept[0]).toMatchObject({ intakeId: 'order-1', reference: expect.stringMatching(/^kill-/) });
    expect(acknowledged).toEqual([]);
    expect((await injection.measure?.(UNHARMED))?.repeatSeconds).toBeLessThan(2);
  });

  it('hit nothing when every order was answered', async () => {
    const injection = await faultOf('function-kill').inject(context());
    await pass(injection.hold());
    await expect(injection.verify(OFFERED)).rejects.toMatchObject({ code: 'fault-hit-nothing' });
  });
});

describe('twice the rate of the stage', () => {
  it('is offered in all, and its goodput is told over that rate', async () => {
    const injection = await faultOf('rate-exceeded').inject(context());
    expect(extraRates).toEqual([35]);
    expect(injection.beganAtMs).toBe(60_000);
    await expect(injection.verify({ offeredRps: 45 })).resolves.toBeUndefined();
    await expect(injection.verify({ offeredRps: 44.9 })).rejects.toMatchObject({ code: 'fault-hit-nothing' });
    expect(await injection.measure?.({ failedRequests: 0, goodputRps: 30 })).toEqual({
      stageGoodputShare: 1.2,
    });
  });

  it('is no fault of a stage without a rate', async () => {
    const injected = faultOf('rate-exceeded').inject(context({ settings: UNRATED }));
    await expect(injected).rejects.toMatchObject({ code: 'fault-hit-nothing' });
  });
});
