import { expect, test } from 'vitest';
import { countLeftBehind, countLeftByAborts } from './left-behind.ts';
import type { CallUnderTest, CountingSchedule } from './left-behind.ts';

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

/** One place; who waits has a timer and a listener, and takes them away in the ways that are named. */
function createQueue(
  schedule: CountingSchedule,
  tidy: { served: boolean; late: boolean; gone: boolean },
): CallUnderTest {
  let taken = false;
  const waiting: (() => void)[] = [];
  const entered = (signal: AbortSignal) =>
    new Promise<string>((resolve) => {
      const end = (how: keyof typeof tidy) => {
        if (!waiting.includes(serve)) return;
        waiting.splice(waiting.indexOf(serve), 1);
        resolve(how);
        if (!tidy[how]) return;
        cancel();
        signal.removeEventListener('abort', leave);
      };
      const serve = () => {
        end('served');
      };
      const leave = () => {
        end('gone');
      };
      const cancel = schedule(() => {
        end('late');
      });
      signal.addEventListener('abort', leave);
      waiting.push(serve);
    });
  return {
    async try(fn, { signal }) {
      if (taken && (await entered(signal)) !== 'served') return;
      taken = true;
      await Promise.race([
        outcomeOf(fn),
        new Promise((resolve) => {
          signal.addEventListener('abort', resolve);
        }),
      ]);
      taken = false;
      waiting[0]?.();
    },
  };
}

test('timers and listeners of those who waited are seen, however their wait ended', async () => {
  const all = { served: true, late: true, gone: true };
  const leftBy = (tidy: typeof all) => countLeftByAborts(({ schedule }) => createQueue(schedule, tidy));
  const clean = await leftBy(all);
  expect(clean.timers).toBe(0);
  for (const how of ['served', 'late', 'gone'] as const) {
    const { timers, listeners } = await leftBy({ ...all, [how]: false });
    // The timer of one who waited too long has fired.
    expect([how, timers >= 100]).toEqual([how, how !== 'late']);
    expect([how, listeners - clean.listeners >= 100]).toEqual([how, true]);
  }
});

test('a call is given the deadline, and a late timer may fire', async () => {
  const deadlines = new Set<unknown>();
  const create = ({ schedule }: { schedule: CountingSchedule }): CallUnderTest => ({
    try: (fn, context) => {
      deadlines.add(context.deadline);
      schedule(() => undefined);
      return Promise.race([
        outcomeOf(fn),
        new Promise((resolve) => {
          context.signal.addEventListener('abort', resolve);
        }),
      ]);
    },
  });
  // Five calls in each of a hundred rounds, and one timer of a round has fired.
  expect(await countLeftByAborts(create, { deadline: 7 })).toMatchObject({ timers: 400, listened: 500 });
  expect(await countLeftByAborts(create, { deadline: 7, lateTimersFire: true })).toMatchObject({ timers: 0 });
  expect([...deadlines]).toEqual([7]);
});
