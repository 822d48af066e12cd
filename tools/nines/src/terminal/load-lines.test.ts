import { describe, expect, it } from 'vitest';
import { describeLoad } from './load-lines.ts';
import type { LoadResult } from './load-lines.ts';

const RESULT: LoadResult = {
  target: 'http://127.0.0.1:8080',
  workload: 'smoke',
  tier: 'three-nines',
  met: false,
  counts: { good: 9989, bad: 8, shed: 2, dropped: 1 },
  goodRatio: 0.9989,
  p50Ms: 4.2,
  p95Ms: 18.6,
  p99Ms: 41.5,
  bestSecondRps: 55,
  causes: [{ cause: 'order: timeout', count: 8 }],
};

describe('the result of a load', () => {
  it('stands beside what the tier asks, and is not rounded up to it', () => {
    expect(describeLoad(RESULT)).toEqual([
      'smoke on http://127.0.0.1:8080',
      'requests     10000 due: 9989 good, 8 bad, 2 shed, 1 never sent',
      'good answers p50 4 ms, p95 19 ms, p99 42 ms',
      '             8 x order: timeout',
      'goal         three-nines: 99.9% good (here 99.890% of 99.900% asked), none unsent (1),',
      '             p95 < 500 ms (19 ms), p99 < 1000 ms (42 ms)',
      'NOT MET',
    ]);
    const almost = describeLoad({ ...RESULT, goodRatio: 0.9999999 });
    expect(almost.join('\n')).toContain('99.999% of 99.900%');
  });

  it.each([
    ['smoke', true, 'MET'],
    ['average', false, 'NOT MET'],
    ['spike', true, 'Nothing is promised for this workload.'],
    ['stress', true, 'Nothing is promised for this workload.'],
    ['breakpoint', true, 'It held to the end of the ramp.'],
    ['breakpoint', false, 'It broke; 55 requests/s was the most it answered well.'],
  ] as const)('of %s that was met: %s ends with "%s"', (workload, met, verdict) => {
    expect(describeLoad({ ...RESULT, workload, met }).at(-1)).toBe(verdict);
  });

  it('without an answer has no latency', () => {
    const none = { goodRatio: null, p50Ms: null, p95Ms: null, p99Ms: null, causes: [] };
    expect(describeLoad({ ...RESULT, ...none })[2]).toBe('good answers p50 -, p95 -, p99 -');
  });
});
