/**
 * An Aurora global database: what joins the clusters of several regions (`AuroraDatabase` with `global`). One cluster
 * writes; storage carries its writes to the others, usually within a second.
 *
 * It belongs to the stack of the region that is made as primary. The other regions name it.
 */
import { RemovalPolicy } from 'aws-cdk-lib';
import { CfnGlobalCluster } from 'aws-cdk-lib/aws-rds';
import { Construct } from 'constructs';
import type { DataPolicy } from '../settings/data-policy.ts';

/** The same as that of the clusters (`aurora-database.ts`); a cluster of another version is refused. */
const ENGINE = { engine: 'aurora-postgresql', engineVersion: '17.7' } as const;

export interface GlobalDatabaseProps {
  readonly identifier: string;
  readonly data: DataPolicy;
}

export class GlobalDatabase extends Construct {
  readonly cluster: CfnGlobalCluster;

  constructor(scope: Construct, id: string, props: GlobalDatabaseProps) {
    super(scope, id);
    this.cluster = new CfnGlobalCluster(this, 'Cluster', {
      globalClusterIdentifier: props.identifier,
      ...ENGINE,
      storageEncrypted: true,
      deletionProtection: props.data === 'keep',
    });
    // It holds no data itself, and one that was left behind would take the name and bind the clusters.
    this.cluster.applyRemovalPolicy(RemovalPolicy.DESTROY);
  }
}
