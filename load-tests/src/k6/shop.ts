// The load test of the shop: one request per iteration, drawn from the mix, judged against the contract.
//
//   k6 run --no-usage-report -e BASE_URL=http://127.0.0.1:8080 -e WORKLOAD=smoke load-tests/src/k6/shop.ts
//
// k6 runs this file as it is. All variables are in load-tests/README.md.
import exec from 'k6/execution';
import http from 'k6/http';
import type { Options } from 'k6/options';
import { readConfiguration } from './configuration.ts';
import { pickRoute } from './mix.ts';
import { createOrderRing, type OrderRing } from './order-ring.ts';
import { randomAt } from './random.ts';
import { createRecorder, type RequestFacts } from './sample.ts';
import { prepareStart, type Start } from './start.ts';
import { goalOf, thresholdsOf, type TierGoals } from './thresholds.ts';
import { planScenario } from './workloads.ts';
import { browse } from './journeys/browse.ts';
import { order } from './journeys/order.ts';
import { product } from './journeys/product.ts';
import { readBack } from './journeys/read-back.ts';
import { replay } from './journeys/replay.ts';
import type { Session } from './journeys/session.ts';

const configuration = readConfiguration(__ENV);
// k6 reads no JSON modules; `open` is relative to this file.
const goals = JSON.parse(open('../generated/thresholds.generated.json')) as TierGoals;
const thresholds = thresholdsOf(configuration.workload, goalOf(goals, configuration.tier));
const record = createRecorder(Object.keys(thresholds).length > 0);
// Per virtual user, from its first request on. Asking k6 for the scenario takes 15 us each time.
let orders: OrderRing | undefined;
let scenario: typeof exec.scenario | undefined;

// Without a callback k6 writes no http_req_failed sample for each request; good and bad are ours to judge. The
// types do not know that null is allowed, the documentation of setResponseCallback does.
http.setResponseCallback(null as never);

export const options: Options = {
  scenarios: { shop: planScenario(configuration) },
  thresholds,
  // The shop redirects nowhere, and a load must never be led to a host that nobody meant.
  maxRedirects: 0,
  // k6 writes about a dozen samples of its own for each request; without system tags they stay short.
  systemTags: [],
  summaryTrendStats: ['min', 'med', 'p(95)', 'p(99)', 'max'],
};

export function setup(): Start {
  // eslint-disable-next-line no-restricted-properties -- tells this run's orders from those of earlier runs.
  return prepareStart(configuration, configuration.runId ?? Date.now().toString(36));
}

export default function shop({ runId, productIds, orders: first }: Start): void {
  orders ??= createOrderRing(first);
  scenario ??= exec.scenario;
  const position = scenario.iterationInTest;
  const session: Session = {
    baseUrl: configuration.baseUrl,
    timeoutMs: configuration.timeoutMs,
    retries: configuration.retries,
    random: randomAt(configuration.seed, position),
    productIds,
    requestId: `${runId}-${String(position)}`,
  };
  record(sendNext(session, orders));
}

function sendNext(session: Session, ring: OrderRing): RequestFacts {
  const route = pickRoute(session.random);
  switch (route) {
    case 'browse':
      return browse(session);
    case 'product':
      return product(session);
    case 'order':
      return order(session, ring);
    case 'read-back': {
      // A virtual user whose last orders are all unanswered has nothing to read back: it looks around instead.
      const placed = ring.pickAcknowledged(session.random);
      return placed === undefined ? browse(session) : readBack(session, placed, ring);
    }
    case 'replay': {
      const placed = ring.pickForReplay(session.random);
      return placed === undefined ? browse(session) : replay(session, placed, ring);
    }
  }
}
