import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { createAdaptiveThrottle, type AdaptiveThrottleOptions } from './adaptive-throttle.ts';

function make(options: AdaptiveThrottleOptions = {}) {
  const time = { now: 0 };
  const luck = { next: 0 };
  const shares: number[] = [];
  const throttle = createAdaptiveThrottle({
    clock: { now: () => time.now },
    random: () => luck.next,
    onEvent: ({ share }) => shares.push(share),
    ...options,
  });
  return { time, luck, shares, throttle };
}

const accepted = () => Promise.resolve('answer');
const overloaded = Object.assign(new Error('busy'), { overloaded: true });
const shed = () => Promise.reject(overloaded);

describe('a call', () => {
  const forever = () => new Promise<never>(() => undefined);

  test('settles at once when its signal aborts, whatever the function does with it', async () => {
    const { throttle } = make();
    for (const way of ['thrown', 'typed']) {
      const controller = new AbortController();
      const context = { signal: controller.signal };
      const result =
        way === 'thrown'
          ? throttle(forever, context).catch((error: unknown) => ({ ok: false, error }))
          : throttle.try(forever, context);
      controller.abort('gone');
      expect(await result).toEqual({ ok: false, error: 'gone' });
    }
  });

  test('whose signal aborted before is not made, and not counted', async () => {
    const { throttle } = make();
    let calls = 0;
    const context = { signal: AbortSignal.abort('gone') };
    for (let call = 0; call < 100; call++) {
      expect(await throttle.try(() => calls++, context)).toEqual({ ok: false, error: 'gone' });
    }
    expect([calls, throttle.refusalShare()]).toEqual([0, 0]);
  });

  test('is counted once, however often it is said to have ended', () => {
    const { throttle, luck } = make();
    luck.next = 0.999;
    const enter = () => {
      const leave = throttle.enter();
      if (typeof leave !== 'function') throw leave;
      return leave;
    };
    const first = enter();
    for (let times = 0; times < 9; times++) first(true);
    for (let call = 0; call < 9; call++) enter()(false, overloaded);
    // 10 wanted, 1 accepted: 8 of 11.
    expect(throttle.refusalShare()).toBe(8 / 11);
  });

  test('counts as not accepted when a time limit of the platform ended it', async () => {
    const { throttle, luck } = make();
    luck.next = 0.999;
    const late = new DOMException('too late', 'TimeoutError');
    for (let call = 0; call < 9; call++) await throttle.try(() => Promise.reject(late));
    expect(throttle.refusalShare()).toBe(0.9);
  });

  test('fails with what isAccepted or a listener throws, and the next is not harmed', async () => {
    const bug = new TypeError('no such field');
    const throwing = () => {
      throw bug;
    };
    const first = make({ isAccepted: throwing });
    first.luck.next = 0.999;
    expect(await first.throttle.try(shed)).toEqual({ ok: false, error: bug });
    await expect(first.throttle(shed)).rejects.toBe(bug);
    expect(await first.throttle(accepted)).toBe('answer');
    const second = make({ onEvent: throwing });
    second.luck.next = 0.999;
    for (let call = 0; call < 20; call++) await second.throttle.try(shed);
    second.luck.next = 0;
    expect(await second.throttle.try(accepted)).toEqual({ ok: false, error: bug });
  });

  test('leaves no listener on a signal that many share', async () => {
    const { throttle } = make();
    const { signal } = new AbortController();
    const added = vi.spyOn(signal, 'addEventListener');
    const removed = vi.spyOn(signal, 'removeEventListener');
    await throttle(accepted, { signal });
    await throttle.try(shed, { signal });
    expect([added.mock.calls.length, removed.mock.calls.length]).toEqual([2, 2]);
  });
});

describe('calls', () => {
  test('pass, with answer, error and context, while nothing is refused', async () => {
    const { throttle } = make();
    const context = { deadline: 7 };
    expect(await throttle(accepted)).toBe('answer');
    expect(await throttle((own) => own, context)).toBe(context);
    await expect(throttle(shed)).rejects.toBe(overloaded);
    const thrown = new Error('thrown');
    const result = await throttle.try(() => {
      throw thrown;
    });
    expect(result).toEqual({ ok: false, error: thrown });
  });

  test('are refused with the share (requests - 2 x accepts) / (requests + 1)', async () => {
    const { throttle, luck, shares } = make();
    luck.next = 0.999;
    for (let call = 0; call < 10; call++) await throttle.try(accepted);
    for (let call = 0; call < 29; call++) await throttle.try(shed);
    // 39 wanted, 10 accepted: 19 of 40.
    expect(throttle.refusalShare()).toBe(0.475);
    luck.next = 0.475;
    expect(await throttle.try(accepted)).toEqual({ ok: true, value: 'answer' });
    // 40 wanted, 11 accepted: 18 of 41.
    luck.next = 0.439;
    const refused = await throttle.try(accepted);
    expect(refused).toMatchObject({
      ok: false,
      error: {
        code: 'throttled',
        name: 'ThrottledError',
        message: 'throttled',
        overloaded: true,
        retryable: false,
      },
    });
    expect(shares).toEqual([18 / 41]);
  });

  test('that are refused here count as wanted, so the share does not fall by refusing', async () => {
    const { throttle, luck } = make();
    luck.next = 0.999;
    for (let call = 0; call < 20; call++) await throttle.try(shed);
    const before = throttle.refusalShare();
    luck.next = 0;
    await throttle.try(accepted);
    expect(throttle.refusalShare()).toBeGreaterThan(before);
  });

  test('that fail for another reason count as accepted, those that time out do not', async () => {
    const { throttle } = make();
    for (let call = 0; call < 10; call++) await throttle.try(() => Promise.reject(new Error('not found')));
    expect(throttle.refusalShare()).toBe(0);
    const late = Object.assign(new Error('late'), { code: 'timeout' });
    const slow = make();
    slow.luck.next = 0.999;
    for (let call = 0; call < 9; call++) await slow.throttle.try(() => Promise.reject(late));
    expect(slow.throttle.refusalShare()).toBe(0.9);
  });

  test('are forgotten after the window', async () => {
    const { throttle, luck, time } = make({ windowMs: 10_000 });
    luck.next = 0.999;
    for (let call = 0; call < 9; call++) await throttle.try(shed);
    time.now = 9_999;
    expect(throttle.refusalShare()).toBe(0.9);
    time.now = 10_000;
    expect(throttle.refusalShare()).toBe(0);
  });

  test('that were not made after an idle hour do not weigh on the first one', async () => {
    const { throttle, luck, time } = make();
    luck.next = 0.999;
    for (let call = 0; call < 100; call++) await throttle.try(shed);
    time.now = 3_600_000;
    luck.next = 0;
    expect((await throttle.try(accepted)).ok).toBe(true);
  });
});

test('a refusal is an Error without a stack', async () => {
  const { throttle, luck } = make();
  luck.next = 0.999;
  for (let call = 0; call < 9; call++) await throttle.try(shed);
  luck.next = 0;
  const result = await throttle.try(accepted);
  const error = result.ok ? undefined : result.error;
  expect(error).toBeInstanceOf(Error);
  expect((error as Error).stack).toBeUndefined();
  expect((error as Record<symbol, unknown>)[Symbol.for('nines.error')]).toBe(true);
});

test('against a service that refuses everything, calls get through all the same', () => {
  const { throttle, luck } = make();
  let seed = 7;
  let made = 0;
  for (let call = 0; call < 10_000; call++) {
    luck.next = (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
    const leave = throttle.enter();
    if (typeof leave !== 'function') continue;
    made++;
    leave(false, overloaded);
  }
  // The chance of the n-th call is 1 / (n + 1): the sum over 10,000 calls is about 9.8.
  expect(made).toBeGreaterThan(2);
  expect(made).toBeLessThan(30);
});

test('the share is from 0 to below 1, whatever happens', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.boolean(), fc.nat({ max: 5000 }), fc.double({ min: 0, max: 0.9, noNaN: true }))),
      (calls) => {
        const { throttle, time, luck } = make({ windowMs: 10_000 });
        for (const [ok, passMs, chance] of calls) {
          time.now += passMs;
          luck.next = chance;
          const leave = throttle.enter();
          if (typeof leave === 'function') leave(ok, overloaded);
          expect(throttle.refusalShare()).toBeGreaterThanOrEqual(0);
          expect(throttle.refusalShare()).toBeLessThan(1);
        }
      },
    ),
  );
});
