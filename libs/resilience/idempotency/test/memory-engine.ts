/** The memory store as the search wants it; in a file of its own, so that what needs no engine loads none. */
import type { StoreHarness } from '../src/idempotency-contract.ts';
import { createMemoryStore } from '../src/idempotency.ts';
import type { Engine } from './engines.ts';

type Steps = (() => void)[];

function makeHarness(): StoreHarness<Steps> {
  let now = 0;
  const kept: string[] = [];
  return {
    store: createMemoryStore({ clock: { now: () => now } }),
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
}

export const createMemoryEngine = (): Engine<Steps> => ({
  name: 'memory',
  makeHarness,
  stop: () => Promise.resolve(),
});
