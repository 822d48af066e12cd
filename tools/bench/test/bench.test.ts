/** The measuring itself, as little of it as there can be: that everything runs and says something, never how long it took. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { EXPERIMENTS } from '../src/experiments/all-experiments.ts';
import { IMPORTS } from '../src/experiments/bundle-size.ts';
import { join, measureAll, MeasurementFailedError, type Plan } from '../src/measure.ts';
import { readPeers } from '../src/peers.ts';
import { ROWS } from '../src/rows.ts';

const SMOKE: Plan = {
  processes: 1,
  rounds: 2,
  turnMs: 2,
  warmUpMs: 1,
  repetitions: 300,
  largeWindow: 300,
};

test('every experiment gives every row its figures', async () => {
  const seen: string[] = [];
  const report = await measureAll({
    plan: SMOKE,
    peers: ['some 1.0.0'],
    onExperiment: (name) => seen.push(name),
  });
  expect(seen).toEqual(Object.keys(EXPERIMENTS));
  expect(report.rows.map(({ id }) => id)).toEqual(ROWS.map(({ id }) => id));
  for (const { id, measured, contestants } of report.rows) {
    expect([id, Number.isFinite(measured.median)]).toEqual([id, true]);
    expect([id, Object.values(contestants).every(({ median }) => median >= 0)]).toEqual([id, true]);
  }
  expect(report.date).toMatch(/^\d{4}-\d{2}-\d{2}$/);
  expect(report.effort).toContain('2 rounds, 2 in a process');
  // What needs no clock is the same on every machine.
  const exact = [
    'idle-timers',
    'left-behind',
    'left-behind-idempotency',
    'gzip-retry',
    'gzip-breaker',
    'gzip-core',
    'gzip-idempotency',
  ];
  expect(report.rows.filter(({ id, met }) => met && exact.includes(id))).toHaveLength(exact.length);
}, 300_000);

test('a peer that leaves timers behind is seen to', async () => {
  const { countIdleTimers, countLeftBehind } = await import('../src/experiments/left-behind.ts');
  // opossum's two intervals: the count would be worth nothing if it never found one.
  expect((await countIdleTimers(SMOKE))['opossum']).toEqual([2]);
  expect((await countLeftBehind(SMOKE))['opossum + p-retry']).toEqual([2]);
});

test('a process that fails fails the run, with what it said', async () => {
  const failed = measureAll({ plan: { ...SMOKE, largeWindow: 0 }, peers: [] });
  await expect(failed).rejects.toThrow(MeasurementFailedError);
  await expect(failed).rejects.toThrow(/failure could not be measured[^]*CountBreaker size/);
}, 300_000);

test('a run that measures nothing is none', async () => {
  const failed = measureAll({ plan: { ...SMOKE, rounds: 0 }, peers: [] });
  await expect(failed).rejects.toThrow('happy-path could not be measured: bare await has no figure');
});

test('rounds of several processes are put one after the other', () => {
  expect(
    join([
      { a: [1, 2], b: [3] },
      { a: [4], b: [5] },
    ]),
  ).toEqual({ a: [1, 2, 4], b: [3, 5] });
});

test('peers are exact versions, and the types of one are not a peer', () => {
  const peers = readPeers();
  expect(peers.map((peer) => peer.split(' ')[0])).toEqual([
    '@aws-lambda-powertools/idempotency',
    '@smithy/util-retry',
    'cockatiel',
    'opossum',
    'p-retry',
  ]);
  for (const peer of peers) expect(peer).toMatch(/ \d+\.\d+\.\d+$/);
});

test('every library with a ceiling is bundled by the names that an application imports', () => {
  for (const [name, contents] of Object.entries(IMPORTS)) expect([name, contents]).not.toContain('export *');
});

const run = promisify(execFile);
const BENCH = fileURLToPath(new URL('../src/bench.ts', import.meta.url));
const bench = (...args: string[]) =>
  run(process.execPath, ['--conditions=@nines/source', BENCH, ...args]).then(
    ({ stdout }) => ({ code: 0, stdout, stderr: '' }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  );

test('the command explains itself', async () => {
  const { code, stdout } = await bench('--help');
  expect([code, stdout]).toEqual([0, expect.stringContaining('Exit codes: 0 every target met, 1 not met')]);
});

test('an option that does not exist is no measurement', async () => {
  const { code, stderr } = await bench('--fast');
  expect([code, stderr]).toEqual([2, expect.stringContaining("'--fast'")]);
});
