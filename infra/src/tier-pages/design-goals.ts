/**
 * What AWS says its services are designed for, and what follows from that for a serverless tier: parts in series
 * multiply, and what stands in for a part, or beside it, takes its place in the product.
 *
 * A design goal is no promise and no measurement; it is the one published figure there is. Payment, a third party, is in
 * none of the products: what it fails, it fails on top.
 */
import { parallelAvailability, seriesAvailability } from '@nines/availability';

/** Percent. AWS Well-Architected Reliability Pillar, April 2020 edition, Appendix A. */
export const DESIGN_GOALS = {
  'API Gateway': 99.99,
  CloudFront: 99.99,
  'DynamoDB (global table)': 99.999,
  DynamoDB: 99.99,
  Lambda: 99.95,
  'Route 53': 100,
} as const;

type Service = keyof typeof DESIGN_GOALS;

/** How the parts of a tier stand to each other. */
export type DesignGoalShape = 'one-region' | 'edge' | 'standby' | 'all-serve';

export interface DesignGoalRow {
  readonly what: string;
  readonly how: string;
  /** Share from 0 to 1. */
  readonly availability: number;
}

/** Shares of reads that the edge can answer from what it has; to be measured (`CacheHitRate`). */
const CACHED_SHARES = [0.5, 0.9, 0.99] as const;

const share = (service: Service): number => DESIGN_GOALS[service] / 100;
const series = (...services: readonly Service[]): number => seriesAvailability(services.map(share));
const named = (...services: readonly Service[]): string =>
  services.map((service) => `${service} ${String(DESIGN_GOALS[service])}%`).join(' x ');

/** Orders need all of it; products come from memory when the table is away. */
const CODE = ['API Gateway', 'Lambda'] as const;

/** What a share of reads that the edge can answer leaves of the API's failures. */
const behindEdge = (api: number, cached: number): number =>
  seriesAvailability([share('CloudFront'), 1 - (1 - api) * (1 - cached)]);

const cachedRows = (api: number): readonly DesignGoalRow[] =>
  CACHED_SHARES.map((cached) => ({
    what: `products, ${String(cached * 100)}% of them at the edge`,
    how: `CloudFront ${String(DESIGN_GOALS.CloudFront)}% x (1 - ${String(Math.round((1 - cached) * 100))}% of the API's failures)`,
    availability: behindEdge(api, cached),
  }));

function oneRegion(): readonly DesignGoalRow[] {
  return [
    { what: 'products', how: `${named(...CODE)}; the table is soft`, availability: series(...CODE) },
    { what: 'orders', how: named(...CODE, 'DynamoDB'), availability: series(...CODE, 'DynamoDB') },
  ];
}

function edge(): readonly DesignGoalRow[] {
  return [
    {
      what: 'products, nothing at the edge',
      how: named('CloudFront', ...CODE),
      availability: series('CloudFront', ...CODE),
    },
    ...cachedRows(series(...CODE)),
    {
      what: 'orders, refused when the table refuses',
      how: named('CloudFront', ...CODE, 'DynamoDB'),
      availability: series('CloudFront', ...CODE, 'DynamoDB'),
    },
    {
      what: 'orders, kept when the table refuses',
      how: `${named('CloudFront', ...CODE)}; the queue's own goal is not published, so this is an upper bound`,
      availability: series('CloudFront', ...CODE),
    },
  ];
}

function standby(): readonly DesignGoalRow[] {
  return [
    ...edge(),
    {
      what: 'what a second region changes for short failures',
      how: 'nothing: nobody decides within a minute; it bounds the long ones to decision and recovery',
      availability: series('CloudFront', ...CODE),
    },
  ];
}

function allServe(): readonly DesignGoalRow[] {
  const regions = parallelAvailability([series(...CODE), series(...CODE), series(...CODE)]);
  const orders = seriesAvailability([share('Route 53'), regions, share('DynamoDB (global table)')]);
  return [
    { what: 'one region', how: named(...CODE), availability: series(...CODE) },
    {
      what: 'three regions',
      how: '1 - (1 - one region)³, if they fail independently and are left at once',
      availability: regions,
    },
    {
      what: 'orders, by the name behind the edge',
      how: `${named('Route 53', 'DynamoDB (global table)')} x three regions`,
      availability: orders,
    },
    {
      what: 'orders, through the edge',
      how: `the same x ${named('CloudFront')}`,
      availability: seriesAvailability([orders, share('CloudFront')]),
    },
    {
      what: 'products, 99% of them at the edge',
      how: `${named('CloudFront')} x (1 - 1% of what three regions fail)`,
      availability: behindEdge(regions, 0.99),
    },
  ];
}

const ROWS: Readonly<Record<DesignGoalShape, () => readonly DesignGoalRow[]>> = {
  'one-region': oneRegion,
  edge,
  standby,
  'all-serve': allServe,
};

export const designGoalRows = (shape: DesignGoalShape): readonly DesignGoalRow[] => ROWS[shape]();
