import { describe, expect, it } from 'vitest';
import { requestsToSupport, upperFailureBound } from './index.ts';

describe('the exact bound on the failure probability', () => {
  // Reference values: the binomial tail summed exactly with 60 decimal digits and solved by bisection.
  it.each([
    [0, 1, 0.95],
    [0, 10, 0.258865550893],
    [1, 10, 0.394163302437],
    [5, 10, 0.777558898992],
    [9, 10, 0.994883803108],
    [5, 100, 0.102253377643],
    [3, 1000, 0.00773524471848],
    [12, 12_000, 0.00161971166049],
    [500, 50_000, 0.0107633885586],
    [100, 1_000_000, 0.000118078205369],
  ])('after %i failures in %i requests is %f', (failures, requests, expected) => {
    expect(upperFailureBound(failures, requests) / expected).toBeCloseTo(1, 9);
  });

  it.each([
    [2994, 2995, 0.001],
    [29_955, 29_956, 0.0001],
    [299_571, 299_572, 0.00001],
  ])('crosses a goal between %i and %i requests without failure', (before, enough, loss) => {
    expect(upperFailureBound(0, before)).toBeGreaterThan(loss);
    expect(upperFailureBound(0, enough)).toBeLessThanOrEqual(loss);
  });

  it('needs 2995, 29956 and 299572 requests for three, four and five nines', () => {
    expect([1000, 100, 10].map((loss) => requestsToSupport(loss))).toEqual([2995, 29_956, 299_572]);
  });

  it('is 1 when everything failed', () => {
    expect(upperFailureBound(7, 7)).toBe(1);
  });
});
