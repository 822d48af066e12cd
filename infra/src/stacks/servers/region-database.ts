/**
 * The database of one region: a cluster that is part of a global database, and the secrets that all regions share. What
 * is shared is made at home. The ids of these constructs are part of the deployed stacks: do not rename them.
 */
import type { Stack } from 'aws-cdk-lib';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { AuroraDatabase } from '../../constructs/aurora-database.ts';
import { GlobalDatabase } from '../../constructs/global-database.ts';
import { GLOBAL_REGION } from '../../constructs/region-names.ts';
import { ReplicatedSecret, secretOfThisRegion } from '../../constructs/replicated-secret.ts';
import { DATABASE_USER } from '../../constructs/server-database.ts';
import { pinLogicalIds } from '../pin-logical-id.ts';
import type { Foundation } from './foundation.ts';
import { EDGE_KEY, type Region } from './region.ts';
import { createCluster } from './three-zones.ts';

export function createRegionDatabase(stack: Stack, region: Region, foundation: Foundation): AuroraDatabase {
  const passwordSecret = createSecrets(stack, region);
  return createCluster(stack, {
    foundation,
    data: region.settings.data,
    ...(region.standby !== undefined && { instances: region.standby.databaseInstances }),
    global: {
      globalClusterIdentifier: createGlobalDatabase(stack, region),
      madeAs: region.isHome ? 'primary' : 'secondary',
      passwordSecret,
    },
  });
}

/** @returns the identifier: by reference where it is made, so that it is made first; else by name. */
function createGlobalDatabase(stack: Stack, { names, settings, isHome }: Region): string {
  if (!isHome) return names.globalDatabase;
  const { cluster } = new GlobalDatabase(stack, 'GlobalDatabase', {
    identifier: names.globalDatabase,
    data: settings.data,
  });
  pinLogicalIds({ GlobalDatabase: cluster });
  return cluster.ref;
}

/** What every region must know alike is made at home and copied from there. */
function createSecrets(stack: Stack, { names, settings, isHome }: Region): ISecret {
  if (!isHome) return secretOfThisRegion(stack, 'DatabaseSecret', names.databaseSecret);
  const database = new ReplicatedSecret(stack, 'DatabaseSecret', {
    secretName: names.databaseSecret,
    description: 'Password of the database, in every region',
    generatedKey: 'password',
    fixed: { username: DATABASE_USER },
    regions: [settings.standbyRegion],
    rotation:
      'RDS rotates no password of a global database, and a function of ours would have to reach the writer in whichever region it is. It is changed by a runbook, with no server restarted (docs/runbooks/change-the-shared-secrets.md).',
  });
  const edge = new ReplicatedSecret(stack, 'EdgeSecret', {
    secretName: names.edgeSecret,
    description: 'What the edge shows to load balancers',
    generatedKey: EDGE_KEY.secretKey,
    regions: [settings.standbyRegion, GLOBAL_REGION],
    rotation:
      'Stands in the configuration of the edge and of two firewalls, which only deployments change; it is changed by a runbook (docs/runbooks/change-the-shared-secrets.md).',
  });
  pinLogicalIds({ DatabaseSecret: database.secret, EdgeSecret: edge.secret });
  return database.secret;
}
