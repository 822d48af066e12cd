/**
 * PostgreSQL on RDS with a synchronous standby in a second zone, encrypted, reachable only by those who are
 * granted it, over TLS.
 *
 * Use it up to 99.9%: a failover takes RDS one to two minutes. Do not use it where reads must survive the
 * writer (Aurora with readers) or where one server holds everything (two-nines runs PostgreSQL itself).
 */
import { type Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
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
  CaCertificate,
  type CfnDBInstance,
  Credentials,
  DatabaseInsightsMode,
  DatabaseInstance,
  DatabaseInstanceEngine,
  ParameterGroup,
  PostgresEngineVersion,
  StorageType,
  SubnetGroup,
} from 'aws-cdk-lib/aws-rds';
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

/** db.t4g.medium: 2 vCPU, 4 GiB. {@link MAX_CONNECTIONS} follows from it. */
const INSTANCE_TYPE = InstanceType.of(InstanceClass.T4G, InstanceSize.MEDIUM);

/**
 * RDS sets max_connections to LEAST(memory in bytes / 9531392, 5000): 4 GiB / 9531392 = 450. The operating
 * system's share of the memory lowers what is really given; alarms leave room for that.
 */
export const MAX_CONNECTIONS = 450;

const STORAGE_GIB = 20;
const MAX_STORAGE_GIB = 100;

/** Logs that PostgreSQL on RDS can export, each to a log group whose name RDS dictates. */
const EXPORTED_LOGS = ['postgresql', 'upgrade'] as const;
type ExportedLog = (typeof EXPORTED_LOGS)[number];

export interface PostgresDatabaseProps {
  readonly vpc: IVpc;
  /** Encrypts the storage, the backups and the password. */
  readonly dataKey: EncryptionKey;
  /** Encrypts the exported logs. */
  readonly operationsKey: EncryptionKey;
  readonly data: DataPolicy;
  /** How far back a restore can reach. The point in time can be chosen to within five minutes of now. */
  readonly backupRetention: Duration;
}

export class PostgresDatabase extends Construct implements ServerDatabase {
  readonly instance: DatabaseInstance;
  readonly endpoint: DatabaseEndpoint;
  readonly securityGroup: SecurityGroup;
  /**
   * Holds the ARN of the secret with the password. RDS makes the secret and names it anew when a restored
   * database takes over, so servers are told where to look, not what to look at (docs/runbooks).
   */
  readonly secretParameter: StringParameter;
  /** The exported logs of PostgreSQL itself and of its upgrades. */
  readonly logs: Readonly<Record<ExportedLog, EncryptedLogGroup>>;

  readonly passwordReadFindings = {
    'AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:secretsmanager:<AWS::Region>:<AWS::AccountId>:secret:rds!db-*]':
      RDS_NAMES_THE_SECRET,
  };

  private readonly dataKey: EncryptionKey;

  constructor(scope: Construct, id: string, props: PostgresDatabaseProps) {
    super(scope, id);
    this.dataKey = props.dataKey;
    this.securityGroup = new SecurityGroup(this, 'SecurityGroup', {
      vpc: props.vpc,
      description: 'The database: reached by those it is granted to, reaches nobody',
      allowAllOutbound: false,
    });
    const identifier = `${Stack.of(this).stackName.toLowerCase()}-${uniqueToThisStack()}`;
    this.instance = this.createInstance(props, identifier);
    this.endpoint = {
      host: this.instance.dbInstanceEndpointAddress,
      port: this.instance.dbInstanceEndpointPort,
    };
    this.logs = {
      postgresql: this.createLogGroup(props, identifier, 'postgresql'),
      upgrade: this.createLogGroup(props, identifier, 'upgrade'),
    };
    this.secretParameter = new StringParameter(this, 'SecretParameter', {
      description: 'ARN of the secret that holds the database password',
      stringValue: this.cfnInstance.attrMasterUserSecretSecretArn,
    });
    acknowledge(this.instance, {
      'AwsSolutions-RDS11':
        'Only the servers can reach the port: a security group names them and the subnets have no route out. Another number would hide nothing and break the defaults of every tool used in an incident.',
      ...(props.data === 'destroy'
        ? {
            'AwsSolutions-RDS10':
              'A sandbox, chosen by -c data=destroy: deleting the stack must leave nothing.',
          }
        : {}),
    });
  }

  private get cfnInstance(): CfnDBInstance {
    return this.instance.node.defaultChild as CfnDBInstance;
  }

  /** Lets `peer` connect. */
  allowFrom(peer: ISecurityGroup, description: string): void {
    this.securityGroup.addIngressRule(peer, Port.tcp(DATABASE_PORT), description);
    peer.addEgressRule(this.securityGroup, Port.tcp(DATABASE_PORT), description);
  }

  /**
   * Lets `grantee` read the password: from the secret that RDS manages today, and from the one that it makes for
   * this very database after a restore, and from no other.
   */
  grantPasswordRead(grantee: IGrantable): void {
    const { partition, region, account } = Stack.of(this);
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({
        sid: 'WhichSecret',
        actions: ['ssm:GetParameter'],
        resources: [this.secretParameter.parameterArn],
      }),
    );
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({
        sid: 'PasswordOfThisDatabase',
        actions: ['secretsmanager:GetSecretValue'],
        resources: [this.cfnInstance.attrMasterUserSecretSecretArn],
      }),
    );
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({
        sid: 'PasswordAfterARestore',
        actions: ['secretsmanager:GetSecretValue'],
        resources: [`arn:${partition}:secretsmanager:${region}:${account}:secret:rds!db-*`],
        conditions: {
          StringEquals: { 'aws:ResourceTag/aws:rds:primaryDBInstanceArn': this.instance.instanceArn },
        },
      }),
    );
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({
        sid: 'DecryptThePassword',
        actions: ['kms:Decrypt'],
        resources: [this.dataKey.keyArn],
        conditions: { StringEquals: { 'kms:ViaService': `secretsmanager.${region}.amazonaws.com` } },
      }),
    );
  }

  private createInstance(props: PostgresDatabaseProps, identifier: string): DatabaseInstance {
    const isKept = props.data === 'keep';
    const engine = DatabaseInstanceEngine.postgres({ version: PostgresEngineVersion.VER_17 });
    return new DatabaseInstance(this, 'Instance', {
      engine,
      instanceIdentifier: identifier,
      instanceType: INSTANCE_TYPE,
      vpc: props.vpc,
      subnetGroup: this.createSubnetGroup(props.vpc),
      securityGroups: [this.securityGroup],
      port: DATABASE_PORT,
      multiAz: true,
      publiclyAccessible: false,
      databaseName: DATABASE_NAME,
      // RDS makes the password, keeps it in Secrets Manager and rotates it every seven days; no function of ours.
      manageMasterUserPassword: true,
      credentials: Credentials.fromUsername(DATABASE_USER, { encryptionKey: props.dataKey }),
      parameterGroup: this.createParameterGroup(engine),
      caCertificate: CaCertificate.RDS_CA_RSA2048_G1,
      storageType: StorageType.GP3,
      allocatedStorage: STORAGE_GIB,
      maxAllocatedStorage: MAX_STORAGE_GIB,
      storageEncrypted: true,
      storageEncryptionKey: props.dataKey,
      backupRetention: props.backupRetention,
      preferredBackupWindow: '02:00-02:30',
      deleteAutomatedBackups: !isKept,
      copyTagsToSnapshot: true,
      // A new instance class waits for this window instead of restarting the database at once: "resized in the
      // maintenance window" is the tier's cell.
      preferredMaintenanceWindow: 'sun:03:00-sun:03:30',
      applyImmediately: false,
      autoMinorVersionUpgrade: true,
      cloudwatchLogsExports: [...EXPORTED_LOGS],
      databaseInsightsMode: DatabaseInsightsMode.STANDARD,
      enablePerformanceInsights: true,
      performanceInsightEncryptionKey: props.dataKey,
      deletionProtection: isKept,
      // Not "retain": an instance left in its subnets would block the deletion of the network around it.
      removalPolicy: isKept ? RemovalPolicy.SNAPSHOT : RemovalPolicy.DESTROY,
    });
  }

  private createSubnetGroup(vpc: IVpc): SubnetGroup {
    return new SubnetGroup(this, 'Subnets', {
      vpc,
      description: 'Isolated subnets of every zone',
      vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED },
      removalPolicy: RemovalPolicy.DESTROY,
    });
  }

  private createParameterGroup(engine: ReturnType<typeof DatabaseInstanceEngine.postgres>): ParameterGroup {
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

  /** Made by us so that they are encrypted and forget; otherwise RDS makes them plain and eternal. */
  private createLogGroup(
    props: PostgresDatabaseProps,
    identifier: string,
    log: ExportedLog,
  ): EncryptedLogGroup {
    const group = new EncryptedLogGroup(this, `Log-${log}`, {
      logGroupName: `/aws/rds/instance/${identifier}/${log}`,
      encryptionKey: props.operationsKey,
      retention: RetentionDays.THREE_MONTHS,
      data: props.data,
    });
    this.instance.node.addDependency(group);
    return group;
  }
}
