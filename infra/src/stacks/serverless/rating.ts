/**
 * What follows from the requests per second that an API is rated for: throttles, and concurrency by Little's law
 * (L = lambda x W: what comes in a second times how long it stays).
 *
 * One rating, `peakRps`, decides all of them, so that none can be raised and the others forgotten. The times are
 * assumptions: replace them by what a load test finds.
 */
import type { Throttle } from '../../constructs/serverless/http-api.ts';

/** Share of all requests that may place orders: more than twice what customers do, or they could not come in a rush. */
const ORDER_SHARE = 0.5;

/** How long a request may take on average before concurrency runs out. */
const SLOWEST_AVERAGE_SECONDS = 0.5;

/** What it takes when all is well: products out of memory, orders with a payment and a transaction. */
const USUAL_SECONDS = { reads: 0.05, orders: 0.2 } as const;

/** Share of the capacity that stands ready which the peak may use: the tier's target for servers, too. */
const UTILIZATION = 0.7;

const orderRps = (peakRps: number): number => Math.ceil(peakRps * ORDER_SHARE);

export const stageThrottle = (peakRps: number): Throttle => ({ rateLimit: peakRps, burstLimit: peakRps });

export const orderThrottle = (peakRps: number): Throttle => ({
  rateLimit: orderRps(peakRps),
  burstLimit: orderRps(peakRps),
});

/** Concurrency of one function for everything, also when answers are slow. */
export const reservedConcurrency = (peakRps: number): number => Math.ceil(peakRps * SLOWEST_AVERAGE_SECONDS);

export interface Concurrency {
  /** What a function may take at most, and nobody else may. */
  readonly reserved: number;
  /** What stands ready, warm, whether it is used or not. */
  readonly provisioned: number;
}

/** Concurrency of a function for products and one for orders, neither of which can take from the other. */
export const concurrencyOf = (peakRps: number): Readonly<Record<'reads' | 'orders', Concurrency>> => ({
  reads: {
    reserved: Math.ceil(peakRps * SLOWEST_AVERAGE_SECONDS),
    provisioned: Math.ceil((peakRps * USUAL_SECONDS.reads) / UTILIZATION),
  },
  orders: {
    reserved: Math.ceil(orderRps(peakRps) * SLOWEST_AVERAGE_SECONDS),
    provisioned: Math.ceil((orderRps(peakRps) * USUAL_SECONDS.orders) / UTILIZATION),
  },
});
