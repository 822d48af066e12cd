import { describe, expect, it } from 'vitest';
import type { GameDayReport, TimelineSecond } from '@nines/game-day';
import { chartDataOf, timelineSteps } from '../src/chart-data.ts';
import { createSampleReport } from './sample-report.ts';

const second = (at: number, change: Partial<TimelineSecond> = {}): TimelineSecond => ({
  ...{ second: at, good: 10, bad: 0, dropped: 0, shed: 0, stale: 0 },
  ...{ p50Ms: 5, p95Ms: 20, p99Ms: 50 },
  ...change,
});

const reportOf = (timeline: readonly TimelineSecond[]): GameDayReport => ({
  ...createSampleReport(),
  timeline,
});

describe('what the charts draw', () => {
  it('counts everything but good requests against availability', () => {
    const data = chartDataOf(reportOf([second(0), second(1, { good: 4, bad: 1, dropped: 2, shed: 1 })]));
    expect(data.availability).toEqual([100, 50]);
  });

  it('leaves a gap where no request was made, instead of a hundred percent', () => {
    const data = chartDataOf(reportOf([second(0), second(2)]));
    expect(data.seconds).toEqual([0, 1, 2]);
    expect(data.availability).toEqual([100, null, 100]);
    expect(data.latency.p99).toEqual([50, null, 50]);
  });

  it('puts seconds in order whatever order they come in', () => {
    const data = chartDataOf(reportOf([second(2, { p50Ms: 7 }), second(1, { p50Ms: 6 })]));
    expect([data.seconds, data.latency.p50]).toEqual([
      [1, 2],
      [6, 7],
    ]);
  });

  it('stacks outcomes so that the topmost is all that was offered', () => {
    const { stacked, counts } = chartDataOf(
      reportOf([second(0, { good: 6, stale: 2, shed: 3, dropped: 4, bad: 5 })]),
    );
    expect(counts).toEqual({ fresh: [4], stale: [2], shed: [3], dropped: [4], bad: [5] });
    expect(stacked).toEqual({ fresh: [4], stale: [6], shed: [9], dropped: [13], bad: [18] });
  });

  it('numbers the faults as the page does and keeps what happened by itself apart', () => {
    const { bands, events, phases } = chartDataOf(createSampleReport());
    expect(bands.map(({ number, label }) => `${number} ${label}`).slice(0, 3)).toEqual([
      '1 process-kill',
      '2 zone-loss',
      '3 zone-loss',
    ]);
    expect(bands[0]).toMatchObject({ injected: 45, healed: 51, ended: 75, met: true });
    expect(events).toContainEqual({ second: 366, label: 'standby in zone-b promoted' });
    expect(phases.map(({ label }) => label)).toEqual(['warm-up', 'steady load']);
  });

  it('draws nothing of a run without a second', () => {
    expect(chartDataOf(reportOf([])).seconds).toEqual([]);
  });
});

describe('the run in steps', () => {
  it('adds up ten seconds at a time and shows the slowest', () => {
    const timeline = Array.from({ length: 25 }, (_, at) => second(at, { p95Ms: at, bad: at === 12 ? 3 : 0 }));
    const { steps, stepSeconds } = timelineSteps(timeline);
    expect(stepSeconds).toBe(10);
    expect(steps.map(({ time, good, bad, worstP95Ms }) => [time, good, bad, worstP95Ms])).toEqual([
      ['0:00', 100, 0, 9],
      ['0:10', 100, 3, 19],
      ['0:20', 50, 0, 24],
    ]);
  });

  it('takes longer steps for a longer run, so that the table can still be read', () => {
    const { steps, stepSeconds } = timelineSteps(Array.from({ length: 1000 }, (_, at) => second(at)));
    expect([stepSeconds, steps.length]).toEqual([20, 50]);
  });
});
