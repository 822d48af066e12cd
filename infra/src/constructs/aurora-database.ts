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
import { type Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import {
  PredefinedMetric,
  ScalableTarget,
  ServiceNamespace,
  type TargetTrackingScalingPolicy,
} from 'aws-cdk-lib/aws-applicationautoscaling';
import {
  type ISecurityGroup,
  InstanceClass,
  InstanceSize,
  InstanceType,
  type IVpc,
  Port,
  SecurityGroup,
  SubnetType,
} from 'aws-cdk-lib/aws-ec2';
import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import {
  AuroraPostgresEngineVersion,
  CaCertificate,
  type CfnDBCluster,
  ClusterInstance,
  Credentials,
  DatabaseCluster,
  DatabaseClusterEngine,
  DatabaseInsightsMode,
  DBClusterStorageType,
  ParameterGroup,
  SubnetGroup,
} from 'aws-cdk-lib/aws-rds';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import type { DataPolicy } from '../settings/data-policy.ts';
import { acknowledge } from './acknowledge.ts';
import { EncryptedLogGroup } from './encrypted-log-group.ts';
import type { EncryptionKey } from './encryption-key.ts';
import {
  DATABASE_NAME,
  DATABASE_PORT,
  DATABASE_USER,
  type DatabaseEndpoint,
  RDS_NAMES_THE_SECRET,
  type ServerDatabase,
  uniqueToThisStack,
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

export interface AuroraDatabaseProps {
  readonly vpc: IVpc;
  /** Encrypts the storage, the backups and the password. */
  readonly dataKey: EncryptionKey;
  /** Encrypts the exported log. */
  readonly operationsKey: EncryptionKey;
  readonly data: DataPolicy;
  /** How far back a restore can reach. */
  readonly backupRetention: Duration;
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
  /** Holds the ARN of the secret with the password; see `PostgresDatabase`. */
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
    this.securityGroup = new SecurityGroup(this, 'SecurityGroup', {
      vpc: props.vpc,
      description: 'The database: reached by those it is granted to, reaches nobody',
      allowAllOutbound: false,
    });
    const identifier = `${Stack.of(this).stackName.toLowerCase()}-${uniqueToThisStack()}`;
    const zones = props.vpc.availabilityZones.slice(0, props.instances);
    this.cluster = this.createCluster(props, identifier, zones);
    if (props.global !== undefined) this.join(props.global);
    this.endpoint = {
      host: this.cfnCluster.attrEndpointAddress,
      port: this.cfnCluster.attrEndpointPort,
    };
    this.readHost = this.cfnCluster.attrReadEndpointAddress;
    this.secretArn = props.global?.passwordSecret.secretArn ?? this.cfnCluster.attrMasterUserSecretSecretArn;
    this.log = this.createLogGroup(props, identifier);
    this.secretParameter = new StringParameter(this, 'SecretParameter', {
      description: 'ARN of the secret that holds the database password',
      stringValue: this.secretArn,
    });
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
    this.securityGroup.addIngressRule(peer, Port.tcp(DATABASE_PORT), description);
    peer.addEgressRule(this.securityGroup, Port.tcp(DATABASE_PORT), description);
  }

  /**
   * Lets `grantee` read the password: from the secret that RDS manages today, and from the one that it makes for
   * this very cluster after a restore, and from no other. In a global database from the secret of ours only.
   */
  grantPasswordRead(grantee: IGrantable): void {
    const { partition, region, account } = Stack.of(this);
    const { grantPrincipal: principal } = grantee;
    principal.addToPrincipalPolicy(
      new PolicyStatement({
        sid: 'WhichSecret',
        actions: ['ssm:GetParameter'],
        resources: [this.secretParameter.parameterArn],
      }),
    );
    principal.addToPrincipalPolicy(
      new PolicyStatement({
        sid: 'PasswordOfThisDatabase',
        actions: ['secretsmanager:GetSecretValue'],
        resources: [this.readableSecretArn()],
      }),
    );
    if (this.global === undefined) {
      principal.addToPrincipalPolicy(
        new PolicyStatement({
          sid: 'PasswordAfterARestore',
          actions: ['secretsmanager:GetSecretValue'],
          resources: [`arn:${partition}:secretsmanager:${region}:${account}:secret:rds!cluster-*`],
          conditions: {
            StringEquals: { 'aws:ResourceTag/aws:rds:primaryDBClusterArn': this.cluster.clusterArn },
          },
        }),
      );
    }
    principal.addToPrincipalPolicy(
      new PolicyStatement({
        sid: 'DecryptThePassword',
        actions: ['kms:Decrypt'],
        resources: [this.dataKey.keyArn],
        conditions: { StringEquals: { 'kms:ViaService': `secretsmanager.${region}.amazonaws.com` } },
      }),
    );
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
    const isKept = props.data === 'keep';
    const engine = DatabaseClusterEngine.auroraPostgres({ version: AuroraPostgresEngineVersion.VER_17_7 });
    const [writer, ...readers] = zones.map((zone, index) =>
      ClusterInstance.provisioned(`Zone${String(index + 1)}`, {
        instanceType: INSTANCE_TYPE,
        availabilityZone: zone,
        // The same for all readers: the most up to date takes over.
        promotionTier: 1,
        caCertificate: CaCertificate.RDS_CA_RSA2048_G1,
        publiclyAccessible: false,
        autoMinorVersionUpgrade: true,
        applyImmediately: false,
        enablePerformanceInsights: true,
        performanceInsightEncryptionKey: props.dataKey,
      }),
    );
    if (writer === undefined) throw new RangeError('A cluster needs an instance in one zone at least.');
    return new DatabaseCluster(this, 'Cluster', {
      engine,
      clusterIdentifier: identifier,
      writer,
      readers,
      vpc: props.vpc,
      subnetGroup: this.createSubnetGroup(props.vpc),
      securityGroups: [this.securityGroup],
      port: DATABASE_PORT,
      defaultDatabaseName: DATABASE_NAME,
      ...this.credentials(props),
      parameterGroup: this.createParameterGroup(engine),
      storageType: DBClusterStorageType.AURORA,
      storageEncrypted: true,
      storageEncryptionKey: props.dataKey,
      backup: { retention: props.backupRetention, preferredWindow: '02:00-02:30' },
      deleteAutomatedBackups: !isKept,
      copyTagsToSnapshot: true,
      preferredMaintenanceWindow: 'sun:03:00-sun:03:30',
      autoMinorVersionUpgrade: true,
      cloudwatchLogsExports: ['postgresql'],
      databaseInsightsMode: DatabaseInsightsMode.STANDARD,
      enablePerformanceInsights: true,
      performanceInsightEncryptionKey: props.dataKey,
      deletionProtection: isKept,
      removalPolicy: isKept ? RemovalPolicy.SNAPSHOT : RemovalPolicy.DESTROY,
    });
  }

  /** RDS makes and rotates the password, except in a global database, where a secret of ours holds it. */
  private credentials({ global, dataKey }: AuroraDatabaseProps) {
    return global === undefined
      ? {
          manageMasterUserPassword: true,
          credentials: Credentials.fromUsername(DATABASE_USER, { encryptionKey: dataKey }),
        }
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

  private createSubnetGroup(vpc: IVpc): SubnetGroup {
    return new SubnetGroup(this, 'Subnets', {
      vpc,
      description: 'Isolated subnets of every zone',
      vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED },
      removalPolicy: RemovalPolicy.DESTROY,
    });
  }

  private createParameterGroup(engine: ReturnType<typeof DatabaseClusterEngine.auroraPostgres>) {
    return new ParameterGroup(this, 'Parameters', {
      engine,
      description: 'TLS only; slow statements and lock waits are logged',
      parameters: {
        'rds.force_ssl': '1',
        // Milliseconds. A statement this slow is what a playbook looks for first.
        log_min_duration_statement: '1000',
        log_lock_waits: '1',
        // Milliseconds. A client that died inside a transaction must not hold its locks for hours.
        idle_in_transaction_session_timeout: '60000',
      },
    });
  }

  /** Made by us so that it is encrypted and forgets; otherwise RDS makes it plain and eternal. */
  private createLogGroup(props: AuroraDatabaseProps, identifier: string): EncryptedLogGroup {
    const group = new EncryptedLogGroup(this, 'Log', {
      logGroupName: `/aws/rds/cluster/${identifier}/postgresql`,
      encryptionKey: props.operationsKey,
      retention: RetentionDays.THREE_MONTHS,
      data: props.data,
    });
    this.cluster.node.addDependency(group);
    return group;
  }

  private acknowledgeFindings(data: DataPolicy): void {
    acknowledge(this.cluster, {
      'AwsSolutions-RDS6':
        'The application holds no AWS credentials and cannot fetch any, so it could not sign in by IAM. The password is made and rotated by a machine and read from Secrets Manager.',
      ...(data === 'destroy'
        ? {
            'AwsSolutions-RDS10':
              'A sandbox, chosen by -c data=destroy: deleting the stack must leave nothing.',
          }
        : {}),
    });
  }
}
