import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  availabilityOf,
  bestRate,
  countBySecond,
  goodAnswersBySecond,
  lossSecondsOf,
  quantileOf,
  recoverySecondsOf,
  timelineOf,
} from './measures.ts';
import type { Outcome, RequestSample } from './measures.ts';
import type { RequestCounts } from './result.ts';

const sample = (startedAtMs: number, outcome: Outcome = 'good', durationMs = 10): RequestSample => ({
  startedAtMs,
  durationMs,
  route: 'product',
  outcome,
  stale: false,
});
const second = (good: number, bad = 0): RequestCounts => ({ good, bad, dropped: 0, shed: 0 });
const GOOD = second(100);
const DOWN = second(0, 100);

describe('availability', () => {
  it('counts dropped and shed requests as bad', () => {
    expect(availabilityOf({ good: 50, bad: 10, dropped: 20, shed: 20 })).toBe(0.5);
  });

  it('is 1 when nothing was offered', () => {
    expect(availabilityOf(second(0))).toBe(1);
  });
});

describe('seconds', () => {
  it('counts a request in the second in which it began, however long it took', () => {
    const samples = [sample(1000), sample(1999, 'bad', 5000), sample(2000, 'shed')];
    expect(countBySecond(samples, 1000, 3000)).toEqual([
      { good: 1, bad: 1, dropped: 0, shed: 0 },
      { good: 0, bad: 0, dropped: 0, shed: 1 },
    ]);
  });

  it('leaves out what began before or in an unfinished last second', () => {
    expect(countBySecond([sample(999), sample(2500)], 1000, 2900)).toEqual([second(0)]);
  });
});

describe('loss', () => {
  it('weighs ten seconds with half of the requests failed as five', () => {
    expect(lossSecondsOf(Array.from({ length: 10 }, () => second(50, 50)))).toBe(5);
  });

  it('is never negative and never above the number of seconds', () => {
    const counts = fc.record({ good: fc.nat(99), bad: fc.nat(99), dropped: fc.nat(99), shed: fc.nat(99) });
    fc.assert(
      fc.property(fc.array(counts), (seconds) => {
        const loss = lossSecondsOf(seconds);
        return loss >= 0 && loss <= seconds.length;
      }),
    );
  });
});

describe('recovery', () => {
  it('is the first of ten good seconds in a row', () => {
    const seconds = [
      DOWN,
      DOWN,
      ...Array.from({ length: 9 }, () => GOOD),
      DOWN,
      ...Array.from({ length: 10 }, () => GOOD),
    ];
    expect(recoverySecondsOf(seconds)).toBe(12);
  });

  it('is zero when no second was bad', () => {
    expect(recoverySecondsOf(Array.from({ length: 10 }, () => GOOD))).toBe(0);
  });

  it('never comes from nine good seconds, nor from seconds without requests', () => {
    expect(recoverySecondsOf(Array.from({ length: 9 }, () => GOOD))).toBeNull();
    expect(recoverySecondsOf(Array.from({ length: 30 }, () => second(0)))).toBeNull();
  });

  it('takes a second with one failure in a hundred for good and with more for bad', () => {
    expect(recoverySecondsOf([second(99, 1)], 1)).toBe(0);
    expect(recoverySecondsOf([second(989, 11)], 1)).toBeNull();
  });
});

describe('rates and quantiles', () => {
  it('finds the best window', () => {
    expect(bestRate([10, 200, 220, 30], 2)).toBe(210);
  });

  it('is zero when there are fewer seconds than the window', () => {
    expect(bestRate([10], 2)).toBe(0);
  });

  it('counts good answers in the second in which they were given', () => {
    const samples = [
      sample(5_000, 'good', 999),
      sample(5_000, 'good', 1_000),
      // Asked before the span and answered in it; and the other way round.
      sample(4_900, 'good', 200),
      sample(6_900, 'good', 200),
      // Neither is an answer that anybody wanted.
      sample(5_000, 'bad'),
      sample(5_000, 'shed'),
    ];
    expect(goodAnswersBySecond(samples, 5_000, 7_000)).toEqual([2, 1]);
  });

  it('leaves out a last part of a second, and has no answers in no time', () => {
    expect(goodAnswersBySecond([sample(1_400)], 0, 1_500)).toEqual([0]);
    expect(goodAnswersBySecond([sample(0)], 0, 999)).toEqual([]);
  });

  it('takes quantiles by nearest rank', () => {
    expect(quantileOf([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 0.95)).toBe(10);
    expect(quantileOf([1, 2, 3, 4], 0.5)).toBe(2);
    expect(quantileOf([], 0.5)).toBeNull();
  });

  it('leaves dropped iterations out of latencies, because nobody waited for an answer', () => {
    const [first] = timelineOf([sample(0, 'good', 30), sample(1, 'dropped', 0)], 0, 1000);
    expect(first).toMatchObject({ good: 1, dropped: 1, p50Ms: 30, p99Ms: 30 });
  });
});
