import { describe, expect, it } from 'vitest';
import { createFakeRandom } from './index.ts';

describe('a fake random source', () => {
  it('answers what it was given, in order', () => {
    const random = createFakeRandom([0.25, 0, 0.999]);
    expect([random(), random(), random()]).toEqual([0.25, 0, 0.999]);
  });

  it('throws at a draw that was not foreseen', () => {
    const random = createFakeRandom([0.5]);
    random();
    expect(() => random()).toThrow('Draw 2 was not foreseen: 1 were given.');
  });

  it.each([1, -0.1, Number.NaN])('refuses %d, which no random source returns', (value) => {
    expect(() => createFakeRandom([value])).toThrow(RangeError);
  });
});
