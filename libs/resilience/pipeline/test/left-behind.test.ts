import { countLeftBehind, countLeftByAborts } from '@nines/testing/left-behind';
import { expect, test, vi } from 'vitest';
import { pipeline } from '../src/pipeline.ts';
import type { CallContext, Policy } from '../src/pipeline.ts';

const plain: Policy = (fn, context) => Promise.resolve(fn(context));
const watching = Object.assign(plain.bind(undefined), { enter: () => () => undefined });
const retrying = Object.assign(plain.bind(undefined), { budget: { put: () => undefined } });
const timing = Object.assign(plain.bind(undefined), {
  start: (context: CallContext, caller: { settle(ok: boolean, value: unknown): void }) => ({
    ...context,
    settle: (ok: boolean, value: unknown) => {
      caller.settle(ok, value);
    },
  }),
});

const create = () => pipeline(retrying as Policy, watching as Policy, timing as Policy, plain);

test('nothing is left after a million calls under one signal: no timer, no listener', async () => {
  vi.useFakeTimers();
  const { timers, listeners, listened } = await countLeftBehind(create);
  expect(listened).toBeGreaterThanOrEqual(1_000_000);
  expect([timers, listeners, vi.getTimerCount()]).toEqual([0, 0, 0]);
  vi.useRealTimers();
}, 300_000);

test('nothing is left of calls that were aborted while they worked or waited', async () => {
  const left = await countLeftByAborts(create);
  expect(left.listened).toBeGreaterThanOrEqual(500);
  expect(left).toMatchObject({ timers: 0, listeners: 0 });
});
