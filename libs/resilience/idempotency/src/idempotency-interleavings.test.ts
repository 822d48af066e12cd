import { describe, expect, test } from 'vitest';
import { createIdempotency, createMemoryStore } from './idempotency.ts';
import type { IdempotencyStore } from './idempotency.ts';
import { runInterleaving } from './idempotency-interleavings.ts';

type Steps = (() => void)[];
type Spoil = (store: IdempotencyStore<Steps>) => IdempotencyStore<Steps>;

const laboratory = (spoil: Spoil = (store) => store) => ({
  createIdempotency: createIdempotency<Steps>,
  makeHarness() {
    let now = 0;
    const kept: string[] = [];
    const store = createMemoryStore({ clock: { now: () => now } });
    return {
      store: spoil(store),
      passTime(ms: number) {
        now += ms;
      },
      async transact(effect: string, work: (steps: Steps) => Promise<unknown>) {
        const steps: Steps = [() => kept.push(effect)];
        await work(steps);
        for (const step of steps) step();
      },
      effects: () => kept,
    };
  },
});

test('a hundred thousand interleavings of duplicates, crashes, ended leases and late messages', async () => {
  const total = { steps: 0, crashes: 0, takeovers: 0, replays: 0, failures: 0 };
  for (let seed = 1; seed <= 100_000; seed++) {
    const seen = await runInterleaving(seed, laboratory());
    for (const name of Object.keys(total) as (keyof typeof total)[]) total[name] += seen[name];
  }
  // The search is worth nothing where nothing happens.
  expect(total.crashes).toBeGreaterThan(30_000);
  expect(total.takeovers).toBeGreaterThan(20_000);
  expect(total.replays).toBeGreaterThan(50_000);
  expect(total.failures).toBeGreaterThan(50_000);
}, 240_000);

test('a seed replays exactly', async () => {
  const [first, second] = [await runInterleaving(7, laboratory()), await runInterleaving(7, laboratory())];
  expect(first).toEqual(second);
});

describe('the search finds', () => {
  const search = async (spoil: Spoil) => {
    for (let seed = 1; seed <= 2000; seed++) {
      try {
        await runInterleaving(seed, laboratory(spoil));
      } catch (error) {
        return (error as Error).message.split('\n')[0];
      }
    }
    return 'nothing';
  };

  test('a record that is not checked against the fence', async () => {
    const latest = new Map<string, number>();
    const found = await search((store) => ({
      ...store,
      async acquire(request) {
        const result = await store.acquire(request);
        if (result.fence !== undefined) latest.set(request.key, result.fence);
        return result;
      },
      async complete(record, steps) {
        if (steps) return true;
        return store.complete({ ...record, fence: latest.get(record.key) ?? 0 });
      },
    }));
    expect(found).toMatch(/effects/);
  });

  test('a key that is never had again after a crash', async () => {
    const found = await search((store) => ({
      ...store,
      acquire: (request) => store.acquire({ ...request, leaseMs: 1e9 }),
    }));
    expect(found).toMatch(/effects/);
  });

  test('a lease that two hold at once', async () => {
    const found = await search((store) => ({
      ...store,
      async acquire(request) {
        const result = await store.acquire(request);
        return result.leaseLeftMs && result.reply === undefined ? { fence: 1 } : result;
      },
      complete: (record, steps) => (steps ? Promise.resolve(true) : store.complete(record)),
    }));
    expect(found).not.toBe('nothing');
  });
});
