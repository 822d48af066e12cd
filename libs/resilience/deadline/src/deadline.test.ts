import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  createDeadline,
  DeadlineExceededError,
  parseRetryAfter,
  readDeadline,
  remainingMs,
  TIMEOUT_HEADER,
  writeDeadline,
  type DeadlineEvent,
} from './deadline.ts';

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

function make(timeoutMs = 2000) {
  const world = createWorld();
  const events: DeadlineEvent[] = [];
  const withDeadline = createDeadline({
    timeoutMs,
    clock: world.clock,
    schedule: world.schedule,
    onEvent: (event) => events.push(event),
  });
  return { ...world, events, withDeadline };
}

const forever = () => new Promise<never>(() => undefined);

describe('a request', () => {
  test('gets a deadline, and settles with the answer when that is in time', async () => {
    const { withDeadline, advance, pendingTimers } = make();
    await advance(100);
    expect(await withDeadline(({ deadline }) => deadline)).toBe(2100);
    expect(pendingTimers()).toBe(0);
  });

  test('fails with what a listener throws, in its time and before it, and that is no exception of the timer', async () => {
    const world = createWorld();
    const bug = new Error('metrics are away');
    const withDeadline = createDeadline({
      timeoutMs: 2000,
      ...world,
      onEvent: () => {
        throw bug;
      },
    });
    const late = withDeadline.try(() => new Promise(() => undefined));
    await world.advance(2000);
    expect(await late).toEqual({ ok: false, error: bug });
    expect(await withDeadline.try(() => 'never', { deadline: 2000 })).toEqual({ ok: false, error: bug });
    expect(world.pendingTimers()).toBe(0);
  });

  test('keeps a deadline that is nearer', async () => {
    const { withDeadline } = make();
    expect(await withDeadline(({ deadline }) => deadline, { deadline: 800 })).toBe(800);
    expect(await withDeadline(({ deadline }) => deadline, { deadline: 9000 })).toBe(2000);
  });

  test('settles at its deadline, whatever the function does, and its signal aborts', async () => {
    const { withDeadline, advance, events } = make();
    let signal: AbortSignal | undefined;
    const result = withDeadline.try((context) => {
      signal = context.signal;
      return forever();
    });
    await advance(1999);
    expect(signal?.aborted).toBe(false);
    await advance(1);
    expect(await result).toMatchObject({
      ok: false,
      error: { code: 'deadline-exceeded', name: 'AbortError' },
    });
    expect(signal?.aborted).toBe(true);
    expect(events).toEqual([{ type: 'deadline-exceeded', started: true }]);
  });

  test('whose deadline is over is not begun', async () => {
    const { withDeadline, advance, events, pendingTimers } = make();
    await advance(500);
    let calls = 0;
    const result = await withDeadline.try(() => calls++, { deadline: 500 });
    expect(result).toMatchObject({ ok: false, error: { code: 'deadline-exceeded' } });
    expect(calls).toBe(0);
    expect(events).toEqual([{ type: 'deadline-exceeded', started: false }]);
    expect(pendingTimers()).toBe(0);
  });

  test('hands on the rest of the context', async () => {
    const { withDeadline } = make();
    const context = await withDeadline((own) => own, { idempotent: true, priority: 'critical' });
    expect(context).toMatchObject({ idempotent: true, priority: 'critical' });
  });

  test('is rejected by a function that throws at once', async () => {
    const { withDeadline, pendingTimers } = make();
    const error = new Error('thrown');
    const result = withDeadline.try(() => {
      throw error;
    });
    expect(await result).toEqual({ ok: false, error });
    expect(pendingTimers()).toBe(0);
  });
});

describe('an abort', () => {
  test('settles at once, and leaves no timer', async () => {
    const { withDeadline, advance, pendingTimers, events } = make();
    const controller = new AbortController();
    const result = withDeadline.try(forever, { signal: controller.signal });
    await advance(10);
    const reason = new Error('gone');
    controller.abort(reason);
    expect(await result).toEqual({ ok: false, error: reason });
    expect(pendingTimers()).toBe(0);
    expect(events).toEqual([]);
  });

  test('before the call: the function is not called', async () => {
    const { withDeadline } = make();
    let calls = 0;
    expect((await withDeadline.try(() => calls++, { signal: AbortSignal.abort() })).ok).toBe(false);
    expect(calls).toBe(0);
  });
});

describe('the header', () => {
  const clock = { now: () => 1000 };
  const read = (header: string | null | undefined) => readDeadline(header, { defaultTimeoutMs: 2000, clock });

  test('is the time that is left, relative to now', () => {
    expect(read('300')).toBe(1300);
    expect(read(' 300 ')).toBe(1300);
    expect(read('0')).toBe(1000);
  });

  test.each([null, undefined, '', '-5', '1e9', '12.5', '0x10', 'Infinity', 'soon'])(
    '%s counts as none',
    (header) => {
      expect(read(header)).toBe(3000);
    },
  );

  test('cannot ask for more than ten seconds by default', () => {
    expect(read('60000')).toBe(11_000);
  });

  test('of a call to another service is what is left, in whole milliseconds, less the reserve', () => {
    expect(writeDeadline({ deadline: 1300.9 }, { clock })).toEqual({ [TIMEOUT_HEADER]: '300' });
    expect(writeDeadline({ deadline: 1300 }, { clock, reserveMs: 50 })).toEqual({
      'x-request-timeout-ms': '250',
    });
    expect(writeDeadline({}, { clock })).toEqual({});
  });

  test('is refused when nothing is left', () => {
    expect(() => writeDeadline({ deadline: 1000.5 }, { clock })).toThrow(DeadlineExceededError);
    expect(() => writeDeadline({ deadline: 1040 }, { clock, reserveMs: 50 })).toThrow(DeadlineExceededError);
  });

  test('never gives the next service more than is left here, over any number of hops', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), fc.array(fc.nat({ max: 50 })), (timeoutMs, hops) => {
        let now = 0;
        const moving = { now: () => now };
        let deadline = timeoutMs;
        for (const hopMs of hops) {
          if (remainingMs({ deadline }, moving) < 1) break;
          const header = writeDeadline({ deadline }, { clock: moving })[TIMEOUT_HEADER];
          deadline = readDeadline(header, { defaultTimeoutMs: 1, clock: moving });
          expect(deadline).toBeLessThanOrEqual(timeoutMs);
          now += hopMs;
        }
      }),
    );
  });
});

describe('Retry-After', () => {
  // 1 January 2026, 00:00:00 UTC.
  const wallClockMs = 1_767_225_600_000;

  test('is seconds or a date', () => {
    expect(parseRetryAfter('120', wallClockMs)).toBe(120_000);
    expect(parseRetryAfter('Thu, 01 Jan 2026 00:00:30 GMT', wallClockMs)).toBe(30_000);
    expect(parseRetryAfter('Wed, 31 Dec 2025 23:59:00 GMT', wallClockMs)).toBe(0);
  });

  test.each([null, undefined, '', '-5', '1.5', 'soon', 'Someday, never'])('%s says nothing', (header) => {
    expect(parseRetryAfter(header, wallClockMs)).toBeUndefined();
  });
});
