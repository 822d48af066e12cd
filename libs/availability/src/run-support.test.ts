import { describe, expect, it } from 'vitest';
import { createSeededRandom, supportOfRun } from './index.ts';

describe('what a run supports', () => {
  it('takes the lower of the independent and the clustered bound', () => {
    const outage = Array.from({ length: 600 }, (_, second) => ({
      good: second >= 100 && second < 130 ? 20 : 100,
      total: 100,
    }));
    const support = supportOfRun(outage, createSeededRandom(1));
    expect(support?.requests).toBe(60_000);
    expect(support?.failed).toBe(2400);
    expect(support?.clusteredShare).toBeLessThan(support?.independentShare ?? 0);
    expect(support?.supportedShare).toBe(support?.clusteredShare);
    expect(support?.sentences[1]).toMatch(
      /^With 95% confidence at least 8\d\.\d\d% would be good under the same load and faults: failures clustered, and were they independent it would be 95\.86%\.$/,
    );
    expect(support?.sentences).toContain("For these conditions it supports none of the tiers' goals.");
  });

  it('names the goal that is reached and what the next one would take', () => {
    const clean = Array.from({ length: 100 }, () => ({ good: 100, total: 100 }));
    expect(supportOfRun(clean, createSeededRandom(1))?.sentences).toEqual([
      '0 of 10,000 requests were not good (at least 99.97%).',
      'With 95% confidence at least 99.97% would be good under the same load and faults; what failed did not cluster enough to lower that.',
      'For these conditions it supports 99.95%. 99.99% takes at least 29,956 requests, none of them failing.',
      'It says nothing about a year: how often such faults happen was chosen, not measured.',
    ]);
  });

  it('has nothing to say without requests', () => {
    expect(supportOfRun([{ good: 0, total: 0 }], createSeededRandom(1))).toBeUndefined();
  });
});
