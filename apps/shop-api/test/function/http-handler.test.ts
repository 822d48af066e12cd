import { describe, expect, it } from 'vitest';
import { createHttpHandler, type HttpHandlerOptions } from '../../src/function/http-handler.ts';
import { createPendingWork } from '../../src/function/pending-work.ts';
import { createHttpServer } from '../../src/http-server.ts';
import { describeLevers } from '../levers-suite.ts';
import { describeOrderIntake } from '../order-intake-suite.ts';
import { describeShopApi, type StartRuntime } from '../shop-api-suite.ts';
import { createMemoryLog } from '../stand-ins.ts';
import { createTestShop } from '../test-shop.ts';
import { callThrough, context, toEvent } from './http-api.ts';

const nothing = () => undefined;

const create = (changes: Partial<HttpHandlerOptions>) =>
  createHttpHandler({
    handle: () => Promise.resolve(new Response('done')),
    thaw: nothing,
    refresh: () => Promise.resolve(),
    pending: createPendingWork(),
    flush: nothing,
    log: createMemoryLog(),
    ...changes,
  });

const start: StartRuntime = (handle) =>
  Promise.resolve({ fetch: callThrough(create({ handle })), close: () => Promise.resolve() });

describeShopApi('Lambda function', start);
describeLevers('Lambda function', start);
describeOrderIntake('Lambda function', start);

describe('a function and a server', () => {
  const json = { 'content-type': 'application/json' };
  const order = JSON.stringify({ reference: 'r', items: [{ productId: 'a', quantity: 1 }] });
  const REQUESTS: readonly (readonly [string, RequestInit?])[] = [
    ['/products?limit=2'],
    ['/products?limit=2&limit=1'],
    ['/products/b'],
    ['/products/NOT%20AN%20ID'],
    ['/products/%C3%BC'],
    ['/products/'],
    ['//products'],
    ['/orders', { method: 'POST', headers: { ...json, 'idempotency-key': 'k' }, body: order }],
    ['/orders', { method: 'POST', headers: { ...json, 'idempotency-key': 'k' }, body: order }],
    ['/orders', { method: 'POST', headers: { ...json, 'idempotency-key': 'k' }, body: '{"reference":"ü"}' }],
    ['/orders', { method: 'POST', headers: { 'content-type': 'image/png' }, body: '\x80' }],
    ['/orders', { method: 'POST' }],
    ['/orders?limit=1'],
    ['/orders', { method: 'DELETE' }],
    ['/orders', { method: 'HEAD' }],
    ['/livez'],
    ['/readyz'],
    ['/metrics'],
    ['/nothing', { headers: { 'x-request-id': 'mine', 'x-request-timeout-ms': '5000' } }],
    ['/nothing', { method: 'PATCH', headers: json, body: order }],
  ];

  it('give identical answers, byte for byte', async () => {
    const [one, other] = [await createTestShop(), await createTestShop()];
    const server = createHttpServer({ handle: one.handle, isDraining: () => false, onError: nothing });
    const { port } = await server.listen('127.0.0.1', 0);
    const throughFunction = callThrough(create({ handle: other.handle }));
    /** Of the connection, not of the answer. */
    const CONNECTION = ['connection', 'keep-alive', 'date', 'transfer-encoding', 'content-length'];
    const read = async (response: Response) => ({
      status: response.status,
      headers: [...response.headers].filter(([name]) => !CONNECTION.includes(name)),
      body: await response.text(),
    });
    for (const [path, init] of REQUESTS) {
      const fromServer = await read(await fetch(`http://127.0.0.1:${String(port)}${path}`, init));
      expect(await read(await throughFunction(path, init)), path).toEqual(fromServer);
    }
    await server.close(1_000);
  });
});

describe('an invocation', () => {
  it('makes up for the time asleep before anything else, then reads what is due, then answers', async () => {
    const steps: string[] = [];
    const step = (name: string) => () => {
      steps.push(name);
    };
    const handler = create({
      thaw: step('thaw'),
      refresh: async ({ url }) => {
        step(`refresh for ${url}`)();
      },
      handle: async () => {
        step('handle')();
        return new Response();
      },
      flush: step('flush'),
    });
    await handler(await toEvent('/products'), context());
    expect(steps).toEqual(['thaw', 'refresh for https://api.test/products', 'handle', 'flush']);
  });

  it('touches nothing else to say that it is alive', async () => {
    const handler = create({ refresh: () => Promise.reject(new Error('asked')) });
    expect((await handler(await toEvent('/livez'), context())).statusCode).toBe(200);
  });

  it('leaves the shop the function’s remaining time, less what the answer itself takes', async () => {
    const given: (number | undefined)[] = [];
    const handler = create({
      handle: (_, limits) => {
        given.push(limits?.remainingMs);
        return Promise.resolve(new Response());
      },
    });
    await handler(await toEvent('/products'), context(3_000));
    expect(given).toEqual([2_750]);
  });

  it('ends with the shop’s own words before Lambda would end it', async () => {
    const shop = await createTestShop();
    shop.payment.state = 'silent';
    const asked = shop.payment.nextRequest();
    const handler = create({ handle: shop.handle });
    const event = await toEvent('/orders', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': 'k' },
      body: JSON.stringify({ reference: 'r', items: [{ productId: 'a', quantity: 1 }] }),
    });
    const answer = handler(event, context(3_000));
    await asked;
    await shop.clock.advance(2_750);
    expect(await answer).toMatchObject({ statusCode: 504 });
  });

  it('waits for work that the answer did not wait for', async () => {
    const pending = createPendingWork();
    let ended = false;
    const handler = create({
      pending,
      handle: () => {
        const work = new Promise<void>((resolve) => setImmediate(resolve)).then(() => (ended = true));
        void pending.track(work);
        return Promise.resolve(new Response());
      },
    });
    await handler(await toEvent('/products'), context());
    expect(ended).toBe(true);
  });

  it('answers anyway when that work never ends', async () => {
    const pending = createPendingWork({
      schedule: (run, delayMs) => {
        expect(delayMs).toBe(150);
        setImmediate(run);
        return nothing;
      },
    });
    void pending.track(new Promise(nothing));
    const handler = create({ pending });
    expect(await handler(await toEvent('/products'), context())).toMatchObject({ statusCode: 200 });
  });

  it.each([
    ['a bug', { handle: () => Promise.reject(new Error('secret')) }, 'GET'],
    ['a method that no request may have', {}, 'TRACE'],
  ])('is answered with a problem and logged after %s', async (_, changes, method) => {
    const log = createMemoryLog();
    const handler = create({ log, ...changes });
    const event = await toEvent('/products');
    const result = await handler(
      { ...event, requestContext: { ...event.requestContext, http: { method } } },
      context(),
    );
    expect(result.statusCode).toBe(500);
    expect(result.headers['content-type']).toBe('application/problem+json');
    expect(JSON.parse(result.body)).toMatchObject({
      code: 'internal',
      instance: 'urn:nines:request:invocation-1',
    });
    expect(result.body).not.toContain('secret');
    expect(log.lines).toMatchObject([{ level: 'error', fields: { requestId: 'invocation-1' } }]);
  });

  it('with an event of another kind is a mistake that is logged', async () => {
    const log = createMemoryLog();
    expect(await create({ log })({ Records: [] }, context())).toMatchObject({ statusCode: 500 });
    expect(log.lines).toHaveLength(1);
  });
});
