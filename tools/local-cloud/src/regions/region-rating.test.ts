import { describe, expect, it } from 'vitest';
import type { ComputeGroupNode, Topology } from '@nines/topology';
import { record, topologyOf } from '../../test/region-nodes.ts';
import { ratedForRegions } from './region-rating.ts';

const group = (region: string, desiredInstances: number): ComputeGroupNode => ({
  kind: 'compute-group',
  id: `${region}/Servers`,
  type: 'AWS::AutoScaling::AutoScalingGroup',
  region,
  zones: [],
  defaulted: [],
  minInstances: 1,
  maxInstances: 8,
  desiredInstances,
  instanceType: 't4g.small',
  healthCheckType: 'ELB',
  healthCheckGracePeriodSeconds: 60,
  process: {
    unit: 'shop.service',
    environment: { RATED_RPS: '100' },
    restart: 'always',
    restartDelaySeconds: 1,
    stopTimeoutSeconds: 30,
  },
});

const rated = ({ nodes }: Topology) =>
  nodes.flatMap((node) => (node.kind === 'compute-group' ? [node.process?.environment['RATED_RPS']] : []));

const nearest = record('reads', { routing: { policy: 'latency', region: 'a' } });

describe('servers of several regions', () => {
  it('are rated down alike by what the largest region bears, where one serves at a time', () => {
    // 120 requests/s over the six servers of the region that serves.
    expect(rated(ratedForRegions(topologyOf(group('a', 6), group('b', 3))))).toEqual(['20', '20']);
  });

  it('are rated down by what all of them bear, where they serve at once', () => {
    expect(rated(ratedForRegions(topologyOf(group('a', 6), group('b', 6), nearest)))).toEqual(['10', '10']);
  });

  it('keep their rating where the machine bears them', () => {
    expect(rated(ratedForRegions(topologyOf(group('a', 1), group('b', 1))))).toEqual(['100', '100']);
  });
});
