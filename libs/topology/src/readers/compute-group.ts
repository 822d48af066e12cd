/**
 * `AWS::AutoScaling::AutoScalingGroup` with its launch template (also behind a mixed-instances policy) or
 * legacy launch configuration, its scaling policies, and the external services it says it depends on.
 */
import { asList, asObject, asText, at, sortedUnique } from '../json.ts';
import { idsReferredTo, referencedId } from '../references.ts';
import type { NoteSink, Settings } from '../settings.ts';
import type { Resource } from '../stack.ts';
import type { ComputeGroupNode, ExternalServiceNode, Link, TopologyNode } from '../topology.ts';
import { readInstanceProcess } from '../user-data.ts';
import { areEveryZone } from '../intrinsics.ts';
import { zoneName } from '../zones.ts';
import { DATABASE_TYPE } from './database.ts';
import { CLUSTER_TYPE } from './database-cluster.ts';
import { hostedDatabaseId, hostedDatabaseOf } from './hosted-database.ts';
import { QUEUE_TYPE } from './queue.ts';
import { nodeBase, type ReadContext, type ResourceReader } from './reader.ts';

export const GROUP_TYPE = 'AWS::AutoScaling::AutoScalingGroup';
const TEMPLATE_TYPE = 'AWS::EC2::LaunchTemplate';
const CONFIGURATION_TYPE = 'AWS::AutoScaling::LaunchConfiguration';
const POLICY_TYPE = 'AWS::AutoScaling::ScalingPolicy';
const SECRET_ATTACHMENT_TYPE = 'AWS::SecretsManager::SecretTargetAttachment';

/** The type of a node that stands for a service outside the template. */
export const EXTERNAL_SERVICE_TYPE = 'Nines::ExternalService';

/** The metadata on a group that lists the services outside the template that its processes call. */
export const DEPENDENCIES_METADATA = 'nines:dependencies';

/** EC2 launches this type when none is named (EC2 API reference, RunInstances). */
const DEFAULT_INSTANCE_TYPE = 'm1.small';

export const externalServiceId = (name: string): string => `external:${name}`;

/** Ids of the target groups that a group registers its instances with. */
export function targetGroupIdsOf(group: Resource): string[] {
  const sources = asList(group.properties['TrafficSources']).map((source) => at(source, 'Identifier'));
  return [...asList(group.properties['TargetGroupARNs']), ...sources].flatMap(
    (arn) => referencedId(arn) ?? [],
  );
}

interface Launch {
  /** The template or configuration; absent when it lies outside this template. */
  readonly resource?: Resource;
  readonly instanceType: unknown;
  readonly userData: unknown;
}

/** Launch templates and configurations are referred to by reference or by the name they give themselves. */
function findLaunch(named: unknown, type: string, context: ReadContext): Resource | undefined {
  const id = referencedId(named);
  const nameProperty = type === TEMPLATE_TYPE ? 'LaunchTemplateName' : 'LaunchConfigurationName';
  return context
    .resourcesOfType(type)
    .find(
      (resource) =>
        resource.id === id || (named !== undefined && resource.properties[nameProperty] === named),
    );
}

function readLaunch(group: Resource, context: ReadContext, note: NoteSink): Launch {
  const { properties } = group;
  const mixed = at(properties, 'MixedInstancesPolicy', 'LaunchTemplate');
  const override = at(mixed, 'Overrides', 0, 'InstanceType');
  const specification = at(mixed, 'LaunchTemplateSpecification') ?? properties['LaunchTemplate'];
  const resource =
    findLaunch(at(specification, 'LaunchTemplateId'), TEMPLATE_TYPE, context) ??
    findLaunch(at(specification, 'LaunchTemplateName'), TEMPLATE_TYPE, context) ??
    findLaunch(properties['LaunchConfigurationName'], CONFIGURATION_TYPE, context);
  if (resource?.type === TEMPLATE_TYPE) {
    const data = at(resource.properties, 'LaunchTemplateData');
    return {
      resource,
      instanceType: override ?? at(data, 'InstanceType'),
      userData: at(data, 'UserData'),
    };
  }
  if (resource !== undefined) {
    const { InstanceType: instanceType, UserData: userData } = resource.properties;
    return { resource, instanceType, userData };
  }
  note('is launched from a template that is not here, so its instance type and process are unknown');
  return { instanceType: override, userData: undefined };
}

function zonesOf(group: Resource, context: ReadContext, note: NoteSink): readonly string[] {
  const subnets = group.properties['VPCZoneIdentifier'];
  if (subnets !== undefined) return context.zonesOfSubnets(subnets, note);
  const listed = group.properties['AvailabilityZones'];
  const zones = asList(listed).flatMap((zone) => zoneName(zone) ?? []);
  // `Fn::GetAZs` as a whole is every zone of the region, and no template tells how many those are.
  if (areEveryZone(zones)) {
    note('uses every zone of the region (Fn::GetAZs); read as three, the fewest a region has');
    return zones.slice(0, 3);
  }
  if (zones.length === 0) note('names neither subnets nor zones that the template decides');
  return sortedUnique(zones);
}

const policiesOf = (group: Resource, context: ReadContext): readonly Resource[] =>
  context
    .resourcesOfType(POLICY_TYPE)
    .filter((policy) => referencedId(policy.properties['AutoScalingGroupName']) === group.id);

function cpuTargetOf(group: Resource, context: ReadContext, settings: Settings): number | undefined {
  for (const policy of policiesOf(group, context)) {
    const tracking = policy.properties['TargetTrackingConfiguration'];
    const metric = at(tracking, 'PredefinedMetricSpecification', 'PredefinedMetricType');
    if (metric !== 'ASGAverageCPUUtilization') continue;
    return settings.optionalNumber('cpuTargetPercent', at(tracking, 'TargetValue'));
  }
  return undefined;
}

function healthCheckTypeOf(group: Resource, settings: Settings): 'EC2' | 'ELB' {
  // The property also takes a list such as `EBS,ELB`.
  const text = settings.text('healthCheckType', group.properties['HealthCheckType'], 'EC2');
  return text.split(',').some((part) => part.trim() === 'ELB') ? 'ELB' : 'EC2';
}

function read(group: Resource, context: ReadContext): TopologyNode[] {
  const note = context.noteOn(group);
  const settings = context.settingsOf(group);
  const { properties } = group;
  const launch = readLaunch(group, context, note);
  const zones = zonesOf(group, context, note);
  const minInstances = settings.number('minInstances', properties['MinSize'], 1);
  const process =
    typeof launch.userData === 'string' || launch.resource !== undefined
      ? readInstanceProcess(
          asText(launch.userData) ?? '',
          [group.metadata, launch.resource?.metadata],
          note,
          settings.leaveToDefault,
        )
      : undefined;
  if (launch.resource !== undefined && process === undefined) {
    note('writes no systemd service unit that could be read, so its process is unknown');
  }
  const cpuTargetPercent = cpuTargetOf(group, context, settings);
  const settingsRead = {
    kind: 'compute-group',
    minInstances,
    maxInstances: settings.number('maxInstances', properties['MaxSize'], minInstances),
    desiredInstances: settings.number('desiredInstances', properties['DesiredCapacity'], minInstances),
    instanceType: settings.text('instanceType', launch.instanceType, DEFAULT_INSTANCE_TYPE),
    healthCheckType: healthCheckTypeOf(group, settings),
    healthCheckGracePeriodSeconds: settings.number(
      'healthCheckGracePeriodSeconds',
      properties['HealthCheckGracePeriod'],
      0,
    ),
  } as const;
  const node: ComputeGroupNode = {
    ...nodeBase(group, zones, settings),
    ...settingsRead,
    ...(cpuTargetPercent === undefined ? {} : { cpuTargetPercent }),
    ...(process === undefined ? {} : { process }),
  };
  return [
    node,
    ...hostedDatabaseOf(node, group, context),
    ...dependenciesOf(group, note).map((dependency) => externalService(dependency, group)),
  ];
}

interface Dependency {
  readonly name: string;
  readonly necessity: 'hard' | 'soft';
  readonly addressVariable: string;
}

function dependenciesOf(group: Resource, note: NoteSink): Dependency[] {
  const listed = group.metadata[DEPENDENCIES_METADATA];
  if (listed !== undefined && !Array.isArray(listed))
    note(`has metadata ${DEPENDENCIES_METADATA} that is no list`);
  return asList(listed).flatMap((item) => {
    const { name, necessity, addressVariable } = asObject(item);
    if (
      typeof name === 'string' &&
      (necessity === 'hard' || necessity === 'soft') &&
      isVariable(addressVariable)
    ) {
      return [{ name, necessity, addressVariable }];
    }
    note(
      `has an entry in metadata ${DEPENDENCIES_METADATA} that is not read: it needs name, necessity (hard or soft) and addressVariable`,
    );
    return [];
  });
}

const isVariable = (value: unknown): value is string => typeof value === 'string' && value !== '';

function externalService(dependency: Dependency, group: Resource): ExternalServiceNode {
  return {
    id: externalServiceId(dependency.name),
    type: EXTERNAL_SERVICE_TYPE,
    kind: 'external-service',
    region: group.region,
    zones: [],
    defaulted: [],
    name: dependency.name,
    addressVariable: dependency.addressVariable,
  };
}

/**
 * Databases whose address or secret the group's instances are given, directly or by way of a secret attached
 * to the database. Nothing in a template says that an answer waits for them, so they count as hard.
 */
function databasesOf(group: Resource, context: ReadContext): string[] {
  const launch = readLaunch(group, context, () => undefined);
  const ids = idsReferredTo([launch.userData, group.metadata, launch.resource?.metadata]);
  const throughSecrets = [...ids].flatMap((id) => {
    const resource = context.resource(id);
    return resource?.type === SECRET_ATTACHMENT_TYPE
      ? (referencedId(resource.properties['TargetId']) ?? [])
      : [];
  });
  return sortedUnique([...ids, ...throughSecrets]).filter((id) => {
    const resource = context.resource(id);
    // An instance of a cluster is no database of its own.
    const isMember = resource?.properties['DBClusterIdentifier'] !== undefined;
    return resource?.type === CLUSTER_TYPE || (resource?.type === DATABASE_TYPE && !isMember);
  });
}

/** Queues that the group's instances are told of. What is kept in one is not waited for, so it compensates. */
function queuesOf(group: Resource, context: ReadContext): string[] {
  const launch = readLaunch(group, context, () => undefined);
  const ids = sortedUnique([...idsReferredTo([launch.userData])]);
  return ids.filter((id) => context.resource(id)?.type === QUEUE_TYPE);
}

function links(group: Resource, context: ReadContext): Link[] {
  const from = group.id;
  return [
    ...databasesOf(group, context).map(
      (to) => ({ from, to, necessity: 'hard', onRequestPath: true }) as const,
    ),
    ...queuesOf(group, context).map((to) => ({ from, to, necessity: 'soft', onRequestPath: true }) as const),
    // Dropped with the rest when the group holds no database.
    { from, to: hostedDatabaseId(from), necessity: 'hard', onRequestPath: true },
    ...dependenciesOf(group, () => undefined).map(
      ({ name, necessity }) =>
        ({ from, to: externalServiceId(name), necessity, onRequestPath: true }) as const,
    ),
  ];
}

export const computeGroupReader: ResourceReader = {
  types: [GROUP_TYPE],
  partTypes: [TEMPLATE_TYPE, CONFIGURATION_TYPE, POLICY_TYPE],
  parts: (group, context) => [
    ...policiesOf(group, context).map((policy) => policy.id),
    readLaunch(group, context, () => undefined).resource?.id ?? '',
  ],
  read,
  links,
};
