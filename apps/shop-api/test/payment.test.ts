// The payment adapter with the shop's own policies, against a payment service made of promises and fake time.
import { createFakeClock, flushMicrotasks, type FakeClock } from '@nines/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { createHttpPayment } from '../src/adapters/http-payment.ts';
import type { Payment } from '../src/ports/payment.ts';
import { createFunctionRetryBudget, createPaymentPolicies } from '../src/resilience/policies.ts';
import { createCountingMetrics } from './stand-ins.ts';
import { timingOf } from './test-shop.ts';

type Behaviour = { readonly latencyMs: number; readonly status: number } | 'silent' | 'refused';

interface Seen {
  readonly url: string;
  readonly headers: Headers;
  readonly body: unknown;
}

let clock: FakeClock;
let behaviour: Behaviour;
let seen: Seen[];
let metrics: ReturnType<typeof createCountingMetrics>;
let payment: Payment;

const FINE = { latencyMs: 40, status: 201 };
const REQUEST = { idempotencyKey: 'key', reference: 'r', amountCents: 250, currency: 'EUR' } as const;

beforeEach(() => {
  clock = createFakeClock();
  behaviour = FINE;
  seen = [];
  metrics = createCountingMetrics();
  payment = create({});
});

function create(options: Pick<Parameters<typeof createPaymentPolicies>[0], 'retryBudget'>): Payment {
  const fetch = async (url: string, init: RequestInit): Promise<Response> => {
    const current = behaviour;
    const body = typeof init.body === 'string' ? (JSON.parse(init.body) as unknown) : undefined;
    seen.push({ url, headers: new Headers(init.headers), body });
    if (current === 'refused') throw new TypeError('fetch failed');
    await clock.sleep(current === 'silent' ? 3_600_000 : current.latencyMs, init.signal ?? undefined);
    return Response.json({ id: 'authorization-1' }, { status: current === 'silent' ? 500 : current.status });
  };
  const policies = createPaymentPolicies({ metrics, timing: timingOf(clock), ...options });
  return createHttpPayment({ baseUrl: 'http://payment.test', fetch, clock, metrics, ...policies });
}

const outcomeOf = <T>(promise: Promise<T>) =>
  promise.then(
    (value) => ({ value, at: clock.now() }),
    (error: unknown) => ({ code: (error as { code: string }).code, at: clock.now() }),
  );

/** Authorizes at a steady rate, and gives what became of each. */
async function authorizeAll(count: number, everyMs: number, timeoutMs = 5_000) {
  const outcomes = [];
  for (let n = 0; n < count; n++) {
    outcomes.push(
      outcomeOf(payment.authorize({ ...REQUEST, idempotencyKey: `key-${String(n)}` }, { timeoutMs })),
    );
    await clock.advance(everyMs);
  }
  await clock.advance(10_000);
  return Promise.all(outcomes);
}

const sum = (prefix: string) =>
  [...metrics.counts].reduce((total, [key, count]) => total + (key.startsWith(prefix) ? count : 0), 0);

describe('a payment call', () => {
  it('says what to charge, under which key, for whom and within which time', async () => {
    const result = outcomeOf(payment.authorize(REQUEST, { requestId: 'request-1', timeoutMs: 700 }));
    await clock.advance(40);
    expect(await result).toEqual({
      value: { outcome: 'authorized', authorizationId: 'authorization-1' },
      at: 40,
    });
    const [{ url, headers, body } = {} as Seen] = seen;
    expect(url).toBe('http://payment.test/authorizations');
    expect(body).toEqual({ reference: 'r', amountCents: 250, currency: 'EUR' });
    expect(headers.get('idempotency-key')).toBe('key');
    expect(headers.get('x-request-id')).toBe('request-1');
    expect(headers.get('x-request-timeout-ms')).toBe('700');
  });

  it('tells a decline from a failure', async () => {
    behaviour = { latencyMs: 40, status: 402 };
    const declined = outcomeOf(payment.authorize(REQUEST));
    await clock.advance(40);
    expect(await declined).toMatchObject({ value: { outcome: 'declined' } });
  });

  it.each([
    [200, 'captured'],
    [404, 'lost'],
    [409, 'lost'],
  ])('reads the answer %i to a capture as %s', async (status, outcome) => {
    behaviour = { latencyMs: 40, status };
    const result = outcomeOf(payment.capture('a/1'));
    await clock.advance(40);
    expect(await result).toMatchObject({ value: { outcome } });
    expect(seen[0]?.url).toBe('http://payment.test/authorizations/a%2F1/capture');
  });
});

describe('a payment service in trouble', () => {
  it('is waited for when it is ten times slower than usual', async () => {
    behaviour = { latencyMs: 400, status: 201 };
    const outcomes = await authorizeAll(100, 20);
    expect(outcomes.filter((outcome) => 'value' in outcome)).toHaveLength(100);
    expect(sum('payment-attempt')).toBe(100);
  });

  it('is asked a second time when it fails once, under the same key', async () => {
    behaviour = { latencyMs: 40, status: 500 };
    const result = outcomeOf(payment.authorize(REQUEST));
    await clock.advance(40);
    behaviour = FINE;
    await clock.advance(90);
    expect(await result).toMatchObject({ value: { outcome: 'authorized' } });
    expect(seen.map(({ headers }) => headers.get('idempotency-key'))).toEqual(['key', 'key']);
  });

  it('is asked once by a process of a function that has not yet seen ten orders, and may be asked again after them', async () => {
    payment = create({ retryBudget: createFunctionRetryBudget() });
    behaviour = { latencyMs: 40, status: 500 };
    await authorizeAll(3, 20);
    expect(sum('payment-attempt')).toBe(3);
    behaviour = FINE;
    await authorizeAll(25, 20);
    behaviour = { latencyMs: 40, status: 500 };
    await authorizeAll(2, 20);
    expect(sum('payment-attempt')).toBe(31);
  });

  it.each(['silent', 'refused', { latencyMs: 40, status: 500 }] as const)(
    'gets at most 1.1 attempts for each call when it fails altogether: %j',
    async (failing) => {
      behaviour = failing;
      const outcomes = await authorizeAll(300, 20);
      expect(outcomes.filter((outcome) => 'code' in outcome)).toHaveLength(300);
      expect(sum('payment-call')).toBe(300);
      expect(sum('payment-attempt') / sum('payment-call')).toBeLessThanOrEqual(1.1);
    },
  );

  it('keeps nobody waiting once twenty calls went unanswered, and is found again within two seconds', async () => {
    behaviour = 'silent';
    const silenced = Array.from({ length: 20 }, (_, n) =>
      outcomeOf(payment.capture(`authorization-${String(n)}`, { timeoutMs: 5_000 })),
    );
    await clock.advance(800);
    await Promise.all(silenced);
    expect(await outcomeOf(payment.authorize(REQUEST))).toEqual({ code: 'payment-unavailable', at: 800 });
    expect(seen).toHaveLength(20);

    behaviour = FINE;
    await clock.advance(2_000);
    const probe = outcomeOf(payment.authorize(REQUEST));
    await clock.advance(40);
    expect(await probe).toMatchObject({ value: { outcome: 'authorized' } });
  });

  it('is done with each caller within two seconds while it is silent', async () => {
    behaviour = 'silent';
    const outcome = outcomeOf(payment.authorize(REQUEST, { timeoutMs: 10_000 }));
    await clock.advance(10_000);
    // Two limits of 0.8 s, and half of the 50 ms that the first retry may wait.
    expect(await outcome).toEqual({ code: 'payment-unavailable', at: 1_625 });
  });

  it('holds sixty customers at once and turns the next away without opening the breaker', async () => {
    behaviour = { latencyMs: 400, status: 201 };
    const waiting = Array.from({ length: 60 }, (_, n) =>
      outcomeOf(payment.authorize({ ...REQUEST, idempotencyKey: String(n) })),
    );
    await flushMicrotasks();
    expect(await outcomeOf(payment.authorize(REQUEST))).toEqual({ code: 'payment-unavailable', at: 0 });
    await clock.advance(400);
    expect((await Promise.all(waiting)).filter((outcome) => 'value' in outcome)).toHaveLength(60);
    const next = outcomeOf(payment.authorize(REQUEST));
    await clock.advance(400);
    expect(await next).toMatchObject({ value: { outcome: 'authorized' } });
  });

  it('is not held to be away because clients gave it too little time', async () => {
    behaviour = { latencyMs: 400, status: 201 };
    const hasty = await authorizeAll(100, 5, 50);
    expect(hasty.filter((outcome) => 'code' in outcome)).toHaveLength(100);
    expect(sum('payment-attempt')).toBe(100);
    const patient = outcomeOf(payment.authorize(REQUEST, { timeoutMs: 5_000 }));
    await clock.advance(400);
    expect(await patient).toMatchObject({ value: { outcome: 'authorized' } });
  });

  it('leaves no timer behind', async () => {
    await authorizeAll(5, 20);
    expect(clock.pendingTimers()).toBe(0);
  });
});
