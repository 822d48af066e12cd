/**
 * `AWS::RDS::DBCluster` with its instances and the auto scaling of its replicas: Aurora, whose instances share one
 * storage volume with copies in three zones, and the Multi-AZ cluster of RDS, whose instances a template does not
 * name.
 */
import { asText, at, byText, sortedUnique } from '../json.ts';
import { referencedId } from '../references.ts';
import type { NoteSink, Settings } from '../settings.ts';
import type { Resource } from '../stack.ts';
import type { DatabaseCluster, DatabaseMember, DatabaseNode, Link, ReplicaScaling } from '../topology.ts';
import { zoneName } from '../zones.ts';
import { DATABASE_TYPE } from './database.ts';
import { findNamed } from './named-resource.ts';
import { nodeBase, type ReadContext, type ResourceReader } from './reader.ts';
import { candidateZones, SUBNET_GROUP_TYPE, subnetGroupPartsOf } from './subnet-group.ts';

export const CLUSTER_TYPE = 'AWS::RDS::DBCluster';
export const GLOBAL_TYPE = 'AWS::RDS::GlobalCluster';
const SCALABLE_TARGET_TYPE = 'AWS::ApplicationAutoScaling::ScalableTarget';
const SCALING_POLICY_TYPE = 'AWS::ApplicationAutoScaling::ScalingPolicy';

/** Aurora user guide, "Fault tolerance for an Aurora DB cluster": 0 is promoted first, 1 when nothing is said. */
const DEFAULT_PROMOTION_TIER = 1;

/** CloudFormation, `AWS::RDS::DBCluster`, `Port`: 3306 for a provisioned cluster, also of Aurora PostgreSQL. */
const DEFAULT_PORT = 3306;

/** A Multi-AZ cluster of RDS: a writer and two readable standbys, each in a zone of its own. */
const MULTI_AZ_CLUSTER_ZONES = 3;

const isAurora = (cluster: Resource): boolean =>
  (asText(cluster.properties['Engine']) ?? 'aurora').startsWith('aurora');

function instancesOf(cluster: Resource, context: ReadContext): Resource[] {
  return context
    .resourcesOfType(DATABASE_TYPE)
    .filter(
      ({ properties }) =>
        findNamed(properties['DBClusterIdentifier'], CLUSTER_TYPE, 'DBClusterIdentifier', context)?.id ===
        cluster.id,
    );
}

function scalableTargetOf(cluster: Resource, context: ReadContext): Resource | undefined {
  const name = asText(cluster.properties['DBClusterIdentifier']);
  return context.resourcesOfType(SCALABLE_TARGET_TYPE).find(({ properties }) => {
    if (properties['ScalableDimension'] !== 'rds:cluster:ReadReplicaCount') return false;
    const scaled = /^cluster:(.+)$/.exec(asText(properties['ResourceId']) ?? '')?.[1];
    return scaled !== undefined && (referencedId(scaled) === cluster.id || scaled === name);
  });
}

function scalingPoliciesOf(target: Resource | undefined, context: ReadContext): Resource[] {
  return context
    .resourcesOfType(SCALING_POLICY_TYPE)
    .filter(
      ({ properties }) => target !== undefined && referencedId(properties['ScalingTargetId']) === target.id,
    );
}

function replicaScalingOf(
  cluster: Resource,
  context: ReadContext,
  settings: Settings,
): ReplicaScaling | undefined {
  const target = scalableTargetOf(cluster, context);
  if (target === undefined) return undefined;
  const tracking = scalingPoliciesOf(target, context)
    .map(({ properties }) => properties['TargetTrackingScalingPolicyConfiguration'])
    .find(
      (configuration) =>
        at(configuration, 'PredefinedMetricSpecification', 'PredefinedMetricType') ===
        'RDSReaderAverageCPUUtilization',
    );
  const path = 'cluster.replicaScaling';
  const minReplicas = settings.number(`${path}.minReplicas`, target.properties['MinCapacity'], 0);
  const cpuTargetPercent = settings.optionalNumber(`${path}.cpuTargetPercent`, at(tracking, 'TargetValue'));
  return {
    minReplicas,
    maxReplicas: settings.number(`${path}.maxReplicas`, target.properties['MaxCapacity'], minReplicas),
    ...(cpuTargetPercent === undefined ? {} : { cpuTargetPercent }),
  };
}

/** Whether the cluster takes its data from another region: it is told neither a user nor a database. */
function globalRoleOf(cluster: Resource, global: Resource | undefined): 'primary' | 'secondary' {
  const { properties } = cluster;
  const source = asText(global?.properties['SourceDBClusterIdentifier']);
  const isSource =
    source !== undefined &&
    (referencedId(source) === cluster.id || source === properties['DBClusterIdentifier']);
  return isSource || properties['MasterUsername'] !== undefined ? 'primary' : 'secondary';
}

/** The global database that a cluster belongs to, and whether it was made as its primary. */
export function globalOf(cluster: Resource, context: ReadContext): DatabaseCluster['global'] {
  const named = cluster.properties['GlobalClusterIdentifier'];
  const global =
    findNamed(named, GLOBAL_TYPE, 'GlobalClusterIdentifier', context) ??
    context
      .resourcesOfType(GLOBAL_TYPE)
      .find(
        ({ properties }) =>
          findNamed(properties['SourceDBClusterIdentifier'], CLUSTER_TYPE, 'DBClusterIdentifier', context)
            ?.id === cluster.id,
      );
  const id = global?.id ?? asText(named);
  return id === undefined || id === '' ? undefined : { id, role: globalRoleOf(cluster, global) };
}

/** The instance that is made first writes: the one that others wait for, else the first by id. */
function writerAmong(instances: readonly Resource[], settings: Settings): string | undefined {
  const awaited = new Set(instances.flatMap((instance) => instance.dependsOn));
  const first = instances.find(
    (instance) => awaited.has(instance.id) && !instance.dependsOn.some((id) => isOneOf(instances, id)),
  );
  if (first === undefined && instances.length > 1) settings.leaveToDefault('cluster.members.writer');
  return (first ?? instances[0])?.id;
}

const isOneOf = (instances: readonly Resource[], id: string): boolean =>
  instances.some((instance) => instance.id === id);

/** Instances that name no zone are spread over those of the subnet group by AWS; the emptiest stands for its choice. */
function placeMembers(
  instances: readonly Resource[],
  candidates: readonly string[],
  settings: Settings,
): ReadonlyMap<string, string> {
  const placed = new Map(
    instances.flatMap((instance) => {
      const zone = zoneName(instance.properties['AvailabilityZone']);
      return zone === undefined ? [] : [[instance.id, zone] as const];
    }),
  );
  const countIn = (zone: string): number => [...placed.values()].filter((other) => other === zone).length;
  for (const { id } of instances) {
    if (placed.has(id)) continue;
    const [emptiest] = [...candidates].sort((a, b) => countIn(a) - countIn(b) || byText(a, b));
    if (emptiest === undefined) continue;
    placed.set(id, emptiest);
    settings.leaveToDefault(`cluster.members.${id}.zone`);
  }
  return placed;
}

function membersOf(
  cluster: Resource,
  candidates: readonly string[],
  context: ReadContext,
  settings: Settings,
): DatabaseMember[] {
  const instances = instancesOf(cluster, context);
  const writer =
    globalOf(cluster, context)?.role === 'secondary' ? undefined : writerAmong(instances, settings);
  const zones = placeMembers(instances, candidates, settings);
  const members = instances.map(({ id, properties }): DatabaseMember => {
    const path = `cluster.members.${id}`;
    const zone = zones.get(id);
    return {
      id,
      role: id === writer ? 'writer' : 'replica',
      ...(zone === undefined ? {} : { zone }),
      instanceClass: settings.text(`${path}.instanceClass`, properties['DBInstanceClass'], 'unknown'),
      promotionTier: settings.number(
        `${path}.promotionTier`,
        properties['PromotionTier'],
        DEFAULT_PROMOTION_TIER,
      ),
    };
  });
  const rank = (member: DatabaseMember): number => (member.role === 'writer' ? -1 : member.promotionTier);
  return members.sort((a, b) => rank(a) - rank(b) || byText(a.id, b.id));
}

interface Presence {
  readonly zones: readonly string[];
  readonly members: readonly DatabaseMember[];
  /** Whether another instance can take over. */
  readonly isRedundant: boolean;
}

function presenceOf(cluster: Resource, context: ReadContext, settings: Settings, note: NoteSink): Presence {
  const candidates = candidateZones(cluster, context, note);
  if (!isAurora(cluster)) {
    note(
      'is a Multi-AZ cluster of RDS, whose instances no template names; read as one in each of three zones',
    );
    if (candidates.length > MULTI_AZ_CLUSTER_ZONES) settings.leaveToDefault('zones');
    return { zones: candidates.slice(0, MULTI_AZ_CLUSTER_ZONES), members: [], isRedundant: true };
  }
  const members = membersOf(cluster, candidates, context, settings);
  if (members.length === 0) note('has no instance in this template, so nothing answers for it');
  const zones = sortedUnique(members.flatMap(({ zone }) => zone ?? []));
  if (members.length > 0 && zones.length === 0)
    note('has instances whose zones the template does not decide');
  return { zones, members, isRedundant: members.length > 1 };
}

/** The cluster that writes, for a cluster in another region that follows it. */
function primaryOf(cluster: Resource, context: ReadContext): string | undefined {
  const global = globalOf(cluster, context);
  if (global?.role !== 'secondary') return undefined;
  return context.resourcesOfType(CLUSTER_TYPE).find((other) => {
    const theirs = globalOf(other, context);
    return other.id !== cluster.id && theirs?.id === global.id && theirs.role === 'primary';
  })?.id;
}

function read(cluster: Resource, context: ReadContext): DatabaseNode[] {
  const note = context.noteOn(cluster);
  const settings = context.settingsOf(cluster);
  const { properties } = cluster;
  const { zones, members, isRedundant } = presenceOf(cluster, context, settings, note);
  const replicaScaling = replicaScalingOf(cluster, context, settings);
  const global = globalOf(cluster, context);
  const replicaOf = primaryOf(cluster, context);
  if (global?.role === 'secondary' && replicaOf === undefined)
    note(`follows a cluster of the global database ${global.id} that was not read`);
  const databaseName = asText(properties['DatabaseName']);
  const node = {
    kind: 'database',
    engine: settings.text('engine', properties['Engine'], 'aurora-postgresql'),
    engineVersion: settings.text('engineVersion', properties['EngineVersion'], 'default'),
    port: settings.number('port', properties['Port'], DEFAULT_PORT),
    ...(databaseName === undefined ? {} : { databaseName }),
    multiAz: isRedundant && zones.length > 1,
    standbyReplication: isRedundant ? 'synchronous' : 'none',
    encrypted: settings.boolean('encrypted', properties['StorageEncrypted'], false),
    backupRetentionDays: settings.number('backupRetentionDays', properties['BackupRetentionPeriod'], 1),
    deletionProtection: settings.boolean('deletionProtection', properties['DeletionProtection'], false),
    cluster: {
      members,
      ...(replicaScaling === undefined ? {} : { replicaScaling }),
      ...(global === undefined ? {} : { global }),
    },
    ...(replicaOf === undefined ? {} : { replicaOf }),
  } as const;
  return [{ ...nodeBase(cluster, zones, settings), ...node }];
}

/** A cluster needs the one it follows to stay up to date, not to answer. */
function links(cluster: Resource, context: ReadContext): Link[] {
  const to = primaryOf(cluster, context);
  return to === undefined ? [] : [{ from: cluster.id, to, necessity: 'soft', onRequestPath: false }];
}

export const databaseClusterReader: ResourceReader = {
  types: [CLUSTER_TYPE],
  partTypes: [DATABASE_TYPE, SUBNET_GROUP_TYPE, SCALABLE_TARGET_TYPE, SCALING_POLICY_TYPE],
  parts: (cluster, context) => {
    const target = scalableTargetOf(cluster, context);
    return [
      ...subnetGroupPartsOf(cluster),
      ...instancesOf(cluster, context).map(({ id }) => id),
      ...(target === undefined ? [] : [target.id]),
      ...scalingPoliciesOf(target, context).map(({ id }) => id),
    ];
  },
  read,
  links,
};
