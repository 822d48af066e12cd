import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  AvailabilityArgumentError,
  createSeededRandom,
  createXoshiro128,
  deriveSeed,
  splitMix64,
} from './index.ts';

describe('the generator', () => {
  it('gives the reference outputs of xoshiro128** from the state 1, 2, 3, 4', () => {
    const next = createXoshiro128([1, 2, 3, 4]);
    expect(Array.from({ length: 6 }, next)).toEqual([11520, 0, 5927040, 70819200, 2031721883, 1637235492]);
  });

  it('gives the reference outputs of SplitMix64 from the seed 0', () => {
    expect(splitMix64(0n, 3)).toEqual([0xe220a8397b1dcdafn, 0x6e789e6aa1b965f4n, 0x06c45d188009454fn]);
  });

  it('fills the state from the seed, low words first', () => {
    // Computed apart from this code, in Python, from the published algorithms.
    const random = createSeededRandom(42);
    expect([random(), random(), random()]).toEqual([
      0.4137016681565887, 0.003983993377814743, 0.6500837027638867,
    ]);
  });
});

describe('seeded random numbers', () => {
  it('repeat for the same seed and lie in [0, 1)', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (seed) => {
        const [first, second] = [createSeededRandom(seed), createSeededRandom(seed)];
        for (let draw = 0; draw < 20; draw += 1) {
          const value = first();
          expect(value).toBe(second());
          expect(value >= 0 && value < 1).toBe(true);
        }
      }),
    );
  });

  it('spread evenly: a tenth of a hundred thousand in each tenth, within five standard deviations', () => {
    const random = createSeededRandom(7);
    const counts = new Array<number>(10).fill(0);
    for (let draw = 0; draw < 100_000; draw += 1) {
      const tenth = Math.floor(random() * 10);
      counts[tenth] = (counts[tenth] ?? 0) + 1;
    }
    // Standard deviation of a count: sqrt(100000 x 0.1 x 0.9) = 94.9.
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(475);
  });

  it.each([-1, 0.5, Number.NaN, 2 ** 53])('refuse the seed %d', (seed) => {
    expect(() => createSeededRandom(seed)).toThrow(AvailabilityArgumentError);
  });
});

describe('a derived seed', () => {
  it('is the mixed FNV-1a hash of the name', () => {
    // Computed apart from this code, in Python, whose hash gave the published values for "a" and "foobar".
    expect(deriveSeed(7, 'failover')).toBe(5421793512304669);
  });

  it('depends on the seed and on the name, and is a seed itself', () => {
    const seeds = [deriveSeed(1, 'failover'), deriveSeed(1, 'zone-loss'), deriveSeed(2, 'failover')];
    expect(new Set(seeds).size).toBe(3);
    for (const seed of seeds) expect(Number.isSafeInteger(seed) && seed >= 0).toBe(true);
    expect(deriveSeed(1, 'failover')).toBe(seeds[0]);
  });
});
