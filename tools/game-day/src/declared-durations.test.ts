import { describe, expect, it } from 'vitest';
import { CLUSTER, MULTI_AZ, SINGLE_SERVER } from '../test/topologies.ts';
import { declaredAssumptions, drawDeclaredDurations } from './declared-durations.ts';

const DRAWERS = [
  ['drawFailoverSeconds', 60, 120],
  ['drawStandbyLossSeconds', 10, 30],
  ['drawInstanceStartSeconds', 60, 90],
  ['drawUnhealthyDetectionSeconds', 0, 30],
  ['drawInstanceLossSeconds', 60, 120],
] as const;

const drawsOf = (seed: number, name: (typeof DRAWERS)[number][0], count = 5) => {
  const draw = drawDeclaredDurations(seed, MULTI_AZ)[name];
  return Array.from({ length: count }, () => draw());
};

describe.each(DRAWERS)('%s', (name, shortest, longest) => {
  it(`draws from all of ${String(shortest)} to ${String(longest)} s and nothing beyond`, () => {
    const draws = drawsOf(1, name, 500);
    const span = longest - shortest;
    expect(Math.min(...draws)).toBeGreaterThanOrEqual(shortest);
    expect(Math.max(...draws)).toBeLessThanOrEqual(longest);
    expect(Math.min(...draws)).toBeLessThan(shortest + 0.05 * span);
    expect(Math.max(...draws)).toBeGreaterThan(longest - 0.05 * span);
  });

  it('draws the same for the same seed and something else for another', () => {
    expect(drawsOf(7, name)).toEqual(drawsOf(7, name));
    expect(drawsOf(7, name)).not.toEqual(drawsOf(8, name));
  });
});

describe('the durations of a run', () => {
  it('draw each from a sequence of its own, so that one fault more moves no other', () => {
    const once = drawDeclaredDurations(3, MULTI_AZ);
    const often = drawDeclaredDurations(3, MULTI_AZ);
    for (let count = 0; count < 10; count += 1) often.drawFailoverSeconds();
    expect(often.drawInstanceStartSeconds()).toBe(once.drawInstanceStartSeconds());
  });

  it('are not all long or all short together', () => {
    const shares = DRAWERS.map(([name, shortest, longest]) =>
      drawsOf(5, name, 1).map((drawn) => ((drawn - shortest) / (longest - shortest)).toFixed(6)),
    );
    expect(new Set(shares.flat()).size).toBe(DRAWERS.length);
  });

  it('are those of Aurora where the database is a cluster: it fails over sooner, and waits for no lost reader', () => {
    const { drawFailoverSeconds, drawStandbyLossSeconds } = drawDeclaredDurations(1, CLUSTER);
    const draws = Array.from({ length: 500 }, drawFailoverSeconds);
    expect(Math.min(...draws)).toBeLessThan(5);
    expect(Math.max(...draws)).toBeLessThanOrEqual(60);
    expect(Math.max(...draws)).toBeGreaterThan(55);
    expect(drawStandbyLossSeconds()).toBe(0);
  });

  it('hold what stays the same all through a run', () => {
    const { albDnsTtlSeconds, replicationLagSeconds } = drawDeclaredDurations(1, MULTI_AZ);
    expect(albDnsTtlSeconds).toBe(60);
    expect(replicationLagSeconds).toBeGreaterThanOrEqual(0);
    expect(replicationLagSeconds).toBeLessThanOrEqual(1);
  });
});

describe('the assumptions that a verdict prints', () => {
  it('name each duration that a run of this tier uses, with its range and its source', () => {
    const assumptions = declaredAssumptions(MULTI_AZ);
    expect(assumptions.map(({ id }) => id)).toEqual([
      'rds-multi-az-failover',
      'rds-standby-loss-detection',
      'ec2-instance-start',
      'asg-unhealthy-detection',
      'alb-dns-ttl',
      'aurora-global-replication-lag',
    ]);
    const [failover, , , , ttl, lag] = assumptions;
    expect(failover?.statement).toContain('60 to 120 s');
    expect(failover?.statement).not.toContain('not published');
    expect(ttl?.statement).toMatch(/^60 s: /);
    expect(lag?.statement).toMatch(/^0 to 1 s: /);
    for (const { source } of assumptions) expect(source).not.toBe('');
  });

  it('name the failover of the database that there is', () => {
    expect(declaredAssumptions(CLUSTER).map(({ id }) => id)).toEqual([
      'aurora-failover-with-replica',
      'aurora-reader-loss',
      'ec2-instance-start',
      'asg-unhealthy-detection',
      'alb-dns-ttl',
      'aurora-global-replication-lag',
    ]);
  });

  it('name only what a single server can meet, and the person who has it rebuilt', () => {
    const assumptions = declaredAssumptions(SINGLE_SERVER);
    expect(assumptions.map(({ id }) => id)).toEqual([
      'ec2-instance-loss-detection',
      'ec2-instance-start',
      'person-rebuilds',
    ]);
    expect(assumptions.at(-1)?.statement).toMatch(/^1800 s: /);
  });

  it('say of what AWS does not publish that it is assumed, and what', () => {
    const start = declaredAssumptions(MULTI_AZ).find(({ id }) => id === 'ec2-instance-start');
    expect(start?.statement).toContain('Assumed, not published: An instance needs 60 to 90 s');
  });

  it('say that a duration which the caller has replaced is not AWS’s any more', () => {
    const [failover, standby] = declaredAssumptions(MULTI_AZ, { drawFailoverSeconds: () => 5 });
    expect(failover?.statement).toMatch(/^Replaced for this run by the caller's own \(drawFailoverSeconds\)/);
    expect(failover?.source).toBe('the caller of this run');
    expect(standby?.statement).toMatch(/^10 to 30 s: /);
  });
});
