import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createRetry, createRetryBudget, decorrelatedJitter, equalJitter } from './retry.ts';
import type { CallContext, RetryEvent, RetryOptions } from './retry.ts';

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
  for (let turn = 0; turn < 20; turn++) await null;
};

/** A retry whose random number is always a half, with all that it did. */
const make = (options: Partial<RetryOptions> = {}) => {
  const time = createTime();
  const events: RetryEvent[] = [];
  const retry = createRetry({
    idempotent: true,
    clock: time.clock,
    schedule: time.schedule,
    random: () => 0.5,
    onEvent: (event) => events.push(event),
    ...options,
  });
  return { time, events, retry };
};

/** Fails as often as there are errors, then answers; and notes when it was called. */
const failing = (errors: unknown[], time: { clock: { now(): number } }) => {
  const calledAt: number[] = [];
  const fn = (): Promise<string> => {
    calledAt.push(time.clock.now());
    return calledAt.length > errors.length
      ? Promise.resolve('answer')
      : Promise.reject(errors[calledAt.length - 1] as Error);
  };
  return { fn, calledAt };
};

const broken = new Error('broken');
const always = Array.from({ length: 1000 }, () => broken);

afterEach(() => {
  vi.useRealTimers();
});

describe('attempts', () => {
  test('calls once when the first attempt succeeds', async () => {
    const { retry, time, events } = make();
    const { fn, calledAt } = failing([], time);
    expect(await retry(fn)).toBe('answer');
    expect(calledAt).toEqual([0]);
    expect(events).toEqual([]);
  });

  test('takes an answer that is no promise, and a failure that is thrown at once', async () => {
    const { retry, time } = make();
    let calls = 0;
    const answer = retry(() => {
      if (++calls === 1) throw broken;
      return 42;
    });
    await time.pass(50);
    expect(await answer).toBe(42);
  });

  test('counts the first attempt in maxAttempts', async () => {
    const { retry, time, events } = make({ maxAttempts: 4 });
    const { fn, calledAt } = failing(always, time);
    const result = retry.try(fn);
    await time.pass(60_000);
    expect(await result).toEqual({ ok: false, error: broken });
    expect(calledAt).toHaveLength(4);
    expect(events.map((event) => event.type)).toEqual(['retry', 'retry', 'retry', 'attempts']);
  });

  test('calls three times by default and once at maxAttempts 1', async () => {
    for (const [options, calls] of [
      [{}, 3],
      [{ maxAttempts: 1 }, 1],
    ] as const) {
      const { retry, time } = make(options);
      const { fn, calledAt } = failing(always, time);
      void retry.try(fn);
      await time.pass(60_000);
      expect(calledAt).toHaveLength(calls);
    }
  });

  test('rejects with the error of the last attempt', async () => {
    const { retry, time } = make({ maxAttempts: 2 });
    const last = new Error('last');
    const { fn } = failing([broken, last], time);
    const result = retry.try(fn);
    await time.pass(50);
    expect(await result).toEqual({ ok: false, error: last });
  });

  test('hands the context on to every attempt as it is, fields that it does not know as well', async () => {
    const { retry, time } = make();
    const context = { signal: new AbortController().signal, deadline: 900, tenant: 'blue' };
    const seen: CallContext[] = [];
    const result = retry.try((given) => {
      seen.push(given);
      throw broken;
    }, context);
    await time.pass(1000);
    await result;
    expect(seen).toHaveLength(3);
    for (const given of seen) expect(given).toBe(context);
  });

  test('gives an empty context to a call without one', async () => {
    expect(await make().retry((context) => context)).toEqual({});
  });
});

describe('what is retried', () => {
  test('does not repeat a call that is not idempotent', async () => {
    const { retry, time, events } = make({ idempotent: false });
    const { fn, calledAt } = failing(always, time);
    await retry.try(fn);
    expect(calledAt).toEqual([0]);
    expect(events).toMatchObject([{ type: 'error', attempt: 1 }]);
  });

  test.each([true, false])('lets the context say that this call is idempotent: %s', async (idempotent) => {
    const { retry, time } = make({ idempotent: !idempotent, maxAttempts: 2 });
    const { fn, calledAt } = failing(always, time);
    void retry.try(fn, { signal: new AbortController().signal, idempotent });
    await time.pass(1000);
    expect(calledAt).toHaveLength(idempotent ? 2 : 1);
  });

  test.each([
    ['an error that says it was surely not carried out', { retryable: true }, 2],
    ['an error that says it is of no use', { retryable: false }, 1],
    [
      'a refusal of an open circuit from another copy of its file',
      { code: 'circuit-open', retryable: false },
      1,
    ],
  ])('believes %s', async (_name, error, calls) => {
    const { retry, time } = make({ idempotent: calls === 1, maxAttempts: 2 });
    const { fn, calledAt } = failing([error, error], time);
    void retry.try(fn);
    await time.pass(1000);
    expect(calledAt).toHaveLength(calls);
  });

  test("retries fetch's TypeError, for it is the network and not a bug", async () => {
    const { retry, time } = make();
    const { fn, calledAt } = failing([new TypeError('fetch failed')], time);
    const answer = retry(fn);
    await time.pass(50);
    expect(await answer).toBe('answer');
    expect(calledAt).toEqual([0, 50]);
  });

  test('does not retry an AbortError, nor what isRetryable does not want', async () => {
    const abort = new DOMException('gone', 'AbortError');
    for (const options of [{}, { isRetryable: (error: unknown) => error !== abort }]) {
      const { retry, time } = make(options);
      const { fn, calledAt } = failing([abort], time);
      expect(await retry.try(fn)).toEqual({ ok: false, error: abort });
      expect(calledAt).toEqual([0]);
    }
  });

  test.each([[undefined], [null], ['text'], [0]])('survives that %s is thrown', async (thrown) => {
    const { retry, time } = make();
    const { fn } = failing([thrown], time);
    const answer = retry.try(fn);
    await time.pass(50);
    expect(await answer).toEqual({ ok: true, value: 'answer' });
  });
});

test('a listener that throws fails its call with that, at once, and no other', async () => {
  const bug = new Error('metrics are away');
  let isAway = true;
  const { retry, time } = make({
    onEvent: () => {
      if (isAway) throw bug;
    },
  });
  expect(await retry.try(failing([broken], time).fn)).toEqual({ ok: false, error: bug });
  expect(time.timers.size).toBe(0);
  isAway = false;
  const answer = retry.try(failing([broken], time).fn);
  await time.pass(60_000);
  expect(await answer).toEqual({ ok: true, value: 'answer' });
});

describe('the wait', () => {
  test('doubles its bound with every attempt, up to maxDelayMs', async () => {
    const { retry, time, events } = make({ maxAttempts: 6, maxDelayMs: 500 });
    void retry.try(failing(always, time).fn);
    await time.pass(60_000);
    expect(events.map((event) => event.delayMs)).toEqual([50, 100, 200, 250, 250, 250]);
  });

  test('spreads a thousand clients that failed together over the whole bound, with default options', async () => {
    const perTenMs = new Array<number>(10).fill(0);
    for (let client = 0; client < 1000; client++) {
      const retry = createRetry({
        idempotent: true,
        schedule: () => () => undefined,
        onEvent: ({ delayMs }) =>
          (perTenMs[Math.floor(delayMs / 10)] = (perTenMs[Math.floor(delayMs / 10)] ?? 0) + 1),
      });
      void retry.try(() => Promise.reject(broken));
    }
    await settle();
    expect(perTenMs).toHaveLength(10);
    expect(perTenMs.reduce((sum, count) => sum + count)).toBe(1000);
    // A hundred are expected, give or take 9.5; these bounds are more than five times as far away.
    expect(Math.max(...perTenMs)).toBeLessThan(160);
    expect(Math.min(...perTenMs)).toBeGreaterThan(45);
  });

  test('is at least half of the bound with equal jitter', () => {
    expect([equalJitter(0, 400, 0), equalJitter(0.5, 400, 0)]).toEqual([200, 300]);
  });

  test('is between the base and three times the last one with decorrelated jitter, up to the maximum', () => {
    const jitter = decorrelatedJitter(100, 1000);
    expect([jitter(0, 0, 100), jitter(0.5, 0, 100), jitter(0.5, 0, 300), jitter(0.5, 0, 900)]).toEqual([
      100, 200, 500, 550,
    ]);
  });

  test('gives a jitter the wait before', async () => {
    const lasts: number[] = [];
    const jitter = (_random: number, _boundMs: number, lastMs: number) => {
      lasts.push(lastMs);
      return lastMs + 1;
    };
    const { retry, time } = make({ jitter });
    void retry.try(failing(always, time).fn);
    await time.pass(60_000);
    expect(lasts).toEqual([100, 101, 102]);
  });

  test('is never shorter than Retry-After, and still spread', async () => {
    const { retry, time } = make();
    const { fn, calledAt } = failing([{ retryAfterMs: 2000 }], time);
    void retry.try(fn);
    await time.pass(60_000);
    expect(calledAt).toEqual([0, 2050]);
  });

  test('is not made when Retry-After is longer than the longest wait', async () => {
    const { retry, time, events } = make({ maxDelayMs: 1000 });
    const { fn, calledAt } = failing([{ retryAfterMs: 1001 }], time);
    await retry.try(fn);
    expect(calledAt).toEqual([0]);
    expect(events).toMatchObject([{ type: 'time' }]);
    expect(time.timers.size).toBe(0);
  });
});

describe('the time', () => {
  test.each([
    [49, [0]],
    [50, [0, 50]],
    [149, [0, 50]],
    [150, [0, 50, 150]],
  ])('starts no attempt after a deadline in %i ms, and does not wait for it', async (deadline, expected) => {
    const { retry, time, events } = make({ maxAttempts: 3 });
    const { fn, calledAt } = failing(always, time);
    let endedAt = -1;
    void retry.try(fn, { signal: new AbortController().signal, deadline }).then(() => {
      endedAt = time.clock.now();
    });
    await time.pass(1000);
    expect(calledAt).toEqual(expected);
    expect(endedAt).toBe(expected.at(-1));
    expect(events.at(-1)?.type).toBe(expected.length === 3 ? 'attempts' : 'time');
  });

  test('starts no retry later than maxElapsedMs after the first failure', async () => {
    const { retry, time } = make({ maxAttempts: 9, maxElapsedMs: 349 });
    const { fn, calledAt } = failing(always, time);
    void retry.try(fn);
    await time.pass(60_000);
    expect(calledAt).toEqual([0, 50, 150]);
  });

  test('does not look at the wall clock', async () => {
    vi.useFakeTimers();
    const retry = createRetry({ idempotent: true, random: () => 0.5, maxElapsedMs: 1000 });
    let calls = 0;
    const result = retry.try(() => {
      calls++;
      vi.setSystemTime(Date.UTC(2000 + calls * 9, 0));
      throw broken;
    });
    await vi.advanceTimersByTimeAsync(150);
    expect(await result).toEqual({ ok: false, error: broken });
    expect(calls).toBe(3);
  });
});

describe('the abort', () => {
  test('during the wait settles at once, with its reason, and never calls again', async () => {
    const { retry, time } = make({ baseDelayMs: 10_000 });
    const { fn, calledAt } = failing(always, time);
    const controller = new AbortController();
    let endedAt = -1;
    const result = retry.try(fn, { signal: controller.signal });
    void result.then(() => {
      endedAt = time.clock.now();
    });
    await time.pass(100);
    expect(time.timers.size).toBe(1);
    const reason = new Error('nobody waits');
    controller.abort(reason);
    await settle();
    expect(endedAt).toBe(100);
    expect(await result).toEqual({ ok: false, error: reason });
    expect(time.timers.size).toBe(0);
    await time.pass(3_600_000);
    expect(calledAt).toEqual([0]);
  });

  test('during an attempt that does not listen settles at once; what that says later is ignored', async () => {
    const { retry, time } = make();
    const controller = new AbortController();
    let fail: (error: Error) => void = () => undefined;
    let calls = 0;
    const fn = () => {
      calls++;
      return new Promise<never>((_resolve, reject) => (fail = reject));
    };
    const result = retry.try(fn, { signal: controller.signal });
    await time.pass(100);
    const reason = Object.assign(new Error('nobody waits'), { retryable: true });
    controller.abort(reason);
    expect(await result).toEqual({ ok: false, error: reason });
    fail(broken);
    await time.pass(60_000);
    expect(calls).toBe(1);
  });

  test('from before never calls, and is told as an abort without an attempt, not as an error', async () => {
    const { retry, time, events } = make();
    const { fn, calledAt } = failing([], time);
    await expect(retry(fn, { signal: AbortSignal.abort(broken) })).rejects.toBe(broken);
    expect(calledAt).toEqual([]);
    expect(events).toMatchObject([{ type: 'abort', attempt: 0, error: broken }]);
  });

  test('ends the events of a call, whether it waits or an attempt is under way', async () => {
    for (const [fn, types] of [
      [() => Promise.reject(broken), ['retry', 'abort']],
      [() => new Promise<never>(() => undefined), ['abort']],
    ] as const) {
      const { retry, time, events } = make({ baseDelayMs: 10_000 });
      const controller = new AbortController();
      const result = retry.try(fn, { signal: controller.signal });
      await time.pass(100);
      const reason = new Error('nobody waits');
      controller.abort(reason);
      await result;
      expect(events.map(({ type }) => type)).toEqual(types);
      expect(events.at(-1)).toMatchObject({ attempt: 1, error: reason });
    }
  });

  test('by the function itself, in the middle of its call, settles at once too', async () => {
    const { retry } = make();
    const controller = new AbortController();
    const result = await retry.try(
      () => {
        controller.abort(broken);
        return new Promise<never>(() => undefined);
      },
      { signal: controller.signal },
    );
    expect(result).toEqual({ ok: false, error: broken });
  });

  test('leaves no listener when the function throws at once', async () => {
    const { retry } = make({ maxAttempts: 1 });
    const { signal } = new AbortController();
    const removed = vi.spyOn(signal, 'removeEventListener');
    await retry.try(
      () => {
        throw broken;
      },
      { signal },
    );
    expect(removed).toHaveBeenCalledTimes(1);
  });
});

describe('the budget', () => {
  test('ends the retries when nothing succeeds', async () => {
    const { retry, time, events } = make({ maxAttempts: 3 });
    const { fn, calledAt } = failing(always, time);
    for (let call = 0; call < 100; call++) void retry.try(fn);
    await time.pass(60_000);
    expect(calledAt).toHaveLength(110);
    expect(events.filter((event) => event.type === 'retry')).toHaveLength(10);
    expect(events.at(-1)?.type).toBe('budget');
  });

  test('is paid for by successes, up to its capacity', () => {
    const budget = createRetryBudget(2, 0.5, 0);
    expect(budget.take()).toBe(false);
    budget.put();
    expect(budget.take()).toBe(false);
    budget.put();
    expect(budget.take()).toBe(true);
    for (let success = 0; success < 100; success++) budget.put();
    expect([budget.take(), budget.take(), budget.take()]).toEqual([true, true, false]);
  });

  test('grants a retry for exactly ten successes by default, though ten tenths are less than one in floating point', () => {
    const budget = createRetryBudget(10, 0.1, 0);
    for (let success = 0; success < 9; success++) budget.put();
    expect(budget.take()).toBe(false);
    budget.put();
    expect(budget.take()).toBe(true);
    expect(budget.take()).toBe(false);
  });

  test('grants a tenth of a million successes, no more and no less', () => {
    const budget = createRetryBudget(10, 0.1, 0);
    let granted = 0;
    for (let success = 0; success < 1_000_000; success++) {
      budget.put();
      if (budget.take()) granted++;
    }
    expect(granted).toBe(100_000);
  });

  test('is shared by the policies that are given the same one', async () => {
    const first = make();
    const second = make({ budget: first.retry.budget });
    expect(second.retry.budget).toBe(first.retry.budget);
    for (let call = 0; call < 10; call++) void first.retry.try(failing(always, first.time).fn);
    await first.time.pass(60_000);
    const { fn, calledAt } = failing(always, second.time);
    await second.retry.try(fn);
    expect(calledAt).toEqual([0]);
  });

  test('keeps five layers of three tries, 243 calls without it, at the first and ten more', async () => {
    const { retry, time } = make();
    const { fn, calledAt } = failing(always, time);
    void retry.try(() => retry(() => retry(() => retry(() => retry(fn)))));
    await time.pass(3_600_000);
    expect(calledAt.length).toBeLessThanOrEqual(11);
    expect(calledAt.length).toBeGreaterThan(3);
  });

  test('is not charged for a call that ends for another reason', async () => {
    let taken = 0;
    const budget = { take: () => !!++taken, put: () => undefined };
    for (const [options, context] of [
      [{ idempotent: false }, {}],
      [{ maxAttempts: 1 }, {}],
      [{}, { deadline: 1 }],
    ] as const) {
      const { retry, time } = make({ budget, ...options });
      await retry.try(failing(always, time).fn, { signal: new AbortController().signal, ...context });
    }
    expect(taken).toBe(0);
  });
});

describe('what is left behind', () => {
  test('no timer after many calls, whether they succeed, fail or are aborted', async () => {
    vi.useFakeTimers();
    const retry = createRetry({ idempotent: true, budget: createRetryBudget(1000) });
    const aborted = new AbortController();
    let calls = 0;
    for (let call = 0; call < 300; call++) {
      const context = { signal: call % 3 ? new AbortController().signal : aborted.signal };
      void retry.try(() => (call % 2 ? Promise.resolve(calls++) : Promise.reject(broken)), context);
    }
    await vi.advanceTimersByTimeAsync(0);
    expect(vi.getTimerCount()).toBe(150);
    aborted.abort();
    await vi.advanceTimersByTimeAsync(0);
    expect(vi.getTimerCount()).toBeLessThanOrEqual(100);
    await vi.advanceTimersByTimeAsync(1000);
    expect(vi.getTimerCount()).toBe(0);
    expect(calls).toBe(150);
  });

  test('no listener on a signal that many calls share', async () => {
    const { retry, time } = make({ budget: createRetryBudget(1000) });
    const { signal } = new AbortController();
    const listeners = new Set<unknown>();
    let added = 0;
    vi.spyOn(signal, 'addEventListener').mockImplementation((_type, listener) => {
      added++;
      listeners.add(listener);
    });
    vi.spyOn(signal, 'removeEventListener').mockImplementation((_type, listener) => {
      listeners.delete(listener);
    });
    for (let call = 0; call < 100; call++) void retry.try(failing([broken], time).fn, { signal });
    await time.pass(60_000);
    expect(added).toBeGreaterThanOrEqual(100);
    expect(listeners.size).toBe(0);
  });
});

test('makes no more retries than the budget allows nor attempts than maxAttempts, whatever fails', async () => {
  const outcomes = fc.array(fc.array(fc.boolean(), { maxLength: 6 }), { maxLength: 30 });
  const numbers = fc.record({
    maxAttempts: fc.integer({ min: 1, max: 5 }),
    capacity: fc.integer({ min: 0, max: 8 }),
    random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  });
  await fc.assert(
    fc.asyncProperty(outcomes, numbers, async (calls, { maxAttempts, capacity, random }) => {
      const { retry, time, events } = make({
        maxAttempts,
        maxDelayMs: 300,
        random: () => random,
        budget: createRetryBudget(capacity, 0.25),
      });
      let succeeded = 0;
      let attempts = 0;
      let settled = 0;
      for (const failures of calls) {
        let attempt = 0;
        const fn = () => {
          attempts++;
          expect(attempt).toBeLessThan(maxAttempts);
          if (failures[attempt++]) throw broken;
          succeeded++;
        };
        void retry.try(fn).then(() => settled++);
        await time.pass(40);
      }
      await time.pass(10_000);
      expect(settled).toBe(calls.length);
      expect(attempts - calls.length).toBeLessThanOrEqual(capacity + succeeded * 0.25);
      for (const { attempt, delayMs } of events) {
        expect(delayMs).toBeGreaterThanOrEqual(0);
        expect(delayMs).toBeLessThanOrEqual(Math.min(300, 100 * 2 ** (attempt - 1)));
      }
      expect(time.timers.size).toBe(0);
    }),
    { numRuns: 100 },
  );
});
