// The script under real k6, against a shop that keeps the contract or breaks it on demand.
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startFakeShop, type FakeShop, type Misbehaviour } from './fake-shop.ts';
import { countBy, inspect, providedK6, runShop, type Point } from './k6-run.ts';

const RUN_TIMEOUT_MS = 60_000;
/** Where k6 has to be built first. */
const PROVISION_TIMEOUT_MS = 600_000;

/** Requests that a starved k6 may owe at the end of a run. */
const LATE = 15;
/** A client that waits for even a starved machine. */
const PATIENCE_MS = '20000';

const THRESHOLDS_MISSED = 99;
const SCRIPT_EXCEPTION = 107;

let k6: string;
let shop: FakeShop;
/** Decides what the fake shop does; each test sets its own. */
let misbehave: (request: { number: number; asks: string }) => Misbehaviour | undefined;

beforeAll(async () => {
  k6 = await providedK6();
}, PROVISION_TIMEOUT_MS);

beforeEach(async () => {
  misbehave = () => undefined;
  shop = await startFakeShop({ misbehave: (request) => misbehave(request) });
});

afterEach(async () => {
  await shop.close();
});

const routeOf = ({ data }: Point) => data.tags['route'] ?? '';
const outcomeOf = ({ data }: Point) => data.tags['outcome'] ?? '';
const timeline = (target: number, duration: string) => JSON.stringify([{ target, duration }]);

describe('inspect', () => {
  test.each([
    ['smoke', 'constant-arrival-rate'],
    ['average', 'constant-arrival-rate'],
    ['spike', 'ramping-arrival-rate'],
    ['stress', 'ramping-arrival-rate'],
    ['breakpoint', 'ramping-arrival-rate'],
    ['timeline', 'ramping-arrival-rate'],
  ])('accepts the workload %s', async (WORKLOAD, executor) => {
    const { exitCode, stdout } = await inspect(k6, {
      BASE_URL: shop.url,
      WORKLOAD,
      TIMELINE: timeline(50, '10s'),
    });
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ scenarios: { shop: { executor } } });
  });

  test("judges the average load by the tier's goal", async () => {
    const { stdout } = await inspect(k6, { BASE_URL: shop.url, WORKLOAD: 'average', TIER: 'four-nines' });
    expect(JSON.parse(stdout)).toMatchObject({ thresholds: { shop_good: ['rate>=0.9999'] } });
  });

  test.each([
    [{}, 'BASE_URL must be the shop'],
    [{ BASE_URL: 'http://127.0.0.1:1', RATE: 'fast' }, 'RATE must be a whole number'],
    [{ BASE_URL: 'http://127.0.0.1:1', TIER: 'six-nines' }, 'TIER must be one of two-nines, three-nines'],
  ])('refuses %j and says why', async (environment, message) => {
    const { exitCode, stderr } = await inspect(k6, environment);
    expect(exitCode).toBe(SCRIPT_EXCEPTION);
    expect(stderr).toContain(message);
  });
});

test(
  'a shop that keeps the contract gets the whole mix, and one good sample for each request',
  async () => {
    const environment = {
      BASE_URL: shop.url,
      WORKLOAD: 'timeline',
      TIMELINE: timeline(100, '3s'),
      TIMEOUT_MS: PATIENCE_MS,
      MAX_VUS: '50',
    };
    const { exitCode, requests, dropped, errors } = await runShop(k6, environment);
    expect(errors).toBe('');
    expect(exitCode).toBe(0);
    expect(dropped).toBe(0);
    expect(countBy(requests, outcomeOf)).toEqual({ good: requests.length });
    // 300, but for what k6 starts late on a busy machine.
    expect(Math.abs(requests.length - 300)).toBeLessThanOrEqual(LATE);

    const routes = countBy(requests, routeOf);
    expect(Object.keys(routes).sort()).toEqual(['browse', 'order', 'product', 'read-back', 'replay']);
    expect(Object.fromEntries(shop.requests)).toEqual({
      'GET /products': routes['browse'],
      'GET /products/{id}': routes['product'],
      'POST /orders': (routes['order'] ?? 0) + (routes['replay'] ?? 0),
      'GET /orders/{id}': routes['read-back'],
    });
    expect(countBy(requests, ({ data }) => data.tags['freshness'] ?? 'unsaid')).toEqual({
      live: (routes['browse'] ?? 0) + (routes['read-back'] ?? 0),
      stale: routes['product'],
      unsaid: (routes['order'] ?? 0) + (routes['replay'] ?? 0),
    });
  },
  RUN_TIMEOUT_MS,
);

test(
  'every sample about an order names it, no other does, and a replay sends the very same bytes',
  async () => {
    const environment = {
      BASE_URL: shop.url,
      WORKLOAD: 'timeline',
      TIMELINE: timeline(100, '3s'),
      RUN_ID: 'r',
      TIMEOUT_MS: PATIENCE_MS,
      MAX_VUS: '50',
    };
    const { requests } = await runShop(k6, environment);
    for (const request of requests) {
      const { metadata } = request.data;
      if (routeOf(request) === 'browse' || routeOf(request) === 'product') {
        expect(metadata).toBeUndefined();
        continue;
      }
      const stored = shop.orders.get(metadata?.['idempotency_key'] ?? '');
      expect(metadata).toEqual({
        reference: stored?.reference,
        idempotency_key: stored?.reference.replace(/^order-/, 'key-'),
        order_id: stored?.id,
      });
    }
    const placed = requests.filter((request) => routeOf(request) === 'order');
    const references = placed.map(({ data }) => data.metadata?.['reference']);
    expect(new Set(references).size).toBe(placed.length);
    expect(references.every((reference) => /^order-r-\d+$/.test(reference ?? ''))).toBe(true);

    const replayed = [...shop.orders.values()].filter(({ bodies }) => bodies.length > 1);
    expect(replayed.length).toBeGreaterThan(0);
    for (const { bodies } of replayed) expect(new Set(bodies).size).toBe(1);
  },
  RUN_TIMEOUT_MS,
);

test(
  'a client that tries once more hides what a second try mends, and is one request all the same',
  async () => {
    let failed = false;
    // One shopper, whose every first try fails and whose second one does not; what sheds load is not asked again.
    misbehave = ({ number }) => {
      if (number < 60) return undefined;
      if (number % 10 === 0) return 'shed';
      failed = !failed;
      return failed ? 'error' : undefined;
    };
    const run = async (RETRIES: string) => {
      const environment = {
        BASE_URL: shop.url,
        WORKLOAD: 'timeline',
        TIMELINE: timeline(30, '4s'),
        TIMEOUT_MS: PATIENCE_MS,
        MAX_VUS: '1',
        RETRIES,
      };
      const { requests } = await runShop(k6, environment);
      return countBy(requests, outcomeOf);
    };
    expect((await run('0'))['bad']).toBeGreaterThan(5);
    const { bad, shed } = await run('1');
    expect(bad).toBeUndefined();
    expect(shed).toBeGreaterThan(1);
  },
  2 * RUN_TIMEOUT_MS,
);

test(
  'every way of answering badly is told apart',
  async () => {
    const ways: (Misbehaviour | undefined)[] = [
      undefined,
      'shed',
      'too-many-requests',
      'error',
      'broken-body',
      'missing-field',
      'hang',
      'reset',
    ];
    const done: Record<string, number> = {};
    misbehave = ({ number }) => {
      const way = ways[number % ways.length];
      done[way ?? 'well'] = (done[way ?? 'well'] ?? 0) + 1;
      return way;
    };
    const environment = {
      BASE_URL: shop.url,
      WORKLOAD: 'timeline',
      TIMELINE: timeline(100, '3s'),
      TIMEOUT_MS: '1500',
    };
    const { exitCode, requests } = await runShop(k6, environment);
    expect(exitCode).toBe(0);
    const kinds = countBy(requests, ({ data: { tags } }) =>
      [tags['outcome'], tags['reason']].join(' ').trim(),
    );
    const { network = 0, ...others } = renamed(kinds);
    expect(others).toEqual({
      good: done['well'],
      shed: (done['shed'] ?? 0) + (done['too-many-requests'] ?? 0),
      status: done['error'],
      contract: (done['broken-body'] ?? 0) + (done['missing-field'] ?? 0),
      timeout: done['hang'],
    });
    // k6's HTTP client sends a request again when a kept connection breaks before the first byte of the answer.
    expect(network).toBeLessThanOrEqual(done['reset'] ?? 0);

    const byReason = (reason: string) => requests.find(({ data }) => data.tags['reason'] === reason)?.data;
    expect(byReason('status')?.metadata?.['detail']).toBe('503 writer-unavailable');
    expect(byReason('timeout')).toMatchObject({
      tags: { status: '0' },
      metadata: { detail: 'request timeout' },
    });
    expect(byReason('timeout')?.value).toBeGreaterThanOrEqual(1500);
  },
  RUN_TIMEOUT_MS,
);

/** `bad timeout` becomes `timeout`; good and shed have no reason. */
function renamed(kinds: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(kinds).map(([kind, count]) => [kind.replace(/^bad /, ''), count]));
}

test(
  'an order that is placed again by its replay is bad',
  async () => {
    misbehave = ({ asks }) => (asks === 'POST /orders' ? 'forgets-replays' : undefined);
    const environment = { BASE_URL: shop.url, WORKLOAD: 'timeline', TIMELINE: timeline(100, '2s') };
    const { requests } = await runShop(k6, environment);
    const replays = requests.filter((request) => routeOf(request) === 'replay');
    expect(replays.length).toBeGreaterThan(0);
    for (const { data } of replays) {
      expect(data.tags).toMatchObject({ outcome: 'bad', reason: 'different' });
      expect(data.metadata?.['detail']).toMatch(/^order \S+ instead of \S+$/);
    }
    expect(
      countBy(
        requests.filter((request) => routeOf(request) === 'order'),
        outcomeOf,
      ),
    ).toHaveProperty('good');
  },
  RUN_TIMEOUT_MS,
);

test(
  'an order without an answer is sent again, as the order that it still is, and named by its id once acknowledged',
  async () => {
    let posts = 0;
    misbehave = ({ asks }) => (asks === 'POST /orders' && posts++ % 2 === 0 ? 'error' : undefined);
    const environment = {
      BASE_URL: shop.url,
      WORKLOAD: 'timeline',
      TIMELINE: timeline(100, '3s'),
      TIMEOUT_MS: PATIENCE_MS,
      MAX_VUS: '4',
    };
    const { requests } = await runShop(k6, environment);
    const placing = requests.filter((one) => routeOf(one) === 'order');
    const referenceOf = ({ data }: Point) => data.metadata?.['reference'];
    const unanswered = placing.filter((one) => outcomeOf(one) === 'bad');
    expect(unanswered.length).toBeGreaterThan(0);
    for (const { data } of unanswered) expect(data.metadata).not.toHaveProperty('order_id');

    const references = new Set(unanswered.map(referenceOf));
    const made = placing.filter((one) => outcomeOf(one) === 'good' && references.has(referenceOf(one)));
    expect(made.length).toBeGreaterThan(0);
    for (const { data } of made) {
      expect(data.metadata?.['order_id']).toBe(shop.orders.get(data.metadata?.['idempotency_key'] ?? '')?.id);
    }
    // What is called a replay had been acknowledged before, so it names its order even when it fails.
    for (const one of requests.filter((request) => routeOf(request) === 'replay')) {
      expect(one.data.metadata).toHaveProperty('order_id');
    }
  },
  RUN_TIMEOUT_MS,
);

test(
  'requests that cannot be sent are counted as dropped, and the rest keep coming',
  async () => {
    misbehave = () => 'hang';
    const environment = {
      BASE_URL: shop.url,
      WORKLOAD: 'timeline',
      TIMELINE: timeline(50, '2s'),
      TIMEOUT_MS: '500',
      MAX_VUS: '5',
    };
    const { requests, dropped } = await runShop(k6, environment);
    expect(dropped).toBeGreaterThan(0);
    expect(requests.length).toBeGreaterThan(5);
    // Two seconds at 50 requests/s, but for what k6 starts late on a busy machine.
    expect(Math.abs(requests.length + dropped - 100)).toBeLessThanOrEqual(LATE);
  },
  RUN_TIMEOUT_MS,
);

test(
  "a shop that misses its tier's goal fails the run, and one that meets it passes",
  async () => {
    const environment = { BASE_URL: shop.url, RATE: '20', DURATION: '1s' };
    expect((await runShop(k6, environment)).exitCode).toBe(0);
    misbehave = ({ number }) => (number % 20 === 0 ? 'error' : undefined);
    expect((await runShop(k6, environment)).exitCode).toBe(THRESHOLDS_MISSED);
  },
  RUN_TIMEOUT_MS,
);

test(
  'a shop that is not there ends the run before it starts, and says so',
  async () => {
    await shop.close();
    const { exitCode, requests, errors } = await runShop(k6, { BASE_URL: shop.url, DURATION: '1s' });
    expect(exitCode).toBe(SCRIPT_EXCEPTION);
    expect(requests).toEqual([]);
    expect(errors).toContain(`the shop at ${shop.url} cannot be read`);
    shop = await startFakeShop();
  },
  RUN_TIMEOUT_MS,
);

test(
  'a shop that is still coming up is tried again before the load, with the same bytes under the same key',
  async () => {
    await shop.close();
    shop = await startFakeShop({ losesFirstAnswer: true });
    const environment = { BASE_URL: shop.url, DURATION: '1s', RUN_ID: 'early' };
    const { requests } = await runShop(k6, environment);
    expect(requests.length).toBeGreaterThan(0);
    const first = shop.orders.get('key-early-start-0');
    expect(first?.bodies.length).toBeGreaterThanOrEqual(2);
    expect(new Set(first?.bodies).size).toBe(1);
  },
  RUN_TIMEOUT_MS,
);

test(
  'two halves of a run, as on two machines, send together what the undivided run sends',
  async () => {
    const environment = {
      BASE_URL: shop.url,
      WORKLOAD: 'average',
      TIMEOUT_MS: PATIENCE_MS,
      MAX_VUS: '20',
      RATE: '40',
      DURATION: '2s',
      RUN_ID: 'x',
      SEED: '9',
    };
    const segment = (from: string, to: string) => [
      '--execution-segment',
      `${from}:${to}`,
      '--execution-segment-sequence',
      '0,1/2,1',
    ];
    const [whole, ...halves] = await Promise.all([
      runShop(k6, environment),
      runShop(k6, environment, segment('0', '1/2')),
      runShop(k6, environment, segment('1/2', '1')),
    ]);
    const placed = (requests: readonly Point[]) =>
      requests
        .filter((request) => routeOf(request) === 'order')
        .map(({ data }) => data.metadata?.['reference'] ?? '')
        // Of the 80 requests the last may be late on a busy machine.
        .filter((reference) => Number(reference.split('-').at(-1)) < 80 - LATE)
        .sort();
    for (const half of halves) expect(placed(half.requests).length).toBeGreaterThan(0);
    expect(placed(halves.flatMap(({ requests }) => requests))).toEqual(placed(whole.requests));
  },
  RUN_TIMEOUT_MS,
);
