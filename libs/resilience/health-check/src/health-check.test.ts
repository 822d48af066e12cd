import { afterEach, describe, expect, test, vi } from 'vitest';
import { createHealthCheck } from './health-check.ts';
import type { CheckOptions, HealthCheckEvent, HealthCheckOptions } from './health-check.ts';

/** Lets every promise that can settle do so. */
const settle = async () => {
  for (let turn = 0; turn < 20; turn++) await null;
};

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

const make = (checks: Record<string, CheckOptions>, options: Partial<HealthCheckOptions> = {}) => {
  const time = createTime();
  const events: HealthCheckEvent[] = [];
  const health = createHealthCheck({
    checks,
    clock: time.clock,
    schedule: time.schedule,
    onEvent: (event) => events.push(event),
    ...options,
  });
  /** Runs the checks anew. */
  const again = async () => {
    await time.pass(1000);
    return health.deep();
  };
  return { time, events, health, again };
};

const passes = () => Promise.resolve();
const hangs = () => new Promise<never>(() => undefined);

afterEach(() => {
  vi.useRealTimers();
});

describe('the shallow check', () => {
  test('is healthy whatever the dependencies do, and asks none', () => {
    let asked = 0;
    const { health } = make({ database: { check: () => asked++ } });
    expect(health.shallow()).toEqual({ status: 'healthy' });
    expect(asked).toBe(0);
  });
});

describe('the deep check', () => {
  test('is healthy when every check passes, synchronous ones too', async () => {
    const { health } = make({ database: { check: passes }, disk: { check: () => true } });
    expect(await health.deep()).toEqual({
      status: 'healthy',
      ageMs: 0,
      checks: { database: { status: 'healthy', durationMs: 0 }, disk: { status: 'healthy', durationMs: 0 } },
    });
  });

  test('is unhealthy without a critical dependency, and says why', async () => {
    const { health } = make({
      database: {
        check: () => {
          throw new Error('refused');
        },
      },
    });
    const { status, checks } = await health.deep();
    expect(status).toBe('unhealthy');
    expect(checks['database']).toMatchObject({ status: 'unhealthy', error: { message: 'refused' } });
  });

  test('is degraded without one that is not critical, and unhealthy when a critical one is away too', async () => {
    let databaseAway = false;
    const { health, again } = make(
      {
        reviews: { check: () => Promise.reject(new Error('away')), critical: false },
        database: { check: () => (databaseAway ? Promise.reject(new Error('away')) : passes()) },
        search: { check: () => Promise.reject(new Error('away')), critical: false },
      },
      { unhealthyAfter: 1 },
    );
    expect((await health.deep()).status).toBe('degraded');
    databaseAway = true;
    expect((await again()).status).toBe('unhealthy');
  });

  test('runs its checks in parallel', async () => {
    const { health, time } = make({
      a: { check: () => new Promise((resolve) => time.schedule(() => resolve(1), 300)) },
      b: { check: () => new Promise((resolve) => time.schedule(() => resolve(1), 300)) },
    });
    let report: unknown;
    void health.deep().then((result) => (report = result));
    await time.pass(299);
    expect(report).toBeUndefined();
    await time.pass(1);
    expect(report).toMatchObject({
      status: 'healthy',
      checks: { a: { durationMs: 300 }, b: { durationMs: 300 } },
    });
  });

  test('keeps the order of its checks in the report', async () => {
    const { health, time } = make({
      slow: { check: () => new Promise((resolve) => time.schedule(() => resolve(1), 300)) },
      quick: { check: passes },
    });
    const report = health.deep();
    await time.pass(300);
    expect(Object.keys((await report).checks)).toEqual(['slow', 'quick']);
  });
});

describe('the time limit', () => {
  test('ends a check that hangs, aborts its signal, and leaves no timer', async () => {
    let seen: AbortSignal | undefined;
    const { health, time } = make({
      database: {
        check: ({ signal }) => {
          seen = signal;
          return hangs();
        },
      },
      reviews: { check: hangs, critical: false, timeoutMs: 100 },
    });
    const report = health.deep();
    await time.pass(999);
    expect(seen?.aborted).toBe(false);
    await time.pass(1);
    expect(seen?.aborted).toBe(true);
    expect((await report).checks).toMatchObject({
      database: { status: 'unhealthy', durationMs: 1000, error: { code: 'timeout' } },
      reviews: { status: 'unhealthy', durationMs: 100 },
    });
    expect(time.timers.size).toBe(0);
  });

  test('does not keep a check that once hung from being healthy again', async () => {
    let calls = 0;
    const { health, time, again } = make({ database: { check: () => (calls++ ? passes() : hangs()) } });
    const report = health.deep();
    await time.pass(1000);
    await report;
    await again();
    expect((await again()).status).toBe('healthy');
  });

  test('leaves no real timer either', async () => {
    vi.useFakeTimers();
    await createHealthCheck({ checks: { a: { check: passes } } }).deep();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('leaves no timer after checks that passed or failed', async () => {
    const { health, time } = make({
      a: { check: passes },
      b: { check: () => Promise.reject(new Error('away')) },
    });
    await health.deep();
    expect(time.timers.size).toBe(0);
  });
});

describe('the cache', () => {
  test('gives the same report for a second, with its age, and asks again after', async () => {
    let asked = 0;
    const { health, time } = make({ database: { check: () => asked++ } });
    await health.deep();
    await time.pass(999);
    expect((await health.deep()).ageMs).toBe(999);
    expect(asked).toBe(1);
    await time.pass(1);
    expect((await health.deep()).ageMs).toBe(0);
    expect(asked).toBe(2);
  });

  test('lets a hundred probers at once cost the dependency one check', async () => {
    let asked = 0;
    const { health, time } = make(
      {
        database: { check: () => new Promise((resolve) => (asked++, time.schedule(() => resolve(1), 500))) },
      },
      { cacheMs: 0 },
    );
    const reports = Array.from({ length: 100 }, () => health.deep());
    await time.pass(500);
    await Promise.all(reports);
    expect(asked).toBe(1);
  });
});

describe('hysteresis', () => {
  test('turns unhealthy after three failures in a row and healthy after two successes', async () => {
    const results = 'pass fail fail pass fail fail fail pass fail pass pass'.split(' ');
    const { health, events, again } = make({
      database: { check: () => (results.shift() === 'pass' ? passes() : Promise.reject(new Error('away'))) },
    });
    const seen = [(await health.deep()).status];
    for (let run = 1; run < 11; run++) seen.push((await again()).status);
    expect(seen).toEqual([
      'healthy',
      'healthy',
      'healthy',
      'healthy',
      'healthy',
      'healthy',
      'unhealthy',
      'unhealthy',
      'unhealthy',
      'unhealthy',
      'healthy',
    ]);
    expect(events).toMatchObject([
      { type: 'status-changed', check: 'database', status: 'healthy' },
      { type: 'status-changed', check: 'database', status: 'unhealthy', error: { message: 'away' } },
      { type: 'status-changed', check: 'database', status: 'healthy' },
    ]);
  });

  test('believes the first result at once', async () => {
    const { health } = make({ database: { check: () => Promise.reject(new Error('away')) } });
    expect((await health.deep()).status).toBe('unhealthy');
  });

  test('shows the last error while the status is still healthy', async () => {
    const results = [true, false];
    const { health, again } = make({
      database: { check: () => (results.shift() ? passes() : Promise.reject(new Error('away'))) },
    });
    await health.deep();
    expect((await again()).checks['database']).toMatchObject({
      status: 'healthy',
      error: { message: 'away' },
    });
  });
});

test('works with the real clock and timer when none are given', async () => {
  const health = createHealthCheck({
    checks: { quick: { check: passes }, hung: { check: hangs, timeoutMs: 1 } },
  });
  expect(await health.deep()).toMatchObject({
    status: 'unhealthy',
    checks: { quick: { status: 'healthy' } },
  });
});

test('a listener that throws costs its own report and no later one, also when every check has news', async () => {
  const time = createTime();
  let throws = true;
  const health = createHealthCheck({
    checks: { one: { check: () => undefined }, two: { check: () => undefined } },
    clock: time.clock,
    schedule: time.schedule,
    cacheMs: 1000,
    onEvent: () => {
      if (throws) throw new Error('listener');
    },
  });
  await expect(health.deep()).rejects.toThrow('listener');
  throws = false;
  await time.pass(1000);
  await expect(health.deep()).resolves.toMatchObject({ status: 'healthy' });
});
