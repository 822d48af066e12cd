/** The command for longer searches: what it says, and that it says so when something is found. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { createMemoryEngine } from './memory-engine.ts';
import { searchInterleavings } from './search-interleavings.ts';

const COMMAND = fileURLToPath(new URL('./interleavings.ts', import.meta.url));

const interleavings = (...args: string[]) =>
  promisify(execFile)(process.execPath, ['--conditions=@nines/source', COMMAND, ...args]).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  );

test('a search adds up what it met, from the first seed to the last', async () => {
  const { makeHarness } = createMemoryEngine();
  const seen: number[] = [];
  const options = { seed: 1, count: 2000, onProgress: (done: number) => seen.push(done) };
  const { total, found } = await searchInterleavings({ makeHarness }, options);
  expect(found).toBeUndefined();
  expect(seen).toEqual([1000, 2000]);
  const [first, second] = [
    await searchInterleavings({ makeHarness }, { seed: 1, count: 700 }),
    await searchInterleavings({ makeHarness }, { seed: 701, count: 1300 }),
  ];
  expect(first.total.steps + second.total.steps).toBe(total.steps);
  expect(first.total.crashes + second.total.crashes).toBe(total.crashes);
});

test('a search stops at the seed that finds something, and gives its steps', async () => {
  const engine = createMemoryEngine();
  const makeHarness = () => {
    const harness = engine.makeHarness();
    // A store that records nothing and says that it did.
    return { ...harness, store: { ...harness.store, complete: () => Promise.resolve(true) } };
  };
  const { found } = await searchInterleavings({ makeHarness }, { seed: 1, count: 2000 });
  expect(found).toMatch(/^seed \d+: [^]*\n\d+ p\d /);
});

test('the command prints what it met', async () => {
  const { code, stdout } = await interleavings('--store', 'memory', '--count', '50', '--seed', '7');
  expect([code, stdout]).toEqual([
    0,
    expect.stringMatching(
      /^memory: seeds 7 to 56: \d+ steps, \d+ crashes, \d+ takeovers, .*; nothing found in \d+ s\n$/,
    ),
  ]);
});

test.each([
  [['--store', 'redis'], 'there is no store "redis"; there are memory, postgres, dynamodb'],
  [['--count', '0'], '--count is a whole number from 1, not "0"'],
  [['--seed', '1.5'], '--seed is a whole number from 1, not "1.5"'],
  [['--stores', 'memory'], "'--stores'"],
])('%j cannot be run', async (args, complaint) => {
  const { code, stderr } = await interleavings(...args);
  expect([code, stderr]).toEqual([2, expect.stringContaining(complaint)]);
});
