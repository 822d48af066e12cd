/**
 * PostgreSQL on RDS with a synchronous standby in a second zone, encrypted, reachable only by those who are
 * granted it, over TLS.
 *
 * Use it up to 99.9%: a failover takes RDS one to two minutes. Do not use it where reads must survive the
 * writer (Aurora with readers) or where one server holds everything (two-nines runs PostgreSQL itself).
 */
import {
  InstanceClass,
  InstanceSize,
  InstanceType,
  type ISecurityGroup,
  type SecurityGroup,
} from 'aws-cdk-lib/aws-ec2';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import {
  type CfnDBInstance,
  DatabaseInstance,
  DatabaseInstanceEngine,
  PostgresEngineVersion,
  StorageType,
} from 'aws-cdk-lib/aws-rds';
import type { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
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
  type DatabaseEndpoint,
  RDS_NAMES_THE_SECRET,
  type ServerDatabase,
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

export type PostgresDatabaseProps = RdsDatabaseProps;

export class PostgresDatabase extends Construct implements ServerDatabase {
  readonly instance: DatabaseInstance;
  readonly endpoint: DatabaseEndpoint;
  readonly securityGroup: SecurityGroup;
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
    this.securityGroup = createDatabaseSecurityGroup(this, props.vpc);
    const identifier = databaseIdentifier(this);
    this.instance = this.createInstance(props, identifier);
    this.endpoint = {
      host: this.instance.dbInstanceEndpointAddress,
      port: this.instance.dbInstanceEndpointPort,
    };
    const log = (name: ExportedLog): EncryptedLogGroup =>
      createExportedLog(this, `Log-${name}`, `/aws/rds/instance/${identifier}/${name}`, props, this.instance);
    this.logs = { postgresql: log('postgresql'), upgrade: log('upgrade') };
    this.secretParameter = createSecretParameter(this, this.cfnInstance.attrMasterUserSecretSecretArn);
    acknowledge(this.instance, {
      'AwsSolutions-RDS11':
        'Only the servers can reach the port: a security group names them and the subnets have no route out. Another number would hide nothing and break the defaults of every tool used in an incident.',
      ...(props.data === 'destroy' ? SANDBOX_FINDINGS : {}),
    });
  }

  private get cfnInstance(): CfnDBInstance {
    return this.instance.node.defaultChild as CfnDBInstance;
  }

  allowFrom(peer: ISecurityGroup, description: string): void {
    allowConnections(this.securityGroup, peer, description);
  }

  grantPasswordRead(grantee: IGrantable): void {
    grantPasswordRead(grantee, {
      secretParameter: this.secretParameter,
      secretArn: this.cfnInstance.attrMasterUserSecretSecretArn,
      dataKey: this.dataKey,
      afterARestore: {
        namePrefix: 'rds!db',
        ownerTag: 'aws:rds:primaryDBInstanceArn',
        owner: this.instance.instanceArn,
      },
    });
  }

  private createInstance(props: PostgresDatabaseProps, identifier: string): DatabaseInstance {
    const engine = DatabaseInstanceEngine.postgres({ version: PostgresEngineVersion.VER_17 });
    return new DatabaseInstance(this, 'Instance', {
      ...storageSettings(this, props, this.securityGroup),
      ...instanceSettings(props.dataKey),
      ...managedPassword(props.dataKey),
      engine,
      instanceIdentifier: identifier,
      instanceType: INSTANCE_TYPE,
      multiAz: true,
      databaseName: DATABASE_NAME,
      parameterGroup: createParameterGroup(this, engine),
      storageType: StorageType.GP3,
      allocatedStorage: STORAGE_GIB,
      maxAllocatedStorage: MAX_STORAGE_GIB,
      backupRetention: props.backupRetention,
      preferredBackupWindow: BACKUP_WINDOW,
      cloudwatchLogsExports: [...EXPORTED_LOGS],
    });
  }
}
