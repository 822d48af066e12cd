import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { blastRadius, combinations, createShuffleSharding } from './shuffle-sharding.ts';

const cells = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
const customers = Array.from({ length: 28_000 }, (_, index) => `customer-${String(index)}`);

describe('the assignment', () => {
  const shardOf = createShuffleSharding({ cells, shardSize: 2 });

  test('is the same for ever: it is written down nowhere but here', () => {
    expect(['customer-1', 'customer-2', 'Zoë'].map(shardOf)).toEqual([
      ['g', 'b'],
      ['b', 'e'],
      ['a', 'c'],
    ]);
  });

  test('gives each of the 28 pairs its share of customers', () => {
    const counts = new Map<string, number>();
    for (const customer of customers) {
      const pair = shardOf(customer).sort().join('');
      counts.set(pair, (counts.get(pair) ?? 0) + 1);
    }
    expect(counts.size).toBe(28);
    // 1000 each, with a standard deviation of 31: six of them.
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(186);
  });

  test('prefers each cell for an eighth of the customers', () => {
    const counts = new Map<string, number>();
    for (const customer of customers) {
      const [first = ''] = shardOf(customer);
      counts.set(first, (counts.get(first) ?? 0) + 1);
    }
    // 3500 each, with a standard deviation of 55: six of them.
    for (const cell of cells) expect(Math.abs((counts.get(cell) ?? 0) - 3500)).toBeLessThan(330);
  });

  test('does not depend on the order of the cells, nor on one named twice', () => {
    const other = createShuffleSharding({ cells: [...cells, 'a', 'a'].reverse(), shardSize: 2 });
    for (const customer of customers.slice(0, 500)) expect(other(customer)).toEqual(shardOf(customer));
  });

  test('is another one under another seed', () => {
    const other = createShuffleSharding({ cells, shardSize: 2, seed: 'payments' });
    const same = customers
      .slice(0, 2800)
      .filter((key) => String(other(key).sort()) === String(shardOf(key).sort()));
    // One in 28 by chance: 100, with a standard deviation of 10.
    expect(Math.abs(same.length - 100)).toBeLessThan(60);
  });

  test('when a cell leaves, changes only the shards that it was in, and of them only its place', () => {
    const fewer = createShuffleSharding({ cells: cells.slice(1), shardSize: 2 });
    for (const customer of customers.slice(0, 2000)) {
      const [before, after] = [shardOf(customer), fewer(customer)];
      expect(after).toEqual(expect.arrayContaining(before.filter((cell) => cell !== 'a')));
      if (!before.includes('a')) expect(after).toEqual(before);
    }
  });

  test('gives different cells, all of them when the shard is the whole', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string(), { minLength: 1, maxLength: 12 }),
        fc.nat(),
        fc.string(),
        (names, size, customer) => {
          const shardSize = 1 + (size % names.length);
          const shard = createShuffleSharding({ cells: names, shardSize })(customer);
          expect(new Set(shard).size).toBe(shardSize);
          expect(names).toEqual(expect.arrayContaining(shard));
        },
      ),
    );
  });

  test.each([0, -1, 9, 1.5, NaN])('of shards of %d is not made', (shardSize) => {
    expect(() => createShuffleSharding({ cells, shardSize })).toThrow(RangeError);
  });
});

describe('the blast radius', () => {
  test.each([
    [8, 2, 28],
    [8, 6, 28],
    [8, 1, 8],
    [8, 8, 1],
    [8, 0, 1],
    [2, 3, 0],
    [2048, 4, 730_862_190_080],
    [52, 5, 2_598_960],
    [48, 24, 32_247_603_683_100],
  ])('%d choose %d is %d', (all, chosen, ways) => {
    expect(combinations(all, chosen)).toBe(ways);
  });

  test('of 2 out of 8: 1 in 28 lose all, 12 in 28 a half, and plain shards would lose a quarter', () => {
    expect(blastRadius({ cells: 8, shardSize: 2 })).toEqual({
      shards: 28,
      sameShard: 1 / 28,
      // 15 pairs have none of the two, 12 have one, 1 has both.
      inCommon: [15 / 28, 12 / 28, 1 / 28],
      touched: 1 - 15 / 28,
      plainShards: 0.25,
    });
  });

  test('says how many have cells in common: the shares add up to 1', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.nat(), (count, size) => {
        const { inCommon } = blastRadius({ cells: count, shardSize: 1 + (size % count) });
        expect(inCommon.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
      }),
    );
  });

  test('is what the assignment does to real customers', () => {
    const shardOf = createShuffleSharding({ cells, shardSize: 2 });
    const bad = new Set(shardOf('the bad one'));
    const lost = customers.filter((customer) => shardOf(customer).every((cell) => bad.has(cell)));
    expect(Math.abs(lost.length / customers.length - 1 / 28)).toBeLessThan(0.0067);
  });
});
