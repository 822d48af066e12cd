/**
 * The database that servers hold themselves, as the 99% tier does: no resource of its own shows it. The group says so
 * in its metadata, and whoever builds the group writes the metadata from the same values as the user data:
 *
 * ```json
 * "nines:hosted-database": {
 *   "engine": "postgres", "engineVersion": "17", "name": "shop", "port": 5432, "encrypted": true,
 *   "copies": { "intervalMinutes": 60, "bucket": { "Ref": "Backups" }, "lastCopySeconds": 180 }
 * }
 * ```
 *
 * A group without it whose process is told a loopback address as `DATABASE_HOST` holds a database too; what the
 * metadata would have said is then at its default, with a note.
 */
import { asText, at, isObject } from '../json.ts';
import { referencedId } from '../references.ts';
import type { Settings } from '../settings.ts';
import type { Resource } from '../stack.ts';
import type { ComputeGroupNode, DatabaseCopies, DatabaseNode } from '../topology.ts';
import type { ReadContext } from './reader.ts';

export const HOSTED_DATABASE_METADATA = 'nines:hosted-database';

/** The type of a node that stands for a database on servers. */
export const HOSTED_DATABASE_TYPE = 'Nines::HostedDatabase';

export const hostedDatabaseId = (groupId: string): string => `hosted-database:${groupId}`;

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/;

function copiesOf(metadata: unknown, settings: Settings): DatabaseCopies | undefined {
  const copies = at(metadata, 'copies');
  const intervalMinutes = settings.optionalNumber('copies.intervalMinutes', at(copies, 'intervalMinutes'));
  if (intervalMinutes === undefined) return undefined;
  const bucket = referencedId(at(copies, 'bucket'));
  const lastCopySeconds = settings.optionalNumber('copies.lastCopySeconds', at(copies, 'lastCopySeconds'));
  return {
    intervalMinutes,
    ...(bucket === undefined ? {} : { bucket }),
    ...(lastCopySeconds === undefined ? {} : { lastCopySeconds }),
  };
}

/** The database of a group's servers, as a list of one; empty when they hold none. */
export function hostedDatabaseOf(
  node: ComputeGroupNode,
  group: Resource,
  context: ReadContext,
): DatabaseNode[] {
  const note = context.noteOn(group);
  const metadata = group.metadata[HOSTED_DATABASE_METADATA];
  const isOnLoopback = LOOPBACK.test(node.process?.environment['DATABASE_HOST'] ?? '');
  if (metadata === undefined && !isOnLoopback) return [];
  if (!isObject(metadata))
    note(
      `holds a database that metadata ${HOSTED_DATABASE_METADATA} does not describe; its copies are unknown`,
    );
  if (node.maxInstances > 1)
    note(
      `holds a database on each of up to ${String(node.maxInstances)} servers, which know nothing of each other`,
    );
  const settings = context.settingsOf(group);
  const copies = copiesOf(metadata, settings);
  const databaseName = asText(at(metadata, 'name')) ?? node.process?.environment['DATABASE_NAME'];
  const told = node.process?.environment['DATABASE_PORT'];
  return [
    {
      id: hostedDatabaseId(group.id),
      type: HOSTED_DATABASE_TYPE,
      kind: 'database',
      region: group.region,
      zones: node.zones,
      engine: settings.text('engine', at(metadata, 'engine'), 'postgres'),
      engineVersion: settings.text('engineVersion', at(metadata, 'engineVersion'), 'default'),
      port: settings.number('port', at(metadata, 'port') ?? told, 5432),
      ...(databaseName === undefined ? {} : { databaseName }),
      multiAz: false,
      standbyReplication: 'none',
      encrypted: settings.boolean('encrypted', at(metadata, 'encrypted'), false),
      backupRetentionDays: 0,
      deletionProtection: false,
      heldBy: group.id,
      ...(copies === undefined ? {} : { copies }),
      defaulted: [...settings.defaulted].sort(),
    },
  ];
}
