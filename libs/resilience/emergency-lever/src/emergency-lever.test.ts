import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createEmergencyLevers } from './emergency-lever.ts';
import type { EmergencyLeverEvent, LeverSource } from './emergency-lever.ts';

/** Lets every promise that can settle do so. */
const settle = async () => {
  for (let turn = 0; turn < 20; turn++) await null;
};

const createTime = () => {
  let now = 0;
  const timers = new Set<{ at: number; run: () => void }>();
  return {
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

const make = (source: LeverSource) => {
  const time = createTime();
  const events: EmergencyLeverEvent[] = [];
  const levers = createEmergencyLevers({
    levers: { recommendations: true, 'reports-percent': 100, banner: '' },
    source,
    schedule: time.schedule,
    onEvent: (event) => events.push(event),
  });
  return { time, events, levers };
};

describe('a lever', () => {
  test('stands on its safe default before its source was read', () => {
    const { levers } = make(() => ({}));
    expect([levers.get('recommendations'), levers.get('reports-percent'), levers.get('banner')]).toEqual([
      true,
      100,
      '',
    ]);
  });

  test('stands where the source says, and each change is told once', async () => {
    const { levers, events } = make(() => ({ recommendations: false, banner: 'sorry', unknown: 1 }));
    await levers.start();
    await levers.refresh();
    expect([levers.get('recommendations'), levers.get('reports-percent'), levers.get('banner')]).toEqual([
      false,
      100,
      'sorry',
    ]);
    expect(events).toEqual([
      { type: 'changed', lever: 'recommendations', from: true, to: false },
      { type: 'changed', lever: 'banner', from: '', to: 'sorry' },
    ]);
    levers.stop();
  });

  test('goes back to its default when the source no longer names it', async () => {
    const answers = [{ recommendations: false }, {}];
    const { levers } = make(() => answers.shift() ?? {});
    await levers.refresh();
    expect(levers.get('recommendations')).toBe(false);
    await levers.refresh();
    expect(levers.get('recommendations')).toBe(true);
  });

  test.each([
    [{ recommendations: 'false' }, 'recommendations', false],
    [{ recommendations: 'true' }, 'recommendations', true],
    [{ 'reports-percent': '12.5' }, 'reports-percent', 12.5],
    [{ 'reports-percent': 0 }, 'reports-percent', 0],
    [{ 'reports-percent': '0' }, 'reports-percent', 0],
  ] as const)('understands %j', async (answer, lever, value) => {
    const { levers } = make(() => answer);
    await levers.refresh();
    expect(levers.get(lever)).toBe(value);
  });

  test.each([
    { recommendations: 'no' },
    { recommendations: 0 },
    { recommendations: '' },
    { 'reports-percent': '' },
    { 'reports-percent': 'half' },
    { 'reports-percent': NaN },
    { 'reports-percent': true },
    { 'reports-percent': Infinity },
    { banner: 5 },
    { banner: true },
    { banner: {} },
  ])('stays where it was pulled to when it is told %j', async (wrong) => {
    const pulled = { recommendations: false, 'reports-percent': 10, banner: 'sorry' };
    const answers = [pulled, { ...pulled, ...wrong }];
    const { levers, events } = make(() => answers.shift() ?? {});
    await levers.refresh();
    await levers.refresh();
    for (const [lever, value] of Object.entries(pulled)) expect(levers.get(lever as 'banner')).toBe(value);
    const [[lever, value] = []] = Object.entries(wrong);
    expect(events.at(-1)).toEqual({ type: 'refused', lever, value });
  });
});

describe('the source', () => {
  test('is read at the start and every ten seconds after', async () => {
    let reads = 0;
    const { levers, time } = make(() => ({ banner: String(++reads) }));
    await levers.start();
    expect(levers.get('banner')).toBe('1');
    await time.pass(9999);
    expect(reads).toBe(1);
    await time.pass(20_001);
    expect(reads).toBe(4);
    levers.stop();
  });

  test('away at the start: start fulfils, the defaults stand, and it is told', async () => {
    const { levers, events } = make(() => Promise.reject(new Error('away')));
    await levers.start();
    expect(levers.get('recommendations')).toBe(true);
    expect(events).toEqual([{ type: 'source-failed', error: new Error('away') }]);
    levers.stop();
  });

  test('away later: a lever that was pulled stays pulled', async () => {
    let away = false;
    const { levers, time } = make(() =>
      away ? Promise.reject(new Error('away')) : { recommendations: false },
    );
    await levers.start();
    away = true;
    await time.pass(3_600_000);
    expect(levers.get('recommendations')).toBe(false);
    levers.stop();
  });

  test('that hangs is given up after two seconds, and read again at its turn', async () => {
    const signals: AbortSignal[] = [];
    const { levers, time, events } = make(({ signal }) => {
      signals.push(signal);
      return new Promise(() => undefined);
    });
    void levers.start();
    await time.pass(2000);
    expect(signals[0]?.aborted).toBe(true);
    expect(events).toMatchObject([{ type: 'source-failed', error: { code: 'timeout' } }]);
    await time.pass(8000);
    expect(signals).toHaveLength(2);
    levers.stop();
  });

  test('that answers out of order leaves the newer answer standing', async () => {
    const answers: ((configuration: Record<string, unknown>) => void)[] = [];
    const { levers, events } = make(() => new Promise((resolve) => answers.push(resolve)));
    const [first, second] = [levers.refresh(), levers.refresh()];
    answers[1]?.({ banner: 'new' });
    await second;
    answers[0]?.({ banner: 'old' });
    await first;
    expect(levers.get('banner')).toBe('new');
    expect(events.map(({ type }) => type)).toEqual(['changed']);
  });

  test('that throws at once, or gives no object, is a failure', async () => {
    const { levers, events } = make(() => {
      throw new Error('bug');
    });
    await levers.refresh();
    const broken = make(() => null as never);
    await broken.levers.refresh();
    expect([events[0]?.type, broken.events[0]?.type]).toEqual(['source-failed', 'source-failed']);
  });
});

describe('stop', () => {
  test('leaves no timer, aborts the read that runs, and lets nothing late through', async () => {
    let answer: (configuration: Record<string, unknown>) => void = () => undefined;
    let seen: AbortSignal | undefined;
    const { levers, time, events } = make(({ signal }) => {
      seen = signal;
      return new Promise((resolve) => (answer = resolve));
    });
    const started = levers.start();
    await settle();
    levers.stop();
    await started;
    answer({ banner: 'late' });
    await time.pass(60_000);
    expect([seen?.aborted, time.timers.size, levers.get('banner'), events]).toEqual([true, 0, '', []]);
  });

  test('can be followed by start; two starts are one', async () => {
    const { levers, time } = make(() => ({}));
    await levers.start();
    await levers.start();
    expect(time.timers.size).toBe(1);
    levers.stop();
    levers.stop();
    expect(time.timers.size).toBe(0);
  });

  test.each([0, -1, NaN])('an interval of %d is not taken', (intervalMs) => {
    expect(() => createEmergencyLevers({ levers: {}, source: () => ({}), intervalMs })).toThrow(RangeError);
  });
});

describe('a lever in percent', () => {
  const at = async (percent: number) => {
    const { levers } = make(() => ({ 'reports-percent': percent }));
    await levers.refresh();
    return (key: string) => levers.allows('reports-percent', key);
  };

  test('lets everybody through at 100 and nobody at 0', async () => {
    const [all, none] = [await at(100), await at(0)];
    for (let key = 0; key < 1000; key++) expect([all(String(key)), none(String(key))]).toEqual([true, false]);
  });

  test('lets its share through, always the same ones, and more of them when it is raised', async () => {
    const [tenth, half] = [await at(10), await at(50)];
    const keys = Array.from({ length: 10_000 }, (_, key) => `customer-${String(key)}`);
    const [few, many] = [keys.filter(tenth), keys.filter(half)];
    // Five standard deviations: 1000 +- 150, 5000 +- 250.
    expect(Math.abs(few.length - 1000)).toBeLessThan(150);
    expect(Math.abs(many.length - 5000)).toBeLessThan(250);
    expect(few.every(half)).toBe(true);
    expect(keys.filter(tenth)).toEqual(few);
  });

  test('chooses others for another lever', () => {
    const levers = createEmergencyLevers({ levers: { a: 50, b: 50 }, source: () => ({}) });
    const keys = Array.from({ length: 1000 }, (_, key) => String(key));
    const both = keys.filter((key) => levers.allows('a', key) && levers.allows('b', key));
    expect(Math.abs(both.length - 250)).toBeLessThan(70);
  });
});

test('where levers stand depends on the last configuration alone', async () => {
  const configuration = fc.record({
    recommendations: fc.constantFrom(true, false, 'true', 'false', undefined),
    'reports-percent': fc.constantFrom(0, 50, '75', undefined),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(configuration, { minLength: 1, maxLength: 10 }), async (configurations) => {
      const queue = [...configurations];
      const { levers } = make(() => queue.shift() ?? {});
      while (queue.length) await levers.refresh();
      const last = make(() => configurations.at(-1) ?? {}).levers;
      await last.refresh();
      for (const lever of ['recommendations', 'reports-percent'] as const)
        expect(levers.get(lever)).toBe(last.get(lever));
    }),
  );
});

test('works with the real timer when none is given', async () => {
  const levers = createEmergencyLevers({
    levers: { on: false },
    source: () => ({ on: true }),
    intervalMs: 1,
  });
  await levers.start();
  expect(levers.get('on')).toBe(true);
  levers.stop();
});

test('a listener that throws keeps no lever where it was, and stops no later read', async () => {
  const time = createTime();
  let pulled = false;
  const levers = createEmergencyLevers({
    levers: { first: true, second: true },
    source: () => ({ first: pulled, second: pulled }),
    intervalMs: 1000,
    schedule: time.schedule,
    onEvent: () => {
      throw new Error('listener');
    },
  });
  await expect(levers.start()).rejects.toThrow('listener');
  expect([levers.get('first'), levers.get('second')]).toEqual([false, false]);
  pulled = true;
  await time.pass(1000);
  expect([levers.get('first'), levers.get('second')]).toEqual([true, true]);
  levers.stop();
});
