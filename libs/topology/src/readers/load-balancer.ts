/** `AWS::ElasticLoadBalancingV2::LoadBalancer` with its listeners, rules and target groups. */
import { asList, asText, at, byText, sortedUnique } from '../json.ts';
import { referencedId } from '../references.ts';
import type { Settings } from '../settings.ts';
import type { Resource } from '../stack.ts';
import type { HealthCheck, Link, LoadBalancerNode, TargetGroup } from '../topology.ts';
import { GROUP_TYPE, targetGroupIdsOf } from './compute-group.ts';
import { nodeBase, type ReadContext, type ResourceReader } from './reader.ts';

const LISTENER_TYPE = 'AWS::ElasticLoadBalancingV2::Listener';
const RULE_TYPE = 'AWS::ElasticLoadBalancingV2::ListenerRule';
const TARGET_GROUP_TYPE = 'AWS::ElasticLoadBalancingV2::TargetGroup';

/**
 * Defaults of the Elastic Load Balancing user guides: "Load balancer attributes" and "Health checks for your
 * target groups", for Application and Network Load Balancers.
 */
const DEFAULTS = {
  application: {
    idleTimeoutSeconds: 60,
    clientKeepAliveSeconds: 3600,
    crossZone: true,
    healthCheck: { timeoutSeconds: 5, healthyThreshold: 5, unhealthyThreshold: 2, matcher: '200' },
  },
  network: {
    // A Network Load Balancer cuts TCP flows that idle, and knows no HTTP keep-alive.
    idleTimeoutSeconds: 350,
    clientKeepAliveSeconds: 0,
    crossZone: false,
    healthCheck: { timeoutSeconds: 10, healthyThreshold: 5, unhealthyThreshold: 2, matcher: '200-399' },
  },
} as const;

type Defaults = (typeof DEFAULTS)[keyof typeof DEFAULTS];

interface Forward {
  readonly targetGroup: string;
  /** A target group of weight 0 gets no request. */
  readonly isServed: boolean;
}

/** The value of a `{ Key, Value }` list, as load balancer and target group attributes are written. */
function attribute(list: unknown, key: string): unknown {
  return at(
    asList(list).find((item) => at(item, 'Key') === key),
    'Value',
  );
}

function forwardsOf(actions: unknown): Forward[] {
  return asList(actions).flatMap((action) => {
    const weighted = asList(at(action, 'ForwardConfig', 'TargetGroups'));
    const groups = weighted.length > 0 ? weighted : [action];
    return groups.flatMap((group) => {
      const targetGroup = referencedId(at(group, 'TargetGroupArn'));
      const weight = at(group, 'Weight');
      return targetGroup === undefined ? [] : [{ targetGroup, isServed: Number(weight ?? 1) !== 0 }];
    });
  });
}

function listenersOf(balancer: Resource, context: ReadContext): Resource[] {
  return context
    .resourcesOfType(LISTENER_TYPE)
    .filter((listener) => referencedId(listener.properties['LoadBalancerArn']) === balancer.id);
}

function rulesOf(balancer: Resource, context: ReadContext): Resource[] {
  const listeners = listenersOf(balancer, context);
  return context
    .resourcesOfType(RULE_TYPE)
    .filter((rule) => listeners.some(({ id }) => id === referencedId(rule.properties['ListenerArn'])));
}

function forwardsFrom(balancer: Resource, context: ReadContext): Forward[] {
  return [
    ...listenersOf(balancer, context).flatMap((listener) =>
      forwardsOf(listener.properties['DefaultActions']),
    ),
    ...rulesOf(balancer, context).flatMap((rule) => forwardsOf(rule.properties['Actions'])),
  ];
}

/** Ids of the groups that register their instances with a target group, sorted. */
function targetsOf(targetGroup: string, context: ReadContext): string[] {
  return context
    .resourcesOfType(GROUP_TYPE)
    .filter((group) => targetGroupIdsOf(group).includes(targetGroup))
    .map(({ id }) => id);
}

function readHealthCheck(group: Resource, path: string, settings: Settings, defaults: Defaults): HealthCheck {
  const properties = group.properties;
  const preset = defaults.healthCheck;
  const isLambda = properties['TargetType'] === 'lambda';
  const number = (name: string, property: string, fallback: number): number =>
    settings.number(`${path}.healthCheck.${name}`, properties[property], fallback);
  return {
    // For functions health checks are off unless asked for, and slower.
    enabled: settings.boolean(`${path}.healthCheck.enabled`, properties['HealthCheckEnabled'], !isLambda),
    path: settings.text(`${path}.healthCheck.path`, properties['HealthCheckPath'], '/'),
    matcher: settings.text(
      `${path}.healthCheck.matcher`,
      at(properties, 'Matcher', 'HttpCode') ?? at(properties, 'Matcher', 'GrpcCode'),
      preset.matcher,
    ),
    intervalSeconds: number('intervalSeconds', 'HealthCheckIntervalSeconds', isLambda ? 35 : 30),
    timeoutSeconds: number(
      'timeoutSeconds',
      'HealthCheckTimeoutSeconds',
      isLambda ? 30 : preset.timeoutSeconds,
    ),
    healthyThreshold: number('healthyThreshold', 'HealthyThresholdCount', preset.healthyThreshold),
    unhealthyThreshold: number('unhealthyThreshold', 'UnhealthyThresholdCount', preset.unhealthyThreshold),
  };
}

function readTargetGroup(
  group: Resource,
  settings: Settings,
  context: ReadContext,
  defaults: Defaults,
): TargetGroup {
  const path = `targetGroups.${group.id}`;
  const attributes = group.properties['TargetGroupAttributes'];
  const routing = 'target_group_health.unhealthy_state_routing.minimum_healthy_targets';
  const percentage = attribute(attributes, `${routing}.percentage`);
  const failOpenPercent =
    percentage === 'off'
      ? undefined
      : settings.optionalNumber(`${path}.failOpenBelowHealthyPercent`, percentage);
  return {
    id: group.id,
    port: settings.number(`${path}.port`, group.properties['Port'], 80),
    healthCheck: readHealthCheck(group, path, settings, defaults),
    deregistrationDelaySeconds: settings.number(
      `${path}.deregistrationDelaySeconds`,
      attribute(attributes, 'deregistration_delay.timeout_seconds'),
      300,
    ),
    slowStartSeconds: settings.number(
      `${path}.slowStartSeconds`,
      attribute(attributes, 'slow_start.duration_seconds'),
      0,
    ),
    failOpenBelowHealthyTargets: settings.number(
      `${path}.failOpenBelowHealthyTargets`,
      attribute(attributes, `${routing}.count`),
      1,
    ),
    ...(failOpenPercent === undefined ? {} : { failOpenBelowHealthyPercent: failOpenPercent }),
    targets: targetsOf(group.id, context),
  };
}

function readListeners(listeners: readonly Resource[], settings: Settings): LoadBalancerNode['listeners'] {
  return listeners
    .map(({ id, properties }) => {
      const protocol = asText(properties['Protocol']) ?? 'HTTP';
      const usualPort = protocol === 'HTTPS' ? 443 : 80;
      return { port: settings.number(`listeners.${id}.port`, properties['Port'], usualPort), protocol };
    })
    .sort((a, b) => a.port - b.port || byText(a.protocol, b.protocol));
}

function read(balancer: Resource, context: ReadContext): LoadBalancerNode[] {
  const note = context.noteOn(balancer);
  const settings = context.settingsOf(balancer);
  const { properties } = balancer;
  const type = asText(properties['Type']) ?? 'application';
  if (type !== 'application') note(`is a ${type} load balancer; read with the settings an ALB would have`);
  const defaults: Defaults = type === 'network' ? DEFAULTS.network : DEFAULTS.application;
  const attributes = properties['LoadBalancerAttributes'];
  const listeners = listenersOf(balancer, context);
  if (listeners.length === 0) note('has no listener, so no request reaches it');
  const subnets = asList(properties['SubnetMappings']).map((mapping) => at(mapping, 'SubnetId'));
  const zones = context.zonesOfSubnets(properties['Subnets'] ?? subnets, note);
  const forwarded = sortedUnique(forwardsFrom(balancer, context).map((forward) => forward.targetGroup));
  const targetGroups = forwarded.flatMap((id) => {
    const group = context.resource(id);
    if (group?.type === TARGET_GROUP_TYPE) return [readTargetGroup(group, settings, context, defaults)];
    note(`forwards to ${id}, which is not a target group of this template`);
    return [];
  });
  const node = {
    kind: 'load-balancer',
    internetFacing: settings.text('internetFacing', properties['Scheme'], 'internet-facing') !== 'internal',
    crossZone: settings.boolean(
      'crossZone',
      attribute(attributes, 'load_balancing.cross_zone.enabled'),
      defaults.crossZone,
    ),
    idleTimeoutSeconds: settings.number(
      'idleTimeoutSeconds',
      attribute(attributes, 'idle_timeout.timeout_seconds'),
      defaults.idleTimeoutSeconds,
    ),
    clientKeepAliveSeconds: settings.number(
      'clientKeepAliveSeconds',
      attribute(attributes, 'client_keep_alive.seconds'),
      defaults.clientKeepAliveSeconds,
    ),
    listeners: readListeners(listeners, settings),
    targetGroups,
  } as const;
  return [{ ...nodeBase(balancer, zones, settings), ...node }];
}

function links(balancer: Resource, context: ReadContext): Link[] {
  const served = forwardsFrom(balancer, context).filter((forward) => forward.isServed);
  const targets = sortedUnique(served.flatMap((forward) => targetsOf(forward.targetGroup, context)));
  return targets.map((to) => ({ from: balancer.id, to, necessity: 'hard', onRequestPath: true }));
}

export const loadBalancerReader: ResourceReader = {
  types: ['AWS::ElasticLoadBalancingV2::LoadBalancer'],
  partTypes: [LISTENER_TYPE, RULE_TYPE, TARGET_GROUP_TYPE],
  parts: (balancer, context) => [
    ...listenersOf(balancer, context).map((listener) => listener.id),
    ...rulesOf(balancer, context).map((rule) => rule.id),
    ...forwardsFrom(balancer, context).map((forward) => forward.targetGroup),
  ],
  read,
  links,
};
