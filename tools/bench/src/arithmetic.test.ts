import { expect, test } from 'vitest';
import { fastestByRound, quantile, ratiosByRound, spreadOf } from './arithmetic.ts';

test('the median is the middle value, whatever the order', () => {
  expect(quantile([9, 1, 5], 0.5)).toBe(5);
  expect(quantile([10, 9, 100, 2], 0.5)).toBe(9.5);
});

test('quartiles lie between neighbours by straight line', () => {
  // Positions 0.75 and 2.25 of 1, 2, 4, 8: 1 + 0.75 x 1, and 4 + 0.25 x 4.
  expect(spreadOf([8, 1, 4, 2])).toEqual({ low: 1.75, median: 3, high: 5 });
});

test('the ends are the smallest and the largest value, and one value is all of them', () => {
  expect([quantile([3, 1, 2], 0), quantile([3, 1, 2], 1)]).toEqual([1, 3]);
  expect(spreadOf([7])).toEqual({ low: 7, median: 7, high: 7 });
});

test('values keep their order and are not changed', () => {
  const values = [3, 1, 2];
  quantile(values, 0.5);
  expect(values).toEqual([3, 1, 2]);
});

test('without values there is no figure', () => {
  expect(quantile([], 0.5)).toBeNaN();
});

test('a ratio is taken within its round', () => {
  // The second round was three times as slow for both: the ratio is the same.
  expect(ratiosByRound([10, 30, 12], [5, 15, 4])).toEqual([2, 2, 3]);
});

test('a round without its other half gives no ratio', () => {
  expect(ratiosByRound([10, 30], [5])).toEqual([2, NaN]);
});

test('the fastest of several opponents is found anew in each round', () => {
  expect(
    fastestByRound([
      [5, 9, 1],
      [7, 2, 1],
    ]),
  ).toEqual([5, 2, 1]);
  expect(fastestByRound([])).toEqual([]);
});
