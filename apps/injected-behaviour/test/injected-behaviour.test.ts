import { expect, it } from 'vitest';
import { createInjectedBehaviour, type Behaviour } from '../src/injected-behaviour.ts';

const FINE: Behaviour = { latencyMs: 40, jitterMs: 10, failureRate: 0.25, away: false };

function create(draws: readonly number[], initial: Behaviour = FINE) {
  const slept: number[] = [];
  let drawn = 0;
  const behaviour = createInjectedBehaviour({
    initial,
    random: () => draws[drawn++ % draws.length] ?? 0,
    sleep: (delayMs) => Promise.resolve(void slept.push(delayMs)),
  });
  return { behaviour, slept };
}

it('waits for its latency, more or less by up to its jitter', async () => {
  const { behaviour, slept } = create([0, 0.9, 0.5, 0.9, 0.75, 0.9]);
  for (let n = 0; n < 3; n++) expect(await behaviour.act()).toBe('answer');
  expect(slept).toEqual([30, 40, 45]);
});

it('never waits for less than no time', async () => {
  const { behaviour, slept } = create([0, 0.9], { ...FINE, latencyMs: 5 });
  await behaviour.act();
  expect(slept).toEqual([]);
});

it('fails for the share of calls that it was told', async () => {
  const { behaviour } = create([0.5, 0.249, 0.5, 0.25]);
  expect(await behaviour.act()).toBe('fail');
  expect(await behaviour.act()).toBe('answer');
});

it.each([
  ['hang', 'hang'],
  [true, 'hang'],
  ['refuse', 'refuse'],
] as const)('does not wait before it is away as %j', async (away, act) => {
  const { behaviour, slept } = create([0.5]);
  expect(behaviour.change({ away })).toEqual([]);
  expect(await behaviour.act()).toBe(act);
  expect(slept).toEqual([]);
  expect(behaviour.change({ away: false })).toEqual([]);
  expect(await behaviour.act()).toBe('answer');
});

it('keeps what a change leaves out', () => {
  const { behaviour } = create([0.5]);
  behaviour.change({ latencyMs: 400 });
  expect(behaviour.current()).toEqual({ ...FINE, latencyMs: 400 });
});

it.each([
  [{ latencyMs: -1 }, 'latencyMs must be a number from 0 to 600000.'],
  [{ latencyMs: Number.NaN }, 'latencyMs must be a number from 0 to 600000.'],
  [{ jitterMs: '10' }, 'jitterMs must be a number from 0 to 600000.'],
  [{ failureRate: 1.1 }, 'failureRate must be a number from 0 to 1.'],
  [{ away: 'gone' }, 'away must be true, false, "hang" or "refuse".'],
  [{ toString: 1 }, 'There is no field toString.'],
  [[], 'The body must be an object.'],
  [undefined, 'The body must be an object.'],
])('refuses %j and changes nothing', (fields, mistake) => {
  const { behaviour } = create([0.5]);
  expect(behaviour.change(fields)).toEqual([mistake]);
  expect(behaviour.current()).toEqual(FINE);
});
