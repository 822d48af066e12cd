import { describe, expect, test } from 'vitest';
import { createMemoryStore } from './idempotency.ts';
import type { IdempotencyStore } from './idempotency.ts';
import { idempotencyContract } from './idempotency-contract.ts';
import type { StoreHarness } from './idempotency-contract.ts';

type Steps = (() => void)[];

const makeHarness = (
  spoil: (store: IdempotencyStore<Steps>) => IdempotencyStore<Steps> = (store) => store,
) => {
  let now = 0;
  const kept: string[] = [];
  const harness: StoreHarness<Steps> = {
    store: spoil(createMemoryStore({ clock: { now: () => now } })),
    passTime(ms) {
      now += ms;
    },
    async transact(effect, work) {
      const steps: Steps = [() => kept.push(effect)];
      await work(steps);
      for (const step of steps) step();
    },
    effects: () => kept,
  };
  return harness;
};

describe('the memory store keeps the contract', () => {
  for (const { name, run } of idempotencyContract) test(name, () => run(makeHarness()));
});

describe('the contract finds', () => {
  const failures = async (spoil: (store: IdempotencyStore<Steps>) => IdempotencyStore<Steps>) => {
    const names: string[] = [];
    for (const { name, run } of idempotencyContract) {
      await run(makeHarness(spoil)).catch(() => names.push(name));
    }
    return names;
  };

  test('nothing in a store without a defect', async () => {
    expect(await failures((store) => store)).toEqual([]);
  });

  test('a release without a condition', async () => {
    const found = await failures((store) => {
      let latest = 0;
      return {
        ...store,
        async acquire(request) {
          const result = await store.acquire(request);
          latest = result.fence ?? latest;
          return result;
        },
        release: ({ key }) => store.release({ key, fence: latest }),
      };
    });
    expect(found).toContain(
      'gives a key whose lease has ended to a successor, and nothing to its former holder',
    );
  });

  test('a reply that is written over', async () => {
    const found = await failures((store) => ({
      ...store,
      async complete(record, steps) {
        await store.complete(record, steps);
        return true;
      },
    }));
    expect(found).toContain('records a reply once: the same again is true, another is false and not written');
  });

  test('a fence that starts again', async () => {
    const found = await failures((store) => ({
      ...store,
      acquire: async (request) => {
        const result = await store.acquire(request);
        return result.fence === undefined ? result : { fence: 1 };
      },
    }));
    expect(found.length).toBeGreaterThan(0);
  });

  test('an effect outside the transaction', async () => {
    const found = await failures((store) => ({
      ...store,
      async complete(record, steps) {
        for (const step of steps ?? []) step();
        return store.complete(record);
      },
    }));
    expect(found).toContain('keeps neither when the transaction is undone, and the key stays held');
  });
});
