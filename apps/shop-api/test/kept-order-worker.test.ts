// Storing kept orders in a server: what it fetches, what it gives up, and when it leaves the queue alone.
import { beforeEach, expect, it } from 'vitest';
import { createIntakeDecider } from '../src/core/decide-intake.ts';
import { createKeptOrderWorker, type KeptOrderWorker } from '../src/core/kept-order-worker.ts';
import type { KeptMessage } from '../src/ports/order-intake.ts';
import { createTestShop, type TestShop } from './test-shop.ts';
import { order, placement } from './storage-contract.ts';

let shop: TestShop;
let worker: KeptOrderWorker;
/** What the queue holds and nobody has. */
let messages: KeptMessage[];
let forgotten: string[];
let polls: number;
let readOnly: boolean;
let writes: boolean;
let queueForgets: boolean;

const message = (messageId: string, body: string): KeptMessage => ({
  messageId,
  body,
  receipt: `r-${messageId}`,
});
const keptAs = (messageId: string, number: number) =>
  message(messageId, JSON.stringify({ placement: placement(order(number, { a: 1 })) }));

/** A worker of a queue, which rejects where the test's queue does not answer. */
function workerOf(receive: () => Promise<readonly KeptMessage[]>): KeptOrderWorker {
  const { storage, payment, metrics, log, clock } = shop;
  const wallClock = () => new Date(Date.UTC(2026, 0, 1) + clock.now());
  return createKeptOrderWorker({
    queue: {
      receive,
      forget: ({ receipt }) => {
        if (!queueForgets) return Promise.reject(new Error('the test broke it'));
        forgotten.push(receipt);
        return Promise.resolve();
      },
    },
    storage: { isWriter: () => storage.ping().then(() => writes) },
    decide: createIntakeDecider({ storage, payment, metrics, log, wallClock }),
    isReadOnly: () => readOnly,
    log,
  });
}

beforeEach(async () => {
  shop = await createTestShop();
  [messages, forgotten, polls] = [[], [], 0];
  [readOnly, writes, queueForgets] = [false, true, true];
  worker = workerOf(() => {
    polls += 1;
    return Promise.resolve(messages.splice(0, 5));
  });
});

const stored = async () => {
  shop.storage.state = 'live';
  return (await shop.storage.listOrders({ limit: 10 })).map(({ reference }) => reference).toSorted();
};

it('stores what the queue brings, gives it up, and asks for more at once', async () => {
  messages = [keptAs('m1', 1), keptAs('m2', 2)];
  expect(await worker.runOnce()).toBe(true);
  expect(await stored()).toEqual(['reference-1', 'reference-2']);
  expect(forgotten).toEqual(['r-m1', 'r-m2']);
});

it('stores an order once that is delivered twice, and gives both up', async () => {
  messages = [keptAs('m1', 1), keptAs('m2', 1)];
  await worker.runOnce();
  messages = [keptAs('m3', 1)];
  await worker.runOnce();
  expect(await stored()).toEqual(['reference-1']);
  expect(forgotten).toEqual(['r-m1', 'r-m2', 'r-m3']);
});

it('gives an order up whose refusal has been recorded', async () => {
  const soldOut = { placement: placement(order(1, { b: 6 })) };
  messages = [message('m1', JSON.stringify(soldOut))];
  await worker.runOnce();
  expect(await stored()).toEqual([]);
  expect(forgotten).toEqual(['r-m1']);
});

it('leaves poison to the queue, which puts it aside, and holds nobody up for it', async () => {
  messages = [message('m1', 'no order'), message('m2', '{"placement":{}}'), keptAs('m3', 3)];
  expect(await worker.runOnce()).toBe(false);
  expect(await stored()).toEqual(['reference-3']);
  expect(forgotten).toEqual(['r-m3']);
  const lines = shop.log.lines.filter(({ level }) => level === 'error');
  expect(lines.map(({ fields }) => fields)).toEqual([{ messageId: 'm1' }, { messageId: 'm2' }]);
});

it('fetches nothing while the database is away or only follows', async () => {
  messages = [keptAs('m1', 1)];
  shop.storage.state = 'away';
  await expect(worker.runOnce()).rejects.toMatchObject({ code: 'storage-unavailable' });
  shop.storage.state = 'live';
  writes = false;
  expect(await worker.runOnce()).toBe(false);
  expect(polls).toBe(0);
  writes = true;
  expect(await worker.runOnce()).toBe(true);
  expect(await stored()).toEqual(['reference-1']);
});

it('fetches nothing under the read-only lever, and gives back what it has then', async () => {
  messages = [keptAs('m1', 1)];
  readOnly = true;
  expect(await worker.runOnce()).toBe(false);
  expect(polls).toBe(0);
  readOnly = false;
  // Pulled while the poll waits.
  const receive = messages.splice.bind(messages);
  messages.splice = (...call: [number, number]) => {
    readOnly = true;
    return receive(...call);
  };
  expect(await worker.runOnce()).toBe(false);
  expect(await stored()).toEqual([]);
  expect(forgotten).toEqual([]);
});

it('gives back what the database went away under, and waits before it polls again', async () => {
  messages = [keptAs('m1', 1)];
  shop.storage.beforePlacing = () => {
    shop.storage.state = 'lost-answer';
    return Promise.resolve();
  };
  expect(await worker.runOnce()).toBe(false);
  expect(forgotten).toEqual([]);
  shop.storage.beforePlacing = () => Promise.resolve();
  shop.storage.state = 'live';
  messages = [keptAs('m1', 1)];
  expect(await worker.runOnce()).toBe(true);
  expect(await stored()).toEqual(['reference-1']);
});

it('bears a queue that does not forget: the order comes again and is not stored again', async () => {
  queueForgets = false;
  messages = [keptAs('m1', 1)];
  expect(await worker.runOnce()).toBe(true);
  queueForgets = true;
  messages = [keptAs('m1', 1)];
  await worker.runOnce();
  expect(await stored()).toEqual(['reference-1']);
  expect(forgotten).toEqual(['r-m1']);
});

it('stores what two regions keep, each order once, also while the queue of one of them hangs or fails', async () => {
  let answer: (messages: readonly KeptMessage[]) => void = () => undefined;
  const other = workerOf(() => new Promise((resolve) => (answer = resolve)));
  const failing = workerOf(() => Promise.reject(new Error('the region is lost')));
  const hanging = other.runOnce();
  messages = [keptAs('m1', 1)];
  await expect(failing.runOnce()).rejects.toThrow('the region is lost');
  expect(await worker.runOnce()).toBe(true);
  expect(await stored()).toEqual(['reference-1']);
  // Its customer asked in both regions.
  answer([keptAs('o1', 1), keptAs('o2', 2)]);
  expect(await hanging).toBe(true);
  expect(await stored()).toEqual(['reference-1', 'reference-2']);
  expect(forgotten).toEqual(['r-m1', 'r-o1', 'r-o2']);
});
