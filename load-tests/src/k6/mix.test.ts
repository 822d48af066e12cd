import { expect, test } from 'vitest';
import { MIX, pickRoute } from './mix.ts';
import { randomAt } from './random.ts';

test('the shares are percentages of a whole', () => {
  expect(Object.values(MIX).reduce((sum, percent) => sum + percent, 0)).toBe(100);
});

test.each([
  [0, 'browse'],
  [0.2999, 'browse'],
  [0.3, 'product'],
  [0.6499, 'product'],
  [0.65, 'order'],
  [0.7999, 'order'],
  [0.8, 'read-back'],
  [0.9199, 'read-back'],
  [0.92, 'replay'],
  [0.9999999999999999, 'replay'],
])('%d draws %s', (number, route) => {
  expect(pickRoute(() => number)).toBe(route);
});

test('ten thousand requests are mixed as told', () => {
  const counts: Record<string, number> = {};
  for (let position = 0; position < 10_000; position += 1) {
    const route = pickRoute(randomAt(1, position));
    counts[route] = (counts[route] ?? 0) + 1;
  }
  // Five standard deviations of a binomial count of 35% are 238.
  for (const [route, percent] of Object.entries(MIX)) {
    expect(Math.abs((counts[route] ?? 0) - percent * 100)).toBeLessThan(238);
  }
});
