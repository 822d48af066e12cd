import { describe, expect, it } from 'vitest';
import { attemptsPerRequest, goodputRps, goodputShare, recoverySeconds } from './measures.ts';
import type { Second } from './world/tally.ts';

const second = (good: number, offered = 100, attempts = 0): Second => ({
  offered,
  good,
  shed: 0,
  failed: offered - good,
  attempts,
});
const seconds = (...goods: number[]) => goods.map((good) => second(good));

describe('goodput', () => {
  it('is a share of what was offered below the capacity, and of the capacity above it', () => {
    const span = { from: 1, to: 3 };
    // 90 + 80 of 200 offered, where 300 would have been possible; then of 2 x 85 possible.
    expect(goodputShare(seconds(0, 90, 80, 0), span, 150)).toBe(0.85);
    expect(goodputShare(seconds(0, 90, 80, 0), span, 85)).toBe(1);
    expect(goodputRps(seconds(0, 90, 80, 0), span)).toBe(85);
  });
});

describe('attempts', () => {
  it('are counted for each request that came', () => {
    const run = [second(0, 100, 120), second(0, 100, 100), second(0, 100, 900)];
    expect(attemptsPerRequest(run, { from: 0, to: 2 })).toBe(1.1);
  });
});

describe('recovery', () => {
  const good = Array.from({ length: 10 }, () => 95);

  it('is the time to the first of ten good seconds in a row', () => {
    expect(recoverySeconds(seconds(0, 0, ...good), 0)).toBe(2);
    expect(recoverySeconds(seconds(0, 0, ...good), 1)).toBe(1);
    expect(recoverySeconds(seconds(0, 0, ...good), 2)).toBe(0);
  });

  it('begins anew with each second that is not good enough', () => {
    expect(recoverySeconds(seconds(100, 100, 94, ...good), 0)).toBe(3);
  });

  it('is never over after nine good seconds, nor in seconds that nobody asked anything in', () => {
    expect(recoverySeconds(seconds(...good.slice(1)), 0)).toBe(Infinity);
    expect(
      recoverySeconds(
        Array.from({ length: 20 }, () => second(0, 0)),
        0,
      ),
    ).toBe(Infinity);
  });
});
