import { describe, expect, it } from 'vitest';
import { readResources, subnet } from '../../test/read-resources.ts';
import { findNodeOfKind, type LoadBalancerNode, type Topology } from '../index.ts';

const balancer = (properties: Record<string, unknown> = {}) => ({
  Type: 'AWS::ElasticLoadBalancingV2::LoadBalancer',
  Properties: { Subnets: [{ Ref: 'A' }, { Ref: 'B' }], ...properties },
});
const listener = (actions: unknown, properties: Record<string, unknown> = {}) => ({
  Type: 'AWS::ElasticLoadBalancingV2::Listener',
  Properties: {
    LoadBalancerArn: { Ref: 'Lb' },
    Port: 80,
    Protocol: 'HTTP',
    DefaultActions: actions,
    ...properties,
  },
});
const forward = (id: string) => [{ Type: 'forward', TargetGroupArn: { Ref: id } }];
const targets = (properties: Record<string, unknown> = {}) => ({
  Type: 'AWS::ElasticLoadBalancingV2::TargetGroup',
  Properties: { Port: 8080, ...properties },
});
const group = (...targetGroups: string[]) => ({
  Type: 'AWS::AutoScaling::AutoScalingGroup',
  Properties: {
    MinSize: 1,
    MaxSize: 1,
    AvailabilityZones: ['eu-west-1a'],
    TargetGroupARNs: targetGroups.map((id) => ({ Ref: id })),
  },
});
const zones = { A: subnet('eu-west-1a'), B: subnet('eu-west-1b') };

const read = (resources: Record<string, unknown>): Topology => readResources({ ...zones, ...resources });
const lbOf = (topology: Topology): LoadBalancerNode => findNodeOfKind(topology, 'load-balancer', 'Lb')!;
const notesOf = (topology: Topology, id: string): string[] =>
  topology.notes.filter((note) => note.resource === id).map((note) => note.message);

describe('a load balancer that names nothing', () => {
  const topology = read({ Lb: balancer(), L: listener(forward('T')), T: targets() });

  it('carries the defaults that AWS documents', () => {
    expect(lbOf(topology)).toMatchObject({
      internetFacing: true,
      crossZone: true,
      idleTimeoutSeconds: 60,
      clientKeepAliveSeconds: 3600,
    });
    expect(lbOf(topology).targetGroups[0]).toMatchObject({
      healthCheck: {
        enabled: true,
        path: '/',
        matcher: '200',
        intervalSeconds: 30,
        timeoutSeconds: 5,
        healthyThreshold: 5,
        unhealthyThreshold: 2,
      },
      deregistrationDelaySeconds: 300,
      slowStartSeconds: 0,
      failOpenBelowHealthyTargets: 1,
    });
  });

  it('lists every one of them as left to AWS', () => {
    expect(lbOf(topology).defaulted).toEqual([
      'clientKeepAliveSeconds',
      'crossZone',
      'idleTimeoutSeconds',
      'internetFacing',
      'targetGroups.T.deregistrationDelaySeconds',
      'targetGroups.T.failOpenBelowHealthyTargets',
      'targetGroups.T.healthCheck.enabled',
      'targetGroups.T.healthCheck.healthyThreshold',
      'targetGroups.T.healthCheck.intervalSeconds',
      'targetGroups.T.healthCheck.matcher',
      'targetGroups.T.healthCheck.path',
      'targetGroups.T.healthCheck.timeoutSeconds',
      'targetGroups.T.healthCheck.unhealthyThreshold',
      'targetGroups.T.slowStartSeconds',
    ]);
  });

  it('takes the region from zones that name it', () => {
    expect(topology.regions).toEqual([{ id: 'eu-west-1', zones: ['eu-west-1a', 'eu-west-1b'] }]);
  });
});

describe('a load balancer that names its settings', () => {
  it('has them read, health check off and all', () => {
    const topology = read({
      Lb: balancer({
        Scheme: 'internal',
        LoadBalancerAttributes: [
          { Key: 'load_balancing.cross_zone.enabled', Value: 'false' },
          { Key: 'client_keep_alive.seconds', Value: '120' },
          { Key: 'idle_timeout.timeout_seconds', Value: 15 },
        ],
      }),
      L: listener(forward('T')),
      T: targets({
        HealthCheckEnabled: false,
        Matcher: { HttpCode: '200-299' },
        TargetGroupAttributes: [
          { Key: 'slow_start.duration_seconds', Value: '30' },
          { Key: 'deregistration_delay.timeout_seconds', Value: '0' },
          { Key: 'target_group_health.unhealthy_state_routing.minimum_healthy_targets.count', Value: '2' },
          {
            Key: 'target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage',
            Value: '50',
          },
        ],
      }),
    });
    expect(lbOf(topology)).toMatchObject({
      internetFacing: false,
      crossZone: false,
      clientKeepAliveSeconds: 120,
      idleTimeoutSeconds: 15,
    });
    expect(lbOf(topology).targetGroups[0]).toMatchObject({
      healthCheck: { enabled: false, matcher: '200-299' },
      slowStartSeconds: 30,
      deregistrationDelaySeconds: 0,
      failOpenBelowHealthyTargets: 2,
      failOpenBelowHealthyPercent: 50,
    });
  });

  it('has no share to fail open at when it is switched off', () => {
    const key = 'target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage';
    const topology = read({
      Lb: balancer(),
      L: listener(forward('T')),
      T: targets({ TargetGroupAttributes: [{ Key: key, Value: 'off' }] }),
    });
    expect(lbOf(topology).targetGroups[0]).not.toHaveProperty('failOpenBelowHealthyPercent');
    expect(notesOf(topology, 'Lb')).toEqual([]);
  });

  it('takes subnets from mappings too', () => {
    const topology = read({
      Lb: balancer({ Subnets: undefined, SubnetMappings: [{ SubnetId: { Ref: 'B' } }] }),
    });
    expect(lbOf(topology).zones).toEqual(['eu-west-1b']);
  });

  it('takes the default with a note where a value is malformed or not decided', () => {
    const topology = read({
      Lb: balancer(),
      L: listener(forward('T')),
      T: targets({ HealthCheckIntervalSeconds: 'often', HealthCheckTimeoutSeconds: { Ref: 'Patience' } }),
    });
    expect(lbOf(topology).targetGroups[0]?.healthCheck).toMatchObject({
      intervalSeconds: 30,
      timeoutSeconds: 5,
    });
    expect(notesOf(topology, 'Lb')).toEqual([
      'targetGroups.T.healthCheck.intervalSeconds is often, which is not a number; read as the default, 30',
      'targetGroups.T.healthCheck.timeoutSeconds is ${Patience}, which the template does not decide; read as the default, 5',
    ]);
  });
});

describe('listeners and actions', () => {
  it('lead to target groups by default actions, weights and rules', () => {
    const topology = read({
      Lb: balancer(),
      L1: listener([
        {
          Type: 'forward',
          ForwardConfig: {
            TargetGroups: [
              { TargetGroupArn: { Ref: 'Blue' }, Weight: 100 },
              { TargetGroupArn: { Ref: 'Green' }, Weight: 0 },
            ],
          },
        },
      ]),
      L2: listener([{ Type: 'redirect', RedirectConfig: { Protocol: 'HTTPS' } }], {
        Port: 443,
        Protocol: 'HTTPS',
      }),
      Rule: {
        Type: 'AWS::ElasticLoadBalancingV2::ListenerRule',
        Properties: { ListenerArn: { Ref: 'L2' }, Actions: forward('Api') },
      },
      Blue: targets(),
      Green: targets(),
      Api: targets(),
      BlueGroup: group('Blue'),
      GreenGroup: group('Green'),
      ApiGroup: group('Api'),
    });
    expect(lbOf(topology).listeners).toEqual([
      { port: 80, protocol: 'HTTP' },
      { port: 443, protocol: 'HTTPS' },
    ]);
    expect(lbOf(topology).targetGroups.map(({ id, targets: ids }) => [id, ids])).toEqual([
      ['Api', ['ApiGroup']],
      ['Blue', ['BlueGroup']],
      ['Green', ['GreenGroup']],
    ]);
    // A target group of weight 0 gets no request, so no request waits for its group.
    expect(topology.links.filter((link) => link.from === 'Lb').map((link) => link.to)).toEqual([
      'ApiGroup',
      'BlueGroup',
    ]);
  });

  it('are missed with a note when there are none', () => {
    expect(notesOf(read({ Lb: balancer() }), 'Lb')).toEqual(['has no listener, so no request reaches it']);
  });

  it('note a target group that is not here', () => {
    const topology = read({ Lb: balancer(), L: listener(forward('Elsewhere')) });
    expect(lbOf(topology).targetGroups).toEqual([]);
    expect(notesOf(topology, 'Lb')).toEqual([
      'forwards to Elsewhere, which is not a target group of this template',
    ]);
  });

  it('leave over a target group that nothing forwards to', () => {
    const topology = read({ Lb: balancer(), L: listener(forward('T')), T: targets(), Forgotten: targets() });
    expect(topology.others).toEqual([{ id: 'Forgotten', type: 'AWS::ElasticLoadBalancingV2::TargetGroup' }]);
  });

  it('find groups that register by traffic sources', () => {
    const modern = group();
    const topology = read({
      Lb: balancer(),
      L: listener(forward('T')),
      T: targets(),
      G: {
        ...modern,
        Properties: { ...modern.Properties, TrafficSources: [{ Identifier: { Ref: 'T' }, Type: 'elbv2' }] },
      },
    });
    expect(lbOf(topology).targetGroups[0]?.targets).toEqual(['G']);
  });
});

describe('other kinds of load balancer', () => {
  it('a network load balancer has defaults of its own, and a note', () => {
    const topology = read({ Lb: balancer({ Type: 'network' }), L: listener(forward('T')), T: targets() });
    expect(lbOf(topology)).toMatchObject({
      crossZone: false,
      idleTimeoutSeconds: 350,
      clientKeepAliveSeconds: 0,
    });
    expect(lbOf(topology).targetGroups[0]?.healthCheck).toMatchObject({
      timeoutSeconds: 10,
      matcher: '200-399',
    });
    expect(notesOf(topology, 'Lb')).toEqual([
      'is a network load balancer; read with the settings an ALB would have',
    ]);
  });

  it('a function behind it is not checked unless asked for', () => {
    const topology = read({
      Lb: balancer(),
      L: listener(forward('T')),
      T: targets({ TargetType: 'lambda' }),
    });
    expect(lbOf(topology).targetGroups[0]?.healthCheck).toMatchObject({
      enabled: false,
      intervalSeconds: 35,
      timeoutSeconds: 30,
    });
  });
});
