/**
 * Daily copies of a tier's database and the tests that restore them, for every tier whose database a service runs. The
 * ids of these constructs are part of the deployed stacks: do not rename them.
 *
 * Not for a sandbox: a vault that holds a copy cannot be deleted.
 */
import { Duration, type Stack } from 'aws-cdk-lib';
import { BackupResource } from 'aws-cdk-lib/aws-backup';
import { SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import type { CfnDBCluster, CfnDBInstance } from 'aws-cdk-lib/aws-rds';
import type { AuroraDatabase } from '../../constructs/aurora-database.ts';
import { BackupSchedule } from '../../constructs/backup-schedule.ts';
import type { PostgresDatabase } from '../../constructs/postgres-database.ts';
import { RestoreMeasurement } from '../../constructs/restore-measurement.ts';
import { RestoreTests, type RestoreTestsProps } from '../../constructs/restore-tests.ts';
import { pinLogicalIds } from '../pin-logical-id.ts';
import type { Foundation } from './foundation.ts';

/** The same in every tier: a copy that nobody has missed for five weeks will not be missed. */
const DAILY_COPY_RETENTION = Duration.days(35);

/**
 * Objectives of a restore, in every tier: as long as the runbooks say that one takes, and a copy of last night. A later
 * moment than that is reached by the automatic backups, up to five minutes ago, which no restore test knows.
 */
const RESTORE_TIME = Duration.minutes(60);
const COPY_AGE = Duration.hours(26);

/** What AWS Backup has to know of a database to copy it, and to restore the copy somewhere else. */
interface Copied extends Pick<RestoreTestsProps, 'resourceType' | 'resourceArn'> {
  readonly resource: BackupResource;
  readonly subnetGroupName: string | undefined;
}

export interface DatabaseBackupsOptions {
  readonly foundation: Pick<Foundation, 'vpc' | 'dataKey' | 'alerts' | 'serverLogs'>;
  readonly database: AuroraDatabase | PostgresDatabase;
  /** When copies are restored for a test, as AWS Backup writes it. */
  readonly restoreTestSchedule: string;
}

export function createDatabaseBackups(stack: Stack, options: DatabaseBackupsOptions): void {
  const { vpc, dataKey, alerts, serverLogs } = options.foundation;
  const { resource, subnetGroupName, ...restored } = copied(options.database);
  const backup = new BackupSchedule(stack, 'Backup', {
    resource,
    encryptionKey: dataKey,
    retention: DAILY_COPY_RETENTION,
    alertTopic: alerts.topic,
  });
  const unreachable = new SecurityGroup(stack, 'RestoreTestSecurityGroup', {
    vpc,
    description: 'A database restored for a test: reached by nobody, reaches nobody',
    allowAllOutbound: false,
  });
  const tests = new RestoreTests(stack, 'RestoreTests', {
    ...restored,
    vault: backup.vault,
    encryptionKey: dataKey,
    network: { subnetGroupName: subnetGroupName ?? '', securityGroupId: unreachable.securityGroupId },
    schedule: options.restoreTestSchedule,
    alertTopic: alerts.topic,
  });
  const measured = new RestoreMeasurement(stack, 'RestoreMeasurement', {
    alerts,
    plan: tests.plan,
    recoveryTime: RESTORE_TIME,
    copyAge: COPY_AGE,
    logGroup: serverLogs,
  });
  pinLogicalIds({
    BackupVault: backup.vault,
    BackupPlan: backup.plan,
    BackupFailedAlert: backup.failureRule,
    RestoreTestPlan: tests.plan,
    RestoreTestSelection: tests.selection,
    RestoreTestFailedAlert: tests.failureRule,
    RestoreTestCompleted: measured.rule,
    RestoreMeasurement: measured.workflow.stateMachine,
    RestoreSlowAlarm: measured.slow,
    RestoreStaleAlarm: measured.stale,
  });
}

function copied(database: AuroraDatabase | PostgresDatabase): Copied {
  if ('cluster' in database) {
    const { cluster } = database;
    return {
      resource: BackupResource.fromRdsDatabaseCluster(cluster),
      resourceType: 'Aurora',
      resourceArn: cluster.clusterArn,
      subnetGroupName: (cluster.node.defaultChild as CfnDBCluster).dbSubnetGroupName,
    };
  }
  const { instance } = database;
  return {
    resource: BackupResource.fromRdsDatabaseInstance(instance),
    resourceType: 'RDS',
    resourceArn: instance.instanceArn,
    subnetGroupName: (instance.node.defaultChild as CfnDBInstance).dbSubnetGroupName,
  };
}
