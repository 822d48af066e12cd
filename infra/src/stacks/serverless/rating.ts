/**
 * What follows from the requests per second that an API is rated for: throttles, and concurrency by Little's law
 * (L = lambda x W: what comes in a second times how long it stays).
 *
 * One rating, `peakRps`, decides all of them, so that none can be raised and the others forgotten.
 */
import type { Throttle } from '../../constructs/serverless/http-api.ts';

/** Share of all requests that may place orders: more than twice what customers do, or they could not come in a rush. */
const ORDER_SHARE = 0.5;

/** How long a request may take on average before concurrency runs out: five times what it takes. */
const SLOWEST_AVERAGE_SECONDS = 0.5;

export const stageThrottle = (peakRps: number): Throttle => ({ rateLimit: peakRps, burstLimit: peakRps });

export function orderThrottle(peakRps: number): Throttle {
  const rateLimit = Math.ceil(peakRps * ORDER_SHARE);
  return { rateLimit, burstLimit: rateLimit };
}

/** Concurrency that carries the peak even when answers are slow. */
export const reservedConcurrency = (peakRps: number): number => Math.ceil(peakRps * SLOWEST_AVERAGE_SECONDS);
