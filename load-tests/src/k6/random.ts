// Random numbers that depend only on a seed and on a position.
//
// The choice made for the n-th request is a function of the seed and of n, so it does not matter which virtual
// user or which machine sends it: a run split into execution segments sends the same requests as an undivided one.
// Not for anything that must not be guessed.

/** A source of numbers in [0, 1), always the same for the same seed and position. */
export type Random = () => number;

const GOLDEN_GAMMA = 0x9e3779b9;

/**
 * The random stream of one request.
 * @param seed any integer; only its low 32 bits count.
 * @param position the request's number in the whole test, from 0.
 *
 * Both are mixed by the finalizer of MurmurHash3 (Appleby, public domain), then the stream steps by the golden
 * ratio, as in SplitMix (Steele, Lea and Flood, 2014).
 */
export function randomAt(seed: number, position: number): Random {
  let state = mix(mix(seed) ^ Math.imul(position + 1, GOLDEN_GAMMA));
  return () => {
    state = (state + GOLDEN_GAMMA) | 0;
    return (mix(state) >>> 0) / 2 ** 32;
  };
}

/** A whole number from 0 up to, but not including, the limit. */
export function pickBelow(random: Random, limit: number): number {
  return Math.floor(random() * limit);
}

/**
 * One of the items.
 * @throws RangeError when there are none.
 */
export function pickOne<Item>(random: Random, items: readonly Item[]): Item {
  const item = items[pickBelow(random, items.length)];
  if (item === undefined) throw new RangeError('there is nothing to pick from');
  return item;
}

function mix(value: number): number {
  let mixed = value | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
