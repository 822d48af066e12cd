// What shoppers do, and how often: the mix of requests.
import type { Random } from './random.ts';

export type Route = 'browse' | 'product' | 'order' | 'read-back' | 'replay';

/** Shares of the mix; they add up to 100, so that each reads as a percentage. */
export const MIX: readonly (readonly [route: Route, percent: number])[] = [
  ['browse', 30],
  ['product', 35],
  ['order', 15],
  ['read-back', 12],
  ['replay', 8],
];

/** Draws a route by the shares of the mix. */
export function pickRoute(random: Random): Route {
  let left = random() * 100;
  for (const [route, percent] of MIX) {
    left -= percent;
    if (left < 0) return route;
  }
  // Only rounding can lead here.
  return 'browse';
}
