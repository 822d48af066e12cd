import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createStaleCache, createStaticAnswer } from './stale-cache.ts';
import type { Load, StaleCacheEvent, StaleCacheOptions } from './stale-cache.ts';

/** Lets every promise that can settle do so. */
const settle = async () => {
  for (let turn = 0; turn < 20; turn++) await null;
};

/** A clock that moves when told, and the timers that it fires on the way. */
const createTime = () => {
  let now = 1_000_000;
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

/** Loads that end when told. */
const createSource = () => {
  const calls: { signal: AbortSignal; resolve: (value: string) => void; reject: (error: Error) => void }[] =
    [];
  const load: Load<string> = ({ signal }) =>
    new Promise((resolve, reject) => calls.push({ signal, resolve, reject }));
  return { calls, load };
};

const make = (options: Partial<StaleCacheOptions> = {}) => {
  const time = createTime();
  const events: StaleCacheEvent[] = [];
  const cached = createStaleCache<string>({
    softTtlMs: 1000,
    hardTtlMs: 60_000,
    clock: time.clock,
    schedule: time.schedule,
    onEvent: (event) => events.push(event),
    ...options,
  });
  return { time, events, cached, ...createSource() };
};

const fails = () => Promise.reject(new Error('away'));

afterEach(() => {
  vi.useRealTimers();
});

describe('a value', () => {
  test('is given without a load until its soft time to live', async () => {
    const { cached, time } = make();
    expect(await cached('k', () => 'one')).toEqual({ value: 'one', stale: false, ageMs: 0 });
    await time.pass(999);
    expect(await cached('k', () => 'two')).toEqual({ value: 'one', stale: false, ageMs: 999 });
    await time.pass(1);
    expect(await cached('k', () => 'two')).toEqual({ value: 'two', stale: false, ageMs: 0 });
  });

  test('is given stale when its source fails, up to its hard time to live', async () => {
    const { cached, time } = make();
    await cached('k', () => 'one');
    await time.pass(59_999);
    expect(await cached('k', fails)).toEqual({ value: 'one', stale: true, ageMs: 59_999 });
    await time.pass(1);
    await expect(cached('k', fails)).rejects.toThrow('away');
  });

  test('may be undefined or null', async () => {
    const cached = createStaleCache<string | null | undefined>({ softTtlMs: 1000, hardTtlMs: 2000 });
    await cached('a', () => undefined);
    await cached('b', () => null);
    expect((await cached('a', fails)).value).toBeUndefined();
    expect((await cached('b', fails)).value).toBeNull();
  });

  test('that was never loaded cannot be given: the failure is thrown, and the next call asks again', async () => {
    const { cached } = make();
    await expect(cached('k', fails)).rejects.toThrow('away');
    expect((await cached('k', () => 'one')).value).toBe('one');
  });

  test('set from elsewhere is fresh; deleted it is gone', async () => {
    const { cached } = make();
    cached.set('k', 'written');
    expect(await cached('k', fails)).toEqual({ value: 'written', stale: false, ageMs: 0 });
    cached.delete('k');
    expect(cached.size()).toBe(0);
    await expect(cached('k', fails)).rejects.toThrow('away');
  });

  test('does not get younger when the clock steps back', async () => {
    let now = 5_000_000;
    const cached = createStaleCache<string>({ softTtlMs: 1000, hardTtlMs: 2000, clock: { now: () => now } });
    await cached('k', () => 'one');
    now = 0;
    expect((await cached('k', () => 'two')).ageMs).toBe(0);
  });

  test('is told to be fresh or stale by an event with its age', async () => {
    const { cached, time, events } = make();
    await cached('k', () => 'one');
    await time.pass(500);
    await cached('k', fails);
    await time.pass(600);
    await cached('k', fails);
    expect(events).toMatchObject([
      { type: 'fresh', ageMs: 0 },
      { type: 'fresh', ageMs: 500 },
      { type: 'load-failed', error: { message: 'away' } },
      { type: 'stale', ageMs: 1100 },
    ]);
  });
});

describe('a load', () => {
  test('is one for all who ask for the same key at once', async () => {
    const { cached, calls, load } = make();
    const asked = Array.from({ length: 1000 }, () => cached('k', load));
    await settle();
    expect(calls).toHaveLength(1);
    calls[0]!.resolve('one');
    const values = await Promise.all(asked);
    expect(new Set(values.map(({ value }) => value))).toEqual(new Set(['one']));
  });

  test('is one per key', async () => {
    const { cached, calls, load } = make();
    void cached('a', load);
    void cached('b', load);
    await settle();
    expect(calls).toHaveLength(2);
  });

  test('that failed is not tried again for a second while a stale value is at hand', async () => {
    const { cached, time } = make();
    let loads = 0;
    const load = () => (loads++, fails());
    cached.set('k', 'one');
    await time.pass(1000);
    for (let call = 0; call < 5; call++) expect((await cached('k', load)).stale).toBe(true);
    expect(loads).toBe(1);
    await time.pass(999);
    await cached('k', load);
    expect(loads).toBe(1);
    await time.pass(1);
    await cached('k', load);
    expect(loads).toBe(2);
  });

  test('that throws at once counts as failed', async () => {
    const { cached } = make();
    const load = () => {
      throw new Error('bug');
    };
    await expect(cached('k', load)).rejects.toThrow('bug');
    expect(await cached.try('k', load)).toMatchObject({ ok: false, error: { message: 'bug' } });
  });

  test('that hangs keeps its key for ten seconds, then the next caller starts another', async () => {
    const { cached, calls, load, time } = make();
    const first = cached('k', load);
    await time.pass(9999);
    void cached('k', load);
    await settle();
    expect(calls).toHaveLength(1);
    await time.pass(1);
    const second = cached('k', load);
    await settle();
    expect(calls).toHaveLength(2);
    expect(calls[0]!.signal.aborted).toBe(true);
    calls[1]!.resolve('new');
    expect((await second).value).toBe('new');
    calls[0]!.resolve('old');
    expect((await first).value).toBe('old');
    expect((await cached('k', fails)).value).toBe('new');
  });

  test.each(['delete', 'set'] as const)('that was under way at a %s is not stored', async (change) => {
    const { cached, calls, load } = make();
    const asked = cached('k', load);
    await settle();
    if (change === 'set') cached.set('k', 'written');
    else cached.delete('k');
    calls[0]!.resolve('old');
    await asked;
    const next = await cached.try('k', fails);
    expect(next).toMatchObject(change === 'set' ? { ok: true, value: 'written' } : { ok: false });
  });
});

describe('a caller with a stale value at hand', () => {
  test('waits no longer than it must for a new one', async () => {
    const { cached, calls, load, time } = make({ maxWaitMs: 200 });
    cached.set('k', 'one');
    await time.pass(1500);
    const asked = cached('k', load);
    await time.pass(199);
    expect(time.timers.size).toBe(1);
    await time.pass(1);
    expect(await asked).toEqual({ value: 'one', stale: true, ageMs: 1500 });
    calls[0]!.resolve('two');
    await settle();
    expect(await cached('k', fails)).toEqual({ value: 'two', stale: false, ageMs: 0 });
    expect(time.timers.size).toBe(0);
  });

  test('gets the new one when it comes in time', async () => {
    const { cached, calls, load, time } = make({ maxWaitMs: 200 });
    cached.set('k', 'one');
    await time.pass(1500);
    const asked = cached('k', load);
    await time.pass(100);
    calls[0]!.resolve('two');
    expect(await asked).toEqual({ value: 'two', stale: false, ageMs: 0 });
    expect(time.timers.size).toBe(0);
  });

  test('gets the stale one at once when it does not wait, and the load goes on behind it', async () => {
    const { cached, calls, load, time } = make({ maxWaitMs: 0 });
    cached.set('k', 'one');
    await time.pass(1500);
    expect(await cached('k', load)).toEqual({ value: 'one', stale: true, ageMs: 1500 });
    expect(time.timers.size).toBe(0);
    calls[0]!.resolve('two');
    await settle();
    expect((await cached('k', fails)).value).toBe('two');
  });

  test('hears nothing of a refresh that fails behind its answer', async () => {
    const { cached, calls, load, time, events } = make({ maxWaitMs: 0 });
    cached.set('k', 'one');
    await time.pass(1500);
    await cached('k', load);
    calls[0]!.reject(new Error('away'));
    await settle();
    expect(events.at(-1)).toMatchObject({ type: 'load-failed' });
    expect((await cached('k', load)).value).toBe('one');
    expect(calls).toHaveLength(1);
  });

  test('waits for the first value as long as it takes', async () => {
    const { cached, calls, load, time } = make({ maxWaitMs: 0 });
    const asked = cached('k', load);
    await time.pass(5000);
    calls[0]!.resolve('one');
    expect((await asked).value).toBe('one');
  });
});

describe('an abort', () => {
  test('settles its caller at once; the load goes on for the others', async () => {
    const { cached, calls, load } = make();
    const controller = new AbortController();
    const leaves = cached('k', load, { signal: controller.signal });
    const stays = cached('k', load);
    await settle();
    controller.abort(new Error('gone'));
    await expect(leaves).rejects.toThrow('gone');
    expect(calls[0]!.signal.aborted).toBe(false);
    calls[0]!.resolve('one');
    expect((await stays).value).toBe('one');
  });

  test('of the last caller aborts the load, and what it brings is not stored', async () => {
    const { cached, calls, load } = make();
    const controllers = [new AbortController(), new AbortController()];
    const asked = controllers.map(({ signal }) => cached.try('k', load, { signal }));
    await settle();
    for (const controller of controllers) controller.abort(new Error('gone'));
    expect(await Promise.all(asked)).toMatchObject([{ ok: false }, { ok: false }]);
    expect(calls[0]!.signal.aborted).toBe(true);
    calls[0]!.resolve('late');
    await settle();
    expect(cached.size()).toBe(0);
  });

  test('of a caller with a stale value at hand leaves no timer and no listener', async () => {
    const { cached, load, time } = make({ maxWaitMs: 200 });
    cached.set('k', 'one');
    await time.pass(1500);
    const controller = new AbortController();
    const remove = vi.spyOn(controller.signal, 'removeEventListener');
    const asked = cached('k', load, { signal: controller.signal });
    await settle();
    expect(time.timers.size).toBe(1);
    controller.abort(new Error('gone'));
    await expect(asked).rejects.toThrow('gone');
    expect(time.timers.size).toBe(0);
    expect(remove).toHaveBeenCalled();
  });

  test('after the wait for a stale value ended is not listened for any more', async () => {
    const { cached, calls, load, time } = make({ maxWaitMs: 200 });
    cached.set('k', 'one');
    await time.pass(1500);
    const controller = new AbortController();
    const asked = cached('k', load, { signal: controller.signal });
    await time.pass(200);
    expect((await asked).stale).toBe(true);
    controller.abort();
    expect(calls[0]!.signal.aborted).toBe(false);
  });

  test('stops the real timer too', async () => {
    vi.useFakeTimers();
    const cached = createStaleCache<string>({ softTtlMs: 1, hardTtlMs: 60_000, maxWaitMs: 5000 });
    cached.set('k', 'one');
    vi.advanceTimersByTime(10);
    const controller = new AbortController();
    const asked = cached('k', () => new Promise<string>(() => undefined), { signal: controller.signal });
    expect(vi.getTimerCount()).toBe(1);
    controller.abort(new Error('gone'));
    await expect(asked).rejects.toThrow('gone');
    expect(vi.getTimerCount()).toBe(0);
  });

  test('before the call loads nothing', async () => {
    const { cached, calls, load } = make();
    await expect(cached('k', load, { signal: AbortSignal.abort(new Error('gone')) })).rejects.toThrow('gone');
    expect(calls).toHaveLength(0);
  });

  test('leaves no listener and no timer behind', async () => {
    const { cached, time } = make({ maxWaitMs: 200 });
    const { signal } = new AbortController();
    let listeners = 0;
    const { addEventListener: add, removeEventListener: remove } = signal;
    const live = new Set<unknown>();
    signal.addEventListener = (...all: Parameters<typeof add>) => (live.add(all[1]), add.apply(signal, all));
    signal.removeEventListener = (...all: Parameters<typeof remove>) => (
      live.delete(all[1]),
      remove.apply(signal, all)
    );
    for (let call = 0; call < 100; call++) {
      await cached.try('k', call % 3 ? fails : () => 'one', { signal });
      listeners = Math.max(listeners, live.size);
      await time.pass(700);
    }
    expect([listeners > 1, live.size, time.timers.size]).toEqual([false, 0, 0]);
  });
});

describe('the size', () => {
  test('is bounded; the value least recently used goes first', async () => {
    const { cached } = make({ maxEntries: 2 });
    cached.set('a', '1');
    cached.set('b', '2');
    await cached('a', fails);
    cached.set('c', '3');
    expect(cached.size()).toBe(2);
    expect((await cached('a', fails)).value).toBe('1');
    expect((await cached('c', fails)).value).toBe('3');
    await expect(cached('b', fails)).rejects.toThrow('away');
  });

  test('stays bounded over a hundred thousand keys', async () => {
    const { cached } = make({ maxEntries: 10 });
    for (let key = 0; key < 100_000; key++) await cached(String(key), () => 'value');
    expect(cached.size()).toBe(10);
  });
});

test('never gives a value older than its hard time to live, nor calls a fresh one stale', async () => {
  const step = fc.record({
    key: fc.constantFrom('a', 'b', 'c'),
    afterMs: fc.nat(900),
    fails: fc.boolean(),
    maxWait: fc.constant(0),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 60 }),
      fc.constantFrom(0, 50, Infinity),
      async (steps, maxWaitMs) => {
        const { cached, time } = make({
          softTtlMs: 300,
          hardTtlMs: 1000,
          maxEntries: 2,
          retryAfterMs: 100,
          maxWaitMs,
        });
        for (const { key, afterMs, fails: away } of steps) {
          await time.pass(afterMs);
          const result = await cached.try(key, () => (away ? fails() : String(time.clock.now())));
          if (!result.ok) continue;
          // The value is the moment of its load.
          expect(result.ageMs).toBe(time.clock.now() - Number(result.value));
          expect(result.ageMs).toBeLessThan(1000);
          expect(result.stale).toBe(result.ageMs >= 300);
          expect(cached.size()).toBeLessThanOrEqual(2);
        }
      },
    ),
    { numRuns: 300 },
  );
});

test('a listener that throws fails the call that it was told of, and neither loses a value nor keeps a load', async () => {
  let away = '';
  const bug = new Error('metrics are away');
  const { cached, time } = make({
    maxWaitMs: 0,
    onEvent: ({ type }) => {
      if (type === away) throw bug;
    },
  });
  away = 'load-failed';
  expect(await cached.try('k', fails)).toEqual({ ok: false, error: bug });
  away = 'fresh';
  expect(await cached.try('k', () => 'value')).toEqual({ ok: false, error: bug });
  away = '';
  expect(await cached.try('k', fails)).toMatchObject({ ok: true, value: 'value' });
  // Nobody waits for the load behind a stale answer: what is thrown there goes nowhere.
  away = 'load-failed';
  await time.pass(2000);
  expect(await cached.try('k', fails)).toMatchObject({ ok: true, value: 'value', stale: true });
  await time.pass(0);
});

describe('the static answer', () => {
  test('is not given, but what its listener throws', async () => {
    const bug = new Error('metrics are away');
    const orNone = createStaticAnswer({
      answer: null,
      onEvent: () => {
        throw bug;
      },
    });
    await expect(orNone(fails)).rejects.toBe(bug);
    expect(await orNone(() => 'real')).toBe('real');
  });

  test('is given where the call fails, and told of', async () => {
    const seen: unknown[] = [];
    const orNone = createStaticAnswer({ answer: null, onEvent: (event) => seen.push(event) });
    expect(await orNone(() => 'real')).toBe('real');
    expect(await orNone(fails)).toBeNull();
    expect(seen).toMatchObject([{ type: 'answered', error: { message: 'away' } }]);
  });

  test('is not given for failures that it is not meant for', async () => {
    const orNone = createStaticAnswer({ answer: null, when: (error) => !(error instanceof TypeError) });
    await expect(orNone(() => Promise.reject(new TypeError('bug')))).rejects.toThrow('bug');
    expect(await orNone(fails)).toBeNull();
  });

  test('is not given to a caller who has gone, for whom nothing is called either', async () => {
    const orNone = createStaticAnswer({ answer: null });
    let calls = 0;
    await expect(orNone(() => calls++, { signal: AbortSignal.abort('gone') })).rejects.toBe('gone');
    expect(calls).toBe(0);
  });

  test('is not waited for by a caller who leaves while the function runs', async () => {
    const orNone = createStaticAnswer({ answer: null });
    const controller = new AbortController();
    const call = orNone(() => new Promise<never>(() => undefined), { signal: controller.signal });
    controller.abort('gone');
    await expect(call).rejects.toBe('gone');
  });

  test('hands on the context as it is given, and an empty one where there is none', async () => {
    const orNone = createStaticAnswer({ answer: null });
    const context = { deadline: 7, tenant: 'blue' };
    expect(await orNone((seen) => seen, context)).toBe(context);
    expect(await orNone((seen) => seen)).toEqual({});
  });
});
