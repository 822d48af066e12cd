import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createTimeout, DeadlineExceededError, TimeoutError } from './timeout.ts';
import type { TimeoutEvent, TimeoutOptions } from './timeout.ts';

/** A clock that moves when told, and the timers that it fires on the way. */
const createTime = () => {
  let now = 0;
  let started = 0;
  const timers = new Set<{ at: number; run: () => void; keepsAlive: boolean }>();
  return {
    clock: { now: () => now },
    schedule: (run: () => void, delayMs: number) => {
      started++;
      const timer = { at: now + delayMs, run, keepsAlive: true };
      timers.add(timer);
      return Object.assign(
        () => {
          timers.delete(timer);
        },
        {
          ref: () => {
            timer.keepsAlive = true;
          },
          unref: () => {
            timer.keepsAlive = false;
          },
        },
      );
    },
    timers,
    started: () => started,
    keepingAlive: () => [...timers].filter((timer) => timer.keepsAlive).length,
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

type Time = ReturnType<typeof createTime>;

/** Lets every promise that can settle do so. */
const settle = async () => {
  for (let turn = 0; turn < 10; turn++) await null;
};

/** A limit of 1600 ms is looked at every 100 ms. */
const make = (options: Partial<TimeoutOptions> = {}) => {
  const time = createTime();
  const events: TimeoutEvent[] = [];
  const timeout = createTimeout({
    timeoutMs: 1600,
    clock: time.clock,
    schedule: time.schedule,
    onEvent: (event) => events.push(event),
    ...options,
  });
  return { time, events, timeout };
};

/** What became of a promise, and when. */
const watch = (promise: Promise<unknown>, time: Time) => {
  const outcome: { at?: number; value?: unknown; error?: unknown } = {};
  promise.then(
    (value) => Object.assign(outcome, { at: time.clock.now(), value }),
    (error: unknown) => Object.assign(outcome, { at: time.clock.now(), error }),
  );
  return outcome;
};

/** An answer that takes that long by the fake clock, deaf to its signal. */
const answerAfter = (time: Time, delayMs: number) => () =>
  new Promise<string>((resolve) => {
    time.schedule(() => {
      resolve('answer');
    }, delayMs);
  });

const never = () => new Promise<never>(() => undefined);

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

describe('the limit', () => {
  test('passes on what the function answers in time', async () => {
    const { timeout, time, events } = make();
    const outcome = watch(timeout(answerAfter(time, 1599)), time);
    await time.pass(1599);
    expect(outcome).toEqual({ at: 1599, value: 'answer' });
    expect(events).toEqual([]);
  });

  test('passes on what the function throws, at once or later', async () => {
    const { timeout } = make();
    const error = new Error('no such row');
    const throwing = () => {
      throw error;
    };
    await expect(timeout(throwing)).rejects.toBe(error);
    await expect(timeout(() => Promise.reject(error))).rejects.toBe(error);
  });

  test('takes a plain value and a thenable for an answer', async () => {
    const { timeout } = make();
    await expect(timeout(() => 7)).resolves.toBe(7);
    const thenable: PromiseLike<number> = { then: (onValue) => Promise.resolve(8).then(onValue) };
    await expect(timeout(() => thenable)).resolves.toBe(8);
  });

  test('gives up a call that does not answer, at most a sixteenth late', async () => {
    const { timeout, time, events } = make();
    const outcome = watch(timeout(never), time);
    await time.pass(1599);
    expect(outcome.at).toBeUndefined();
    await time.pass(101);
    expect(outcome.at).toBe(1700);
    expect(outcome.error).toBeInstanceOf(TimeoutError);
    expect(outcome.error).toMatchObject({ name: 'TimeoutError', code: 'timeout' });
    expect((outcome.error as Error).message).toBe('no answer within 1600 ms');
    expect(events).toEqual([{ type: 'timeout', timeoutMs: 1600 }]);
  });

  test('ends a call at the deadline that it was told, when it asked', async () => {
    const { timeout, time } = make();
    let told = 0;
    const outcome = watch(
      timeout(({ deadline }) => {
        told = deadline ?? 0;
        return never();
      }),
      time,
    );
    await time.pass(2000);
    expect([told, outcome.at]).toEqual([1600, 1600]);
  });

  test('ignores an answer, and an error, that come after the limit', async () => {
    const { timeout, time, events } = make();
    const answered = watch(timeout(answerAfter(time, 5000)), time);
    const failing = () => answerAfter(time, 5000)().then(() => Promise.reject(new Error('too late')));
    const failed = watch(timeout(failing), time);
    await time.pass(6000);
    expect([answered.at, failed.at]).toEqual([1700, 1700]);
    expect([answered.error, failed.error]).toEqual([expect.any(TimeoutError), expect.any(TimeoutError)]);
    expect(events).toHaveLength(2);
  });

  test('marks its errors so that another copy of the package knows them', () => {
    const brand = Symbol.for('nines.error');
    expect(Reflect.get(new TimeoutError(), brand)).toBe(true);
    expect(Reflect.get(new DeadlineExceededError(), brand)).toBe(true);
  });

  test('fails with what a listener throws, and that is no exception of the timer', async () => {
    const bug = new Error('metrics are away');
    const { timeout, time } = make({
      onEvent: () => {
        throw bug;
      },
    });
    const outcomes = [timeout(never), timeout(never), timeout(never, { deadline: 900 })].map((call) =>
      watch(call, time),
    );
    await time.pass(1700);
    expect(outcomes.map(({ error }) => error)).toEqual([bug, bug, bug]);
    expect(time.timers.size).toBe(0);
  });

  test('gives up the other calls too when a caller who was brought throws', async () => {
    const { timeout, time } = make();
    const other = watch(timeout(never), time);
    timeout.start(undefined, {
      settle: () => {
        throw new Error('caller');
      },
    });
    await expect(time.pass(1700)).rejects.toThrow('caller');
    await time.pass(100);
    expect(other.error).toEqual(expect.any(TimeoutError));
  });
});

test.each([[0], [-1], [NaN], [Infinity], [2_147_483_648], ['800' as never], [undefined as never]])(
  'a limit of %s is refused, by a message that says what to give',
  (timeoutMs) => {
    const create = () => createTimeout({ timeoutMs });
    expect(create).toThrow(RangeError);
    expect(create).toThrow(
      `createTimeout: timeoutMs is ${String(timeoutMs)}; give milliseconds above 0, at most 2147483647`,
    );
  },
);

describe("the caller's own deadline", () => {
  test('ends the call to the millisecond when it is nearer than the limit', async () => {
    const { timeout, time, events } = make();
    const outcome = watch(timeout(never, { deadline: 1001 }), time);
    await time.pass(1000);
    expect(outcome.at).toBeUndefined();
    await time.pass(1);
    expect(outcome).toMatchObject({ at: 1001, error: { code: 'timeout' } });
    expect(events).toEqual([{ type: 'timeout', timeoutMs: 1001 }]);
  });

  test('is no fault of the one called when it left less than half of the limit', async () => {
    const { timeout, time, events } = make();
    const half = watch(timeout(never, { deadline: 800 }), time);
    const less = watch(timeout(never, { deadline: 799 }), time);
    await time.pass(800);
    expect(half.error).toMatchObject({ name: 'TimeoutError', code: 'timeout' });
    expect(less.error).toMatchObject({ name: 'AbortError', code: 'deadline-exceeded' });
    expect(events).toEqual([
      { type: 'deadline-exceeded', timeoutMs: 799 },
      { type: 'timeout', timeoutMs: 800 },
    ]);
  });

  test('ends the call at once when it is over already', async () => {
    const { timeout, time } = make();
    await time.pass(500);
    const outcome = watch(timeout(never, { deadline: 400 }), time);
    await time.pass(0);
    expect(outcome).toMatchObject({ at: 500, error: { code: 'deadline-exceeded' } });
  });

  test('does not lengthen the limit when it is farther away', async () => {
    const { timeout, time } = make();
    const outcome = watch(timeout(never, { deadline: 60_000 }), time);
    await time.pass(3000);
    expect(outcome.at).toBe(1700);
  });

  test('is passed on, with the rest of what the caller said, fields that are not known here as well', async () => {
    const { timeout } = make();
    const given = { deadline: 900, idempotent: true, priority: 'critical', tenant: 'blue' };
    const seen = await timeout(
      ({ deadline, idempotent, priority, tenant }) => ({ deadline, idempotent, priority, tenant }),
      given,
    );
    expect(seen).toEqual(given);
    expect(await timeout((context) => ({ ...context }), given)).toEqual({
      idempotent: true,
      priority: 'critical',
      tenant: 'blue',
    });
  });
});

describe('the signal', () => {
  test('aborts with the timeout as its reason', async () => {
    const { timeout, time } = make();
    let signal: AbortSignal | undefined;
    const outcome = watch(
      timeout((context) => {
        signal = context.signal;
        return never();
      }),
      time,
    );
    await time.pass(1699);
    expect(signal?.aborted).toBe(false);
    await time.pass(1);
    expect(signal?.aborted).toBe(true);
    expect(signal?.reason).toBe(outcome.error);
  });

  test('is aborted already when it is first read after the limit', async () => {
    const { timeout, time } = make();
    let read: (() => AbortSignal) | undefined;
    const outcome = watch(
      timeout((context) => {
        read = () => context.signal;
        return never();
      }),
      time,
    );
    await time.pass(1700);
    expect(read?.().reason).toBe(outcome.error);
  });

  test.each([[0], [''], [false], [null]])(
    'is aborted for a reason of %o, too, first read later',
    async (reason) => {
      const { timeout } = make();
      let read: (() => AbortSignal) | undefined;
      const controller = new AbortController();
      const outcome = timeout.try(
        (context) => {
          read = () => context.signal;
          return never();
        },
        { signal: controller.signal },
      );
      controller.abort(reason);
      expect(await outcome).toEqual({ ok: false, error: reason });
      expect([read?.().aborted, read?.().reason]).toEqual([true, reason]);
    },
  );

  test('does not abort when the call has answered', async () => {
    const { timeout, time } = make();
    const signal = await timeout((context) => context.signal);
    await time.pass(10_000);
    expect(signal.aborted).toBe(false);
  });

  test('one call that times out aborts none of nine others', async () => {
    const { timeout, time } = make();
    const signals: AbortSignal[] = [];
    const slow = watch(timeout(never), time);
    await time.pass(1000);
    const healthy = Array.from({ length: 9 }, () =>
      watch(
        timeout(({ signal }) => {
          signals.push(signal);
          return answerAfter(time, 1000)();
        }),
        time,
      ),
    );
    await time.pass(1000);
    expect(slow.error).toBeInstanceOf(TimeoutError);
    expect(healthy.map(({ value }) => value)).toEqual(Array<string>(9).fill('answer'));
    expect(signals.filter(({ aborted }) => aborted)).toEqual([]);
  });
});

describe('a caller that gives up', () => {
  test('is let go at once, by a function deaf to its signal too', async () => {
    const { timeout, time, events } = make();
    const controller = new AbortController();
    const outcome = watch(timeout(never, { signal: controller.signal }), time);
    await time.pass(10);
    controller.abort('client closed the connection');
    await settle();
    expect(outcome).toEqual({ at: 10, error: 'client closed the connection' });
    expect(events).toEqual([]);
  });

  test('has its reason passed on to the signal of the function', async () => {
    const { timeout, time } = make();
    const controller = new AbortController();
    let signal: AbortSignal | undefined;
    const fn = (context: { signal: AbortSignal }) => {
      signal = context.signal;
      return never();
    };
    watch(timeout(fn, { signal: controller.signal }), time);
    controller.abort('gone');
    await settle();
    expect(signal?.reason).toBe('gone');
  });

  test('does not have the function called when it gave up before', async () => {
    const { timeout, time } = make();
    let called = 0;
    const call = timeout(() => called++, { signal: AbortSignal.abort('gone') });
    await expect(call).rejects.toBe('gone');
    expect([called, time.timers.size]).toEqual([0, 0]);
  });
});

describe('the typed result', () => {
  test('has the answer', async () => {
    const { timeout } = make();
    expect(await timeout.try(() => 7)).toEqual({ ok: true, value: 7 });
  });

  test('has the error of a function, a timeout and an abort, and throws none', async () => {
    const { timeout, time } = make();
    const error = new Error('no such row');
    const failed = await timeout.try(() => {
      throw error;
    });
    expect(failed).toEqual({ ok: false, error });
    expect(await timeout.try(never, { signal: AbortSignal.abort('gone') })).toEqual({
      ok: false,
      error: 'gone',
    });
    const outcome = watch(timeout.try(never), time);
    await time.pass(1700);
    expect(outcome.value).toMatchObject({ ok: false, error: { code: 'timeout' } });
  });
});

describe('start', () => {
  test('takes the first outcome only', async () => {
    const { timeout, time } = make();
    const settled: unknown[] = [];
    const call = timeout.start(undefined, { settle: (ok, value) => settled.push([ok, value]) });
    call.settle(true, 1);
    call.settle(false, 2);
    await time.pass(2000);
    expect(settled).toEqual([[true, 1]]);
  });

  test('watches a call that is started while another is given up', async () => {
    const { timeout, time } = make();
    const endedAt: number[] = [];
    timeout.start(undefined, {
      settle() {
        endedAt.push(time.clock.now());
        timeout.start(undefined, { settle: () => endedAt.push(time.clock.now()) });
      },
    });
    await time.pass(5000);
    expect(endedAt).toEqual([1700, 3400]);
    expect(time.timers.size).toBe(0);
  });
});

describe('nothing is left behind', () => {
  test('a finished call keeps no process alive, and its timer is gone after a sixteenth', async () => {
    const { timeout, time } = make();
    await timeout(() => 7);
    expect(time.keepingAlive()).toBe(0);
    await time.pass(100);
    expect(time.timers.size).toBe(0);
  });

  test('many calls keep a process alive for a sixteenth at most, and for no more than 100 ms', async () => {
    const { timeout, time } = make({ timeoutMs: 60_000 });
    for (let call = 0; call < 10; call++) await timeout(() => 7);
    await time.pass(99);
    expect(time.timers.size).toBe(1);
    await time.pass(1);
    expect(time.timers.size).toBe(0);
    await timeout(() => 7);
    expect(time.keepingAlive()).toBe(0);
  });

  test('a long limit is kept to 100 ms', async () => {
    const { timeout, time } = make({ timeoutMs: 60_000 });
    await time.pass(50);
    const outcome = watch(timeout(never), time);
    await time.pass(60_100);
    expect(outcome.at).toBe(60_150);
  });

  test('a pending call keeps the process alive, also one that finds an idle timer', async () => {
    const { timeout, time } = make();
    await timeout(() => 7);
    const outcome = watch(timeout(never), time);
    expect(time.keepingAlive()).toBe(1);
    await time.pass(1700);
    expect(outcome.error).toBeInstanceOf(TimeoutError);
    expect(time.timers.size).toBe(0);
  });

  test('the own timer of a call with a near deadline goes with the call', async () => {
    const { timeout, time } = make();
    await timeout(() => 7, { deadline: 50 });
    expect(time.timers.size).toBe(0);
  });

  test('1000 calls at once share one timer', async () => {
    const { timeout, time } = make();
    await Promise.all(Array.from({ length: 1000 }, () => timeout(() => 7)));
    expect(time.started()).toBe(1);
  });

  test('1000 calls leave no listener on a signal that they share, and no timer', async () => {
    const { timeout, time } = make();
    const { signal, listeners, controller } = createCountedController();
    const outcomes = Array.from({ length: 1000 }, (_, index) => {
      const fn = [() => 7, () => Promise.reject(new Error('no')), never][index % 3];
      return watch(timeout<unknown>(fn ?? never, index % 2 ? { signal } : { signal, deadline: 300 }), time);
    });
    expect(listeners.size).toBeGreaterThan(0);
    await time.pass(1700);
    expect(outcomes.filter(({ at }) => at === undefined)).toEqual([]);
    expect([listeners.size, time.timers.size]).toEqual([0, 0]);
    controller.abort();
  });
});

test('each call ends by itself: by its answer, or by its limit and at most a sixteenth later', async () => {
  const step = fc.record({
    afterMs: fc.nat(600),
    takesMs: fc.nat(4000),
    readsDeadline: fc.boolean(),
    abort: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
      const { timeout, time } = make();
      const calls = [];
      for (const { afterMs, takesMs, readsDeadline, abort } of steps) {
        await time.pass(afterMs);
        const { controller, signal, listeners } = createCountedController();
        const startedAt = time.clock.now();
        const outcome = watch(
          timeout(
            (context) => {
              if (readsDeadline) expect(context.deadline).toBe(startedAt + 1600);
              return answerAfter(time, takesMs)();
            },
            { signal },
          ),
          time,
        );
        if (abort) controller.abort('gone');
        calls.push({ outcome, takesMs, startedAt, listeners, abort });
      }
      await time.pass(6000);
      for (const { outcome, takesMs, startedAt, listeners, abort } of calls) {
        const tookMs = (outcome.at ?? NaN) - startedAt;
        if (abort) expect([outcome.error, tookMs]).toEqual(['gone', 0]);
        else if (outcome.error) {
          expect(outcome.error).toBeInstanceOf(TimeoutError);
          expect(takesMs).toBeGreaterThanOrEqual(1600);
          expect(tookMs).toBeGreaterThanOrEqual(1600);
          expect(tookMs).toBeLessThanOrEqual(1700);
        } else {
          expect(tookMs).toBe(takesMs);
          expect(tookMs).toBeLessThanOrEqual(1700);
        }
        expect(listeners.size).toBe(0);
      }
      expect(time.timers.size).toBe(0);
    }),
    { numRuns: 50 },
  );
});
