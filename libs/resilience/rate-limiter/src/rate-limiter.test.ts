import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createRateLimiter } from './rate-limiter.ts';
import type { RateLimiterEvent, RateLimiterOptions } from './rate-limiter.ts';

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
    set: (to: number) => {
      now = to;
    },
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

const make = (options: Partial<RateLimiterOptions> = {}) => {
  const time = createTime();
  const events: RateLimiterEvent[] = [];
  const limit = createRateLimiter({
    ratePerSecond: 10,
    burst: 2,
    clock: time.clock,
    schedule: time.schedule,
    onEvent: (event) => events.push(event),
    ...options,
  });
  return { time, events, limit };
};

afterEach(() => {
  vi.useRealTimers();
});

describe('the bucket', () => {
  test('lets a burst through, then refuses', () => {
    const { limit } = make();
    expect([limit.tryAcquire(), limit.tryAcquire(), limit.tryAcquire()]).toEqual([true, true, false]);
  });

  test('gains one token each 100 ms at ten a second', () => {
    const { limit, time } = make();
    limit.tryAcquire(2);
    time.set(99);
    expect(limit.tryAcquire()).toBe(false);
    time.set(100);
    expect(limit.tryAcquire()).toBe(true);
    expect(limit.tryAcquire()).toBe(false);
  });

  test('holds no more than the burst after a long pause', () => {
    const { limit, time } = make();
    time.set(3_600_000);
    expect(limit.state().tokens).toBe(2);
  });

  test('holds one second of the rate, and at least one token, when no burst is given', () => {
    expect(createRateLimiter({ ratePerSecond: 10 }).state().tokens).toBe(10);
    expect(createRateLimiter({ ratePerSecond: 0.1 }).state().tokens).toBe(1);
  });

  test('neither gains nor loses when the clock steps back an hour', () => {
    const { limit, time } = make();
    time.set(3_600_000);
    limit.tryAcquire(2);
    time.set(0);
    expect(limit.tryAcquire()).toBe(false);
    time.set(100);
    expect(limit.tryAcquire()).toBe(true);
  });

  test.each([{ ratePerSecond: 0 }, { ratePerSecond: -1 }, { ratePerSecond: NaN }, { burst: 0.5 }])(
    'does not take %j',
    (options) => {
      expect(() => make(options)).toThrow(RangeError);
    },
  );

  test('never admits more in any span than the burst and the rate allow', async () => {
    const step = fc.record({
      afterMs: fc.nat(400),
      cost: fc.integer({ min: 1, max: 3 }),
      abort: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.nat(500), async (steps, maxWaitMs) => {
        const { limit, time } = make({ maxWaitMs });
        const admitted: { at: number; cost: number }[] = [];
        for (const { afterMs, cost, abort } of steps) {
          await time.pass(afterMs);
          const controller = new AbortController();
          limit.acquire({ cost, signal: controller.signal }).then(
            () => admitted.push({ at: time.clock.now(), cost }),
            () => undefined,
          );
          await settle();
          if (abort) controller.abort();
        }
        await time.pass(10_000);
        for (const [index, { at }] of admitted.entries()) {
          let cost = 0;
          for (const later of admitted.slice(index)) {
            cost += later.cost;
            // Two at once and one each 100 ms; a wait is rounded by less than a microsecond.
            expect(cost).toBeLessThanOrEqual(2 + (later.at - at) / 100 + 1e-6 + (cost > 2 ? 1 : 0));
          }
        }
        expect(limit.state()).toEqual({ tokens: 2, queued: 0 });
        expect(time.timers.size).toBe(0);
      }),
      { numRuns: 300 },
    );
  });
});

describe('waiting', () => {
  test('refuses at once by default, and says when there will be a token', async () => {
    const { limit, time, events } = make();
    limit.tryAcquire(2);
    await expect(limit(() => 'never')).rejects.toMatchObject({
      name: 'RateLimitedError',
      code: 'rate-limited',
      overloaded: true,
      [Symbol.for('nines.error')]: true,
      retryAfterMs: expect.closeTo(100, 3),
    });
    expect(time.timers.size).toBe(0);
    expect(events).toEqual([{ type: 'refused', waitMs: expect.closeTo(100, 3) }]);
  });

  test('serves those who wait in order, 100 ms apart', async () => {
    const { limit, time } = make({ maxWaitMs: 1000 });
    const served: string[] = [];
    for (const name of ['a', 'b', 'c', 'd'])
      void limit(() => served.push(`${name}@${String(time.clock.now())}`));
    await settle();
    expect(served).toEqual(['a@0', 'b@0']);
    expect(limit.state().queued).toBe(2);
    await time.pass(250);
    expect(served).toHaveLength(4);
    expect(served.map((entry) => entry[0])).toEqual(['a', 'b', 'c', 'd']);
    expect(time.timers.size).toBe(0);
  });

  test('refuses the call that would wait too long, before it waits', async () => {
    const { limit } = make({ maxWaitMs: 150 });
    limit.tryAcquire(2);
    const waits = limit.acquire();
    await expect(limit.acquire()).rejects.toMatchObject({ retryAfterMs: expect.closeTo(200, 3) });
    expect(limit.state().queued).toBe(1);
    void waits;
  });

  test('refuses the call whose deadline comes before its token', async () => {
    const { limit } = make({ maxWaitMs: 1000 });
    limit.tryAcquire(2);
    await expect(limit.acquire({ deadline: 99 })).rejects.toMatchObject({ code: 'rate-limited' });
    void limit.acquire({ deadline: 101 });
    expect(limit.state().queued).toBe(1);
  });

  test('bounds how many wait', async () => {
    const { limit } = make({ maxWaitMs: 60_000, maxQueue: 2 });
    limit.tryAcquire(2);
    void limit.acquire();
    void limit.acquire();
    await expect(limit.acquire()).rejects.toMatchObject({ code: 'rate-limited' });
  });

  test('lets nobody overtake those who wait', async () => {
    const { limit, time } = make({ maxWaitMs: 1000 });
    limit.tryAcquire(2);
    void limit.acquire();
    time.set(99);
    await settle();
    time.set(101);
    expect(limit.tryAcquire()).toBe(false);
  });

  test('makes a dear call wait for all its tokens, even above the burst', async () => {
    const { limit, time } = make({ maxWaitMs: 5000 });
    let done = false;
    void limit.acquire({ cost: 12 }).then(() => (done = true));
    await time.pass(990);
    expect(done).toBe(false);
    await time.pass(20);
    expect(done).toBe(true);
  });
});

describe('the error', () => {
  test('has no stack, which would be most of its cost, and leaves the stacks of others alone', async () => {
    const { limit } = make();
    limit.tryAcquire(2);
    const error = (await limit.acquire().catch((caught: unknown) => caught)) as Error;
    expect(error.stack?.split('\n')).toHaveLength(1);
    expect(new Error('other').stack?.split('\n').length).toBeGreaterThan(2);
  });
});

describe('an abort', () => {
  test('stops the real timer too', async () => {
    vi.useFakeTimers();
    const limit = createRateLimiter({ ratePerSecond: 1, burst: 1, maxWaitMs: 5000 });
    limit.tryAcquire();
    const controller = new AbortController();
    const waits = limit.acquire({ signal: controller.signal });
    expect(vi.getTimerCount()).toBe(1);
    controller.abort(new Error('gone'));
    await expect(waits).rejects.toThrow('gone');
    expect(vi.getTimerCount()).toBe(0);
  });

  test('settles a waiting call at once, never calls the function, and gives the token to another', async () => {
    const { limit, time } = make({ maxWaitMs: 1000 });
    limit.tryAcquire(2);
    const controller = new AbortController();
    let ran = false;
    const first = limit(() => (ran = true), { signal: controller.signal });
    controller.abort(new Error('gone'));
    await expect(first).rejects.toThrow('gone');
    expect(time.timers.size).toBe(0);
    const second = limit(() => time.clock.now());
    await time.pass(101);
    await expect(second).resolves.toBeCloseTo(100, 3);
    await time.pass(5000);
    expect(ran).toBe(false);
  });

  test('that came before the call takes no token', async () => {
    const { limit } = make();
    await expect(limit(() => 1, { signal: AbortSignal.abort(new Error('gone')) })).rejects.toThrow('gone');
    expect(limit.state().tokens).toBe(2);
  });

  test('between the end of the wait and the function keeps the function from being called', async () => {
    const controller = new AbortController();
    const { limit } = make({
      maxWaitMs: 1000,
      schedule: (run) => {
        queueMicrotask(() => {
          run();
          controller.abort(new Error('gone'));
        });
        return () => undefined;
      },
    });
    limit.tryAcquire(2);
    let ran = false;
    await expect(limit(() => (ran = true), { signal: controller.signal })).rejects.toThrow('gone');
    expect(ran).toBe(false);
    expect(limit.state()).toMatchObject({ tokens: 0, queued: 0 });
  });

  test('leaves no listener behind on a shared signal', async () => {
    const { limit, time } = make({ maxWaitMs: 60_000 });
    const signal = new AbortController().signal;
    let listeners = 0;
    const { addEventListener: add, removeEventListener: remove } = signal;
    signal.addEventListener = (...all: Parameters<typeof add>) => (listeners++, add.apply(signal, all));
    signal.removeEventListener = (...all: Parameters<typeof remove>) => (
      listeners--,
      remove.apply(signal, all)
    );
    const calls = Array.from({ length: 50 }, () => limit(() => 1, { signal }));
    await settle();
    expect(listeners).toBe(48);
    await time.pass(6000);
    await Promise.all(calls);
    expect(listeners).toBe(0);
  });
});

describe('a call', () => {
  test('gives what the function gives, as a value with try', async () => {
    const { limit } = make();
    await expect(limit(() => 7)).resolves.toBe(7);
    await expect(limit.try(() => 7)).resolves.toEqual({ ok: true, value: 7 });
    await expect(limit.try(() => 7)).resolves.toMatchObject({ ok: false, error: { code: 'rate-limited' } });
  });

  test('passes on what the function throws, at once or later', async () => {
    const { limit } = make();
    await expect(
      limit(() => {
        throw new Error('at once');
      }),
    ).rejects.toThrow('at once');
    await expect(limit.try(() => Promise.reject(new Error('later')))).resolves.toMatchObject({
      ok: false,
      error: { message: 'later' },
    });
  });

  test('gives the function the whole context of the caller', async () => {
    const { limit } = make();
    const context = { signal: new AbortController().signal, deadline: 5000, attempt: 2 };
    await limit((seen) => {
      expect(seen).toBe(context);
    }, context);
  });

  test('makes up no signal for a caller who has none, and an empty context where there is none', async () => {
    const { limit } = make({ burst: 2 });
    const context = { deadline: 77 };
    expect(await limit((seen) => seen, context)).toBe(context);
    expect(await limit((seen) => seen)).toEqual({});
  });

  test('that is aborted while its function runs settles at once', async () => {
    const { limit } = make();
    const controller = new AbortController();
    const call = limit.try(() => new Promise<never>(() => undefined), { signal: controller.signal });
    await settle();
    controller.abort('gone');
    expect(await call).toEqual({ ok: false, error: 'gone' });
  });

  test('loses no token to a listener that throws', async () => {
    const bug = new TypeError('no such field');
    const { limit, time } = make({
      burst: 1,
      maxWaitMs: 1000,
      onEvent: () => {
        throw bug;
      },
    });
    await limit.acquire();
    expect(await limit.try(() => 7)).toEqual({ ok: false, error: bug });
    expect(limit.state()).toEqual({ tokens: 0, queued: 0 });
    await time.pass(100);
    expect(await limit(() => 7)).toBe(7);
  });

  test('leaves no timer after a hundred thousand calls', async () => {
    const { limit, time } = make({ ratePerSecond: 1e6, burst: 1e6 });
    for (let call = 0; call < 100_000; call++) await limit(() => call);
    expect(time.timers.size).toBe(0);
  });

  test('waits by the real timer and clock when none are given', async () => {
    const limit = createRateLimiter({ ratePerSecond: 1000, burst: 1, maxWaitMs: 1000 });
    limit.tryAcquire();
    await limit.acquire();
    expect(limit.state().queued).toBe(0);
  });
});
