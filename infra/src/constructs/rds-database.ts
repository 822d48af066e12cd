/**
 * What PostgreSQL on RDS and Aurora PostgreSQL have alike: who may connect, how they are configured and protected, where
 * they log, who may read the password. For `PostgresDatabase` and `AuroraDatabase`; nothing else should need it.
 *
 * The ids of these constructs are part of the deployed stacks: do not rename them.
 */
import { type Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { type ISecurityGroup, type IVpc, Port, SecurityGroup, SubnetType } from 'aws-cdk-lib/aws-ec2';
import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import {
  CaCertificate,
  Credentials,
  DatabaseInsightsMode,
  type IEngine,
  ParameterGroup,
  SubnetGroup,
} from 'aws-cdk-lib/aws-rds';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import type { Construct } from 'constructs';
import type { DataPolicy } from '../settings/data-policy.ts';
import { EncryptedLogGroup } from './encrypted-log-group.ts';
import type { EncryptionKey } from './encryption-key.ts';
import { DATABASE_PORT, DATABASE_USER, uniqueToThisStack } from './server-database.ts';

export interface RdsDatabaseProps {
  readonly vpc: IVpc;
  /** Encrypts the storage, the backups and the password. */
  readonly dataKey: EncryptionKey;
  /** Encrypts the exported logs. */
  readonly operationsKey: EncryptionKey;
  readonly data: DataPolicy;
  /** How far back a restore can reach. The point in time can be chosen to within five minutes of now. */
  readonly backupRetention: Duration;
}

/** A sandbox may be deleted; everything else may not, whoever asks. */
export const SANDBOX_FINDINGS = {
  'AwsSolutions-RDS10': 'A sandbox, chosen by -c data=destroy: deleting the stack must leave nothing.',
} as const;

/** Half an hour before the daily copies, and the maintenance an hour after both. */
export const BACKUP_WINDOW = '02:00-02:30';

/** Another for each creation of the stack, because names of log groups follow from it. */
export const databaseIdentifier = (scope: Construct): string =>
  `${Stack.of(scope).stackName.toLowerCase()}-${uniqueToThisStack()}`;

export const createDatabaseSecurityGroup = (scope: Construct, vpc: IVpc): SecurityGroup =>
  new SecurityGroup(scope, 'SecurityGroup', {
    vpc,
    description: 'The database: reached by those it is granted to, reaches nobody',
    allowAllOutbound: false,
  });

/** Lets `peer` connect. */
export function allowConnections(
  securityGroup: SecurityGroup,
  peer: ISecurityGroup,
  description: string,
): void {
  securityGroup.addIngressRule(peer, Port.tcp(DATABASE_PORT), description);
  peer.addEgressRule(securityGroup, Port.tcp(DATABASE_PORT), description);
}

/** What an instance of either is: patched, watched, known by a certificate that the application knows. */
export const instanceSettings = (dataKey: EncryptionKey) => ({
  caCertificate: CaCertificate.RDS_CA_RSA2048_G1,
  publiclyAccessible: false,
  autoMinorVersionUpgrade: true,
  // A new instance class waits for the maintenance window instead of restarting the database at once.
  applyImmediately: false,
  enablePerformanceInsights: true,
  performanceInsightEncryptionKey: dataKey,
});

/** How data is protected, and the network that the database is in. */
export function storageSettings(scope: Construct, props: RdsDatabaseProps, securityGroup: SecurityGroup) {
  const isKept = props.data === 'keep';
  return {
    vpc: props.vpc,
    subnetGroup: createSubnetGroup(scope, props.vpc),
    securityGroups: [securityGroup],
    port: DATABASE_PORT,
    storageEncrypted: true,
    storageEncryptionKey: props.dataKey,
    deleteAutomatedBackups: !isKept,
    copyTagsToSnapshot: true,
    preferredMaintenanceWindow: 'sun:03:00-sun:03:30',
    databaseInsightsMode: DatabaseInsightsMode.STANDARD,
    enablePerformanceInsights: true,
    performanceInsightEncryptionKey: props.dataKey,
    deletionProtection: isKept,
    // Not "retain": an instance left in its subnets would block the deletion of the network around it.
    removalPolicy: isKept ? RemovalPolicy.SNAPSHOT : RemovalPolicy.DESTROY,
  };
}

/** RDS makes the password, keeps it in Secrets Manager and rotates it every seven days; no function of ours. */
export const managedPassword = (dataKey: EncryptionKey) => ({
  manageMasterUserPassword: true,
  credentials: Credentials.fromUsername(DATABASE_USER, { encryptionKey: dataKey }),
});

function createSubnetGroup(scope: Construct, vpc: IVpc): SubnetGroup {
  return new SubnetGroup(scope, 'Subnets', {
    vpc,
    description: 'Isolated subnets of every zone',
    vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED },
    removalPolicy: RemovalPolicy.DESTROY,
  });
}

export function createParameterGroup(scope: Construct, engine: IEngine): ParameterGroup {
  return new ParameterGroup(scope, 'Parameters', {
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

/**
 * Where an exported log goes, under the name that RDS dictates. Made by us so that it is encrypted and forgets; otherwise
 * RDS makes it plain and eternal.
 */
export function createExportedLog(
  database: Construct,
  id: string,
  logGroupName: string,
  props: Pick<RdsDatabaseProps, 'operationsKey' | 'data'>,
  exporter: Construct,
): EncryptedLogGroup {
  const group = new EncryptedLogGroup(database, id, {
    logGroupName,
    encryptionKey: props.operationsKey,
    retention: RetentionDays.THREE_MONTHS,
    data: props.data,
  });
  exporter.node.addDependency(group);
  return group;
}

/** Holds the ARN of the secret with the password; see `ServerDatabase`. */
export const createSecretParameter = (scope: Construct, secretArn: string): StringParameter =>
  new StringParameter(scope, 'SecretParameter', {
    description: 'ARN of the secret that holds the database password',
    stringValue: secretArn,
  });

export interface PasswordRead {
  readonly secretParameter: StringParameter;
  /** The secret that holds the password today. */
  readonly secretArn: string;
  readonly dataKey: EncryptionKey;
  /**
   * The secret that RDS makes anew after a restore: how RDS begins its name, and the tag by which it says whose it is.
   * @default none: the secret is ours and stays
   */
  readonly afterARestore?: {
    readonly namePrefix: 'rds!db' | 'rds!cluster';
    readonly ownerTag: string;
    readonly owner: string;
  };
}

/**
 * Lets `grantee` read the password: from the secret of today, and from the one that RDS makes for this very database
 * after a restore, and from no other.
 */
export function grantPasswordRead({ grantPrincipal: principal }: IGrantable, read: PasswordRead): void {
  const { secretParameter, secretArn, dataKey, afterARestore } = read;
  const { partition, region, account } = Stack.of(secretParameter);
  principal.addToPrincipalPolicy(
    new PolicyStatement({
      sid: 'WhichSecret',
      actions: ['ssm:GetParameter'],
      resources: [secretParameter.parameterArn],
    }),
  );
  principal.addToPrincipalPolicy(
    new PolicyStatement({
      sid: 'PasswordOfThisDatabase',
      actions: ['secretsmanager:GetSecretValue'],
      resources: [secretArn],
    }),
  );
  if (afterARestore !== undefined) {
    const { namePrefix, ownerTag, owner } = afterARestore;
    principal.addToPrincipalPolicy(
      new PolicyStatement({
        sid: 'PasswordAfterARestore',
        actions: ['secretsmanager:GetSecretValue'],
        resources: [`arn:${partition}:secretsmanager:${region}:${account}:secret:${namePrefix}-*`],
        conditions: { StringEquals: { [`aws:ResourceTag/${ownerTag}`]: owner } },
      }),
    );
  }
  principal.addToPrincipalPolicy(
    new PolicyStatement({
      sid: 'DecryptThePassword',
      actions: ['kms:Decrypt'],
      resources: [dataKey.keyArn],
      conditions: { StringEquals: { 'kms:ViaService': `secretsmanager.${region}.amazonaws.com` } },
    }),
  );
}
