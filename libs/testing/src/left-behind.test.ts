import { expect, test } from 'vitest';
import { countLeftBehind } from './left-behind.ts';
import type { CallUnderTest } from './left-behind.ts';

/** Runs the function and swallows how it ends, as a library's `try` does. */
const outcomeOf = async (fn: () => unknown) => {
  try {
    return await fn();
  } catch (error) {
    return error;
  }
};
const listener = () => undefined;

test('a call that clears everything away leaves nothing', async () => {
  const tidy = await countLeftBehind(
    ({ schedule }): CallUnderTest => ({
      async try(fn, { signal }) {
        signal.addEventListener('abort', listener);
        const cancel = schedule(() => undefined);
        await outcomeOf(fn);
        cancel();
        signal.removeEventListener('abort', listener);
      },
    }),
    { calls: 8 },
  );
  expect(tidy).toEqual({ timers: 0, listeners: 0, listened: 8 });
});

test('a timer of a call that failed, and a listener of one that went well, are seen', async () => {
  const leaky = await countLeftBehind(
    ({ schedule }): CallUnderTest => ({
      async try(fn, { signal }) {
        const own = () => undefined;
        signal.addEventListener('abort', own);
        const cancel = schedule(() => undefined);
        const outcome = await outcomeOf(fn);
        if (outcome === 7) cancel();
        else signal.removeEventListener('abort', own);
      },
    }),
    { calls: 8 },
  );
  // Of eight calls two of the four kinds go well.
  expect(leaky).toEqual({ timers: 4, listeners: 4, listened: 8 });
});

test('a timer that outlives its call is gone when it has fired, unless it starts another', async () => {
  const late = (again: boolean) =>
    countLeftBehind(
      ({ schedule }): CallUnderTest => {
        const tick = (): void => {
          if (again) schedule(tick);
        };
        return {
          try: (fn) => {
            schedule(tick);
            return outcomeOf(fn);
          },
        };
      },
      { calls: 4, lateTimersFire: true },
    );
  expect(await late(false)).toMatchObject({ timers: 0 });
  expect(await late(true)).toMatchObject({ timers: 4 });
});
