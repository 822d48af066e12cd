import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { aimd, createLoadShedder, gradient2, vegas } from './load-shedder.ts';
import type {
  LimitAlgorithm,
  LimitWindow,
  LoadShedder,
  LoadShedderEvent,
  LoadShedderOptions,
  Outcome,
  Priority,
  Release,
} from './load-shedder.ts';

/** Lets every promise that can settle do so. */
const settle = async () => {
  for (let turn = 0; turn < 8; turn++) await null;
};

/** Virtual time: a clock that jumps from one timer to the next. */
const createTime = () => {
  let now = 0;
  let count = 0;
  const heap: { at: number; order: number; run: (() => void) | undefined }[] = [];
  const before = (a: number, b: number) => {
    const [left, right] = [heap[a]!, heap[b]!];
    return left.at < right.at || (left.at === right.at && left.order < right.order);
  };
  const swap = (a: number, b: number) => {
    [heap[a], heap[b]] = [heap[b]!, heap[a]!];
  };
  const schedule = (run: () => void, delayMs: number) => {
    const timer: (typeof heap)[number] = { at: now + delayMs, order: count++, run };
    let index = heap.push(timer) - 1;
    for (let parent; index && before(index, (parent = (index - 1) >> 1)); index = parent) swap(index, parent);
    return () => {
      timer.run = undefined;
    };
  };
  const next = () => {
    const top = heap[0]!;
    const last = heap.pop()!;
    if (heap.length) {
      heap[0] = last;
      for (let index = 0; ;) {
        let child = 2 * index + 1;
        if (child + 1 < heap.length && before(child + 1, child)) child++;
        if (child >= heap.length || before(index, child)) break;
        swap(index, child);
        index = child;
      }
    }
    return top;
  };
  return {
    clock: { now: () => now },
    schedule,
    live: () => heap.filter(({ run }) => run).length,
    async pass(ms: number) {
      const end = now + ms;
      while (heap[0] && heap[0].at <= end) {
        const { at, run } = next();
        if (!run) continue;
        now = at;
        run();
        await settle();
      }
      now = end;
      await settle();
    },
  };
};

/** A limit that stays where it is, so that a test decides it. */
const fixed: LimitAlgorithm = ({ limit }) => limit;

const make = (options: LoadShedderOptions = {}) => {
  const time = createTime();
  const events: LoadShedderEvent[] = [];
  const shed = createLoadShedder({
    algorithm: fixed,
    initialLimit: 1,
    clock: time.clock,
    schedule: time.schedule,
    onEvent: (event) => events.push(event),
    ...options,
  });
  return { time, events, shed };
};

/** Asks for a permit and keeps what came of it. */
const ask = (shed: LoadShedder, name: string, log: string[], priority?: Priority) => {
  const asked: { release?: Release } = {};
  shed.acquire({ priority }).then(
    (release) => {
      asked.release = release;
      log.push(`${name} in`);
    },
    (error: { code: string }) => log.push(`${name} ${error.code}`),
  );
  return asked;
};

afterEach(() => {
  vi.useRealTimers();
});

describe('the limit', () => {
  test('admits as many calls at once as it says, and more as they finish', async () => {
    const { shed } = make({ initialLimit: 2 });
    const first = shed.tryAcquire()!;
    expect(shed.tryAcquire()).toBeTypeOf('function');
    expect(shed.tryAcquire()).toBeUndefined();
    first();
    expect(shed.tryAcquire()).toBeTypeOf('function');
    expect(shed.state()).toMatchObject({ limit: 2, inFlight: 2, queued: 0 });
  });

  test('counts a permit released twice as one', () => {
    const { shed } = make({ initialLimit: 2 });
    const release = shed.tryAcquire()!;
    shed.tryAcquire();
    release('success');
    release('success');
    expect(shed.state().inFlight).toBe(1);
  });

  test('never falls below one call', async () => {
    const { shed, time } = make({ algorithm: () => -5, initialLimit: 3 });
    for (let window = 0; window < 3; window++) {
      const release = shed.tryAcquire()!;
      await time.pass(200);
      release('dropped');
    }
    expect(shed.state().limit).toBe(1);
    expect(shed.tryAcquire()).toBeTypeOf('function');
  });

  test('never rises above its bound, nor while less than half of it is used', async () => {
    const { shed, time } = make({ algorithm: ({ limit }) => limit * 2, initialLimit: 10, maxLimit: 30 });
    const round = async (atOnce: number) => {
      for (let turn = 0; turn < 10; turn++) {
        const held = Array.from({ length: atOnce }, () => shed.tryAcquire()!);
        await time.pass(20);
        for (const release of held) release();
      }
      return shed.state().limit;
    };
    expect(await round(5)).toBe(10);
    expect(await round(6)).toBe(20);
    expect(await round(20)).toBe(30);
  });
});

describe('what an outcome says', () => {
  /** Twenty calls of 10 ms, one after the other, with the outcomes of a window. */
  const observe = async (outcomes: readonly [Outcome, number][]) => {
    const windows: LimitWindow[] = [];
    const { shed, time } = make({
      initialLimit: 2,
      algorithm: (window) => {
        windows.push(window);
        return window.limit;
      },
    });
    for (const [outcome, ms] of outcomes) {
      const release = shed.tryAcquire()!;
      await time.pass(ms);
      release(outcome);
    }
    return windows;
  };
  const ten = (outcome: Outcome, ms: number) =>
    Array.from({ length: 10 }, () => [outcome, ms] as [Outcome, number]);

  test('success: its duration is the sample', async () => {
    expect(await observe(ten('success', 10))).toEqual([{ limit: 2, inFlight: 1, rttMs: 10, dropped: false }]);
  });

  test('failure: a fast one is no proof of spare capacity', async () => {
    const windows = await observe([...ten('failure', 0), ...ten('success', 10)]);
    expect(windows[0]?.rttMs).toBe(10);
  });

  test('failure: a slow one makes the window slow', async () => {
    const windows = await observe([['failure', 100], ...ten('success', 10)]);
    expect(windows[0]?.rttMs).toBe(20);
  });

  test('ignore: it leaves no trace', async () => {
    const windows = await observe([['ignore', 5000], ...ten('success', 10)]);
    expect(windows[0]).toEqual({ limit: 2, inFlight: 1, rttMs: 10, dropped: false });
    // 100 ms, and nine times 10 ms, by ten calls; not the 50 ms between them.
    const between = await observe([['success', 100], ['ignore', 50], ...ten('success', 10).slice(1)]);
    expect(between[0]?.rttMs).toBe(19);
  });

  test('dropped: one is enough to close a window', async () => {
    expect(await observe([['dropped', 100]])).toMatchObject([{ dropped: true }]);
    expect(await observe([['dropped', 99]])).toEqual([]);
  });

  test.each([
    [{ overloaded: true }, 'dropped'],
    [new DOMException('', 'TimeoutError'), 'dropped'],
    [Object.assign(new Error(), { name: 'TimeoutError', code: 'timeout' }), 'dropped'],
    [new DOMException('', 'AbortError'), 'ignore'],
    [new TypeError('bug'), 'failure'],
    [undefined, 'failure'],
    [null, 'failure'],
  ])('a call that throws %o is %s', async (error, outcome) => {
    const seen: boolean[] = [];
    const { shed, time } = make({
      algorithm: ({ limit, dropped, rttMs }) => (seen.push(dropped || rttMs === 10), limit),
    });
    await expect(
      shed(async () => {
        await new Promise<void>((resolve) => {
          time.schedule(resolve, 200);
          void time.pass(200);
        });
        throw error;
      }),
    ).rejects.toBe(error);
    expect(seen).toEqual(outcome === 'dropped' ? [true] : []);
    for (let call = 0; call < 10; call++) {
      const release = shed.tryAcquire()!;
      await time.pass(10);
      release();
    }
    // Only an ignored call's 200 ms are forgotten.
    expect(seen.slice(outcome === 'dropped' ? 1 : 0)).toEqual(outcome === 'failure' ? [false] : [true]);
  });

  test('classify decides instead when it is given', async () => {
    const { shed, events, time } = make({ classify: () => 'dropped', windowMs: 0 });
    await shed.try(() => Promise.reject(new Error('503')));
    await time.pass(0);
    expect(events).toMatchObject([{ type: 'window', dropped: true }]);
  });
});

describe('the algorithms', () => {
  const window = (limit: number, rttMs: number, dropped = false): LimitWindow => ({
    limit,
    rttMs,
    inFlight: limit / 2,
    dropped,
  });

  test('aimd adds one, and takes a tenth on a drop or a slow window', () => {
    const next = aimd({ slowMs: 100 });
    expect(next(window(20, 50))).toBe(21);
    expect(next(window(20, 100))).toBe(21);
    expect(next(window(20, 50, true))).toBe(18);
    expect(next(window(20, 101))).toBe(18);
    expect(aimd({ backoff: 0.5 })(window(20, 1, true))).toBe(10);
  });

  test('gradient2 grows by the square root, then by half as much again each time, up to half the limit', () => {
    const next = gradient2();
    expect(next(window(16, 10))).toBe(20);
    expect(next(window(20, 10))).toBe(26);
    expect(next(window(26, 10))).toBe(35);
    expect(next(window(16, 10))).toBe(24);
  });

  test('gradient2 tolerates half as long again, and never more than halves', () => {
    const tolerated = gradient2();
    tolerated(window(16, 100));
    expect(tolerated(window(16, 149))).toBeGreaterThan(16);
    const slow = gradient2();
    slow(window(16, 100));
    // usual 102 after one slower window at a hundredth's weight: 1.5 x 102 / 300 = 0.51, and room of 4.
    expect(slow(window(16, 300))).toBeCloseTo(16 * 0.51 + 4, 10);
    const hung = gradient2();
    hung(window(16, 100));
    expect(hung(window(16, 100_000))).toBe(8 + 4);
  });

  test('gradient2 takes a tenth on a drop', () => {
    expect(gradient2()(window(20, 10, true))).toBe(18);
  });

  test('vegas keeps one to two square roots of the limit queueing', () => {
    const usual = () => {
      const next = vegas();
      next(window(100, 100));
      return next;
    };
    expect(usual()(window(100, 110))).toBe(110);
    expect(usual()(window(100, 118))).toBe(100);
    expect(usual()(window(100, 130))).toBe(90);
  });

  test.each([
    ['gradient2', gradient2],
    ['vegas', vegas],
  ])(
    '%s in full use quarters its limit after five windows, and takes what it then sees as usual',
    (_, create) => {
      const next = create();
      const full = (limit: number, rttMs: number): LimitWindow => ({
        limit,
        rttMs,
        inFlight: limit,
        dropped: false,
      });
      for (let turn = 0; turn < 4; turn++) next(full(40, 400));
      expect(next(full(40, 400))).toBe(10);
      expect(next(full(10, 200))).toBe(10);
      expect(next(full(10, 100))).toBe(40);
      // 400 ms is now four times the usual duration.
      expect(next(full(40, 400))).toBeLessThan(40);
    },
  );
});

describe('the queue', () => {
  test('serves in order of arrival while it has not been busy for long', async () => {
    const { shed } = make();
    const log: string[] = [];
    const holder = shed.tryAcquire()!;
    const asked = ['a', 'b', 'c'].map((name) => ask(shed, name, log));
    holder();
    await settle();
    asked[0]?.release?.();
    await settle();
    expect(log).toEqual(['a in', 'b in']);
  });

  test('serves the newest first and lets nobody wait above 5 ms once it was busy for 100 ms', async () => {
    const { shed, time } = make({ initialLimit: 1 });
    const log: string[] = [];
    const holder = shed.tryAcquire()!;
    ask(shed, 'a', log);
    await time.pass(60);
    ask(shed, 'b', log);
    await time.pass(36);
    ask(shed, 'c', log);
    ask(shed, 'd', log);
    await time.pass(4.5);
    holder();
    await settle();
    expect(log).toEqual(['a overloaded', 'b overloaded', 'd in']);
    expect(shed.state().queued).toBe(1);
  });

  test('lets a burst wait up to 100 ms', async () => {
    const { shed, time } = make();
    const log: string[] = [];
    const holder = shed.tryAcquire()!;
    await time.pass(5000);
    ask(shed, 'a', log);
    await time.pass(99);
    holder();
    await settle();
    expect(log).toEqual(['a in']);
  });

  test('lets calls of a slow service wait as long as two calls take', async () => {
    const { shed, time } = make();
    const log: string[] = [];
    for (let call = 0; call < 10; call++) {
      const release = shed.tryAcquire()!;
      await time.pass(200);
      release();
    }
    const holder = shed.tryAcquire()!;
    ask(shed, 'a', log);
    await time.pass(399);
    holder();
    await settle();
    expect(log).toEqual(['a in']);
  });

  test('refuses those who wait even when no call ever finishes', async () => {
    const { shed, time } = make();
    const log: string[] = [];
    shed.tryAcquire();
    for (let call = 0; call < 5; call++) ask(shed, String(call), log);
    await time.pass(250);
    expect(log).toEqual(['0', '1', '2', '3', '4'].map((name) => `${name} overloaded`));
    expect(time.live()).toBe(0);
  });

  test('refuses a call whose deadline has passed, and serves the next', async () => {
    const { shed, time } = make();
    const log: string[] = [];
    const holder = shed.tryAcquire()!;
    const late = shed.acquire({ deadline: 50 });
    ask(shed, 'b', log);
    await time.pass(51);
    holder();
    await expect(late).rejects.toMatchObject({ code: 'overloaded' });
    expect(log).toEqual(['b in']);
  });

  test('serves critical before default before sheddable', async () => {
    const { shed } = make();
    const log: string[] = [];
    let holder: { release?: Release } = { release: shed.tryAcquire()! };
    const asked = (['sheddable', 'default', 'critical', 'critical', 'sheddable'] as const).map(
      (priority, index) => ask(shed, `${priority}${String(index)}`, log, priority),
    );
    for (let turn = 0; turn < 5; turn++) {
      holder.release?.();
      await settle();
      holder = asked.find(({ release }) => release) ?? {};
      asked.splice(asked.indexOf(holder), 1);
    }
    expect(log).toEqual(['critical2 in', 'critical3 in', 'default1 in', 'sheddable0 in', 'sheddable4 in']);
  });

  test('when full refuses the oldest of the lowest priority, or the newcomer when that is it', async () => {
    const { shed } = make({ maxQueue: 2 });
    const log: string[] = [];
    shed.tryAcquire();
    ask(shed, 'a', log);
    ask(shed, 'b', log, 'sheddable');
    ask(shed, 'c', log, 'critical');
    await settle();
    expect(log).toEqual(['b overloaded']);
    ask(shed, 'd', log);
    await settle();
    expect(log).toEqual(['b overloaded', 'a overloaded']);
    ask(shed, 'e', log, 'sheddable');
    await settle();
    expect(log).toEqual(['b overloaded', 'a overloaded', 'e overloaded']);
    expect(shed.state().queued).toBe(2);
  });

  test('lets tryAcquire overtake nobody', async () => {
    const { shed, time } = make({ initialLimit: 2, algorithm: () => 2 });
    shed.tryAcquire();
    const second = shed.tryAcquire()!;
    const log: string[] = [];
    ask(shed, 'a', log);
    expect(shed.tryAcquire()).toBeUndefined();
    second();
    await time.pass(0);
    expect(log).toEqual(['a in']);
    expect(shed.tryAcquire()).toBeUndefined();
  });

  test('lets sheddable calls, where nobody can wait, use nine tenths of the limit, and the others all of it', () => {
    const { shed } = make({ initialLimit: 20 });
    const admitted = (priority: Priority) => {
      let calls = 0;
      while (shed.tryAcquire({ priority })) calls++;
      return calls;
    };
    expect([admitted('sheddable'), admitted('default'), admitted('critical')]).toEqual([18, 2, 0]);
  });

  test('lets a sheddable call have the only place there is when nobody waits for it', async () => {
    const { shed } = make({ initialLimit: 1 });
    (await shed.acquire({ priority: 'sheddable' }))();
    expect(shed.state().inFlight).toBe(0);
  });

  test('loses nobody to a listener that throws', async () => {
    const bug = new TypeError('no such field');
    const { shed, time } = make({
      maxQueue: 1,
      onEvent: () => {
        throw bug;
      },
    });
    const holder = shed.tryAcquire()!;
    const oldest = shed.try(() => 'a');
    const newest = shed.try(() => 'b');
    await settle();
    holder();
    await time.pass(0);
    expect(await oldest).toEqual({ ok: false, error: bug });
    expect(await newest).toEqual({ ok: true, value: 'b' });
    expect(shed.state()).toMatchObject({ inFlight: 0, queued: 0 });
  });

  test('gives a place on although the listener of the window throws, and tells of that window once', async () => {
    const bug = new TypeError('no such field');
    let told = 0;
    const { shed, time } = make({
      initialLimit: 2,
      windowMs: 100,
      onEvent: () => {
        told++;
        throw bug;
      },
    });
    const holders = [shed.tryAcquire()!, shed.tryAcquire()!];
    await time.pass(60);
    const waits = shed.try(() => 'served');
    await time.pass(60);
    expect(() => {
      holders[0]!('dropped');
    }).toThrow(bug);
    expect(await waits).toEqual({ ok: true, value: 'served' });
    holders[1]!('dropped');
    expect(told).toBe(1);
  });

  test('has a timer only while somebody waits', async () => {
    const { shed, time } = make();
    const holder = shed.tryAcquire()!;
    expect(time.live()).toBe(0);
    const waits = shed.acquire();
    expect(time.live()).toBe(1);
    holder();
    (await waits)();
    expect(time.live()).toBe(0);
  });
});

describe('a call', () => {
  test('is told of a refusal by code and brand, with the time to come again', async () => {
    const { shed, events } = make({ maxQueue: 0, retryAfterMs: 250 });
    shed.tryAcquire();
    const result = await shed.try(() => 'never');
    expect(result).toMatchObject({
      ok: false,
      error: {
        name: 'OverloadedError',
        code: 'overloaded',
        overloaded: true,
        retryAfterMs: 250,
        [Symbol.for('nines.error')]: true,
      },
    });
    expect(events).toEqual([{ type: 'refused', priority: 'default' }]);
  });

  test('is refused without a stack, which would be most of the cost, and the stacks of others stay', async () => {
    const { shed } = make({ maxQueue: 0 });
    shed.tryAcquire();
    const error = (await shed.acquire().catch((caught: unknown) => caught)) as Error;
    expect(error.stack?.split('\n')).toHaveLength(1);
    expect(new Error('other').stack?.split('\n').length).toBeGreaterThan(2);
  });

  test('leaves no real timer either', async () => {
    vi.useFakeTimers();
    const shed = createLoadShedder({ initialLimit: 1 });
    const release = shed.tryAcquire()!;
    const waits = shed.acquire();
    expect(vi.getTimerCount()).toBe(1);
    release();
    (await waits)();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('releases its permit when it fulfils, rejects or throws', async () => {
    const { shed } = make();
    await expect(shed(() => 7)).resolves.toBe(7);
    await shed.try(() => Promise.reject(new Error('later')));
    await shed.try(() => {
      throw new Error('at once');
    });
    expect(shed.state()).toMatchObject({ inFlight: 0, queued: 0 });
  });

  test('that is aborted while it waits settles at once and is never carried out', async () => {
    const { shed, time } = make();
    const holder = shed.tryAcquire()!;
    const controller = new AbortController();
    let ran = false;
    const call = shed(() => (ran = true), { signal: controller.signal });
    controller.abort(new Error('gone'));
    await expect(call).rejects.toThrow('gone');
    expect(time.live()).toBe(0);
    holder();
    await time.pass(1000);
    expect(ran).toBe(false);
    expect(shed.state()).toMatchObject({ inFlight: 0, queued: 0 });
  });

  test('that is aborted while its function runs settles at once, and keeps its permit until the work has ended', async () => {
    const { shed } = make();
    const controller = new AbortController();
    const work = Promise.withResolvers<number>();
    const call = shed.try(() => work.promise, { signal: controller.signal });
    await settle();
    controller.abort('gone');
    expect(await call).toEqual({ ok: false, error: 'gone' });
    expect(shed.state().inFlight).toBe(1);
    work.resolve(7);
    await settle();
    expect(shed.state().inFlight).toBe(0);
  });

  test('hands on the context as it is given, and an empty one where there is none', async () => {
    const { shed } = make();
    const context = { priority: 'critical', tenant: 'blue' } as const;
    expect(await shed((seen) => seen, context)).toBe(context);
    expect(await shed((seen) => seen)).toEqual({});
  });

  test('whose error cannot be classified is no sample, and gives its permit back', async () => {
    const bug = new TypeError('no such field');
    const { shed } = make({
      classify: () => {
        throw bug;
      },
    });
    expect(await shed.try(() => Promise.reject(new Error('away')))).toEqual({ ok: false, error: bug });
    expect(shed.state().inFlight).toBe(0);
  });

  test('that is aborted between its permit and its function gives the permit back', async () => {
    const { shed } = make();
    const holder = shed.tryAcquire()!;
    const controller = new AbortController();
    let ran = false;
    const call = shed(() => (ran = true), { signal: controller.signal });
    holder();
    controller.abort(new Error('gone'));
    await expect(call).rejects.toThrow('gone');
    expect([ran, shed.state().inFlight]).toEqual([false, 0]);
  });

  test('leaves no listener on a shared signal and no timer', async () => {
    const { shed, time } = make({ initialLimit: 3 });
    const { signal } = new AbortController();
    let listeners = 0;
    const { addEventListener: add, removeEventListener: remove } = signal;
    signal.addEventListener = (...all: Parameters<typeof add>) => (listeners++, add.apply(signal, all));
    signal.removeEventListener = (...all: Parameters<typeof remove>) => (
      listeners--,
      remove.apply(signal, all)
    );
    const calls = Array.from({ length: 100 }, () => shed.try(() => 1, { signal }));
    await settle();
    await time.pass(1000);
    await Promise.all(calls);
    expect([listeners, time.live()]).toEqual([0, 0]);
  });

  test('works with the real clock and timer when none are given', async () => {
    const shed = createLoadShedder({ initialLimit: 1 });
    const results = await Promise.all([1, 2, 3].map((value) => shed.try(() => value)));
    expect(results.map(({ ok }) => ok)).toEqual([true, true, true]);
  });
});

test('permits, waiters and answers always add up', async () => {
  const step = fc.oneof(
    fc.record({
      kind: fc.constant('ask' as const),
      priority: fc.constantFrom('critical', 'default', 'sheddable'),
    }),
    fc.record({
      kind: fc.constant('finish' as const),
      which: fc.nat(),
      outcome: fc.constantFrom('success', 'failure', 'ignore', 'dropped'),
    }),
    fc.record({ kind: fc.constant('abort' as const), which: fc.nat() }),
    fc.record({ kind: fc.constant('pass' as const), ms: fc.nat(150) }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 80 }),
      fc.integer({ min: 0, max: 5 }),
      async (steps, maxQueue) => {
        const { shed, time } = make({ algorithm: gradient2(), initialLimit: 3, maxQueue, windowMs: 10 });
        const held: Release[] = [];
        const waiting = new Set<AbortController>();
        let answers = 0;
        let asked = 0;
        for (const next of steps) {
          if (next.kind === 'ask') {
            const controller = new AbortController();
            asked++;
            waiting.add(controller);
            shed
              .acquire({ signal: controller.signal, priority: next.priority as Priority })
              .then(
                (release) => held.push(release),
                () => answers++,
              )
              .finally(() => waiting.delete(controller));
          } else if (next.kind === 'finish')
            held.splice(next.which % (held.length || 1), 1)[0]?.(next.outcome as Outcome);
          else if (next.kind === 'abort') [...waiting][next.which % (waiting.size || 1)]?.abort();
          else await time.pass(next.ms);
          await settle();
          const { limit, inFlight, queued } = shed.state();
          expect(inFlight).toBe(held.length);
          expect(queued).toBe(waiting.size);
          expect(queued).toBeLessThanOrEqual(maxQueue);
          expect(limit).toBeGreaterThanOrEqual(1);
          // Nobody waits while there is a free permit.
          if (queued) expect(inFlight + 1).toBeGreaterThan(limit);
        }
        while (held.length) held.pop()!();
        await time.pass(1000);
        while (held.length) {
          held.pop()!();
          await settle();
        }
        expect(shed.state()).toMatchObject({ inFlight: 0, queued: 0 });
        expect(time.live()).toBe(0);
        expect(answers).toBeLessThanOrEqual(asked);
      },
    ),
    { numRuns: 200 },
  );
});

describe('in front of fifty workers of 50 ms, 1000 requests a second, with clients that wait 500 ms', () => {
  /** Share of min(offered, capacity) that was answered in time, after `fromMs`. */
  const goodput = async (
    load: number,
    seed: number,
    algorithm: LimitAlgorithm,
    seconds = 12,
    fromMs = 4000,
  ) => {
    const time = createTime();
    const shed = createLoadShedder({ algorithm, clock: time.clock, schedule: time.schedule });
    let state = seed;
    const random = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
    const exponential = (mean: number) => -mean * Math.log(1 - random());
    const jobs: (() => void)[] = [];
    let busy = 0;
    const start = () => {
      while (busy < 50 && jobs.length) {
        const done = jobs.shift()!;
        busy++;
        time.schedule(() => {
          busy--;
          done();
          start();
        }, exponential(50));
      }
    };
    const work = () =>
      new Promise<void>((resolve) => {
        jobs.push(resolve);
        start();
      });
    let [offered, good] = [0, 0];
    const arrive = () => {
      const at = time.clock.now();
      if (at > seconds * 1000) return;
      time.schedule(arrive, exponential(1 / load));
      const counts = at >= fromMs;
      if (counts) offered++;
      void shed.try(work).then(({ ok }) => {
        if (ok && counts && time.clock.now() - at <= 500) good++;
      });
    };
    arrive();
    await time.pass(seconds * 1000 + 2000);
    return good / Math.min(offered, (seconds * 1000 - fromMs) * 1);
  };

  test.each([
    [0.5, 0.98],
    [2, 0.96],
    [10, 0.96],
  ])(
    'gradient2 answers in time at %d times the capacity',
    async (load, least) => {
      const shares = await Promise.all([1, 2].map((seed) => goodput(load, seed, gradient2())));
      expect(Math.min(...shares)).toBeGreaterThan(least);
    },
    60_000,
  );

  test('vegas answers in time at twice the capacity', async () => {
    expect(await goodput(2, 1, vegas())).toBeGreaterThan(0.93);
  }, 60_000);
});
