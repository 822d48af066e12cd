import { describe, expect, it } from 'vitest';
import { createFakeClock, flushMicrotasks } from './index.ts';

describe('a fake clock', () => {
  it('stands still until it is advanced', async () => {
    const clock = createFakeClock({ startMs: 1000 });
    await flushMicrotasks();
    expect(clock.now()).toBe(1000);
    await clock.advance(250);
    expect(clock.now()).toBe(1250);
  });

  it('runs timers at their own time, earliest first, equal ones in the order they were set', async () => {
    const clock = createFakeClock();
    const seen: string[] = [];
    const note = (name: string) => () => seen.push(`${name}@${String(clock.now())}`);
    clock.setTimeout(note('late'), 30);
    clock.setTimeout(note('first'), 10);
    clock.setTimeout(note('second'), 10);
    await clock.advance(29);
    expect(seen).toEqual(['first@10', 'second@10']);
    await clock.advance(1);
    expect(seen).toEqual(['first@10', 'second@10', 'late@30']);
  });

  it('runs a timer that a callback sets within the same advance', async () => {
    const clock = createFakeClock();
    const seen: number[] = [];
    const tick = (): void => {
      seen.push(clock.now());
      clock.setTimeout(tick, 10);
    };
    clock.setTimeout(tick, 10);
    await clock.advance(35);
    expect(seen).toEqual([10, 20, 30]);
    expect(clock.now()).toBe(35);
  });

  it('lets promises settle between two timers', async () => {
    const clock = createFakeClock();
    const seen: string[] = [];
    void clock
      .sleep(10)
      .then(() => undefined)
      .then(() => seen.push('after first'));
    clock.setTimeout(() => seen.push('second'), 11);
    await clock.advance(20);
    expect(seen).toEqual(['after first', 'second']);
  });

  it('sees timers that are set by code which has not run yet when it is advanced', async () => {
    const clock = createFakeClock();
    const done: number[] = [];
    void Promise.resolve()
      .then(() => clock.sleep(5))
      .then(() => done.push(clock.now()));
    await clock.advance(5);
    expect(done).toEqual([5]);
  });

  it('forgets a timer that was cleared', async () => {
    const clock = createFakeClock();
    const timer = clock.setTimeout(() => expect.unreachable(), 10);
    clock.clearTimeout(timer);
    clock.clearTimeout(undefined);
    expect(clock.pendingTimers()).toBe(0);
    await clock.advance(20);
  });

  it('ends a sleep with the reason of the abort and leaves no timer and no listener', async () => {
    const clock = createFakeClock();
    const controller = new AbortController();
    const sleeping = clock.sleep(1000, controller.signal);
    controller.abort(new Error('enough'));
    await expect(sleeping).rejects.toThrow('enough');
    expect(clock.pendingTimers()).toBe(0);
  });

  it('does not begin a sleep whose signal is aborted already', async () => {
    const clock = createFakeClock();
    await expect(clock.sleep(1, AbortSignal.abort(new Error('too late')))).rejects.toThrow('too late');
    expect(clock.pendingTimers()).toBe(0);
  });

  it('takes its listener off the signal when the sleep ends by itself', async () => {
    const clock = createFakeClock();
    let listeners = 0;
    const signal = new AbortController().signal;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = ((...all: Parameters<typeof add>) => {
      listeners += 1;
      add(...all);
    }) as typeof signal.addEventListener;
    signal.removeEventListener = ((...all: Parameters<typeof remove>) => {
      listeners -= 1;
      remove(...all);
    }) as typeof signal.removeEventListener;
    const sleeping = clock.sleep(10, signal);
    expect(listeners).toBe(1);
    await clock.advance(10);
    await sleeping;
    expect(listeners).toBe(0);
  });

  it('gives up on a timer that sets itself again without delay', async () => {
    const clock = createFakeClock();
    const again = (): void => {
      clock.setTimeout(again, 0);
    };
    again();
    await expect(clock.advance(1)).rejects.toThrow('Timers keep setting themselves without delay.');
  });

  it('refuses to move backwards', async () => {
    await expect(createFakeClock().advance(-1)).rejects.toThrow(RangeError);
    await expect(createFakeClock().advance(Number.NaN)).rejects.toThrow(RangeError);
  });
});
