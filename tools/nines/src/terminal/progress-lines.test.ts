import type { FaultResult, Progress, RequestCounts } from '@nines/game-day';
import { describe, expect, it } from 'vitest';
import { createFakeConsole } from '../../test/fake-console.ts';
import { showProgress } from './progress-lines.ts';

const second = (counts: Partial<RequestCounts>, p95Ms: number | null = 12.4): Progress => ({
  kind: 'second',
  phase: 'zone-loss',
  counts: { good: 0, bad: 0, dropped: 0, shed: 0, ...counts },
  p95Ms,
});
const GOOD = second({ good: 100 });

const over = (changes: Partial<FaultResult>): Progress => ({
  kind: 'fault-over',
  result: {
    fault: 'zone-loss',
    target: 'zone-b',
    injectedAtSeconds: 0,
    healedAtSeconds: 0,
    endedAtSeconds: 0,
    requests: { good: 1, bad: 0, dropped: 0, shed: 0 },
    availability: 1,
    lossSeconds: 3.14,
    rtoSeconds: 7,
    acknowledged: 0,
    lost: 0,
    rpoSeconds: 0,
    doubled: 0,
    causes: [],
    predicted: '',
    acceptance: [],
    met: true,
    ...changes,
  },
});

/** Every second of the load comes this much later than the one before. */
function show(progress: readonly Progress[], options = { interactive: false }, msPerSecond = 1_000) {
  const console = createFakeConsole(options);
  let nowMs = 5_000;
  const onProgress = showProgress({ console, clock: { now: () => nowMs } });
  for (const one of progress) {
    if (one.kind === 'second') nowMs += msPerSecond;
    onProgress(one);
  }
  return console;
}
const seconds = (count: number, one = GOOD) => Array.from({ length: count }, () => one);

describe('in a log', () => {
  it('there is a plain line every ten seconds', () => {
    const { lines } = show(seconds(25));
    expect(lines).toEqual([
      '00:10    zone-loss: 100 requests/s, 100.0% good, 0 shed, 0 dropped, p95 12 ms',
      '00:20    zone-loss: 100 requests/s, 100.0% good, 0 shed, 0 dropped, p95 12 ms',
    ]);
  });

  it('the times are those of the clock, also when seconds of the load come late', () => {
    const { lines } = show(seconds(9), { interactive: false }, 2_500);
    expect(lines.map((line) => line.slice(0, 5))).toEqual(['00:10', '00:20']);
  });

  it('there is none while nobody asks for anything', () => {
    expect(show(seconds(20, second({}, null))).lines).toEqual([]);
  });
});

describe('on a terminal', () => {
  it('there is a live line every second, and no other', () => {
    const { lines, lives } = show(seconds(10), { interactive: true });
    expect(lines).toEqual([]);
    expect(lives).toHaveLength(10);
    expect(lives[0]).toBe('00:01    zone-loss: 100 requests/s, 100.0% good, 0 shed, 0 dropped, p95 12 ms');
  });

  it('a second without answers has neither a share nor a latency', () => {
    expect(show([second({}, null)], { interactive: true }).lives).toEqual([
      '00:01    zone-loss: 0 requests/s,   -   good, 0 shed, 0 dropped, p95 - ms',
    ]);
  });

  it('counts everything that was offered, and never rounds up to 100%', () => {
    const { lives } = show([second({ good: 9_999, bad: 1 }), second({ good: 1, shed: 1, dropped: 1 })], {
      interactive: true,
    });
    expect(lives[0]).toContain('10000 requests/s, 99.9% good');
    expect(lives[1]).toContain('3 requests/s, 33.3% good, 1 shed, 1 dropped');
  });
});

describe('what happens', () => {
  it('is said with its time', () => {
    const { lines } = show([
      { kind: 'phase', label: 'warm-up' },
      ...seconds(61, second({}, null)),
      { kind: 'cloud', event: { kind: 'zone-lost', subject: 'zone-b', message: 'zone-b is lost' } },
    ]);
    expect(lines).toEqual(['00:00 == warm-up', '01:01    zone-b is lost']);
  });

  it('ends with what the fault cost', () => {
    expect(show([over({})]).lines).toEqual(['00:00 -- zone-loss: met, L 3.1 s, RTO 7 s']);
    expect(show([over({ met: false, rtoSeconds: null })]).lines).toEqual([
      '00:00 -- zone-loss: NOT MET, L 3.1 s, never recovered',
    ]);
  });
});
