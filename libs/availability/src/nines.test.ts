import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatAvailability, formatShare, upperFailureBound, wholeNines } from './index.ts';

describe('whole nines', () => {
  it.each([
    [1, 0],
    [0.11, 0],
    [0.1, 1],
    [0.01, 2],
    [0.002, 2],
    [0.001, 3],
    [0.0001, 4],
    [0.00001, 5],
    // 0.0010000000000000009 in binary.
    [1 - 0.999, 3],
    [0, Number.POSITIVE_INFINITY],
  ])('a loss of %d has %d', (unavailability, nines) => {
    expect(wholeNines(unavailability)).toBe(nines);
  });
});

describe('an availability as text', () => {
  it.each([
    [0, 0, 'no requests'],
    [10, 10, 'at least 74%'],
    [1000, 1000, 'at least 99.7%'],
    [2994, 2994, 'at least 99.8%'],
    [2995, 2995, 'at least 99.90%'],
    [29_956, 29_956, 'at least 99.990%'],
    [9743, 10_000, '97.43%'],
    [9999, 10_000, 'at least 99.95%'],
    [99_899, 100_000, '99.899%'],
    [50, 60, '83%'],
    [0, 60, '0%'],
  ])('%d good of %d reads %s', (good, total, text) => {
    expect(formatAvailability({ good, total })).toBe(text);
  });

  it('is cut and never rounded up', () => {
    expect(formatShare(0.99999, 1)).toBe('99.9%');
    expect(formatShare(0.999, 1)).toBe('99.9%');
  });

  it('never prints more nines than the sample supports', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1_000_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (total, share) => {
          const good = total - Math.floor(total * share ** 8);
          const printed = /([\d.]+)%$/.exec(formatAvailability({ good, total }))?.[1] ?? '';
          const nines = wholeNines(1 - Number(printed) / 100);
          expect(nines).toBeLessThanOrEqual(wholeNines(upperFailureBound(total - good, total)));
        },
      ),
    );
  });
});
