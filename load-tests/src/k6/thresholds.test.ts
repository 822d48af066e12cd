import { expect, test } from 'vitest';
import { goalOf, thresholdsOf } from './thresholds.ts';

const goal = { goodRatio: 0.9995, p95Ms: 400, p99Ms: 900 };

test.each(['smoke', 'average'] as const)(
  "%s is judged by the tier's goal, dropped requests included",
  (workload) => {
    expect(thresholdsOf(workload, goal)).toEqual({
      shop_good: ['rate>=0.9995'],
      'shop_request{outcome:good}': ['p(95)<400', 'p(99)<900'],
      dropped_iterations: ['count<1'],
    });
  },
);

test('breakpoint ends when the service has broken', () => {
  expect(thresholdsOf('breakpoint', goal)).toEqual({
    shop_good: [{ threshold: 'rate>=0.9', abortOnFail: true, delayAbortEval: '10s' }],
  });
});

test.each(['spike', 'stress', 'timeline'] as const)('%s has no thresholds', (workload) => {
  expect(thresholdsOf(workload, goal)).toEqual({});
});

test('a tier that does not exist is refused', () => {
  expect(goalOf({ 'one-nine': goal }, 'one-nine')).toBe(goal);
  expect(() => goalOf({ 'one-nine': goal }, 'six-nines')).toThrow('TIER must be one of one-nine');
});
