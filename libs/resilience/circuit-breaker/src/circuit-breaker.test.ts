import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { CircuitOpenError, createCircuitBreaker } from './circuit-breaker.ts';
import type { CallContext, CircuitBreakerOptions, CircuitEvent, Leave } from './circuit-breaker.ts';

const broken = new Error('broken');

/** A breaker with a clock that moves when told, which opens at two failures in a row unless told otherwise. */
const make = (options: CircuitBreakerOptions = { consecutiveFailures: 2 }) => {
  let now = 0;
  const events: CircuitEvent['type'][] = [];
  const breaker = createCircuitBreaker({
    clock: { now: () => now },
    onEvent: (event) => events.push(event.type),
    ...options,
  });
  return {
    breaker,
    events,
    pass: (ms: number) => {
      now += ms;
    },
    succeed: () => breaker.try(() => 'answer'),
    fail: (error: unknown = broken) => breaker.try(() => Promise.reject(error as Error)),
    /** Lets a call in that ends when its function is called. */
    enter: (): Leave => {
      const leave = breaker.enter();
      if ('code' in leave) throw leave;
      return leave;
    },
    refuses: () => 'code' in breaker.enter(),
  };
};

/** A breaker that has just opened, with three probes and a second to wait. */
const makeOpen = async (options: CircuitBreakerOptions = {}) => {
  const made = make({ consecutiveFailures: 2, openMs: 1000, probes: 3, ...options });
  await made.fail();
  await made.fail();
  expect(made.breaker.state).toBe('open');
  return made;
};

afterEach(() => {
  vi.useRealTimers();
});

describe('the call', () => {
  test('passes on the answer, the error and the context', async () => {
    const { breaker } = make();
    const context: CallContext = { signal: new AbortController().signal, deadline: 7, idempotent: true };
    expect(await breaker((given) => given, context)).toBe(context);
    expect(await breaker(({ signal }) => signal)).toBeUndefined();
    await expect(breaker(() => Promise.reject(broken))).rejects.toBe(broken);
  });

  test('gives a typed result that does not throw, whatever happens', async () => {
    const { breaker, succeed, fail } = make();
    expect(await succeed()).toEqual({ ok: true, value: 'answer' });
    expect(await fail()).toEqual({ ok: false, error: broken });
    const thrown = await breaker.try(() => {
      throw broken;
    });
    expect(thrown).toEqual({ ok: false, error: broken });
    const refused = await succeed();
    expect(!refused.ok && refused.error).toBeInstanceOf(CircuitOpenError);
  });

  test('refuses without calling, with an error that is recognised by its brand and not to be retried', async () => {
    const { breaker, pass } = await makeOpen();
    pass(400);
    let calls = 0;
    const error: unknown = await breaker(() => calls++).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      name: 'CircuitOpenError',
      message: 'circuit open',
      code: 'circuit-open',
      retryable: false,
      retryAfterMs: 600,
      [Symbol.for('nines.error')]: true,
    });
    expect(calls).toBe(0);
  });

  test('gives a refusal no stack, which would be most of its cost', async () => {
    const { breaker } = await makeOpen();
    expect(breaker.enter()).not.toHaveProperty('stack');
  });

  test.each([[true], [false]])(
    'counts what was let in once, however often it is said to have ended: well %s',
    async (ok) => {
      const { breaker, enter, pass, fail } = await makeOpen({ probes: 2 });
      pass(1000);
      const probe = enter();
      for (let times = 0; times < 5; times++) probe(ok, broken);
      expect(breaker.state).toBe(ok ? 'half-open' : 'open');
      pass(1000);
      await breaker.try(() => 'answer');
      if (ok) expect(breaker.state).toBe('closed');
      else await fail();
    },
  );

  test('counts a failure once, however often it is said', () => {
    const { breaker, enter } = make({ consecutiveFailures: 2 });
    const leave = enter();
    for (let times = 0; times < 5; times++) leave(false, broken);
    expect(breaker.state).toBe('closed');
    enter()(false, broken);
    expect(breaker.state).toBe('open');
    // The window has gone with the state, and what has spoken already still says nothing.
    leave(false, broken);
    expect(breaker.state).toBe('open');
  });

  test('gives the error of an isFailure that throws as a value, and keeps no probe for it', async () => {
    const bug = new TypeError('no such field');
    let buggy = false;
    const { breaker, pass, fail, succeed, refuses } = make({
      consecutiveFailures: 1,
      openMs: 1000,
      probes: 1,
      isFailure: () => {
        if (buggy) throw bug;
        return true;
      },
    });
    await fail();
    buggy = true;
    pass(1000);
    expect(await fail()).toEqual({ ok: false, error: bug });
    await expect(breaker(() => Promise.reject(broken))).rejects.toBe(bug);
    expect(breaker.state).toBe('half-open');
    await succeed();
    expect(breaker.state).toBe('closed');
    expect(refuses()).toBe(false);
  });

  test('settles when a listener throws, with its error, and goes on', async () => {
    const bug = new TypeError('no such field');
    const { breaker, pass, fail, succeed } = make({
      consecutiveFailures: 1,
      openMs: 1000,
      probes: 1,
      onEvent: () => {
        throw bug;
      },
    });
    for (const [state, call] of [
      ['open', fail],
      ['open', succeed],
    ] as const) {
      expect(await call()).toEqual({ ok: false, error: bug });
      expect(breaker.state).toBe(state);
    }
    pass(1000);
    expect(await succeed()).toEqual({ ok: false, error: bug });
    expect(breaker.state).toBe('half-open');
    expect(await succeed()).toEqual({ ok: false, error: bug });
    expect(breaker.state).toBe('closed');
    expect(await succeed()).toEqual({ ok: true, value: 'answer' });
  });

  test('leaves no timer behind', async () => {
    vi.useFakeTimers();
    const breaker = createCircuitBreaker({ minimumCalls: 5, openMs: 10 });
    for (let call = 0; call < 100; call++) {
      await breaker.try(() => Promise.reject(broken));
      vi.advanceTimersByTime(1);
    }
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('an abort', () => {
  const forever = () => new Promise<never>(() => undefined);

  test('settles a call at once, whatever the function does with the signal', async () => {
    const { breaker } = make();
    for (const way of ['thrown', 'typed']) {
      const controller = new AbortController();
      const { signal } = controller;
      const reason = new Error('gone');
      const result =
        way === 'thrown'
          ? breaker(forever, { signal }).catch((error: unknown) => error)
          : breaker.try(forever, { signal });
      controller.abort(reason);
      expect(await result).toEqual(way === 'thrown' ? reason : { ok: false, error: reason });
    }
  });

  test('from before the call keeps the function from being called, and takes no probe', async () => {
    const { breaker, events, pass } = await makeOpen({ probes: 1 });
    pass(1000);
    let calls = 0;
    const context = { signal: AbortSignal.abort(broken) };
    expect(await breaker.try(() => calls++, context)).toEqual({ ok: false, error: broken });
    await expect(breaker(() => calls++, context)).rejects.toBe(broken);
    expect([calls, events]).toEqual([0, ['open']]);
  });

  test('of a probe lets another one through, and what the first says later is ignored', async () => {
    const { breaker, pass, succeed } = await makeOpen({ probes: 1 });
    pass(1000);
    const controller = new AbortController();
    const work = Promise.withResolvers<string>();
    const probe = breaker.try(() => work.promise, { signal: controller.signal });
    controller.abort();
    expect(await probe).toMatchObject({ ok: false, error: { name: 'AbortError' } });
    work.reject(broken);
    await new Promise(setImmediate);
    expect(breaker.state).toBe('half-open');
    await succeed();
    expect(breaker.state).toBe('closed');
  });

  test('by a time limit counts as the failure that it is, one by the user does not', async () => {
    for (const [reason, state] of [
      [new DOMException('too late', 'TimeoutError'), 'open'],
      [undefined, 'closed'],
    ] as const) {
      const { breaker } = make({ consecutiveFailures: 1 });
      const controller = new AbortController();
      const call = breaker.try(forever, { signal: controller.signal });
      controller.abort(reason);
      await call;
      expect(breaker.state).toBe(state);
    }
  });

  test('leaves no listener on a signal that many calls share, however they end', async () => {
    const { breaker } = make({ failureRate: Infinity });
    const { signal } = new AbortController();
    const added = vi.spyOn(signal, 'addEventListener');
    const removed = vi.spyOn(signal, 'removeEventListener');
    await breaker(() => 'answer', { signal });
    await breaker.try(() => Promise.reject(broken), { signal });
    await breaker.try(
      () => {
        throw broken;
      },
      { signal },
    );
    expect([added.mock.calls.length, removed.mock.calls.length]).toEqual([3, 3]);
  });
});

describe('closed', () => {
  test('opens at so many failures in a row, and a success begins anew', async () => {
    const { breaker, succeed, fail } = make({ consecutiveFailures: 3 });
    for (const step of [fail, fail, succeed, fail, fail]) await step();
    expect(breaker.state).toBe('closed');
    await fail();
    expect(breaker.state).toBe('open');
  });

  test('opens at the share of failures, once there are enough calls', async () => {
    const { breaker, succeed, fail } = make({ failureRate: 0.5, minimumCalls: 4 });
    await fail();
    await fail();
    await succeed();
    expect(breaker.state).toBe('closed');
    await fail();
    expect(breaker.state).toBe('open');
  });

  test('does not open on the first failure, nor on nineteen, by default', async () => {
    const { breaker, fail } = make({});
    for (let call = 0; call < 19; call++) await fail();
    expect(breaker.state).toBe('closed');
    await fail();
    expect(breaker.state).toBe('open');
  });

  test('stays closed below the share of failures', async () => {
    const { breaker, succeed, fail } = make({ failureRate: 0.5, minimumCalls: 4 });
    for (let round = 0; round < 100; round++) for (const step of [succeed, succeed, fail]) await step();
    expect(breaker.state).toBe('closed');
  });

  test('forgets what is more calls ago than the window', async () => {
    const { breaker, succeed, fail } = make({ windowCalls: 4, minimumCalls: 4, failureRate: 0.75 });
    for (const step of [fail, fail, succeed, succeed, succeed, fail, fail]) await step();
    expect(breaker.state).toBe('closed');
    await fail();
    expect(breaker.state).toBe('open');
  });

  test('does not open on one failure after an idle hour, for its window holds only that', async () => {
    const { breaker, pass, succeed, fail } = make({ windowMs: 5000, minimumCalls: 5, failureRate: 0.2 });
    for (let call = 0; call < 14; call++) await succeed();
    for (let call = 0; call < 3; call++) await fail();
    // Not a multiple of the window, or the new call would overwrite the old ones by chance.
    pass(3_601_000);
    await fail();
    expect(breaker.state).toBe('closed');
    for (let call = 0; call < 3; call++) await fail();
    expect(breaker.state).toBe('closed');
    await fail();
    expect(breaker.state).toBe('open');
  });

  test('counts failures that are spread over the window of time', async () => {
    const { breaker, pass, fail } = make({ windowMs: 5000, minimumCalls: 5 });
    for (let call = 0; call < 4; call++) {
      await fail();
      pass(1000);
    }
    expect(breaker.state).toBe('closed');
    await fail();
    expect(breaker.state).toBe('open');
  });

  test('opens at the share of slow calls, though they succeed', () => {
    const { breaker, enter, pass } = make({ slowCallMs: 200, slowCallRate: 0.5, minimumCalls: 4 });
    for (const durationMs of [199, 199, 200]) {
      const leave = enter();
      pass(durationMs);
      leave(true);
    }
    expect(breaker.state).toBe('closed');
    const leave = enter();
    pass(200);
    leave(true);
    expect(breaker.state).toBe('open');
  });

  test.each([
    ['an answer that says overloaded', { overloaded: true }],
    ['an abort of the caller', new DOMException('gone', 'AbortError')],
  ])('does not count %s, neither as good nor as bad', async (_name, error) => {
    const { breaker, fail } = make({ consecutiveFailures: 2, minimumCalls: 2 });
    for (let call = 0; call < 1000; call++) await fail(error);
    await fail();
    expect(breaker.state).toBe('closed');
    await fail(error);
    await fail();
    expect(breaker.state).toBe('open');
  });

  test("counts fetch's TypeError, and only what isFailure says when it is given", async () => {
    const fetchFailed = new TypeError('fetch failed');
    for (const [options, state] of [
      [{}, 'open'],
      [{ isFailure: (error: unknown) => error !== fetchFailed }, 'closed'],
    ] as const) {
      const { breaker, fail } = make({ consecutiveFailures: 1, ...options });
      await fail(fetchFailed);
      expect(breaker.state).toBe(state);
    }
  });

  test.each([[undefined], [null], ['text']])('counts that %s is thrown', async (thrown) => {
    const { breaker } = make({ consecutiveFailures: 1 });
    await breaker.try(() => Promise.reject(thrown as unknown as Error));
    expect(breaker.state).toBe('open');
  });
});

describe('open', () => {
  test('refuses until its time is over, and says how long that is', async () => {
    const { breaker, pass, refuses } = await makeOpen();
    pass(999);
    expect(breaker.enter()).toMatchObject({ code: 'circuit-open', retryAfterMs: 1 });
    pass(1);
    expect(refuses()).toBe(false);
    expect(breaker.state).toBe('half-open');
  });

  test('probes with the first call after a freeze of any length, without a timer', async () => {
    const { breaker, pass, succeed } = await makeOpen();
    pass(24 * 3_600_000);
    expect(breaker.state).toBe('open');
    expect(await succeed()).toEqual({ ok: true, value: 'answer' });
    expect(breaker.state).toBe('half-open');
  });

  test('ignores a success and a failure of calls from before it opened', async () => {
    const { breaker, enter, fail, pass, refuses } = make({ consecutiveFailures: 2, openMs: 1000, probes: 1 });
    const [first, second] = [enter(), enter()];
    await fail();
    await fail();
    pass(500);
    first(true);
    expect(breaker.state).toBe('open');
    second(false, broken);
    pass(500);
    expect(refuses()).toBe(false);
  });

  test('does not stay open longer when the wall clock steps back an hour', async () => {
    vi.useFakeTimers({ toFake: ['Date', 'performance'], now: Date.UTC(2030, 0) });
    const breaker = createCircuitBreaker({ consecutiveFailures: 1, openMs: 1000, probes: 1 });
    await breaker.try(() => Promise.reject(broken));
    vi.setSystemTime(Date.UTC(2030, 0) - 3_600_000);
    expect(breaker.enter()).toMatchObject({ code: 'circuit-open' });
    vi.advanceTimersByTime(1000);
    expect(await breaker(() => 'answer')).toBe('answer');
    expect(breaker.state).toBe('closed');
  });
});

describe('half-open', () => {
  test('admits one probe and refuses a thousand others at once, none of them parked', async () => {
    const { breaker, pass } = await makeOpen();
    pass(1000);
    let calls = 0;
    let answer: (value: string) => void = () => undefined;
    const fn = () => {
      calls++;
      return new Promise<string>((resolve) => (answer = resolve));
    };
    const probe = breaker.try(fn);
    const others = await Promise.all(Array.from({ length: 1000 }, () => breaker.try(fn)));
    expect(others.filter((result) => !result.ok)).toHaveLength(1000);
    expect(calls).toBe(1);
    answer('well');
    expect(await probe).toEqual({ ok: true, value: 'well' });
    expect(calls).toBe(1);
  });

  test('ramps up: one, then two at once, then three, and closes after all its probes', async () => {
    const { breaker, enter, pass, refuses } = await makeOpen({ probes: 6 });
    pass(1000);
    const first = enter();
    expect(refuses()).toBe(true);
    first(true);
    const [second, third] = [enter(), enter()];
    expect(refuses()).toBe(true);
    second(true);
    const [fourth, fifth] = [enter(), enter()];
    expect(refuses()).toBe(true);
    for (const leave of [third, fourth, fifth]) leave(true);
    expect(breaker.state).toBe('half-open');
    const sixth = enter();
    expect(refuses()).toBe(true);
    sixth(true);
    expect(breaker.state).toBe('closed');
  });

  test('opens again at the first failure, for as long as before', async () => {
    const { breaker, pass, succeed, fail, refuses } = await makeOpen();
    pass(1000);
    await succeed();
    await fail();
    expect(breaker.state).toBe('open');
    pass(999);
    expect(refuses()).toBe(true);
    pass(1);
    expect(refuses()).toBe(false);
  });

  test('opens again when a probe is slow', async () => {
    const { breaker, enter, pass } = await makeOpen({ slowCallMs: 200 });
    pass(1000);
    const leave = enter();
    pass(200);
    leave(true);
    expect(breaker.state).toBe('open');
  });

  test('replaces a probe that hangs, and ignores what it says in the end', async () => {
    const { breaker, pass, enter, refuses } = await makeOpen({ probes: 1 });
    pass(1000);
    const hung = enter();
    pass(999);
    expect(refuses()).toBe(true);
    pass(1);
    const next = enter();
    hung(false, broken);
    expect(breaker.state).toBe('half-open');
    expect(refuses()).toBe(true);
    next(true);
    expect(breaker.state).toBe('closed');
  });

  test('is not reopened by a late failure, nor closed by a late success, from before it opened', async () => {
    const { breaker, enter, pass, fail } = make({ consecutiveFailures: 2, openMs: 1000, probes: 1 });
    const [early, earlier] = [enter(), enter()];
    await fail();
    await fail();
    pass(1000);
    const probe = enter();
    early(false, broken);
    earlier(true);
    expect(breaker.state).toBe('half-open');
    probe(true);
    expect(breaker.state).toBe('closed');
  });

  test('asks another probe when one says nothing of the dependency', async () => {
    const { breaker, pass, fail, succeed } = await makeOpen({ probes: 1 });
    pass(1000);
    await fail({ overloaded: true });
    expect(breaker.state).toBe('half-open');
    await succeed();
    expect(breaker.state).toBe('closed');
  });

  test('closes with an empty window, in which old failures and late results are not counted', async () => {
    const { breaker, enter, pass, succeed, fail } = make({ minimumCalls: 4, openMs: 1000, probes: 1 });
    const late = Array.from({ length: 4 }, () => enter());
    for (let call = 0; call < 4; call++) await fail();
    pass(1000);
    await succeed();
    for (const leave of late) leave(false, broken);
    for (let call = 0; call < 3; call++) await fail();
    expect(breaker.state).toBe('closed');
    await fail();
    expect(breaker.state).toBe('open');
  });
});

test('tells of each change and each refusal', async () => {
  const { events, pass, succeed, fail } = await makeOpen({ probes: 1 });
  await succeed();
  pass(1000);
  await fail();
  pass(1000);
  await succeed();
  expect(events).toEqual(['open', 'refused', 'half-open', 'open', 'half-open', 'closed']);
});

test('whatever happens, probes are bounded, only probes close it, and after its time it lets one through', () => {
  const step = fc.record({
    kind: fc.constantFrom('enter', 'succeed', 'fail', 'pass'),
    pick: fc.nat(50),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 150 }), fc.integer({ min: 1, max: 5 }), (steps, probes) => {
      const { breaker, events, pass } = make({ consecutiveFailures: 2, openMs: 1000, probes });
      // A generation is the time between two changes: what was let in and what came back well in it.
      let generation = 0;
      let inFlight = 0;
      let succeeded = 0;
      const under: { leave: Leave; generation: number }[] = [];
      const follow = () => {
        const changes = events.filter((type) => type !== 'refused').length;
        if (changes !== generation) inFlight = succeeded = 0;
        generation = changes;
      };
      for (const { kind, pick } of steps) {
        const before = breaker.state;
        if (kind === 'pass') {
          pass(pick * 20);
        } else if (kind === 'enter') {
          const leave = breaker.enter();
          follow();
          if ('code' in leave) {
            expect(before).not.toBe('closed');
            expect(leave.retryAfterMs).toBeGreaterThan(0);
            expect(leave.retryAfterMs).toBeLessThanOrEqual(1000);
          } else {
            expect(breaker.state).not.toBe('open');
            under.push({ leave, generation });
            inFlight++;
            if (breaker.state === 'half-open') {
              expect(inFlight).toBeLessThanOrEqual(succeeded + 1);
              expect(inFlight + succeeded).toBeLessThanOrEqual(probes);
            }
          }
        } else {
          const [call] = under.splice(pick % (under.length || 1), 1);
          if (!call) continue;
          const own = call.generation === generation;
          if (own) {
            inFlight--;
            if (kind === 'succeed') succeeded++;
          }
          const wellDone = succeeded;
          call.leave(kind === 'succeed', broken);
          if (!own || before === 'open') expect(breaker.state).toBe(before);
          else if (before === 'half-open') {
            expect(breaker.state).toBe(
              kind === 'fail' ? 'open' : wellDone >= probes ? 'closed' : 'half-open',
            );
          }
          follow();
        }
      }
      pass(1000);
      expect('code' in breaker.enter()).toBe(false);
    }),
    { numRuns: 300 },
  );
});
