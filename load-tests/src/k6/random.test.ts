import fc from 'fast-check';
import { expect, test } from 'vitest';
import { pickBelow, pickOne, randomAt } from './random.ts';

test('the same seed and position give the same numbers', () => {
  const first = randomAt(7, 1234);
  const second = randomAt(7, 1234);
  const draw = (random: () => number) => [random(), random(), random()];
  expect(draw(first)).toEqual(draw(second));
});

test('numbers lie from 0 up to, but not including, 1', () => {
  fc.assert(
    fc.property(fc.nat(0xffffffff), fc.nat(1e9), (seed, position) => {
      const random = randomAt(seed, position);
      for (let draw = 0; draw < 5; draw += 1) {
        const number = random();
        expect(number).toBeGreaterThanOrEqual(0);
        expect(number).toBeLessThan(1);
      }
    }),
  );
});

test.each([
  ['first numbers of neighbouring positions', (index: number) => randomAt(1, index)()],
  ['first numbers of neighbouring seeds', (index: number) => randomAt(index, 1)()],
  [
    'numbers of one stream',
    (
      (stream) => () =>
        stream()
    )(randomAt(1, 1)),
  ],
])('the %s are spread evenly', (_, draw) => {
  const tenths = new Array<number>(10).fill(0);
  for (let index = 0; index < 20_000; index += 1) {
    const tenth = Math.floor(draw(index) * 10);
    tenths[tenth] = (tenths[tenth] ?? 0) + 1;
  }
  // 2000 each; five standard deviations of a binomial count are 212.
  for (const count of tenths) expect(Math.abs(count - 2000)).toBeLessThan(212);
});

test('a pick is below its limit, and every one of the items can be picked', () => {
  const picked = new Set<string>();
  for (let position = 0; position < 100; position += 1) {
    expect(pickBelow(randomAt(3, position), 3)).toBeLessThan(3);
    picked.add(pickOne(randomAt(3, position), ['a', 'b', 'c']));
  }
  expect([...picked].sort()).toEqual(['a', 'b', 'c']);
});

test('there is no pick from nothing', () => {
  expect(() => pickOne(() => 0.5, [])).toThrow(RangeError);
});
