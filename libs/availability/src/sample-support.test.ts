import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  AvailabilityArgumentError,
  blockBootstrapBound,
  createSeededRandom,
  defaultBlockSeconds,
  requestsToSupport,
  upperFailureBound,
  type SecondCounts,
} from './index.ts';

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

  it('lies above the share that failed, rises with failures and falls with requests', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 100_000 }), fc.nat(), (requests, pick) => {
        const failures = pick % requests;
        const bound = upperFailureBound(failures, requests);
        expect(bound).toBeGreaterThan(failures / requests);
        expect(upperFailureBound(failures + 1, requests)).toBeGreaterThan(bound);
        expect(upperFailureBound(failures, requests + 1)).toBeLessThan(bound);
      }),
    );
  });

  it.each([
    [1, 0],
    [-1, 5],
    [6, 5],
  ])('refuses %d failures in %d requests', (failures, requests) => {
    expect(() => upperFailureBound(failures, requests)).toThrow(AvailabilityArgumentError);
  });

  it('refuses a confidence that is none', () => {
    expect(() => upperFailureBound(0, 10, 1)).toThrow(AvailabilityArgumentError);
    expect(() => requestsToSupport(0)).toThrow(AvailabilityArgumentError);
  });
});

/** A run of `length` seconds at 100 requests each, of which those from `from` up to `to` have `good` good ones. */
const run = (length: number, from: number, to: number, good: number): SecondCounts[] =>
  Array.from({ length }, (_, second) => ({ good: second >= from && second < to ? good : 100, total: 100 }));

describe('the block bootstrap', () => {
  it('supports less when the same failures come in one outage than when they are spread', () => {
    const outage = run(600, 100, 130, 20);
    const spread = Array.from({ length: 600 }, () => ({ good: 96, total: 100 }));
    const clustered = blockBootstrapBound(outage, { random: createSeededRandom(1) });
    expect(blockBootstrapBound(spread, { random: createSeededRandom(1) })).toBe(0.96);
    // 10 blocks of 60 s; the outage lies wholly or partly in about one. The 5% quantile is where two to three do.
    expect(clustered).toBeGreaterThan(0.86);
    expect(clustered).toBeLessThan(0.92);
  });

  it('draws as many blocks as the run is long and sums what they hold', () => {
    // Blocks of 2 in 4 seconds can start at 0, 1 or 2; always drawing 0 takes the first two seconds twice.
    const seconds = [
      { good: 1, total: 2 },
      { good: 2, total: 2 },
      { good: 2, total: 2 },
      { good: 0, total: 2 },
    ];
    const bound = (draw: number) => blockBootstrapBound(seconds, { random: () => draw, blockSeconds: 2 });
    expect(bound(0)).toBe(0.75);
    expect(bound(0.5)).toBe(1);
    expect(bound(0.99)).toBe(0.5);
  });

  it('counts a resample of idle seconds only against the run', () => {
    const seconds = [
      { good: 0, total: 0 },
      { good: 5, total: 5 },
    ];
    expect(blockBootstrapBound(seconds, { random: () => 0, blockSeconds: 1 })).toBe(0);
  });

  it('repeats for the same seed', () => {
    const seconds = run(300, 50, 60, 0);
    const bound = () => blockBootstrapBound(seconds, { random: createSeededRandom(9) });
    expect(bound()).toBe(bound());
  });

  it('takes blocks twice as long as the longest outage, but leaves itself a choice', () => {
    expect(defaultBlockSeconds(run(600, 100, 130, 20))).toBe(60);
    expect(defaultBlockSeconds(run(1000, 0, 0, 0))).toBe(10);
    expect(defaultBlockSeconds(run(40, 0, 30, 0))).toBe(20);
    expect(defaultBlockSeconds([])).toBe(1);
  });

  it('says nothing about a run without requests', () => {
    expect(blockBootstrapBound([], { random: () => 0 })).toBeUndefined();
    expect(blockBootstrapBound([{ good: 0, total: 0 }], { random: () => 0 })).toBeUndefined();
  });

  it('never claims more than the best second nor less than the worst', () => {
    const second = fc.record({ total: fc.integer({ min: 1, max: 50 }), bad: fc.nat(50) });
    fc.assert(
      fc.property(fc.array(second, { minLength: 1, maxLength: 40 }), fc.nat(1000), (bins, seed) => {
        const seconds = bins.map(({ total, bad }) => ({ total, good: Math.max(0, total - bad) }));
        const bound =
          blockBootstrapBound(seconds, { random: createSeededRandom(seed), resamples: 100 }) ?? -1;
        const shares = seconds.map(({ good, total }) => good / total);
        expect(bound).toBeGreaterThanOrEqual(Math.min(...shares) - 1e-12);
        expect(bound).toBeLessThanOrEqual(Math.max(...shares) + 1e-12);
      }),
    );
  });

  it('refuses too few resamples for its quantile and a block of no length', () => {
    const seconds = run(10, 0, 1, 0);
    expect(() => blockBootstrapBound(seconds, { random: () => 0, resamples: 99 })).toThrow(
      AvailabilityArgumentError,
    );
    expect(() => blockBootstrapBound(seconds, { random: () => 0, blockSeconds: 0 })).toThrow(
      AvailabilityArgumentError,
    );
  });
});
