/**
 * Shuffle sharding: each customer is served by a few of many cells, chosen so that two customers seldom have all
 * their cells in common; with the arithmetic of how far a failure that follows one customer can reach.
 *
 * Use it where one customer's traffic or data can bring down what serves it, and where customers can do with some of
 * their cells gone. Do not use it where every customer needs every cell, or to spread load: it isolates.
 *
 *     const shardOf = createShuffleSharding({ cells: ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'], shardSize: 2 });
 *     shardOf('customer-17');                        // [ 'd', 'f' ], the same for ever and everywhere
 *     combinations(8, 2);                            // 28
 *     blastRadius({ cells: 8, shardSize: 2 });       // { shards: 28, sameShard: 1/28, touched: 13/28, ... }
 *
 * No table of customers is kept: the assignment is computed by highest random weight (Thaler and Ravishankar, 1996),
 * so that a cell that joins or leaves moves only the customers whose shard it joins or leaves.
 */

export interface ShuffleShardingOptions {
  /** Names of the cells. Their order does not matter. */
  readonly cells: readonly string[];
  /** Cells per customer, from 1 to the number of cells. */
  readonly shardSize: number;
  /** Another seed, another assignment: for services that must not share their fate. @default '' */
  readonly seed?: string;
}

/** Gives the cells of a customer, the preferred one first. */
export type ShardOf = (customer: string) => string[];

/** 32 evenly mixed bits of a text: FNV-1a, finished as in MurmurHash3 (both public domain). */
const weigh = (text: string) => {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
};

/** @throws RangeError when `shardSize` is not a whole number from 1 to the number of different cells */
export function createShuffleSharding({ cells, shardSize, seed = '' }: ShuffleShardingOptions): ShardOf {
  const names = [...new Set(cells)].sort();
  if (!(shardSize >= 1 && shardSize <= names.length && shardSize % 1 === 0))
    throw new RangeError(`no shards of ${String(shardSize)} from ${String(names.length)} cells`);
  return (customer) =>
    names
      .map((name) => ({ name, weight: weigh(JSON.stringify([seed, customer, name])) }))
      .sort((a, b) => b.weight - a.weight)
      .slice(0, shardSize)
      .map(({ name }) => name);
}

/**
 * In how many ways `chosen` can be taken from `all`: 28 for 2 from 8. 0 for more than there are. Exact while the result
 * times `chosen` is below 2^53, which holds for 4 from 2000 and for 24 from 48.
 */
export const combinations = (all: number, chosen: number): number => {
  let ways = chosen > all ? 0 : 1;
  // After each division it is the number of ways to take that many, so it is whole.
  for (let taken = 1; taken <= Math.min(chosen, all - chosen); taken++)
    ways = (ways * (all - taken + 1)) / taken;
  return ways;
};

export interface BlastRadius {
  /** How many different shards there are. */
  readonly shards: number;
  /** Share of customers with the same shard as a given one: they lose everything when its shard is lost. */
  readonly sameShard: number;
  /** Share of customers with at least one cell in common: they lose a part. */
  readonly touched: number;
  /** Share of customers by the number of cells in common, from none to all. */
  readonly inCommon: readonly number[];
  /** Share of customers that plain shards of the same size lose: shardSize / cells. */
  readonly plainShards: number;
}

/** What a failure that follows one customer to all its cells does to the others (hypergeometric). */
export function blastRadius({ cells, shardSize }: { cells: number; shardSize: number }): BlastRadius {
  const shards = combinations(cells, shardSize);
  const inCommon = Array.from(
    { length: shardSize + 1 },
    (_, common) =>
      (combinations(shardSize, common) * combinations(cells - shardSize, shardSize - common)) / shards,
  );
  return {
    shards,
    sameShard: 1 / shards,
    touched: 1 - (inCommon[0] as number),
    inCommon,
    plainShards: shardSize / cells,
  };
}
