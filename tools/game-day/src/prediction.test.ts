import type { ComputeGroupNode, HealthCheck, LoadBalancerNode, QueueNode, Topology } from '@nines/topology';
import { describe, expect, it } from 'vitest';
import { group, SINGLE_SERVER } from '../test/topologies.ts';
import { describePrediction, detectionSeconds, lossOf, mixOf, predict } from './prediction.ts';
import type { PredictionInput } from './prediction.ts';

const CHECK: HealthCheck = {
  enabled: true,
  path: '/readyz',
  matcher: '200',
  intervalSeconds: 10,
  timeoutSeconds: 5,
  healthyThreshold: 2,
  unhealthyThreshold: 2,
};

function topologyOf(zones: string[], check: Partial<HealthCheck> = {}): Topology {
  const base = { region: 'region-1', zones, defaulted: [] };
  const group: ComputeGroupNode = {
    ...base,
    kind: 'compute-group',
    id: 'Group',
    type: 'AWS::AutoScaling::AutoScalingGroup',
    minInstances: 2,
    maxInstances: 8,
    desiredInstances: 4,
    instanceType: 't4g.small',
    healthCheckType: 'ELB',
    healthCheckGracePeriodSeconds: 60,
    process: {
      unit: 'shop.service',
      environment: {},
      restart: 'always',
      restartDelaySeconds: 3,
      stopTimeoutSeconds: 30,
    },
  };
  const balancer: LoadBalancerNode = {
    ...base,
    kind: 'load-balancer',
    id: 'LoadBalancer',
    type: 'AWS::ElasticLoadBalancingV2::LoadBalancer',
    internetFacing: true,
    crossZone: true,
    idleTimeoutSeconds: 60,
    clientKeepAliveSeconds: 3600,
    listeners: [],
    targetGroups: [
      {
        id: 'TargetGroup',
        port: 8080,
        healthCheck: { ...CHECK, ...check },
        deregistrationDelaySeconds: 30,
        slowStartSeconds: 0,
        failOpenBelowHealthyTargets: 1,
        targets: ['Group'],
      },
    ],
  };
  return {
    name: 'nines-test',
    regions: [],
    nodes: [group, balancer],
    links: [],
    others: [],
    notes: [],
  };
}

const inputOf = (changes: Partial<PredictionInput> = {}): PredictionInput => ({
  topology: topologyOf(['zone-a', 'zone-b']),
  mix: { writeShare: 0.25, paymentShare: 0.2 },
  utilization: 0.5,
  failoverSeconds: 90,
  standbyLossSeconds: 20,
  instanceStartSeconds: 75,
  unhealthyDetectionSeconds: 15,
  instanceLossSeconds: 90,
  decisionSeconds: 1800,
  lastCopySeconds: 180,
  albDnsTtlSeconds: 60,
  paceDivisor: 1,
  faultSeconds: 40,
  overloadFactor: 4,
  ...changes,
});

describe('the loss that is predicted', () => {
  it('for a killed process is its share of the fleet until systemd and Node have it back', () => {
    // (3 s restart delay + 1 s start) / 4 instances.
    expect(predict('process-kill', false, inputOf())).toEqual({
      lossSeconds: 1,
      because: '1 of 4 instances away until systemd restarts it',
    });
  });

  it('for a lost zone is address, dead target and database, each request failing once', () => {
    // To 20 s: 1 - 0.5 x 0.5 x 0.75 = 0.8125; to 60 s: 0.5.
    expect(predict('zone-loss', false, inputOf())).toEqual({
      lossSeconds: 36.25,
      because:
        '50% ask the lost address for 60 s at most, 50% of the rest meet a dead target for 20 s, writes (25%) wait for 20 s',
    });
  });

  it('for the primary’s zone waits for the failover instead of the standby', () => {
    // 20 x 0.8125 + 40 x (1 - 0.5 x 0.75) + 30 x 0.25 = 16.25 + 25 + 7.5.
    expect(predict('zone-loss', true, inputOf()).lossSeconds).toBe(48.75);
  });

  it('for a lost zone sheds what the others cannot bear, once users have found them and until it is replaced', () => {
    // 36.25, and 1 - 0.5/0.8 of the users from 60 s to 20 + 15 + 75 s: 50 x 0.375.
    const { lossSeconds, because } = predict('zone-loss', false, inputOf({ utilization: 0.8 }));
    expect(lossSeconds).toBe(55);
    expect(because).toContain('then 38% are shed until 110 s');
  });

  it('for a zone that is replaced before users have left its address sheds nothing', () => {
    const quick = inputOf({ utilization: 0.8, instanceStartSeconds: 10 });
    expect(predict('zone-loss', false, quick).lossSeconds).toBe(36.25);
  });

  it('for one zone of three is a third of everything', () => {
    const topology = topologyOf(['a', 'b', 'c']);
    // 20 x (1 - 2/3 x 2/3 x 3/4) + 40 x 1/3 = 13.33 + 13.33.
    expect(predict('zone-loss', false, inputOf({ topology })).lossSeconds).toBeCloseTo(80 / 3, 10);
  });

  it('counts the groups of all zones together, and replaces nothing where each has its own', () => {
    const { nodes } = topologyOf(['a', 'b', 'c']);
    const topology = {
      ...topologyOf(['a', 'b', 'c']),
      nodes: [
        ...['a', 'b', 'c'].map((zone) => group(`Servers-${zone}`, [zone], 2)),
        ...nodes.filter(({ kind }) => kind === 'load-balancer'),
      ],
    };
    // (3 s restart delay + 1 s start) / 6 instances.
    expect(predict('process-kill', false, inputOf({ topology })).lossSeconds).toBeCloseTo(4 / 6, 10);
    // As one group over three zones, as long as two of them bear what there is.
    const atPeak = inputOf({ topology, utilization: 2 / 3, faultSeconds: 100 });
    expect(predict('zone-loss', false, atPeak).lossSeconds).toBeCloseTo(80 / 3, 10);
    // Beyond that a sixth is shed from 60 s until the zone is back: 40 x (1 - 2/3 / 0.8).
    const beyond = predict('zone-loss', false, { ...atPeak, utilization: 0.8 });
    expect(beyond.lossSeconds).toBeCloseTo(80 / 3 + 40 / 6, 10);
  });

  it('for a database whose servers keep orders is none: customers are told 202 until it has failed over', () => {
    const plain = topologyOf(['zone-a', 'zone-b']);
    const queue: QueueNode = {
      kind: 'queue',
      id: 'Queue',
      type: 'AWS::SQS::Queue',
      region: 'region-1',
      zones: [],
      defaulted: [],
      visibilityTimeoutSeconds: 30,
      retentionSeconds: 600,
    };
    const topology: Topology = {
      ...plain,
      nodes: [...plain.nodes, queue],
      links: [{ from: 'Group', to: 'Queue', necessity: 'soft', onRequestPath: true }],
    };
    const input = inputOf({ topology, paceDivisor: 10 });
    expect(predict('database-primary-loss', false, input)).toEqual({
      lossSeconds: 0,
      because: 'writes are answered 202 and kept for the 9 s of the failover, reads go on from the readers',
    });
    // To 20 s: 1 - 0.5 x 0.5; to 60 s: 0.5. No request waits for the writer.
    const zone = predict('zone-loss', true, inputOf({ topology }));
    expect(zone.lossSeconds).toBe(35);
    expect(zone.because).toContain('writes (25%) are kept for 90 s');
    // A queue that no server is told of keeps nothing.
    const unused = predict('database-primary-loss', false, inputOf({ topology: { ...topology, links: [] } }));
    expect(unused.lossSeconds).toBe(22.5);
  });

  it('for a single server is everything until another has begun, with a person’s time where it takes one', () => {
    const input = inputOf({ topology: SINGLE_SERVER });
    // 1800 s to decide, 180 s for the last copy, 75 s to start.
    expect(predict('zone-loss', true, input).lossSeconds).toBe(2055);
    // 90 s to notice, 75 s to start.
    expect(predict('database-primary-loss', false, input)).toEqual({
      lossSeconds: 165,
      because:
        'everything until its group has replaced the server: 90 s to notice, 75 s to start; the restore and who asks for a lost order come on top',
    });
    expect(predict('zone-loss', true, { ...input, paceDivisor: 10 }).lossSeconds).toBe(205.5);
    // (3 s restart delay + 1 s start), and there is no other.
    expect(predict('process-kill', false, input).lossSeconds).toBe(4);
  });

  it('for the only zone is everything for as long as it is away', () => {
    expect(predict('zone-loss', false, inputOf({ topology: topologyOf(['zone-a']) })).lossSeconds).toBe(40);
  });

  it('for a zone that no health check watches sends to dead targets until it is back', () => {
    const topology = topologyOf(['zone-a', 'zone-b'], { enabled: false });
    // 20 x 0.8125 + 20 x 0.75 + 20 x 0.5.
    expect(predict('zone-loss', false, inputOf({ topology })).lossSeconds).toBe(41.25);
  });

  it('divides by the pace what AWS and the template decide, and nothing else', () => {
    const paced = inputOf({ paceDivisor: 10 });
    expect(predict('zone-loss', false, paced).lossSeconds).toBeCloseTo(3.625, 10);
    expect(predict('database-primary-loss', true, paced).lossSeconds).toBe(2.25);
    expect(predict('process-kill', false, paced).lossSeconds).toBe(1);
    expect(predict('payment-away', false, paced).lossSeconds).toBe(8);
  });

  it('for a slow payment service is nothing: orders wait for it, and nobody else does', () => {
    expect(predict('payment-slow', false, inputOf()).lossSeconds).toBe(0);
  });

  it('for the database’s primary is the writes, for an absent payment service the new orders', () => {
    expect(predict('database-primary-loss', false, inputOf()).lossSeconds).toBe(22.5);
    expect(predict('payment-away', false, inputOf()).lossSeconds).toBe(8);
  });

  it('for overload is what is offered beyond the capacity', () => {
    expect(predict('overload', false, inputOf()).lossSeconds).toBe(30);
  });

  it('is nothing, with the reason, without the parts to predict from', () => {
    const topology = { ...topologyOf(['zone-a']), nodes: [] };
    expect(predict('process-kill', false, inputOf({ topology }))).toEqual({
      lossSeconds: 0,
      because: 'no load balancer and compute group to predict from',
    });
  });

  it('is printed with its reason', () => {
    expect(describePrediction({ lossSeconds: 57.46, because: 'a zone is away' })).toBe(
      'L 57.5 s (a zone is away)',
    );
  });
});

it('a dead target is detected after half an interval, the other checks and the last one’s timeout', () => {
  expect(detectionSeconds({ intervalSeconds: 10, timeoutSeconds: 5, unhealthyThreshold: 2 })).toBe(20);
  expect(detectionSeconds({ intervalSeconds: 5, timeoutSeconds: 2, unhealthyThreshold: 3 })).toBe(14.5);
});

describe('the loss of impairments at once', () => {
  const during = (share: number, fromSeconds: number, toSeconds: number) => ({
    share,
    fromSeconds,
    toSeconds,
  });

  it('is share times seconds for one, and the sum for those that do not meet', () => {
    expect(lossOf([during(0.5, 0, 10)])).toBe(5);
    expect(lossOf([during(0.5, 0, 10), during(0.25, 20, 40)])).toBe(10);
  });

  it('is less than the sum where they meet, since a request fails once', () => {
    // 5 s alone, 5 s together at 1 - 0.5 x 0.5.
    expect(lossOf([during(0.5, 0, 10), during(0.5, 5, 10)])).toBe(6.25);
    expect(lossOf([during(1, 0, 10), during(1, 0, 10)])).toBe(10);
  });

  it('is nothing for none, and for one that lasts no time', () => {
    expect(lossOf([])).toBe(0);
    expect(lossOf([during(1, 5, 5)])).toBe(0);
  });
});

describe('the mix of the load', () => {
  const requestsOf = (...routes: string[]) =>
    routes.map((route) => ({ startedAtMs: 0, durationMs: 1, route, outcome: 'good' as const, stale: false }));

  it('counts orders and replays as writes, and orders alone as payments', () => {
    expect(
      mixOf(requestsOf('order', 'replay', 'browse', 'product', 'read-back', 'order', 'browse', 'browse')),
    ).toEqual({ writeShare: 0.375, paymentShare: 0.25 });
  });

  it('is nothing of each without requests', () => {
    expect(mixOf([])).toEqual({ writeShare: 0, paymentShare: 0 });
  });
});
