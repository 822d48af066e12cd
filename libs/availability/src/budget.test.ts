import { describe, expect, it } from 'vitest';
import { AvailabilityArgumentError, errorBudget, formatDuration, tierOf } from './index.ts';

describe('an error budget', () => {
  it('allows 12 failures of 12000 at 99.9% and is half spent after 6', () => {
    expect(errorBudget(tierOf('three-nines'), { requests: 12_000, failed: 6 })).toEqual({
      allowed: 12,
      failed: 6,
      spent: 0.5,
    });
  });

  it('is overdrawn above 1', () => {
    expect(errorBudget(tierOf('three-nines'), { requests: 1000, failed: 3 }).spent).toBe(3);
  });

  it('is untouched when there was no request', () => {
    expect(errorBudget(tierOf('five-nines'), { requests: 0, failed: 0 }).spent).toBe(0);
  });

  it.each([
    { requests: -1, failed: 0 },
    { requests: 10, failed: 11 },
    { requests: 10, failed: -1 },
  ])('refuses counts that cannot be: %o', (counts) => {
    expect(() => errorBudget(tierOf('three-nines'), counts)).toThrow(AvailabilityArgumentError);
  });
});

describe('a duration in words', () => {
  it.each([
    [0, '0 s'],
    [25.92, '25.9 s'],
    [59.99, '59.9 s'],
    [60, '1 min'],
    [3599, '59 min 59 s'],
    [3600, '1 h'],
    [31_536, '8 h 45 min'],
    [86_399, '23 h 59 min'],
    [315_360, '3 d 15 h'],
    [86_400 + 59, '1 d'],
  ])('%d s is cut to %s', (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });
});
