/** `AWS::RDS::DBInstance`. An instance of a cluster is not one of these: it is part of its cluster's node. */
import { asText } from '../json.ts';
import type { NoteSink } from '../settings.ts';
import type { Resource } from '../stack.ts';
import type { DatabaseNode, Link } from '../topology.ts';
import { zoneName } from '../zones.ts';
import { findNamed } from './named-resource.ts';
import { nodeBase, type ReadContext, type ResourceReader } from './reader.ts';
import { candidateZones, SUBNET_GROUP_TYPE, subnetGroupPartsOf } from './subnet-group.ts';

export const DATABASE_TYPE = 'AWS::RDS::DBInstance';
const CLUSTER_TYPE = 'AWS::RDS::DBCluster';

/** RDS user guide, "Settings for DB instances", database port. */
const DEFAULT_PORTS: readonly (readonly [prefix: string, port: number])[] = [
  ['postgres', 5432],
  ['mysql', 3306],
  ['mariadb', 3306],
  ['oracle', 1521],
  ['sqlserver', 1433],
  ['db2', 50_000],
];

const defaultPort = (engine: string): number =>
  DEFAULT_PORTS.find(([prefix]) => engine.startsWith(prefix))?.[1] ?? 5432;

/** A Multi-AZ instance has a primary and one standby, in two zones of its subnet group. */
const MULTI_AZ_ZONES = 2;

function zonesOf(
  database: Resource,
  multiAz: boolean,
  context: ReadContext,
  note: NoteSink,
): { zones: readonly string[]; isChosenByAws: boolean } {
  const named = zoneName(database.properties['AvailabilityZone']);
  if (named !== undefined && !multiAz) return { zones: [named], isChosenByAws: false };
  const candidates = candidateZones(database, context, note);
  const wanted = multiAz ? MULTI_AZ_ZONES : 1;
  if (candidates.length === 0) note('has no subnet group in this template, so its zones are unknown');
  else if (candidates.length < wanted) {
    note(`asks for ${String(wanted)} zones, but its subnets lie in ${String(candidates.length)}`);
  }
  return { zones: candidates.slice(0, wanted), isChosenByAws: candidates.length > wanted };
}

function read(database: Resource, context: ReadContext): DatabaseNode[] {
  const note = context.noteOn(database);
  const { properties } = database;
  if (properties['DBClusterIdentifier'] !== undefined) {
    if (
      findNamed(properties['DBClusterIdentifier'], CLUSTER_TYPE, 'DBClusterIdentifier', context) === undefined
    )
      note('belongs to a database cluster that is not in this template');
    return [];
  }
  const settings = context.settingsOf(database);
  const engine = settings.text('engine', properties['Engine'], 'postgres');
  const multiAz = settings.boolean('multiAz', properties['MultiAZ'], false);
  const { zones, isChosenByAws } = zonesOf(database, multiAz, context, note);
  // RDS picks among the subnet group's zones; the first ones stand for its choice.
  if (isChosenByAws) settings.leaveToDefault('zones');
  const source = properties['SourceDBInstanceIdentifier'];
  const replicaOf = sourceOf(database, context);
  if (source !== undefined && replicaOf === undefined) {
    note('is a read replica of a database that is not in this template');
  }
  const databaseName = asText(properties['DBName']);
  const node = {
    kind: 'database',
    engine,
    engineVersion: settings.text('engineVersion', properties['EngineVersion'], 'default'),
    port: settings.number('port', properties['Port'], defaultPort(engine)),
    ...(databaseName === undefined ? {} : { databaseName }),
    multiAz,
    standbyReplication: multiAz ? 'synchronous' : 'none',
    encrypted: settings.boolean('encrypted', properties['StorageEncrypted'], false),
    backupRetentionDays: settings.number('backupRetentionDays', properties['BackupRetentionPeriod'], 1),
    deletionProtection: settings.boolean('deletionProtection', properties['DeletionProtection'], false),
    ...(replicaOf === undefined ? {} : { replicaOf }),
  } as const;
  return [{ ...nodeBase(database, zones, settings), ...node }];
}

/** The instance that a read replica gets its writes from. */
function sourceOf(database: Resource, context: ReadContext): string | undefined {
  const named = database.properties['SourceDBInstanceIdentifier'];
  const source = findNamed(named, DATABASE_TYPE, 'DBInstanceIdentifier', context);
  return source?.id === database.id ? undefined : source?.id;
}

/** A replica needs its source to stay up to date, not to answer. */
function links(database: Resource, context: ReadContext): Link[] {
  const to = sourceOf(database, context);
  return to === undefined ? [] : [{ from: database.id, to, necessity: 'soft', onRequestPath: false }];
}

export const databaseReader: ResourceReader = {
  types: [DATABASE_TYPE],
  partTypes: [SUBNET_GROUP_TYPE],
  parts: subnetGroupPartsOf,
  read,
  links,
};
