import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  AvailabilityArgumentError,
  availabilityFromMtbf,
  concurrencyFor,
  parallelAvailability,
  seriesAvailability,
  staticallyStableCapacityPerZone,
} from './index.ts';

const share = fc.double({ min: 0, max: 1, noNaN: true });

describe('the formulas', () => {
  it('multiplies hard dependencies: three of 99.99% give 99.97%', () => {
    expect(seriesAvailability([0.9999, 0.9999, 0.9999])).toBeCloseTo(0.99970003, 10);
    expect(seriesAvailability([])).toBe(1);
  });

  it('multiplies the unavailability of redundant parts: two of 99.9% give 99.9999%', () => {
    expect(parallelAvailability([0.999, 0.999])).toBeCloseTo(0.999999, 12);
  });

  it('estimates an unknown part: 150 days between failures and 1 h to repair give 99.97%', () => {
    expect(availabilityFromMtbf({ mtbf: 150 * 24, mttr: 1 })).toBeCloseTo(0.99972, 5);
  });

  it('needs 50 units of concurrency for 100 requests/s of 0.5 s each', () => {
    expect(concurrencyFor({ requestsPerSecond: 100, secondsEach: 0.5 })).toBe(50);
  });

  it('provisions the whole peak in each of two zones and half of it in each of three', () => {
    expect(staticallyStableCapacityPerZone(100, 2)).toBe(100);
    expect(staticallyStableCapacityPerZone(100, 3)).toBe(50);
  });

  it('never lets a chain be better than its weakest part nor redundancy worse than its best', () => {
    fc.assert(
      fc.property(fc.array(share, { minLength: 1, maxLength: 8 }), (parts) => {
        expect(seriesAvailability(parts)).toBeLessThanOrEqual(Math.min(...parts));
        expect(parallelAvailability(parts)).toBeGreaterThanOrEqual(Math.max(...parts) - 1e-12);
      }),
    );
  });

  it('serves the peak from the zones that are left', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1e6, noNaN: true }),
        fc.integer({ min: 2, max: 9 }),
        (peak, zones) => {
          expect(staticallyStableCapacityPerZone(peak, zones) * (zones - 1)).toBeCloseTo(peak, 6);
        },
      ),
    );
  });

  it.each([
    ['an availability above 1', () => seriesAvailability([1.1])],
    ['an availability that is no number', () => seriesAvailability([Number.NaN])],
    ['no redundant part at all', () => parallelAvailability([])],
    ['one zone', () => staticallyStableCapacityPerZone(100, 1)],
    ['half a zone', () => staticallyStableCapacityPerZone(100, 2.5)],
    ['an MTBF of nothing', () => availabilityFromMtbf({ mtbf: 0, mttr: 1 })],
    ['a negative rate', () => concurrencyFor({ requestsPerSecond: -1, secondsEach: 1 })],
  ])('refuses %s', (_case, run) => {
    expect(run).toThrow(AvailabilityArgumentError);
  });
});
