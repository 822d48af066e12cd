import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createHedge, createHedgeBudget, type HedgeEvent, type HedgeOptions } from './hedge.ts';

/** Time that stands still until the test moves it. */
function createWorld() {
  let now = 0;
  const timers: { at: number; run: () => void }[] = [];
  const settle = async () => {
    for (let turn = 0; turn < 50; turn++) await Promise.resolve();
  };
  return {
    clock: { now: () => now },
    schedule: (run: () => void, delayMs: number) => {
      const timer = { at: now + delayMs, run };
      timers.push(timer);
      return () => {
        const index = timers.indexOf(timer);
        if (index >= 0) timers.splice(index, 1);
      };
    },
    pendingTimers: () => timers.length,
    async advance(ms: number) {
      const end = now + ms;
      await settle();
      for (;;) {
        const next = timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
        if (!next) break;
        now = Math.max(now, next.at);
        timers.splice(timers.indexOf(next), 1);
        next.run();
        await settle();
      }
      now = end;
      await settle();
    },
  };
}

/** A hedge at 50 ms, and attempts that the test answers one by one. */
function make(options: Partial<HedgeOptions> = {}) {
  const world = createWorld();
  const events: HedgeEvent['type'][] = [];
  const hedge = createHedge({
    idempotent: true,
    delayMs: 50,
    schedule: world.schedule,
    onEvent: ({ type }) => events.push(type),
    ...options,
  });
  const attempts: { signal: AbortSignal; answer(value: string): void; fail(error: Error): void }[] = [];
  const fn = ({ signal }: { signal: AbortSignal }) =>
    new Promise<string>((answer, fail) => {
      attempts.push({ signal, answer, fail });
    });
  return { ...world, events, hedge, attempts, fn };
}

describe('a hedge', () => {
  test('is not made when the first answer is in time, and leaves no timer', async () => {
    const { hedge, fn, attempts, advance, pendingTimers } = make();
    const result = hedge(fn);
    await advance(49);
    attempts[0]!.answer('first');
    expect(await result).toBe('first');
    expect(pendingTimers()).toBe(0);
    await advance(1000);
    expect(attempts).toHaveLength(1);
  });

  test('is made when the first answer is late, and whichever comes first wins', async () => {
    const { hedge, fn, attempts, advance, events, pendingTimers } = make();
    const result = hedge(fn);
    await advance(50);
    attempts[1]!.answer('second');
    expect(await result).toBe('second');
    expect(attempts[0]!.signal.aborted).toBe(true);
    expect(attempts[1]!.signal.aborted).toBe(false);
    expect(events).toEqual(['hedged', 'won']);
    expect(pendingTimers()).toBe(0);
  });

  test.each([
    ['is made', 'hedged', {}],
    ['has won', 'won', {}],
    ['is not in the budget', 'budget', { budget: createHedgeBudget(1, 0.1, 0) }],
  ] as const)(
    'whose listener throws when it %s fails the call with that, and leaves nothing',
    async (_, at, options) => {
      const bug = new Error('metrics are away');
      const { hedge, fn, attempts, advance, pendingTimers } = make({
        ...options,
        onEvent: ({ type }) => {
          if (type === at) throw bug;
        },
      });
      const result = hedge.try(fn);
      await advance(50);
      attempts.at(-1)!.answer('last');
      await advance(0);
      expect(await result).toEqual({ ok: false, error: bug });
      expect(pendingTimers()).toBe(0);
      expect(attempts[0]!.signal.aborted).toBe(true);
    },
  );

  test('is told when the first attempt wins after all', async () => {
    const { hedge, fn, attempts, advance, events } = make();
    const result = hedge(fn);
    await advance(50);
    attempts[0]!.answer('first');
    expect(await result).toBe('first');
    expect(attempts[1]!.signal.aborted).toBe(true);
    expect(events).toEqual(['hedged']);
  });

  test('is made as often as it may, each after the delay', async () => {
    const { hedge, fn, attempts, advance } = make({ maxHedges: 2 });
    void hedge.try(fn);
    await advance(50);
    expect(attempts).toHaveLength(2);
    await advance(50);
    expect(attempts).toHaveLength(3);
    await advance(1000);
    expect(attempts).toHaveLength(3);
  });

  test('is never made of a call that may not be repeated', async () => {
    const forbidding = make({ idempotent: false });
    void forbidding.hedge.try(forbidding.fn);
    await forbidding.advance(1000);
    expect(forbidding.attempts).toHaveLength(1);

    const allowing = make();
    void allowing.hedge.try(allowing.fn, { idempotent: false });
    await allowing.advance(1000);
    expect(allowing.attempts).toHaveLength(1);
  });
});

describe('an error', () => {
  test('of the only attempt is the outcome at once', async () => {
    const { hedge, fn, attempts, advance, pendingTimers } = make();
    const error = new Error('away');
    const result = hedge.try(fn);
    await advance(10);
    attempts[0]!.fail(error);
    expect(await result).toEqual({ ok: false, error });
    expect(pendingTimers()).toBe(0);
  });

  test('of one attempt leaves the other its chance', async () => {
    const { hedge, fn, attempts, advance } = make();
    const result = hedge(fn);
    await advance(50);
    attempts[0]!.fail(new Error('away'));
    await advance(10);
    attempts[1]!.answer('second');
    expect(await result).toBe('second');
  });

  test('of a function that throws at once is a rejection', async () => {
    const { hedge, pendingTimers } = make();
    const error = new Error('thrown');
    const result = hedge.try(() => {
      throw error;
    });
    expect(await result).toEqual({ ok: false, error });
    expect(pendingTimers()).toBe(0);
  });
});

describe('an abort', () => {
  test('settles at once, ends every attempt, and nothing runs afterwards', async () => {
    const { hedge, fn, attempts, advance, pendingTimers } = make({ maxHedges: 3 });
    const controller = new AbortController();
    const result = hedge.try(fn, { signal: controller.signal });
    await advance(50);
    const reason = new Error('gone');
    controller.abort(reason);
    expect(await result).toEqual({ ok: false, error: reason });
    expect(attempts.map(({ signal }) => signal.reason as unknown)).toEqual([reason, reason]);
    expect(pendingTimers()).toBe(0);
    await advance(1000);
    expect(attempts).toHaveLength(2);
  });

  test('before the call: the function is not called', async () => {
    const { hedge, fn, attempts } = make();
    expect((await hedge.try(fn, { signal: AbortSignal.abort(new Error('gone')) })).ok).toBe(false);
    expect(attempts).toHaveLength(0);
  });

  test('by the function itself, while it is being called, leaves no timer', async () => {
    const { hedge, pendingTimers } = make();
    const controller = new AbortController();
    const result = hedge.try(
      () => {
        controller.abort(new Error('gone'));
        return new Promise(() => undefined);
      },
      { signal: controller.signal },
    );
    expect((await result).ok).toBe(false);
    expect(pendingTimers()).toBe(0);
  });
});

test("hands on the caller's context, with a deadline that is a getter, as a timeout's is", async () => {
  class Timed {
    tenant = 'blue';
    get deadline() {
      return Number(900);
    }
  }
  const { hedge } = make();
  const seen = await hedge((context) => context, new Timed());
  expect(seen).toMatchObject({ deadline: 900, tenant: 'blue' });
  expect(seen.signal).toBeInstanceOf(AbortSignal);
});

describe('the budget', () => {
  test('has a hedge for exactly ten calls at a tenth each, whatever floating point makes of it', () => {
    const budget = createHedgeBudget(10, 0.1, 0);
    for (let call = 0; call < 9; call++) budget.put();
    expect(budget.take()).toBe(false);
    budget.put();
    expect(budget.take()).toBe(true);
  });

  test('ends hedges when every answer is late: ten, and then one in twenty calls', async () => {
    const { hedge, advance, events } = make({ budget: createHedgeBudget(10, 0.05) });
    for (let call = 0; call < 100; call++) {
      void hedge.try(() => new Promise(() => undefined));
      await advance(50);
    }
    // 10 in the bucket, and 99 calls after the first, when it is full, pay in 4.95.
    expect(events.filter((type) => type === 'hedged')).toHaveLength(14);
    expect(events.filter((type) => type === 'budget')).toHaveLength(86);
  });

  test('whatever happens, hedges are at most the capacity and a twentieth of the calls', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean()), (late) => {
        const budget = createHedgeBudget(3, 0.05);
        let hedges = 0;
        for (const isLate of late) {
          budget.put();
          if (isLate && budget.take()) hedges++;
        }
        expect(hedges).toBeLessThanOrEqual(3 + late.length * 0.05 + 1e-9);
      }),
    );
  });
});
