/** Shares of requests by what they are about, which only the faults of serverless tiers are judged by. Pure. */
import type { Measurements } from '@nines/availability';
import { availabilityOf, countRequests, totalOf } from '../measures.ts';
import type { RequestSample } from '../measures.ts';

const CATALOGUE = new Set(['browse', 'product']);
const ORDERS = new Set(['order', 'replay']);

/** Undefined, and so not met, when nobody asked: nothing was shown. */
function shareGood(samples: readonly RequestSample[]): number | undefined {
  return samples.length === 0 ? undefined : availabilityOf(countRequests(samples));
}

/** Share of the requests on these routes, by which a prediction weighs what a fault hits. */
export const shareOn = (samples: readonly RequestSample[], routes: readonly string[]): number =>
  samples.filter(({ route }) => routes.includes(route)).length / Math.max(1, samples.length);

export function requestShares(samples: readonly RequestSample[]): Measurements {
  const good = shareGood(samples);
  if (good === undefined) return {};
  const catalogue = shareGood(samples.filter(({ route }) => CATALOGUE.has(route)));
  const orders = shareGood(samples.filter(({ route }) => ORDERS.has(route)));
  const requests = countRequests(samples);
  return {
    goodShare: good,
    brokenRequests: totalOf(requests) - requests.good - requests.shed,
    ...(catalogue === undefined ? {} : { catalogueGoodShare: catalogue }),
    ...(orders === undefined ? {} : { ordersGoodShare: orders }),
  };
}
