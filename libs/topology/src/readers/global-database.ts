/** `AWS::RDS::GlobalCluster`: what joins the clusters of several regions. */
import { byText } from '../json.ts';
import type { Resource } from '../stack.ts';
import type { GlobalDatabaseNode } from '../topology.ts';
import { CLUSTER_TYPE, GLOBAL_TYPE, globalOf } from './database-cluster.ts';
import { nodeBase, type ReadContext, type ResourceReader } from './reader.ts';

function clustersOf(global: Resource, context: ReadContext): string[] {
  return context
    .resourcesOfType(CLUSTER_TYPE)
    .flatMap((cluster) => {
      const membership = globalOf(cluster, context);
      return membership?.id === global.id ? [{ id: cluster.id, role: membership.role }] : [];
    })
    .sort((a, b) => byText(a.role, b.role) || byText(a.id, b.id))
    .map(({ id }) => id);
}

function read(global: Resource, context: ReadContext): GlobalDatabaseNode[] {
  const settings = context.settingsOf(global);
  const { properties } = global;
  const clusters = clustersOf(global, context);
  if (clusters.length < 2)
    context.noteOn(global)(
      `joins ${String(clusters.length)} of the clusters that were read, so nothing is copied`,
    );
  const node = {
    kind: 'global-database',
    engine: settings.text('engine', properties['Engine'], 'aurora-postgresql'),
    engineVersion: settings.text('engineVersion', properties['EngineVersion'], 'default'),
    encrypted: settings.boolean('encrypted', properties['StorageEncrypted'], false),
    deletionProtection: settings.boolean('deletionProtection', properties['DeletionProtection'], false),
    clusters,
  } as const;
  return [{ ...nodeBase(global, [], settings), ...node }];
}

export const globalDatabaseReader: ResourceReader = { types: [GLOBAL_TYPE], read };
