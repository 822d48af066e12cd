import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BulkheadFullError, createBulkhead } from './bulkhead.ts';
import type { BulkheadEvent, BulkheadOptions, CallContext } from './bulkhead.ts';

/** A clock that moves when told, and the timers that it fires on the way. */
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
    async pass(ms: number) {
      const end = now + ms;
      await settle();
      for (;;) {
        const next = [...timers].sort((a, b) => a.at - b.at)[0];
        if (!next || next.at > end) break;
        timers.delete(next);
        now = next.at;
        next.run();
        await settle();
      }
      now = end;
      await settle();
    },
  };
};

/** Lets every promise that can settle do so. */
const settle = async () => {
  for (let turn = 0; turn < 10; turn++) await null;
};

/** A controller whose signal counts the listeners that are on it. */
const createCountedController = () => {
  const controller = new AbortController();
  const { signal } = controller;
  const listeners = new Set<unknown>();
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  Object.assign(signal, {
    addEventListener(type: 'abort', listener: () => void) {
      listeners.add(listener);
      add(type, listener);
    },
    removeEventListener(type: 'abort', listener: () => void) {
      listeners.delete(listener);
      remove(type, listener);
    },
  });
  return { controller, signal, listeners };
};

/** A bulkhead of one place, and calls by name that work until they are told to end, deaf to their signals. */
const make = (options: Partial<BulkheadOptions> = {}) => {
  const time = createTime();
  const events: BulkheadEvent[] = [];
  const bulkhead = createBulkhead({
    maxConcurrent: 1,
    clock: time.clock,
    schedule: time.schedule,
    onEvent: (event) => events.push(event),
    ...options,
  });
  const started: string[] = [];
  const ends = new Map<string, () => void>();
  /** The outcome of a call by its name: the answer, or the reason why there is none. */
  const outcomes: Record<string, unknown> = {};
  const call = (name: string, context?: CallContext) => {
    const work = () => {
      started.push(name);
      return new Promise<string>((resolve) => {
        ends.set(name, () => {
          resolve('answer');
        });
      });
    };
    bulkhead(work, context).then(
      (value) => (outcomes[name] = value),
      (error: unknown) => (outcomes[name] = error instanceof Error ? error.message : error),
    );
  };
  const end = async (name: string) => {
    ends.get(name)?.();
    await settle();
  };
  return { time, events, bulkhead, call, end, started, outcomes };
};

describe('the places', () => {
  test('go to as many calls at once as there are, and no more', async () => {
    const { call, started, outcomes, bulkhead } = make({ maxConcurrent: 2 });
    for (const name of ['a', 'b', 'c']) call(name);
    await settle();
    expect(started).toEqual(['a', 'b']);
    expect(outcomes).toEqual({ c: 'queue-full' });
    expect(bulkhead.state()).toEqual({ running: 2, waiting: 0 });
  });

  test.each(['an answer', 'a rejection', 'a throw'])('are free again after %s', async (how) => {
    const { bulkhead } = make();
    const fn = () => {
      if (how === 'a throw') throw new Error('no');
      return how === 'a rejection' ? Promise.reject(new Error('no')) : 7;
    };
    await bulkhead.try<number>(fn);
    expect(bulkhead.state()).toEqual({ running: 0, waiting: 0 });
    expect(await bulkhead(() => 8)).toBe(8);
  });

  test('stay taken while work goes on whose caller has timed out: 5 never become more', async () => {
    const { call, started, outcomes, bulkhead, end } = make({ maxConcurrent: 5 });
    for (let round = 0; round < 90; round++) {
      const controller = new AbortController();
      for (let index = 0; index < 5; index++) {
        call(`${String(round)}.${String(index)}`, { signal: controller.signal });
      }
      await settle();
      controller.abort('timeout');
      await settle();
    }
    expect(started).toEqual(['0.0', '0.1', '0.2', '0.3', '0.4']);
    expect([outcomes['0.0'], outcomes['1.0']]).toEqual(['timeout', 'queue-full']);
    expect(bulkhead.state()).toEqual({ running: 5, waiting: 0 });
    await end('0.0');
    expect(bulkhead.state()).toEqual({ running: 4, waiting: 0 });
  });

  test('say what a refusal is: overload, not retried, known to another copy of the package', async () => {
    const { call, bulkhead, events } = make();
    call('a');
    const result = await bulkhead.try(() => 7);
    const error = result.ok ? undefined : result.error;
    expect(error).toBeInstanceOf(BulkheadFullError);
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      name: 'BulkheadFullError',
      code: 'bulkhead-full',
      overloaded: true,
      retryable: false,
      message: 'queue-full',
    });
    expect(Reflect.get(error as object, Symbol.for('nines.error'))).toBe(true);
    expect(events).toEqual([{ type: 'refused', reason: 'queue-full' }]);
  });

  test('pass on to the function what the caller said', async () => {
    const { bulkhead } = make();
    const { signal } = new AbortController();
    const context = { signal, deadline: 900, idempotent: true, priority: 'critical' } as const;
    expect(await bulkhead((given) => given, context)).toEqual(context);
  });

  test('make up no signal for a caller who gave none', async () => {
    const { bulkhead } = make();
    expect(await bulkhead(({ signal }) => signal)).toBeUndefined();
  });
});

test.each([
  [{ maxConcurrent: 0 }, '0,0,1000,fifo'],
  [{ maxConcurrent: NaN }, 'NaN,0,1000,fifo'],
  [{ maxConcurrent: Infinity }, 'Infinity,0,1000,fifo'],
  [{ maxQueue: -1 }, '1,-1,1000,fifo'],
  [{ maxQueue: Infinity }, '1,Infinity,1000,fifo'],
  [{ maxWaitMs: -1 }, '1,0,-1,fifo'],
  [{ maxWaitMs: 2_147_483_648 }, '1,0,2147483648,fifo'],
  [{ order: 'lifo' as never }, '1,0,1000,lifo'],
])('refuses %o, by a message that says what was given and what to give', (options, given) => {
  const create = () => createBulkhead({ maxConcurrent: 1, ...options });
  expect(create).toThrow(RangeError);
  expect(create).toThrow(
    `createBulkhead: maxConcurrent, maxQueue, maxWaitMs, order are ${given}; ` +
      'give numbers from 1, 0 and 0, below 2 ** 31, and one of fifo,adaptive-lifo',
  );
});

describe('the queue', () => {
  test('is served in order of arrival', async () => {
    const { call, end, started } = make({ maxQueue: 3 });
    for (const name of ['a', 'b', 'c', 'd']) call(name);
    for (const name of ['a', 'b', 'c', 'd']) await end(name);
    expect(started).toEqual(['a', 'b', 'c', 'd']);
  });

  test('holds no more than its limit, and turns newcomers away', async () => {
    const { call, bulkhead, outcomes } = make({ maxQueue: 2 });
    for (const name of ['a', 'b', 'c', 'd']) call(name);
    await settle();
    expect(bulkhead.state()).toEqual({ running: 1, waiting: 2 });
    expect(outcomes).toEqual({ d: 'queue-full' });
  });

  test('is left after the longest wait', async () => {
    const { call, time, bulkhead, outcomes, events, end, started } = make({ maxQueue: 2, maxWaitMs: 100 });
    call('a');
    call('b');
    await time.pass(99);
    expect(bulkhead.state().waiting).toBe(1);
    await time.pass(1);
    expect(bulkhead.state()).toEqual({ running: 1, waiting: 0 });
    expect(outcomes).toEqual({ b: 'wait-too-long' });
    expect(events).toEqual([{ type: 'refused', reason: 'wait-too-long' }]);
    await end('a');
    expect(started).toEqual(['a']);
  });

  test('is left after a second unless told otherwise', async () => {
    const { call, time, outcomes } = make({ maxQueue: 1 });
    call('a');
    call('b');
    await time.pass(999);
    expect(outcomes).toEqual({});
    await time.pass(1);
    expect(outcomes).toEqual({ b: 'wait-too-long' });
  });

  test('is left without a timer, by a call that got a place and by one whose caller gave up', async () => {
    const { call, end, time, events } = make({ maxQueue: 2 });
    const controller = new AbortController();
    call('a');
    call('b');
    call('c', { signal: controller.signal });
    expect(time.timers.size).toBe(2);
    await end('a');
    expect(time.timers.size).toBe(1);
    controller.abort('gone');
    await settle();
    expect(time.timers.size).toBe(0);
    await time.pass(2000);
    expect(events).toEqual([]);
  });

  describe('when a listener throws', () => {
    const bug = new TypeError('no such field');
    const throwing = () => {
      throw bug;
    };

    test('refuses the call that waited too long with that', async () => {
      const { bulkhead, call, time, outcomes, end } = make({
        maxQueue: 1,
        maxWaitMs: 100,
        onEvent: throwing,
      });
      call('a');
      const waiting = bulkhead.try(() => 'b');
      await time.pass(100);
      expect(await waiting).toEqual({ ok: false, error: bug });
      await end('a');
      expect([outcomes, bulkhead.state()]).toEqual([{ a: 'answer' }, { running: 0, waiting: 0 }]);
    });

    test('refuses at once with that, and loses no place', async () => {
      const { bulkhead, call, started, end } = make({ onEvent: throwing });
      call('a');
      expect(await bulkhead.try(() => 'b')).toEqual({ ok: false, error: bug });
      await expect(bulkhead(() => 'b')).rejects.toBe(bug);
      await end('a');
      expect(bulkhead.state()).toEqual({ running: 0, waiting: 0 });
      call('c');
      expect(started).toEqual(['a', 'c']);
    });

    test('gives a newcomer the place of the oldest all the same', async () => {
      const { bulkhead, call, started, end } = make({
        maxQueue: 1,
        order: 'adaptive-lifo',
        onEvent: throwing,
      });
      call('a');
      const oldest = bulkhead.try(() => 'b');
      call('c');
      expect(await oldest).toEqual({ ok: false, error: bug });
      expect(bulkhead.state()).toEqual({ running: 1, waiting: 1 });
      await end('a');
      expect(started).toEqual(['a', 'c']);
      await end('c');
      expect(bulkhead.state()).toEqual({ running: 0, waiting: 0 });
    });
  });

  test("is left at the caller's deadline when that comes before the longest wait", async () => {
    const { call, time, outcomes } = make({ maxQueue: 2, maxWaitMs: 100 });
    const { signal } = new AbortController();
    await time.pass(1000);
    call('a');
    call('over', { signal, deadline: 900 });
    call('near', { signal, deadline: 1030 });
    await time.pass(0);
    expect(outcomes).toEqual({ over: 'wait-too-long' });
    await time.pass(29);
    expect(outcomes).not.toHaveProperty('near');
    await time.pass(1);
    expect(outcomes).toHaveProperty('near', 'wait-too-long');
  });

  test('gives a freed place to the one who waits, not to a newcomer in the same moment', async () => {
    const { call, end, started, bulkhead } = make({ maxQueue: 1 });
    call('a');
    call('b');
    const ending = end('a');
    for (let turn = 0; turn < 5; turn++) {
      call(`late ${String(turn)}`);
      await null;
      expect(bulkhead.state().running).toBe(1);
    }
    await ending;
    expect(started.slice(0, 2)).toEqual(['a', 'b']);
  });
});

describe('adaptive LIFO', () => {
  test('serves the oldest while the queue is at most half full', async () => {
    const { call, end, started } = make({ maxQueue: 4, order: 'adaptive-lifo' });
    for (const name of ['a', 'b', 'c']) call(name);
    await end('a');
    expect(started).toEqual(['a', 'b']);
  });

  test('serves the newest while it is more than half full', async () => {
    const { call, end, started } = make({ maxQueue: 4, order: 'adaptive-lifo' });
    for (const name of ['a', 'b', 'c', 'd', 'e']) call(name);
    for (const name of ['a', 'e', 'd', 'b', 'c']) await end(name);
    expect(started).toEqual(['a', 'e', 'd', 'b', 'c']);
  });

  test('gives a newcomer to a full queue the place of the oldest', async () => {
    const { call, bulkhead, outcomes } = make({ maxQueue: 2, order: 'adaptive-lifo' });
    for (const name of ['a', 'b', 'c', 'd']) call(name);
    await settle();
    expect(outcomes).toEqual({ b: 'queue-full' });
    expect(bulkhead.state()).toEqual({ running: 1, waiting: 2 });
  });

  test('turns newcomers away when there is no queue', async () => {
    const { call, outcomes } = make({ order: 'adaptive-lifo' });
    call('a');
    call('b');
    await settle();
    expect(outcomes).toEqual({ b: 'queue-full' });
  });
});

describe('a caller that gives up', () => {
  test('is let go at once while it waits, and leaves the queue', async () => {
    const { call, end, started, outcomes, bulkhead } = make({ maxQueue: 1 });
    const controller = new AbortController();
    call('a');
    call('b', { signal: controller.signal });
    controller.abort('gone');
    await settle();
    expect(outcomes).toEqual({ b: 'gone' });
    expect(bulkhead.state()).toEqual({ running: 1, waiting: 0 });
    await end('a');
    expect(started).toEqual(['a']);
  });

  test('does not have its function called when it gave up before', async () => {
    const { call, started, outcomes, bulkhead } = make();
    call('a', { signal: AbortSignal.abort('gone') });
    await settle();
    expect([started, outcomes]).toEqual([[], { a: 'gone' }]);
    expect(bulkhead.state()).toEqual({ running: 0, waiting: 0 });
  });

  test('does not have it called either when it gave up in the moment in which a place was free', async () => {
    for (let turns = 0; turns < 6; turns++) {
      const { bulkhead, call, end } = make({ maxQueue: 1 });
      const controller = new AbortController();
      let calledAborted = false;
      call('a');
      const waiting = bulkhead.try(() => (calledAborted = controller.signal.aborted), {
        signal: controller.signal,
      });
      const ending = end('a');
      for (let turn = 0; turn < turns; turn++) await null;
      controller.abort('gone');
      await Promise.all([waiting, ending]);
      expect(calledAborted).toBe(false);
      expect(bulkhead.state()).toEqual({ running: 0, waiting: 0 });
    }
  });
});

describe('the typed result', () => {
  test('has the answer, or the error of the function, and throws none', async () => {
    const { bulkhead } = make();
    const error = new Error('no such row');
    const throwing = () => {
      throw error;
    };
    expect(await bulkhead.try(() => 7)).toEqual({ ok: true, value: 7 });
    expect(await bulkhead.try(throwing)).toEqual({ ok: false, error });
    expect(await bulkhead.try(() => 7, { signal: AbortSignal.abort('gone') })).toEqual({
      ok: false,
      error: 'gone',
    });
  });
});

test('1000 calls with one shared signal leave no timer and no listener', async () => {
  const { time, bulkhead } = make({ maxConcurrent: 3, maxQueue: 500, maxWaitMs: 100 });
  const { signal, listeners } = createCountedController();
  const slow = () =>
    new Promise<void>((resolve) => {
      time.schedule(resolve, 10);
    });
  const calls = Array.from({ length: 1000 }, () => bulkhead.try(slow, { signal }));
  expect(listeners.size).toBeGreaterThan(500);
  await time.pass(1000);
  const results = await Promise.all(calls);
  // Three each 10 ms, from 0 to 90 ms; all others wait too long or find the queue full.
  expect(results.filter(({ ok }) => ok).length).toBeGreaterThanOrEqual(30);
  expect(results.filter(({ ok }) => ok).length).toBeLessThanOrEqual(33);
  expect([listeners.size, time.timers.size]).toEqual([0, 0]);
  expect(bulkhead.state()).toEqual({ running: 0, waiting: 0 });
});

test('whatever callers do, neither the places nor the queue overflow, and each call ends in time', async () => {
  const step = fc.record({
    afterMs: fc.nat(60),
    takesMs: fc.nat(300),
    abortAfterMs: fc.option(fc.nat(200), { nil: undefined }),
    deadlineMs: fc.option(fc.nat(200), { nil: undefined }),
  });
  const sizes = fc.record({
    maxConcurrent: fc.integer({ min: 1, max: 4 }),
    maxQueue: fc.nat(4),
    order: fc.constantFrom('fifo' as const, 'adaptive-lifo' as const),
  });
  await fc.assert(
    fc.asyncProperty(sizes, fc.array(step, { maxLength: 30 }), async (options, steps) => {
      const { time, bulkhead } = make({ ...options, maxWaitMs: 100 });
      let working = 0;
      const overflows: unknown[] = [];
      const check = () => {
        const state = bulkhead.state();
        if (working > options.maxConcurrent || state.waiting > options.maxQueue) overflows.push(state);
      };
      const calls = [];
      for (const { afterMs, takesMs, abortAfterMs, deadlineMs } of steps) {
        await time.pass(afterMs);
        const { controller, signal, listeners } = createCountedController();
        const call = { at: time.clock.now(), startedAt: NaN, settled: false, listeners };
        const deadline = deadlineMs === undefined ? undefined : call.at + deadlineMs;
        const work = () => {
          working++;
          call.startedAt = time.clock.now();
          check();
          return new Promise<void>((resolve) => {
            time.schedule(() => {
              working--;
              resolve();
            }, takesMs);
          });
        };
        void bulkhead.try(work, { signal, deadline }).then(() => (call.settled = true));
        check();
        if (abortAfterMs !== undefined) {
          time.schedule(() => {
            controller.abort('gone');
          }, abortAfterMs);
        }
        calls.push(call);
      }
      await time.pass(1000);
      expect(overflows).toEqual([]);
      expect(calls.filter(({ settled, listeners }) => !settled || listeners.size)).toEqual([]);
      expect(calls.filter(({ at, startedAt }) => startedAt - at > 100)).toEqual([]);
      expect([working, time.timers.size]).toEqual([0, 0]);
      expect(bulkhead.state()).toEqual({ running: 0, waiting: 0 });
    }),
    { numRuns: 50 },
  );
});
