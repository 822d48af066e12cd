import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTargetHealth, matchesStatus } from './target-health.ts';

const observeAll = (healthyThreshold: number, unhealthyThreshold: number, results: readonly boolean[]) => {
  const health = createTargetHealth({ healthyThreshold, unhealthyThreshold });
  return results.map((passed) => health.observe(passed));
};

describe('the health of a target', () => {
  it('is initial until it was checked', () => {
    expect(createTargetHealth({ healthyThreshold: 5, unhealthyThreshold: 2 }).state).toBe('initial');
  });

  it('is healthy after one passed check when newly registered, whatever the threshold', () => {
    expect(observeAll(5, 2, [true])).toEqual(['healthy']);
  });

  it('is healthy after one passed check even when the first ones failed, as long as it was never unhealthy', () => {
    expect(observeAll(5, 3, [false, false, true])).toEqual(['initial', 'initial', 'healthy']);
  });

  it('turns unhealthy at exactly the threshold of failed checks in a row', () => {
    expect(observeAll(5, 3, [true, false, false, false])).toEqual([
      'healthy',
      'healthy',
      'healthy',
      'unhealthy',
    ]);
  });

  it('turns unhealthy without ever having been healthy', () => {
    expect(observeAll(5, 2, [false, false])).toEqual(['initial', 'unhealthy']);
  });

  it('comes back only after the threshold of passed checks in a row', () => {
    expect(observeAll(3, 1, [false, true, true, true])).toEqual([
      'unhealthy',
      'unhealthy',
      'unhealthy',
      'healthy',
    ]);
  });

  it('begins to count anew when a check goes the other way', () => {
    expect(observeAll(1, 2, [true, false, true, false, false]).at(-2)).toBe('healthy');
    expect(observeAll(2, 1, [false, true, false, true, true])).toEqual([
      'unhealthy',
      'unhealthy',
      'unhealthy',
      'unhealthy',
      'healthy',
    ]);
  });

  it('never turns unhealthy while fewer checks fail in a row than the threshold', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 10 }),
        fc.array(fc.nat(20), { minLength: 1, maxLength: 20 }),
        (unhealthyThreshold, runs) => {
          const results = runs.flatMap((length) => [
            true,
            ...Array.from({ length: length % unhealthyThreshold }, () => false),
          ]);
          return observeAll(5, unhealthyThreshold, results).every((state) => state === 'healthy');
        },
      ),
    );
  });
});

describe('the matcher', () => {
  it.each([
    ['200', 200, true],
    ['200', 201, false],
    ['200,202', 202, true],
    ['200,202', 201, false],
    ['200-299', 200, true],
    ['200-299', 299, true],
    ['200-299', 300, false],
    ['200-299', 199, false],
    ['200, 301-302', 302, true],
    ['200', 0, false],
  ])('%s takes %d for healthy: %s', (matcher, status, healthy) => {
    expect(matchesStatus(matcher, status)).toBe(healthy);
  });
});
