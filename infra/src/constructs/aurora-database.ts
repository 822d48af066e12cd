/**
 * Aurora PostgreSQL with an instance in each of three zones over one storage volume that holds six copies in
 * three zones. One instance writes, the others read and can take over; more readers come and go with the load.
 *
 * Use it where reads must go on without the writer, and where a writer must be back within half a minute
 * (99.99% and above). Do not use it below: `PostgresDatabase` costs a third.
 *
 * Every zone has its instance by name, so that the loss of any zone leaves two, and no call to a control plane
 * is needed for that.
 */
import {
  PredefinedMetric,
  ScalableTarget,
  ServiceNamespace,
  type TargetTrackingScalingPolicy,
} from 'aws-cdk-lib/aws-applicationautoscaling';
import {
  InstanceClass,
  InstanceSize,
  InstanceType,
  type ISecurityGroup,
  type SecurityGroup,
} from 'aws-cdk-lib/aws-ec2';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import {
  AuroraPostgresEngineVersion,
  type CfnDBCluster,
  ClusterInstance,
  Credentials,
  DatabaseCluster,
  DatabaseClusterEngine,
  DBClusterStorageType,
} from 'aws-cdk-lib/aws-rds';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import type { DataPolicy } from '../settings/data-policy.ts';
import { acknowledge } from './acknowledge.ts';
import type { EncryptedLogGroup } from './encrypted-log-group.ts';
import type { EncryptionKey } from './encryption-key.ts';
import {
  allowConnections,
  BACKUP_WINDOW,
  createDatabaseSecurityGroup,
  createExportedLog,
  createParameterGroup,
  createSecretParameter,
  databaseIdentifier,
  grantPasswordRead,
  instanceSettings,
  managedPassword,
  type RdsDatabaseProps,
  SANDBOX_FINDINGS,
  storageSettings,
} from './rds-database.ts';
import {
  DATABASE_NAME,
  DATABASE_USER,
  type DatabaseEndpoint,
  RDS_NAMES_THE_SECRET,
  type ServerDatabase,
} from './server-database.ts';

/**
 * db.r7g.large: 2 vCPU, 16 GiB. Not a burstable class: an instance that ran out of credits would be the slow one
 * that is not quite dead. {@link AURORA_MAX_CONNECTIONS} follows from it.
 */
const INSTANCE_TYPE = InstanceType.of(InstanceClass.R7G, InstanceSize.LARGE);

/** Aurora sets max_connections to LEAST(memory in bytes / 9531392, 5000): 16 GiB / 9531392 = 1802. */
export const AURORA_MAX_CONNECTIONS = 1802;

/** How cdk-nag names the permission to read whichever secret RDS makes for a cluster. */
const ANY_SECRET_OF_RDS =
  'AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:secretsmanager:<AWS::Region>:<AWS::AccountId>:secret:rds!cluster-*]';

/** Average CPU of the readers, in percent, that replica auto scaling holds. */
const READER_CPU_TARGET_PERCENT = 60;

/** A cluster that is part of an Aurora global database. */
export interface GlobalMembership {
  /** Identifier of the global cluster. */
  readonly globalClusterIdentifier: string;
  /**
   * `primary` is made with a user, a database and a password; `secondary` gets them by replication. The names
   * say how the cluster was made and not what it is today: after a failover they have changed places.
   */
  readonly madeAs: 'primary' | 'secondary';
  /**
   * Secret in this cluster's region with `username` and `password`. RDS manages no password for clusters of a
   * global database, and each region must be able to read it without the other.
   */
  readonly passwordSecret: ISecret;
}

export interface AuroraDatabaseProps extends RdsDatabaseProps {
  /**
   * Most readers, those that are always there included.
   * @default 5
   */
  readonly maxReaders?: number;
  /**
   * Instances that are always there, one in each of so many zones of the network.
   * @default one in every zone
   */
  readonly instances?: number;
  /** @default none: a cluster of its own, whose password RDS makes and rotates */
  readonly global?: GlobalMembership;
}

export class AuroraDatabase extends Construct implements ServerDatabase {
  readonly cluster: DatabaseCluster;
  readonly endpoint: DatabaseEndpoint;
  readonly readHost: string;
  readonly securityGroup: SecurityGroup;
  readonly secretParameter: StringParameter;
  readonly log: EncryptedLogGroup;
  readonly readerScaling: TargetTrackingScalingPolicy;
  readonly readerScalingTarget: ScalableTarget;

  readonly passwordReadFindings: Readonly<Record<string, string>>;

  private readonly dataKey: EncryptionKey;
  private readonly secretArn: string;
  private readonly global: GlobalMembership | undefined;

  constructor(scope: Construct, id: string, props: AuroraDatabaseProps) {
    super(scope, id);
    this.dataKey = props.dataKey;
    this.global = props.global;
    this.passwordReadFindings =
      props.global === undefined ? { [ANY_SECRET_OF_RDS]: RDS_NAMES_THE_SECRET } : {};
    this.securityGroup = createDatabaseSecurityGroup(this, props.vpc);
    const identifier = databaseIdentifier(this);
    const zones = props.vpc.availabilityZones.slice(0, props.instances);
    this.cluster = this.createCluster(props, identifier, zones);
    if (props.global !== undefined) this.join(props.global);
    this.endpoint = {
      host: this.cfnCluster.attrEndpointAddress,
      port: this.cfnCluster.attrEndpointPort,
    };
    this.readHost = this.cfnCluster.attrReadEndpointAddress;
    this.secretArn = props.global?.passwordSecret.secretArn ?? this.cfnCluster.attrMasterUserSecretSecretArn;
    this.log = createExportedLog(
      this,
      'Log',
      `/aws/rds/cluster/${identifier}/postgresql`,
      props,
      this.cluster,
    );
    this.secretParameter = createSecretParameter(this, this.secretArn);
    this.readerScalingTarget = new ScalableTarget(this, 'Readers', {
      serviceNamespace: ServiceNamespace.RDS,
      scalableDimension: 'rds:cluster:ReadReplicaCount',
      resourceId: `cluster:${this.cluster.clusterIdentifier}`,
      minCapacity: Math.max(1, zones.length - 1),
      maxCapacity: props.maxReaders ?? 5,
    });
    // Readers are counted once there are some.
    this.readerScalingTarget.node.addDependency(this.cluster);
    this.readerScaling = this.readerScalingTarget.scaleToTrackMetric('Cpu', {
      predefinedMetric: PredefinedMetric.RDS_READER_AVERAGE_CPU_UTILIZATION,
      targetValue: READER_CPU_TARGET_PERCENT,
    });
    this.acknowledgeFindings(props.data);
  }

  private get cfnCluster(): CfnDBCluster {
    return this.cluster.node.defaultChild as CfnDBCluster;
  }

  allowFrom(peer: ISecurityGroup, description: string): void {
    allowConnections(this.securityGroup, peer, description);
  }

  /** In a global database from the secret of ours only. */
  grantPasswordRead(grantee: IGrantable): void {
    grantPasswordRead(grantee, {
      secretParameter: this.secretParameter,
      secretArn: this.readableSecretArn(),
      dataKey: this.dataKey,
      ...(this.global === undefined && {
        afterARestore: {
          namePrefix: 'rds!cluster',
          ownerTag: 'aws:rds:primaryDBClusterArn',
          owner: this.cluster.clusterArn,
        },
      }),
    });
  }

  /** A secret known by name only has six characters more in its ARN, of Secrets Manager's choosing. */
  private readableSecretArn(): string {
    const isPartial = this.global !== undefined && this.global.passwordSecret.secretFullArn === undefined;
    return isPartial ? `${this.secretArn}-??????` : this.secretArn;
  }

  private createCluster(
    props: AuroraDatabaseProps,
    identifier: string,
    zones: readonly string[],
  ): DatabaseCluster {
    const engine = DatabaseClusterEngine.auroraPostgres({ version: AuroraPostgresEngineVersion.VER_17_7 });
    const [writer, ...readers] = zones.map((zone, index) =>
      ClusterInstance.provisioned(`Zone${String(index + 1)}`, {
        instanceType: INSTANCE_TYPE,
        availabilityZone: zone,
        // The same for all readers: the most up to date takes over.
        promotionTier: 1,
        ...instanceSettings(props.dataKey),
      }),
    );
    if (writer === undefined) throw new RangeError('A cluster needs an instance in one zone at least.');
    return new DatabaseCluster(this, 'Cluster', {
      ...storageSettings(this, props, this.securityGroup),
      ...this.credentials(props),
      engine,
      clusterIdentifier: identifier,
      writer,
      readers,
      defaultDatabaseName: DATABASE_NAME,
      parameterGroup: createParameterGroup(this, engine),
      storageType: DBClusterStorageType.AURORA,
      backup: { retention: props.backupRetention, preferredWindow: BACKUP_WINDOW },
      autoMinorVersionUpgrade: true,
      cloudwatchLogsExports: ['postgresql'],
    });
  }

  /** RDS makes and rotates the password, except in a global database, where a secret of ours holds it. */
  private credentials({ global, dataKey }: AuroraDatabaseProps) {
    return global === undefined
      ? managedPassword(dataKey)
      : {
          // Not `fromSecret`: that writes the cluster's address into the secret, which a copy does not allow.
          credentials: Credentials.fromPassword(
            DATABASE_USER,
            global.passwordSecret.secretValueFromJson('password'),
          ),
        };
  }

  private join({ globalClusterIdentifier, madeAs }: GlobalMembership): void {
    this.cfnCluster.globalClusterIdentifier = globalClusterIdentifier;
    if (madeAs === 'primary') return;
    // A secondary may not be told what it gets from the primary.
    for (const property of ['DatabaseName', 'MasterUsername', 'MasterUserPassword'])
      this.cfnCluster.addPropertyDeletionOverride(property);
  }

  private acknowledgeFindings(data: DataPolicy): void {
    acknowledge(this.cluster, {
      'AwsSolutions-RDS6':
        'The application holds no AWS credentials and cannot fetch any, so it could not sign in by IAM. The password is made and rotated by a machine and read from Secrets Manager.',
      ...(data === 'destroy' ? SANDBOX_FINDINGS : {}),
    });
  }
}
