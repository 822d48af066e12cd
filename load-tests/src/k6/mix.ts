// What shoppers do, and how often: the mix of requests.
import type { Random } from './random.ts';

export type Route = 'browse' | 'product' | 'order' | 'read-back' | 'replay';

/** Shares of the mix in percent; together 100. */
export const MIX: Readonly<Record<Route, number>> = {
  browse: 30,
  product: 35,
  order: 15,
  'read-back': 12,
  replay: 8,
};

/** Draws a route by the shares of the mix. */
export function pickRoute(random: Random): Route {
  let left = random() * 100;
  for (const route in MIX) {
    left -= MIX[route as Route];
    if (left < 0) return route as Route;
  }
  // Only rounding can lead here.
  return 'replay';
}
