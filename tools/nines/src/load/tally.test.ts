import type { Sample } from '@nines/game-day';
import { describe, expect, it } from 'vitest';
import { createTally } from './tally.ts';

const request = (changes: Partial<Extract<Sample, { kind: 'request' }>> = {}): Sample => ({
  kind: 'request',
  endedAtMs: 0,
  durationMs: 10,
  route: 'browse',
  outcome: 'good',
  status: 200,
  ...changes,
});
const dropped = (count: number, endedAtMs = 0): Sample => ({ kind: 'dropped', endedAtMs, count });

function figuresOf(samples: readonly Sample[]) {
  const tally = createTally();
  for (const sample of samples) tally.add(sample);
  return tally.figures();
}

describe('the figures of a load', () => {
  it('count everything that was due, also what was never sent', () => {
    const figures = figuresOf([
      request(),
      request(),
      request({ outcome: 'bad', reason: 'timeout' }),
      request({ outcome: 'shed', detail: '503 overloaded' }),
      dropped(4),
    ]);
    expect(figures.counts).toEqual({ good: 2, bad: 1, shed: 1, dropped: 4 });
    expect(figures.goodRatio).toBe(0.25);
  });

  it('have the latency of good answers alone, by nearest rank', () => {
    const hundred = Array.from({ length: 100 }, (_, index) => request({ durationMs: 100 - index }));
    const slow = request({ durationMs: 2000, outcome: 'bad', reason: 'timeout' });
    expect(figuresOf([slow, ...hundred])).toMatchObject({ p50Ms: 50, p95Ms: 95, p99Ms: 99 });
  });

  it('are absent when nothing was due', () => {
    expect(figuresOf([])).toEqual({
      counts: { good: 0, bad: 0, dropped: 0, shed: 0 },
      goodRatio: null,
      p50Ms: null,
      p95Ms: null,
      p99Ms: null,
      bestSecondRps: 0,
      causes: [],
    });
  });

  it('name the best second of which 99% was good', () => {
    const second = (at: number, good: number, bad: number): Sample[] => [
      ...Array.from({ length: good }, () => request({ endedAtMs: at * 1000 + 999 })),
      ...Array.from({ length: bad }, () => request({ endedAtMs: at * 1000, outcome: 'bad' })),
    ];
    expect(figuresOf([...second(1, 50, 0), ...second(2, 99, 1), ...second(3, 150, 2)]).bestSecondRps).toBe(
      100,
    );
    expect(figuresOf([...second(1, 50, 0), dropped(1, 1500)]).bestSecondRps).toBe(0);
  });

  it('name the causes, the most frequent first', () => {
    const timeout = request({ outcome: 'bad', reason: 'timeout', route: 'order' });
    const shed = request({ outcome: 'shed', detail: '503 overloaded' });
    expect(figuresOf([shed, timeout, timeout]).causes).toEqual([
      { cause: 'order: timeout', count: 2 },
      { cause: 'browse: shed 503 overloaded', count: 1 },
    ]);
  });
});

it('a second counts what came since the last one', () => {
  const tally = createTally();
  tally.add(request({ durationMs: 7 }));
  tally.add(dropped(2));
  expect(tally.takeSecond()).toEqual({ counts: { good: 1, bad: 0, dropped: 2, shed: 0 }, p95Ms: 7 });
  expect(tally.takeSecond()).toEqual({ counts: { good: 0, bad: 0, dropped: 0, shed: 0 }, p95Ms: null });
  expect(tally.figures().counts.good).toBe(1);
});
