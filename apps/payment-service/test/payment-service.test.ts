import { createInjectedBehaviour, type Behaviour } from '@nines/injected-behaviour';
import { beforeEach, describe, expect, it } from 'vitest';
import { createLedger } from '../src/ledger.ts';
import { createPaymentService } from '../src/payment-service.ts';

const FINE: Behaviour = { latencyMs: 0, jitterMs: 0, failureRate: 0, away: false };
const connection = { name: 'connection' };

let app: ReturnType<typeof create>;
let reset: object[];

function create(capacity = 1_000) {
  let ids = 0;
  reset = [];
  const service = createPaymentService<typeof connection>({
    ledger: createLedger({ newId: () => `a${String((ids += 1))}`, capacity }),
    behaviour: createInjectedBehaviour({ initial: FINE, random: () => 0.5, sleep: () => Promise.resolve() }),
    refuse: (of) => reset.push(of),
  });
  return async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const request = new Request(`http://payment.test${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const response = await service.fetch(request, connection);
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
}

beforeEach(() => {
  app = create();
});

const authorize = (key: string, changes: object = {}) =>
  app(
    'POST',
    '/authorizations',
    { reference: 'r', amountCents: 250, currency: 'EUR', ...changes },
    { 'idempotency-key': key },
  );

const charges = async (query = '') => (await app('GET', `/charges${query}`)).body;

describe('authorizations', () => {
  it('are counted as they are asked for, answered or not', async () => {
    await authorize('k');
    await authorize('k');
    await app('PUT', '/admin/behaviour', { failureRate: 1 });
    await authorize('k');
    await app('POST', '/authorizations/a1/capture');
    expect((await app('GET', '/admin/calls')).body).toEqual({ authorizations: 3 });
  });

  it('are made once for each key, and given again for the same content', async () => {
    expect(await authorize('k')).toEqual({ status: 201, body: { id: 'a1', state: 'authorized' } });
    expect(await authorize('k')).toEqual({ status: 201, body: { id: 'a1', state: 'authorized' } });
    expect(await authorize('other')).toMatchObject({ body: { id: 'a2' } });
  });

  it('refuse a key that stands for something else', async () => {
    await authorize('k');
    expect(await authorize('k', { amountCents: 251 })).toMatchObject({ status: 422 });
    expect(await authorize('k', { reference: 's' })).toMatchObject({ status: 422 });
  });

  it('are declined, and stay declined, when the reference begins with "declined"', async () => {
    expect(await authorize('k', { reference: 'declined-1' })).toMatchObject({ status: 402 });
    expect(await authorize('k', { reference: 'declined-1' })).toMatchObject({ status: 402 });
  });

  it.each([
    [{ amountCents: 1.5 }],
    [{ amountCents: -1 }],
    [{ amountCents: '1' }],
    [{ reference: 1 }],
    [{ currency: null }],
  ])('refuse %j', async (changes) => {
    expect(await authorize('k', changes)).toMatchObject({ status: 400 });
  });

  it('need a key and a JSON body', async () => {
    expect(await authorize('')).toMatchObject({ status: 400 });
    expect(await app('POST', '/authorizations', undefined, { 'idempotency-key': 'k' })).toMatchObject({
      status: 400,
    });
  });
});

describe('captures and voids', () => {
  it('take the money once, however often it is asked for', async () => {
    await authorize('k');
    for (let n = 0; n < 3; n++) {
      expect(await app('POST', '/authorizations/a1/capture')).toEqual({
        status: 200,
        body: { id: 'a1', state: 'captured' },
      });
    }
    expect(await charges()).toEqual({
      count: 1,
      totalCents: 250,
      forgotten: 0,
      items: [
        { authorizationId: 'a1', idempotencyKey: 'k', reference: 'r', amountCents: 250, currency: 'EUR' },
      ],
    });
  });

  it('do not take money that was given back, and free its key for a new authorization', async () => {
    await authorize('k');
    expect(await app('POST', '/authorizations/a1/void')).toMatchObject({ status: 200 });
    expect(await app('POST', '/authorizations/a1/void')).toMatchObject({ status: 200 });
    expect(await app('POST', '/authorizations/a1/capture')).toMatchObject({ status: 409 });
    expect(await authorize('k')).toMatchObject({ status: 201, body: { id: 'a2' } });
    expect(await app('POST', '/authorizations/a1/void')).toMatchObject({ status: 200 });
    expect(await authorize('k')).toMatchObject({ body: { id: 'a2' } });
  });

  it('do not give back money that was taken', async () => {
    await authorize('k');
    await app('POST', '/authorizations/a1/capture');
    expect(await app('POST', '/authorizations/a1/void')).toMatchObject({ status: 409 });
  });

  it('do not know what was never authorized, nor capture what was declined', async () => {
    expect(await app('POST', '/authorizations/a9/capture')).toMatchObject({ status: 404 });
    expect(await app('POST', '/authorizations/a9/void')).toMatchObject({ status: 404 });
    await authorize('k', { reference: 'declined' });
    expect(await app('POST', '/authorizations/a1/capture')).toMatchObject({ status: 409 });
  });
});

describe('the list of charges', () => {
  const captureAll = async (count: number) => {
    for (let n = 1; n <= count; n++) {
      await authorize(`k${String(n)}`);
      await app('POST', `/authorizations/a${String(n)}/capture`);
    }
  };
  const idsOf = (page: Record<string, unknown>) =>
    (page['items'] as { authorizationId: string }[]).map(({ authorizationId }) => authorizationId);

  it('is given in pages, each charge once', async () => {
    await captureAll(5);
    const first = await charges('?limit=2');
    expect(first).toMatchObject({ count: 5, totalCents: 1_250, nextCursor: '2' });
    const second = await charges('?limit=2&cursor=2');
    const third = await charges('?limit=2&cursor=4');
    expect([first, second, third].flatMap(idsOf)).toEqual(['a1', 'a2', 'a3', 'a4', 'a5']);
    expect(third).not.toHaveProperty('nextCursor');
  });

  it('says how many entries were forgotten for want of room, and counts them all the same', async () => {
    app = create(3);
    await captureAll(5);
    expect(await charges()).toMatchObject({ count: 5, totalCents: 1_250, forgotten: 4 });
    expect(idsOf(await charges())).toEqual(['a3', 'a4', 'a5']);
    expect(idsOf(await charges('?cursor=4'))).toEqual(['a5']);
    expect(await app('POST', '/authorizations/a1/capture')).toMatchObject({ status: 404 });
  });

  it.each(['?limit=0', '?limit=x', '?cursor=-1'])('refuses %s', async (query) => {
    expect(await app('GET', `/charges${query}`)).toMatchObject({ status: 400 });
  });
});

describe('injected behaviour', () => {
  it('is changed and shown by /admin/behaviour', async () => {
    expect(await app('PUT', '/admin/behaviour', { latencyMs: 400 })).toEqual({
      status: 200,
      body: { ...FINE, latencyMs: 400 },
    });
    expect(await app('GET', '/admin/behaviour')).toMatchObject({ body: { latencyMs: 400 } });
    expect(await app('PUT', '/admin/behaviour', { latency: 1 })).toMatchObject({ status: 400 });
  });

  it('fails payments but not the ledger, the admin route or liveness', async () => {
    await app('PUT', '/admin/behaviour', { failureRate: 1 });
    expect(await authorize('k')).toMatchObject({ status: 500 });
    expect((await app('GET', '/livez')).status).toBe(200);
    expect((await app('GET', '/charges')).status).toBe(200);
  });

  it('resets the connection of a call that it refuses', async () => {
    await app('PUT', '/admin/behaviour', { away: 'refuse' });
    void authorize('k');
    await expect.poll(() => reset).toEqual([connection]);
  });

  it('never answers while it hangs', async () => {
    await app('PUT', '/admin/behaviour', { away: 'hang' });
    let answered = false;
    void authorize('k').then(() => (answered = true));
    // The admin route goes through the same steps, so a hanging call would have been answered by then.
    for (let n = 0; n < 5; n++) await app('GET', '/admin/behaviour');
    expect(answered).toBe(false);
    expect(reset).toEqual([]);
  });
});

it('refuses bodies that are far too large', async () => {
  expect(await authorize('k', { reference: 'r'.repeat(20_000) })).toMatchObject({ status: 413 });
});
