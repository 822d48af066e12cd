import { countLeftBehind } from '@nines/testing/left-behind';
import { expect, test, vi } from 'vitest';
import { pipeline } from '../src/pipeline.ts';
import type { CallContext, Policy } from '../src/pipeline.ts';

test('nothing is left after a million calls under one signal: no timer, no listener', async () => {
  vi.useFakeTimers();
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
  const { timers, listeners, listened } = await countLeftBehind(() =>
    pipeline(retrying as Policy, watching as Policy, timing as Policy, plain),
  );
  expect(listened).toBeGreaterThanOrEqual(1_000_000);
  expect([timers, listeners, vi.getTimerCount()]).toEqual([0, 0, 0]);
  vi.useRealTimers();
}, 300_000);
