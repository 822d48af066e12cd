import { describe, expect, it } from 'vitest';
import { type DesignGoalShape, designGoalRows } from './design-goals.ts';

/** In percent, as the pages show it; worked out by hand from the published goals. */
const shown = (shape: DesignGoalShape): Record<string, string> =>
  Object.fromEntries(
    designGoalRows(shape).map(({ what, availability }) => [what, (availability * 100).toFixed(4)]),
  );

describe('what the design goals allow', () => {
  it('in one region is below 99.99%, because Lambda is', () => {
    expect(shown('one-region')).toEqual({ products: '99.9400', orders: '99.9300' });
  });

  it('behind an edge is nearer to 99.99% for products, the more of them it has, and no nearer for orders', () => {
    expect(shown('edge')).toEqual({
      'products, nothing at the edge': '99.9300',
      'products, 50% of them at the edge': '99.9600',
      'products, 90% of them at the edge': '99.9840',
      'products, 99% of them at the edge': '99.9894',
      'orders, refused when the table refuses': '99.9200',
      'orders, kept when the table refuses': '99.9300',
    });
  });

  it('with a region that stands by is the same for short failures', () => {
    expect(shown('standby')).toMatchObject({
      'what a second region changes for short failures': '99.9300',
    });
  });

  it('with three regions that all serve is the table’s goal, and the edge’s where requests go through it', () => {
    expect(shown('all-serve')).toEqual({
      'one region': '99.9400',
      'three regions': '100.0000',
      'orders, by the name behind the edge': '99.9990',
      'orders, through the edge': '99.9890',
      'products, 99% of them at the edge': '99.9900',
    });
  });
});
