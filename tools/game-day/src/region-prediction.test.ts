import { describe, expect, it } from 'vitest';
import type { Topology } from '@nines/topology';
import { ACTIVE_ACTIVE, WARM_STANDBY } from '../test/region-topologies.ts';
import { predictRegionLoss } from './region-prediction.ts';

const mix = { writeShare: 0.4, paymentShare: 0.3 };

describe('the predicted loss of a region', () => {
  it('is everything until a person has decided, the writer has moved and DNS has followed', () => {
    // 20 min to decide, 2 min on average to promote, half of a minute's period.
    expect(predictRegionLoss(WARM_STANDBY, mix, 1)).toEqual({
      lossSeconds: 1350,
      because: 'everything until it is moved: 1200 s to decide, 120 s to promote, 30 s until DNS follows',
    });
    expect(predictRegionLoss(WARM_STANDBY, mix, 10).lossSeconds).toBe(135);
  });

  it('where both serve is half of the reads until DNS has left it, and writes until the writer has moved', () => {
    // 2.5 intervals of 10 s, 6 s of patience, half a second of TTL: 31.5 s. 0.6 x 0.5 x 31.5 + 0.4 x (31.5 + 30 + 120).
    const { lossSeconds, because } = predictRegionLoss(ACTIVE_ACTIVE, mix, 1);
    expect(lossSeconds).toBeCloseTo(82.05, 6);
    expect(because).toBe(
      'reads near it for 32 s until DNS has left it, writes 30 s longer until the alarm starts the takeover, and 120 s to promote',
    );
  });

  it('where servers keep orders is users near it until DNS has left it, and nobody after that', () => {
    const [server] = ACTIVE_ACTIVE.nodes.filter(({ kind }) => kind === 'compute-group');
    const topology: Topology = {
      ...ACTIVE_ACTIVE,
      nodes: [
        ...ACTIVE_ACTIVE.nodes,
        {
          kind: 'queue',
          id: 'b/Queue',
          type: 'AWS::SQS::Queue',
          region: 'b',
          zones: [],
          defaulted: [],
          visibilityTimeoutSeconds: 30,
          retentionSeconds: 600,
        },
      ],
      links: [{ from: server?.id ?? '', to: 'b/Queue', necessity: 'soft', onRequestPath: true }],
    };
    // 31.5 s of DNS as above: 0.6 x 0.5 x 31.5 of reads, 0.4 x 31.5 of writes.
    const { lossSeconds, because } = predictRegionLoss(topology, mix, 1);
    expect(lossSeconds).toBeCloseTo(22.05, 6);
    expect(because).toBe(
      'reads near it and writes for 32 s until DNS has left it; from then on orders are answered 202 and kept, for the 30 s until the alarm starts the takeover and the 120 s to promote',
    );
  });
});
