import { createFakeRandom } from '@nines/testing';
import { describe, expect, it } from 'vitest';
import {
  assumptionOf,
  AvailabilityArgumentError,
  declaredTime,
  declaredTimes,
  drawSeconds,
  formatSeconds,
  longestSeconds,
  shortestSeconds,
} from './index.ts';

describe('the times that AWS decides', () => {
  it.each([
    ['rds-multi-az-failover', 60, 120],
    ['rds-multi-az-cluster-failover', 0, 35],
    ['aurora-failover-with-replica', 0, 60],
    ['aurora-failover-without-replica', 0, 600],
    ['alb-dns-ttl', 60, 60],
    ['route53-health-check-fast', 30, 30],
    ['route53-health-check-standard', 90, 90],
    ['cloudfront-origin-timeout', 30, 30],
  ] as const)('%s lasts %d to %d s as published', (id, shortest, longest) => {
    const { seconds, published } = declaredTime(id);
    expect([shortestSeconds(seconds), longestSeconds(seconds), published]).toEqual([shortest, longest, true]);
  });

  it('says of each unpublished figure what was assumed, and of no published one', () => {
    for (const time of declaredTimes) expect(time.assumption === undefined).toBe(time.published);
  });

  it('names each once, with a source', () => {
    expect(new Set(declaredTimes.map((time) => time.id)).size).toBe(declaredTimes.length);
    for (const time of declaredTimes) expect(time.source).not.toBe('');
  });

  it('runs from a shorter to a longer end', () => {
    for (const { seconds } of declaredTimes) {
      expect(shortestSeconds(seconds)).toBeGreaterThanOrEqual(0);
      expect(shortestSeconds(seconds)).toBeLessThanOrEqual(longestSeconds(seconds));
    }
  });
});

describe('a draw', () => {
  it('takes its share of the range', () => {
    const random = createFakeRandom([0, 0.5, 0.75]);
    const range = { min: 60, max: 120 };
    expect([1, 2, 3].map(() => drawSeconds(range, random))).toEqual([60, 90, 105]);
  });

  it('draws nothing for a time that is known', () => {
    expect(drawSeconds(60, createFakeRandom([]))).toBe(60);
  });

  it('refuses a range that runs backwards', () => {
    expect(() => drawSeconds({ min: 2, max: 1 }, createFakeRandom([0]))).toThrow(AvailabilityArgumentError);
  });
});

describe('the line for a verdict', () => {
  it('states a published time and its source', () => {
    const { statement, source } = assumptionOf(declaredTime('rds-multi-az-failover'));
    expect(statement).toBe(
      '60 to 120 s: loss of the primary of an RDS Multi-AZ instance until its standby takes writes under the same name',
    );
    expect(source).toContain('Failing over a Multi-AZ DB instance');
  });

  it('says of an assumed one that it is assumed', () => {
    expect(assumptionOf(declaredTime('ec2-instance-start')).statement).toContain(
      'Assumed, not published: An instance needs',
    );
  });

  it('writes a fixed time without a range', () => {
    expect(formatSeconds(60)).toBe('60 s');
  });
});
