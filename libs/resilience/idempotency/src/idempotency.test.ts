import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { createIdempotency, createMemoryStore, fingerprintOf } from './idempotency.ts';
import type { IdempotencyEvent, IdempotencyOptions, IdempotencyStore } from './idempotency.ts';

/** Lets every promise that can settle do so. */
const settle = async () => {
  for (let turn = 0; turn < 30; turn++) await null;
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

type Steps = (() => void)[];

const make = (options: Partial<IdempotencyOptions<Steps>> = {}) => {
  const time = createTime();
  const events: IdempotencyEvent[] = [];
  const store = createMemoryStore({ clock: time.clock });
  const once = createIdempotency<Steps>({
    store,
    clock: time.clock,
    schedule: time.schedule,
    random: () => 0.5,
    onEvent: (event) => events.push(event),
    ...options,
  });
  return { time, events, store, once };
};

/** Work that ends when told. */
const createWork = () => {
  let [resolve, reject]: [(value: unknown) => void, (error: Error) => void] = [
    () => undefined,
    () => undefined,
  ];
  const promise = new Promise<unknown>((...both) => ([resolve, reject] = both));
  return { promise, resolve, reject };
};

describe('a repetition', () => {
  test('gets the answer of the first call, and the work is not done again', async () => {
    const { once } = make();
    let effects = 0;
    const work = () => ({ id: ++effects });
    expect(await once('k', work)).toEqual({ value: { id: 1 }, replayed: false });
    expect(await once('k', work)).toEqual({ value: { id: 1 }, replayed: true });
    expect(effects).toBe(1);
  });

  test('gets what the first call got, to the byte: the answer after its round trip', async () => {
    const { once } = make();
    const answer = { at: new Date(0), skipped: undefined, list: [undefined] };
    const first = await once('k', () => answer as unknown);
    const second = await once('k', () => 'never' as unknown);
    expect(first.value).toEqual({ at: '1970-01-01T00:00:00.000Z', list: [null] });
    expect(second.value).toEqual(first.value);
  });

  test.each([[undefined], [null], [0], [''], [false], ['text'], [[1, 2]]])(
    'gets %j as it was',
    async (answer) => {
      const { once } = make();
      expect((await once('k', () => answer)).value).toEqual(answer);
      expect((await once('k', () => 'other' as never)).value).toEqual(answer);
    },
  );

  test('cannot be changed through an answer that was given before', async () => {
    const { once } = make();
    const { value } = await once('k', () => ({ items: [1] }));
    value.items.push(2);
    expect((await once('k', () => ({ items: [0] }))).value).toEqual({ items: [1] });
  });

  test('with another payload is refused, while the first runs and after', async () => {
    const { once } = make();
    const work = createWork();
    const first = once('k', () => work.promise, { payload: { a: 1 } });
    const refusal = {
      name: 'IdempotencyConflictError',
      code: 'idempotency-key-reused',
      retryable: false,
      [Symbol.for('nines.error')]: true,
    };
    await expect(once('k', () => 1, { payload: { a: 2 } })).rejects.toMatchObject(refusal);
    work.resolve('done');
    await first;
    await expect(once('k', () => 1, { payload: { a: 2 } })).rejects.toMatchObject(refusal);
  });

  test('may change its payload object while the work runs: the first fingerprint counts', async () => {
    const { once } = make();
    const payload = { items: [1] };
    await once('k', () => payload.items.push(2), { payload });
    expect((await once('k', () => 9, { payload: { items: [1] } })).replayed).toBe(true);
  });

  test('after a failure does the work again', async () => {
    const { once, events } = make();
    await expect(once('k', () => Promise.reject(new Error('away')))).rejects.toThrow('away');
    expect(await once('k', () => 'done')).toEqual({ value: 'done', replayed: false });
    expect(events.map(({ type }) => type)).toEqual(['acquired', 'released', 'acquired']);
  });

  test('of another scope is another request, however keys and scopes are put together', async () => {
    const { store } = make();
    const values = new Set<string>();
    for (const [scope, key] of [
      [undefined, 'a#b'],
      ['a', 'b'],
      ['a#', 'b'],
      ['a', '#b'],
      ['a#b', ''],
      ['', 'b'],
    ] as const) {
      const once = createIdempotency({ store, ...(scope === undefined ? {} : { scope }) });
      const { value } = await once(key, () => `${String(scope)}|${key}`);
      values.add(value);
    }
    // Without a scope a key is taken as it is, so 'a#b' and scope 'a' with key 'b' are one: use scopes always or never.
    expect(values.size).toBe(5);
  });
});

describe('a repetition while the first call runs', () => {
  test('waits for the answer, looking at 25, 50, 100 ms and so on', async () => {
    const { once, time, events } = make();
    const work = createWork();
    const first = once('k', () => work.promise);
    await settle();
    const second = once('k', () => 'never');
    await time.pass(500);
    // Three quarters of each pause, since the dice give one half: 18.75, 37.5, 75, 150, 300 ms.
    expect(events.filter(({ type }) => type === 'waited')).toHaveLength(5);
    work.resolve('done');
    await first;
    await time.pass(100);
    expect(await second).toEqual({ value: 'done', replayed: true });
    expect(time.timers.size).toBe(0);
  });

  test('gives up when the wait or its deadline is over, and says when to come again', async () => {
    const { once, time } = make({ maxWaitMs: 1000 });
    void once('k', () => new Promise(() => undefined));
    await settle();
    const byWait = once.try('k', () => 'never');
    const byDeadline = once.try('k', () => 'never', { deadline: 100 });
    await time.pass(100);
    expect(await byDeadline).toMatchObject({ ok: false, error: { code: 'idempotency-in-progress' } });
    await time.pass(900);
    expect(await byWait).toMatchObject({
      ok: false,
      error: { code: 'idempotency-in-progress', retryAfterMs: expect.closeTo(29_400, -3) },
    });
    expect(time.timers.size).toBe(0);
  });

  test('takes over at once when the first fails', async () => {
    const { once, time } = make();
    const work = createWork();
    const first = once.try('k', () => work.promise);
    await settle();
    const second = once('k', () => 'mine');
    await settle();
    work.reject(new Error('away'));
    expect((await first).ok).toBe(false);
    await time.pass(25);
    expect(await second).toEqual({ value: 'mine', replayed: false });
  });

  test('is refused at once by "replay", which gives answers only', async () => {
    const { once } = make({ duplicates: 'replay' });
    const work = createWork();
    const first = once('k', () => work.promise);
    await settle();
    await expect(once('k', () => 1)).rejects.toMatchObject({
      code: 'idempotency-in-progress',
      retryAfterMs: 30_000,
    });
    work.resolve('done');
    await first;
    expect((await once('k', () => 1)).replayed).toBe(true);
  });

  test('is refused by "reject", and so is every later one', async () => {
    const { once } = make({ duplicates: 'reject' });
    const work = createWork();
    const first = once('k', () => work.promise);
    await settle();
    await expect(once('k', () => 1)).rejects.toMatchObject({
      code: 'idempotency-in-progress',
      retryable: true,
    });
    work.resolve('done');
    await first;
    await expect(once('k', () => 1)).rejects.toMatchObject({
      code: 'idempotency-already-done',
      retryable: false,
    });
  });
});

describe('a lease', () => {
  test('that ends goes to a successor under a higher fence; the former holder records nothing', async () => {
    const { once, time } = make({ leaseMs: 1000 });
    const slow = createWork();
    const fences: number[] = [];
    const first = once.try('k', async ({ fence }) => {
      fences.push(fence);
      return slow.promise;
    });
    await time.pass(1000);
    const second = await once('k', ({ fence }) => {
      fences.push(fence);
      return 'second';
    });
    slow.resolve('first');
    expect(await first).toMatchObject({
      ok: false,
      error: { code: 'idempotency-lease-lost', retryable: true },
    });
    expect(second).toEqual({ value: 'second', replayed: false });
    expect((await once('k', () => 'third')).value).toBe('second');
    expect(fences[1]).toBeGreaterThan(fences[0]!);
  });

  test('bounds the deadline of the work', async () => {
    const { once } = make({ leaseMs: 1000 });
    const seen: number[] = [];
    await once('a', ({ deadline }) => seen.push(deadline));
    await once('b', ({ deadline }) => seen.push(deadline), { deadline: 400 });
    expect(seen).toEqual([1000, 400]);
  });

  test('that ends ends the wait too, however long the pause between two looks', async () => {
    const { once, time } = make({ leaseMs: 1000, pollMs: 1_000_000, maxWaitMs: 2000 });
    void once('k', () => new Promise(() => undefined));
    await settle();
    const second = once('k', () => time.clock.now());
    await time.pass(1000);
    expect(await second).toEqual({ value: 1000, replayed: false });
  });

  test('whose holder failed late does not free the successor', async () => {
    const { once, time } = make({ leaseMs: 1000, duplicates: 'replay' });
    const slow = createWork();
    const first = once.try('k', () => slow.promise);
    await time.pass(1000);
    const successor = createWork();
    const second = once('k', () => successor.promise);
    await settle();
    slow.reject(new Error('late failure'));
    expect((await first).ok).toBe(false);
    await expect(once('k', () => 'third')).rejects.toMatchObject({ code: 'idempotency-in-progress' });
    successor.resolve('second');
    expect((await second).value).toBe('second');
  });
});

describe('commit', () => {
  test('records together with the effect; what is recorded is the answer', async () => {
    const { once } = make();
    const orders: string[] = [];
    const { value } = await once('k', async ({ commit }) => {
      const steps: Steps = [() => orders.push('order')];
      await commit({ id: 1 }, steps);
      expect(orders).toEqual([]);
      for (const step of steps) step();
      return { id: 'not this' as unknown };
    });
    expect([value, orders]).toEqual([{ id: 1 }, ['order']]);
    expect((await once('k', () => 'never' as never)).value).toEqual({ id: 1 });
  });

  test('stops the effect of a holder whose lease went to a successor', async () => {
    const { once, time } = make({ leaseMs: 1000 });
    const pause = createWork();
    const orders: string[] = [];
    const first = once.try('k', async ({ commit }) => {
      await pause.promise;
      const steps: Steps = [() => orders.push('late')];
      await commit('late', steps);
      for (const step of steps) step();
    });
    await time.pass(1000);
    await once('k', () => orders.push('successor'));
    pause.resolve(0);
    expect((await first).ok).toBe(false);
    expect(orders).toEqual(['successor']);
  });

  test('that could not be carried out frees the key', async () => {
    const { once } = make();
    await once.try('k', async ({ commit }) => {
      await commit('never', []);
      throw new Error('transaction undone');
    });
    expect(await once('k', () => 'again')).toEqual({ value: 'again', replayed: false });
  });

  test('followed by a failure leaves the answer recorded', async () => {
    const { once } = make();
    const failed = await once.try('k', async ({ commit }) => {
      await commit('done');
      throw new Error('after');
    });
    expect(failed).toMatchObject({ ok: false, error: { message: 'after' } });
    expect(await once('k', () => 'again')).toEqual({ value: 'done', replayed: true });
  });
});

describe('a store that fails', () => {
  const failing = (method: keyof IdempotencyStore) => {
    const { store, ...rest } = make();
    const broken = { ...store, [method]: () => Promise.reject(new Error(`${method} away`)) };
    return { ...rest, store, once: createIdempotency({ store: broken, clock: rest.time.clock }) };
  };

  test('at acquire keeps the work from being done', async () => {
    const { once } = failing('acquire');
    let ran = false;
    await expect(once('k', () => (ran = true))).rejects.toThrow('acquire away');
    expect(ran).toBe(false);
  });

  test('at complete keeps the key held, because the effect is there', async () => {
    const { once, store } = failing('complete');
    await expect(once('k', () => 'effect')).rejects.toThrow('complete away');
    const found = await store.acquire({ key: 'k', fingerprint: '', leaseMs: 1000, retentionMs: 1000 });
    expect(found.fence).toBeUndefined();
  });

  test.each(['acquired', 'released'] as const)(
    'and is a listener instead, when it hears "%s", keeps no key taken',
    async (at) => {
      const bug = new Error('metrics are away');
      const { once, store } = make({
        onEvent: ({ type }) => {
          if (type === at) throw bug;
        },
      });
      await expect(once('k', () => Promise.reject(new Error('work')))).rejects.toBe(bug);
      const found = await store.acquire({ key: 'k', fingerprint: '', leaseMs: 1000, retentionMs: 1000 });
      expect(found.fence).toBeDefined();
    },
  );

  test('at release does not hide why the work failed', async () => {
    const { once } = failing('release');
    await expect(once('k', () => Promise.reject(new Error('work')))).rejects.toThrow('work');
  });
});

test("the work is given its caller's signal, or one that never aborts", async () => {
  const { once } = make();
  const { signal } = new AbortController();
  await once(
    'a',
    (context) => {
      expect(context.signal).toBe(signal);
    },
    { signal },
  );
  expect((await once('b', (context) => context.signal.aborted)).value).toBe(false);
});

describe('an abort', () => {
  test('before the call takes no key', async () => {
    const { once } = make();
    await expect(once('k', () => 1, { signal: AbortSignal.abort(new Error('gone')) })).rejects.toThrow(
      'gone',
    );
    expect((await once('k', () => 2)).value).toBe(2);
  });

  test('settles a waiting call at once, leaves no timer, and its work is never done', async () => {
    const { once, time } = make();
    const work = createWork();
    const first = once('k', () => work.promise);
    await settle();
    const controller = new AbortController();
    let ran = false;
    const second = once('k', () => (ran = true), { signal: controller.signal });
    await time.pass(30);
    expect(time.timers.size).toBe(1);
    controller.abort(new Error('gone'));
    await expect(second).rejects.toThrow('gone');
    expect(time.timers.size).toBe(0);
    work.reject(new Error('away'));
    await expect(first).rejects.toThrow('away');
    await time.pass(60_000);
    expect(ran).toBe(false);
  });

  test('while the key is being taken gives it back', async () => {
    const { once } = make();
    const controller = new AbortController();
    let ran = false;
    const call = once('k', () => (ran = true), { signal: controller.signal });
    controller.abort(new Error('gone'));
    await expect(call).rejects.toThrow('gone');
    await settle();
    expect(ran).toBe(false);
    expect((await once('k', () => 2)).value).toBe(2);
  });

  test("while the work runs settles the caller at once; the work's answer is still recorded", async () => {
    const { once } = make();
    const controller = new AbortController();
    const work = createWork();
    const call = once('k', () => work.promise, { signal: controller.signal });
    await settle();
    controller.abort(new Error('gone'));
    await expect(call).rejects.toThrow('gone');
    work.resolve('done');
    await settle();
    expect(await once('k', () => 'again')).toEqual({ value: 'done', replayed: true });
  });

  test('leaves no listener behind on a shared signal', async () => {
    const { once, time } = make();
    const { signal } = new AbortController();
    const live = new Map<unknown, number>();
    const { addEventListener: add, removeEventListener: remove } = signal;
    signal.addEventListener = (...all: Parameters<typeof add>) => {
      live.set(all[1], 1);
      add.apply(signal, all);
    };
    signal.removeEventListener = (...all: Parameters<typeof remove>) => {
      live.delete(all[1]);
      remove.apply(signal, all);
    };
    const calls = Array.from({ length: 2000 }, (_, index) =>
      once(String(index % 200), () => index, { signal }),
    );
    await time.pass(1000);
    expect((await Promise.all(calls)).filter(({ replayed }) => replayed)).toHaveLength(1800);
    expect([live.size, time.timers.size]).toEqual([0, 0]);
  });
});

describe('the fingerprint', () => {
  test('is the same for the same values in another order of keys', () => {
    expect(fingerprintOf({ a: 1, b: { c: [1, 2], d: 'x' } })).toBe(
      fingerprintOf({ b: { d: 'x', c: [1, 2] }, a: 1 }),
    );
    expect(fingerprintOf({ a: 1, b: undefined })).toBe(fingerprintOf({ a: 1 }));
    expect(fingerprintOf(undefined)).toBe('');
    expect(fingerprintOf(new Date(0))).toBe(fingerprintOf('1970-01-01T00:00:00.000Z'));
  });

  test('is the same however many keys come in whatever order', () => {
    const names = fc
      .uniqueArray(fc.string(), { maxLength: 40 })
      .chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })));
    const objectOf = (all: string[]) => Object.fromEntries(all.map((name) => [name, `${name}!`]));
    fc.assert(
      fc.property(names, ([one, other]) => {
        expect(fingerprintOf(objectOf(one))).toBe(fingerprintOf(objectOf(other)));
      }),
    );
    const many = Array.from({ length: 40 }, (_, index) => `name-${String(index)}`);
    expect(fingerprintOf(objectOf([...many].reverse()))).toBe(fingerprintOf(objectOf(many)));
  });

  test('is known and does not change from release to release', () => {
    // Records outlive a deployment, so a new version must come to the same fingerprint.
    expect(fingerprintOf({ reference: 'r-1', items: [{ productId: 'p-1', quantity: 2 }] })).toBe(
      '3684357770930607',
    );
  });

  test('differs for values that differ', () => {
    const json = fc.jsonValue();
    const sorted = (value: unknown): unknown =>
      value && typeof value === 'object' && !Array.isArray(value)
        ? Object.fromEntries(
            Object.entries(value)
              .sort(([a], [b]) => (a < b ? -1 : 1))
              .map(([name, part]) => [`k${name}`, sorted(part)]),
          )
        : Array.isArray(value)
          ? value.map(sorted)
          : value;
    fc.assert(
      fc.property(json, json, (left, right) => {
        const same = JSON.stringify(sorted(left)) === JSON.stringify(sorted(right));
        expect(fingerprintOf(left) === fingerprintOf(right)).toBe(same);
      }),
      { numRuns: 2000 },
    );
    const alike = [
      1,
      '1',
      [1],
      ['1'],
      [[1]],
      { 1: 1 },
      [1, 1],
      ['1,1'],
      ['1', '1'],
      {},
      [],
      [{}],
      '{}',
      null,
      'null',
    ];
    expect(new Set(alike.map(fingerprintOf)).size).toBe(alike.length);
  });
});

describe('the memory store', () => {
  test('forgets records past their retention without a timer', async () => {
    const { store, time } = make();
    const once = createIdempotency({ store, clock: time.clock, retentionMs: 1000, leaseMs: 100 });
    for (let key = 0; key < 1000; key++) await once(String(key), () => key);
    await time.pass(1000);
    for (let key = 1000; key < 3000; key++) await once(String(key), () => key);
    const small = createMemoryStore({ maxRecords: 10, clock: time.clock });
    const bounded = createIdempotency({ store: small, clock: time.clock, retentionMs: 1000, leaseMs: 100 });
    for (let key = 0; key < 10; key++) await bounded(String(key), () => key);
    expect(time.timers.size).toBe(0);
  });

  test('refuses new keys when it is full rather than forget a promise, and takes them when some are past', async () => {
    const { time } = make();
    const store = createMemoryStore({ maxRecords: 2, clock: time.clock });
    const once = createIdempotency({ store, clock: time.clock, retentionMs: 1000, leaseMs: 100 });
    await once('a', () => 1);
    await once('b', () => 2);
    await expect(once('c', () => 3)).rejects.toThrow('full');
    expect((await once('a', () => 9)).value).toBe(1);
    await time.pass(1000);
    expect((await once('c', () => 3)).value).toBe(3);
  });
});

test('a memory store forgets what is past wherever it is, also behind records that are kept long', async () => {
  const { time } = make();
  const store = createMemoryStore({ maxRecords: 300, clock: time.clock });
  const record = (key: string, retentionMs: number) =>
    store.acquire({ key, fingerprint: '', leaseMs: retentionMs, retentionMs });
  for (let key = 0; key < 200; key++) await record(`long-${String(key)}`, 1_000_000);
  for (let batch = 0; batch < 40; batch++) {
    for (let key = 0; key < 50; key++) await record(`${String(batch)}-${String(key)}`, 10);
    await time.pass(10);
  }
  // Two thousand came and went in a place for a hundred, and none that is to be kept was forgotten.
  expect((await record('long-0', 10)).fence).toBeUndefined();
});

test('a full memory store still lets a successor take over', async () => {
  const { time } = make();
  const store = createMemoryStore({ maxRecords: 1, clock: time.clock });
  const request = { key: 'k', fingerprint: 'f', leaseMs: 100, retentionMs: 1000 };
  await store.acquire(request);
  await time.pass(100);
  expect((await store.acquire(request)).fence).toBeTypeOf('number');
});

test('an abort stops the real timer too', async () => {
  vi.useFakeTimers();
  const once = createIdempotency({ store: createMemoryStore() });
  void once('k', () => new Promise(() => undefined));
  const controller = new AbortController();
  const waits = once('k', () => 1, { signal: controller.signal });
  await settle();
  expect(vi.getTimerCount()).toBe(1);
  controller.abort(new Error('gone'));
  await expect(waits).rejects.toThrow('gone');
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

test('works with the real clock, timer and dice when none are given', async () => {
  const once = createIdempotency({ store: createMemoryStore(), pollMs: 1 });
  const [first, second] = await Promise.all([
    once('k', () => new Promise((resolve) => setTimeout(resolve, 5, 'done'))),
    once('k', () => Promise.resolve('never')),
  ]);
  expect([first, second]).toEqual([
    { value: 'done', replayed: false },
    { value: 'done', replayed: true },
  ]);
});

describe('a defect of Powertools idempotency 2.35.0 that is none here:', () => {
  test('a late failure removes the lock of its successor, and a third call runs beside it', async () => {
    const { once, time } = make({ leaseMs: 1000, duplicates: 'replay' });
    const [slow, successor] = [createWork(), createWork()];
    let executions = 0;
    const run = (work: { promise: Promise<unknown> }) => () => {
      executions++;
      return work.promise;
    };
    const first = once.try('k', run(slow));
    await time.pass(1000);
    const second = once('k', run(successor));
    await settle();
    slow.reject(new Error('late'));
    await first;
    expect(await once.try('k', run(createWork()))).toMatchObject({
      error: { code: 'idempotency-in-progress' },
    });
    successor.resolve('done');
    await second;
    expect(executions).toBe(2);
  });

  test('a late success overwrites what was answered, so one key replays two results', async () => {
    const { once, time } = make({ leaseMs: 1000 });
    const slow = createWork();
    const first = once.try('k', () => slow.promise);
    await time.pass(1000);
    await once('k', () => 'successor');
    const before = await once('k', () => 'never');
    slow.resolve('late');
    expect((await first).ok).toBe(false);
    expect([before.value, (await once('k', () => 'never')).value]).toEqual(['successor', 'successor']);
  });

  test('one call inside another with the same store writes under the other key', async () => {
    const { store, time } = make();
    const outer = createIdempotency({ store, clock: time.clock, scope: 'outer' });
    const inner = createIdempotency({ store, clock: time.clock, scope: 'inner' });
    const nested = () => outer('k', async () => `outer of ${(await inner('k', () => 'inner')).value}`);
    expect(await nested()).toEqual({ value: 'outer of inner', replayed: false });
    expect(await nested()).toEqual({ value: 'outer of inner', replayed: true });
    expect(await inner('k', () => 'again')).toEqual({ value: 'inner', replayed: true });
  });

  test('an identical repetition is refused because its payload is taken for another', async () => {
    const { once } = make();
    const payload = () => ({ amount: 5, items: ['tea'] });
    await once('k', () => 'done', { payload: payload() });
    for (const repeated of [payload(), payload(), { items: ['tea'], amount: 5 }])
      expect(await once('k', () => 'again', { payload: repeated })).toEqual({
        value: 'done',
        replayed: true,
      });
  });

  test('a payload that the work changes leaves the record stuck in progress', async () => {
    const { once } = make({ duplicates: 'replay' });
    const change = (payload: { id: string }) => {
      payload.id = 'changed';
      return 'done';
    };
    const [good, bad] = [{ id: 'a' }, { id: 'b' }];
    await once('good', () => change(good), { payload: good });
    expect(await once('good', () => 'again', { payload: { id: 'a' } })).toEqual({
      value: 'done',
      replayed: true,
    });
    const failing = () => Promise.reject(new Error(change(bad)));
    expect((await once.try('bad', failing, { payload: bad })).ok).toBe(false);
    expect(await once('bad', () => 'again', { payload: { id: 'b' } })).toEqual({
      value: 'again',
      replayed: false,
    });
  });

  test('the end of a lease is compared with the milliseconds of a second, and so never comes', async () => {
    const { time } = make();
    // A moment of today, as a timestamp has it: far above 999 however the second stands.
    await time.pass(1_760_000_000_000);
    const store = createMemoryStore({ clock: time.clock });
    const request = { key: 'k', fingerprint: 'f', leaseMs: 1000, retentionMs: 60_000 };
    await store.acquire(request);
    await time.pass(999);
    expect(await store.acquire(request)).toMatchObject({ leaseLeftMs: 1 });
    await time.pass(1);
    expect((await store.acquire(request)).fence).toBeTypeOf('number');
  });
});
