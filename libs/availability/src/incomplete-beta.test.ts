import { describe, expect, it } from 'vitest';
import { incompleteBeta } from './incomplete-beta.ts';

describe('the regularized incomplete beta function', () => {
  it.each([
    // I_x(1, b) = 1 - (1 - x)^b and I_x(a, 1) = x^a.
    [0.1, 1, 20, 0.8784233454094307],
    [0.9, 5, 1, 0.59049],
    // Binomial sums by hand: P(X >= 2) of 4 tosses, P(X >= 5) of 9.
    [0.5, 2, 3, 0.6875],
    [0.5, 5, 5, 0.5],
    [0.25, 2, 3, 0.26171875],
    // Far from its mean on either side.
    [0.5, 1, 10_000, 1],
    [0.5, 10_000, 1, 0],
    [0, 2, 3, 0],
    [1, 2, 3, 1],
  ])('at %d with %d and %d is %d', (x, a, b, expected) => {
    expect(incompleteBeta(x, a, b)).toBeCloseTo(expected, 12);
  });
});
