/**
 * Random numbers that a seed decides, so that any run can be repeated: xoshiro128** 1.1 (D. Blackman and
 * S. Vigna, "Scrambled Linear Pseudorandom Number Generators", ACM TOMS 47, 2021), its state filled by
 * SplitMix64 as its authors recommend. Use it for draws in simulations and game days. Do not use it for
 * secrets: whoever sees a few numbers knows the rest.
 */
import { requireThat } from './availability-argument-error.ts';

/** Numbers in [0, 1), like `Math.random`. */
export type Random = () => number;

const MASK_64 = (1n << 64n) - 1n;

/** SplitMix64: the next outputs from a 64-bit seed. */
export function splitMix64(seed: bigint, count: number): bigint[] {
  let state = seed & MASK_64;
  return Array.from({ length: count }, () => {
    state = (state + 0x9e3779b97f4a7c15n) & MASK_64;
    let z = state;
    z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK_64;
    z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & MASK_64;
    return z ^ (z >> 31n);
  });
}

const rotateLeft = (value: number, by: number): number => (value << by) | (value >>> (32 - by));

/** xoshiro128**: 32-bit outputs from a state of four 32-bit words, which must not all be zero. */
export function createXoshiro128(state: readonly [number, number, number, number]): () => number {
  let [a, b, c, d] = state;
  return () => {
    const result = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotateLeft(d, 11);
    return result;
  };
}

/**
 * @param seed An integer from 0 to 2^53 - 1. Neighbouring seeds give unrelated numbers.
 * @throws AvailabilityArgumentError for any other seed
 */
export function createSeededRandom(seed: number): Random {
  requireThat(Number.isSafeInteger(seed) && seed >= 0, 'A seed is an integer from 0 to 2^53 - 1.');
  const [low = 0n, high = 0n] = splitMix64(BigInt(seed), 2);
  const word = (value: bigint): number => Number(value & 0xffffffffn);
  const next = createXoshiro128([word(low), word(low >> 32n), word(high), word(high >> 32n)]);
  // 27 and 26 bits make the 53 that a double holds.
  return () => ((next() >>> 5) * 67_108_864 + (next() >>> 6)) / 9_007_199_254_740_992;
}

/**
 * A seed of its own for a named part of a run, so that one part's draws do not depend on how many another
 * made. The name is hashed with FNV-1a, 32 bits.
 */
export function deriveSeed(seed: number, name: string): number {
  let hash = 0x811c9dc5;
  for (const character of name) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  const [mixed = 0n] = splitMix64(BigInt(seed) ^ (BigInt(hash) << 21n), 1);
  return Number(mixed >> 11n);
}
