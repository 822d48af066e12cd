import { afterEach, describe, expect, test, vi } from 'vitest';
import { createConstantWork } from './constant-work.ts';
import type { ConstantWorkEvent, ConstantWorkOptions } from './constant-work.ts';

/** Lets every promise that can settle do so. */
const settle = async () => {
  for (let turn = 0; turn < 20; turn++) await null;
};

const createTime = () => {
  let now = 0;
  const timers = new Set<{ at: number; run: () => void }>();
  return {
    clock: { now: () => now },
    schedule: (run: () => void, delayMs: number) => {
      const timer = { at: now + delayMs, run };
      timers.add(timer);
      return () => {
        timers.delete(timer);
      };
    },
    timers,
    /** Time in which nothing runs, as in a frozen Lambda. */
    freeze(ms: number) {
      now += ms;
    },
    async pass(ms: number) {
      const end = now + ms;
      await settle();
      for (;;) {
        const next = [...timers].sort((a, b) => a.at - b.at)[0];
        if (!next || next.at > end) break;
        timers.delete(next);
        now = Math.max(now, next.at);
        next.run();
        await settle();
      }
      now = end;
      await settle();
    },
  };
};

const make = (options: Partial<ConstantWorkOptions<string[]>> = {}) => {
  const time = createTime();
  const events: ConstantWorkEvent[] = [];
  const reads: number[] = [];
  const work = createConstantWork<string[]>({
    read: () => {
      reads.push(time.clock.now());
      return [String(reads.length)];
    },
    random: () => 0.5,
    clock: time.clock,
    schedule: time.schedule,
    onEvent: (event) => events.push(event),
    ...options,
  });
  return { time, events, reads, work };
};

const hangs = () => new Promise<never>(() => undefined);

afterEach(() => {
  vi.useRealTimers();
});

describe('the cadence', () => {
  test('counts from the start, whenever that is', async () => {
    const { work, time, reads, events } = make();
    time.freeze(1_000_000);
    await work.start();
    await time.pass(15_000);
    expect(reads).toEqual([1_000_000, 1_005_000, 1_015_000]);
    expect(events[1]).toEqual({ type: 'refreshed', durationMs: 0 });
    work.stop();
  });

  test('reads at once, then at a random place in the first interval, then every interval', async () => {
    const { work, time, reads } = make();
    await work.start();
    await time.pass(40_000);
    expect(reads).toEqual([0, 5000, 15_000, 25_000, 35_000]);
    work.stop();
  });

  test('is the same when every read fails', async () => {
    const reads: number[] = [];
    const { work, time, events } = make({
      read: () => {
        reads.push(reads.length);
        throw new Error('away');
      },
    });
    await work.start();
    await time.pass(40_000);
    expect(reads).toHaveLength(5);
    expect(events.every(({ type }) => type === 'refresh-failed')).toBe(true);
    work.stop();
  });

  test('leaves out the turn that finds a read running, and is not moved by it', async () => {
    const reads: number[] = [];
    const { work, time } = make({
      read: () =>
        new Promise((resolve) => {
          reads.push(time.clock.now());
          time.schedule(() => resolve(['late']), 9000);
        }),
    });
    void work.start();
    await time.pass(30_000);
    expect(reads).toEqual([0, 15_000, 25_000]);
    work.stop();
  });

  test('has each turn once, though timers fire a little early', async () => {
    const { clock, schedule, timers, pass } = createTime();
    const reads: number[] = [];
    const work = createConstantWork({
      read: () => reads.push(clock.now()),
      intervalMs: 10_000,
      random: () => 0.5,
      clock,
      schedule: (run, delayMs) => schedule(run, Math.max(0, delayMs - 0.4)),
    });
    await work.start();
    await pass(40_000);
    expect(reads).toEqual([0, 4999.6, 14_999.6, 24_999.6, 34_999.6]);
    work.stop();
    expect(timers.size).toBe(0);
  });

  test('does not make up for turns that were missed in a frozen process', async () => {
    const { work, time, reads } = make();
    await work.start();
    await time.pass(5000);
    time.freeze(3_600_000 + 3000);
    await time.pass(0);
    expect(reads).toEqual([0, 5000, 3_608_000]);
    await time.pass(7000);
    expect(reads).toEqual([0, 5000, 3_608_000, 3_615_000]);
    work.stop();
  });

  test.each([0, -1, NaN])('does not take an interval of %d', (intervalMs) => {
    expect(() => make({ intervalMs })).toThrow(RangeError);
  });
});

describe('the snapshot', () => {
  test('is there after the first read, with its age, and none before', async () => {
    const { work, time } = make();
    expect(work.current()).toBeUndefined();
    await work.start();
    await time.pass(3000);
    expect(work.current()).toEqual({ value: ['1'], ageMs: 3000 });
    work.stop();
  });

  test('is the last good one while reads fail', async () => {
    let away = false;
    const { work, time, events } = make({
      read: () => (away ? Promise.reject(new Error('away')) : Promise.resolve(['good'])),
    });
    await work.start();
    away = true;
    await time.pass(25_000);
    expect(work.current()).toEqual({ value: ['good'], ageMs: 25_000 });
    expect(events.at(-1)).toMatchObject({
      type: 'refresh-failed',
      ageMs: 25_000,
      error: { message: 'away' },
    });
    away = false;
    await time.pass(10_000);
    expect(work.current()).toEqual({ value: ['good'], ageMs: 0 });
    work.stop();
  });

  test('is not replaced by one that does not pass validation', async () => {
    const tables = [['a', 'b'], [], ['c']];
    const { work, time, events } = make({
      read: () => tables.shift() ?? [],
      validate: (table) => {
        if (!table.length) throw new Error('empty');
      },
    });
    await work.start();
    await time.pass(5000);
    expect(work.current()?.value).toEqual(['a', 'b']);
    expect(events.at(-1)).toMatchObject({ type: 'refresh-failed', error: { message: 'empty' } });
    await time.pass(10_000);
    expect(work.current()?.value).toEqual(['c']);
    work.stop();
  });

  test('start fulfils even when the first read fails', async () => {
    const { work, events } = make({ read: () => Promise.reject(new Error('away')) });
    await work.start();
    expect(work.current()).toBeUndefined();
    expect(events).toEqual([{ type: 'refresh-failed', error: new Error('away'), ageMs: Infinity }]);
    work.stop();
  });
});

describe('a read that hangs', () => {
  test('is aborted after the time limit, and the next turn reads again', async () => {
    const signals: AbortSignal[] = [];
    const { work, time, events } = make({
      timeoutMs: 2000,
      read: ({ signal }) => {
        signals.push(signal);
        return hangs();
      },
    });
    void work.start();
    await time.pass(1999);
    expect(signals[0]?.aborted).toBe(false);
    await time.pass(1);
    expect(signals[0]?.aborted).toBe(true);
    expect(events).toMatchObject([{ type: 'refresh-failed', error: { code: 'timeout' } }]);
    await time.pass(3000);
    expect(signals).toHaveLength(2);
    work.stop();
  });

  test('never has another beside it: its limit is at most the interval', async () => {
    let [running, most] = [0, 0];
    const { work, time } = make({
      timeoutMs: 1e9,
      random: () => 0.9,
      read: ({ signal }) =>
        new Promise((_, reject) => {
          most = Math.max(most, ++running);
          signal.addEventListener('abort', () => {
            running--;
            reject(signal.reason as Error);
          });
        }),
    });
    void work.start();
    await time.pass(60_000);
    expect(most).toBe(1);
    work.stop();
  });
});

describe('stop', () => {
  test('leaves no timer, aborts the read that runs, and stores nothing that comes late', async () => {
    let finish: (table: string[]) => void = () => undefined;
    let seen: AbortSignal | undefined;
    const { work, time, events } = make({
      read: ({ signal }) => {
        seen = signal;
        return new Promise((resolve) => (finish = resolve));
      },
    });
    const started = work.start();
    work.stop();
    await started;
    expect(seen?.aborted).toBe(true);
    expect(time.timers.size).toBe(0);
    finish(['late']);
    await time.pass(60_000);
    expect(work.current()).toBeUndefined();
    expect(events).toEqual([]);
  });

  test('leaves no real timer either', async () => {
    vi.useFakeTimers();
    const work = createConstantWork({ read: () => new Promise(() => undefined) });
    const started = work.start();
    expect(vi.getTimerCount()).toBe(2);
    work.stop();
    await started;
    expect(vi.getTimerCount()).toBe(0);
  });

  test('before start, and twice, does no harm; start can follow', async () => {
    const { work, time, reads } = make();
    work.stop();
    work.stop();
    await work.start();
    await work.start();
    await time.pass(5000);
    expect(reads).toEqual([0, 0, 5000]);
    expect(time.timers.size).toBe(1);
    work.stop();
  });
});

test('works with the real clock, timer and dice when none are given', async () => {
  const work = createConstantWork({ read: () => 7, intervalMs: 1 });
  await work.start();
  expect(work.current()?.value).toBe(7);
  work.stop();
});

test('a listener that throws fails the start it was told in, and stops no later turn', async () => {
  const time = createTime();
  let reads = 0;
  const work = createConstantWork({
    read: () => ++reads,
    intervalMs: 1000,
    random: () => 0,
    clock: time.clock,
    schedule: time.schedule,
    onEvent: () => {
      throw new Error('listener');
    },
  });
  await expect(work.start()).rejects.toThrow('listener');
  await time.pass(2000);
  expect(work.current()?.value).toBe(3);
  work.stop();
});
