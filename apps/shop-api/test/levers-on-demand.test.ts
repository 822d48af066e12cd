// The emergency levers of a function: read when a request comes, from a source that may be away.
import type { LeverSource } from '@nines/emergency-lever';
import { createFakeClock } from '@nines/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { createLeversOnDemand } from '../src/resilience/levers-on-demand.ts';
import { createCountingMetrics, createMemoryLog } from './stand-ins.ts';
import { timingOf } from './test-shop.ts';

let clock: ReturnType<typeof createFakeClock>;
let asked: number;
let answer: () => ReturnType<LeverSource>;
let metrics: ReturnType<typeof createCountingMetrics>;
let log: ReturnType<typeof createMemoryLog>;

const create = (source: LeverSource | undefined) => {
  const { schedule } = timingOf(clock);
  return createLeversOnDemand({
    source,
    metrics,
    log,
    clock,
    ...(schedule === undefined ? {} : { schedule }),
  });
};
const source: LeverSource = () => {
  asked += 1;
  return answer();
};

beforeEach(() => {
  clock = createFakeClock();
  asked = 0;
  answer = () => ({});
  metrics = createCountingMetrics();
  log = createMemoryLog();
});

describe('the levers of a function', () => {
  it('stand where they stand by default where there is no source, and before it was asked', async () => {
    const without = create(undefined);
    await without.refresh();
    expect([without.get('read-only'), without.get('recommendations')]).toEqual([false, true]);
    expect(create(source).get('recommendations')).toBe(true);
    expect(asked).toBe(0);
  });

  it('are read when somebody asks and twenty seconds have passed, and not before', async () => {
    const levers = create(source);
    await levers.refresh();
    answer = () => ({ 'read-only': true });
    await clock.advance(19_999);
    await levers.refresh();
    expect([asked, levers.get('read-only')]).toEqual([1, false]);
    await clock.advance(1);
    expect([asked, levers.get('read-only')]).toEqual([1, false]);
    await levers.refresh();
    expect([asked, levers.get('read-only')]).toEqual([2, true]);
  });

  it('are read once for all who ask at the same time', async () => {
    const levers = create(source);
    await Promise.all([levers.refresh(), levers.refresh()]);
    expect(asked).toBe(1);
  });

  it('stay where they were pulled to while the source is away, and go back when they are let go', async () => {
    const levers = create(source);
    answer = () => ({ 'serve-static': true });
    await levers.refresh();
    answer = () => Promise.reject(new Error('away'));
    await clock.advance(20_000);
    await levers.refresh();
    expect(levers.get('serve-static')).toBe(true);
    expect(metrics.counts.get('event levers source-failed')).toBe(1);
    answer = () => ({});
    await clock.advance(20_000);
    await levers.refresh();
    expect(levers.get('serve-static')).toBe(false);
    expect(log.lines.map(({ fields }) => fields)).toMatchObject([
      { lever: 'serve-static', from: false, to: true },
      { lever: 'serve-static', from: true, to: false },
    ]);
  });

  it('hold a request up for 300 ms at most when the source does not answer, and leave no timer behind', async () => {
    const levers = create(source);
    answer = () => new Promise(() => undefined);
    let done = false;
    const refreshed = levers.refresh().then(() => (done = true));
    await clock.advance(299);
    expect(done).toBe(false);
    await clock.advance(1);
    await refreshed;
    expect([levers.get('read-only'), clock.pendingTimers()]).toEqual([false, 0]);
  });
});
