/**
 * Daily copies in a vault of their own, beside the database's automatic backups: automatic backups die with the
 * instance they belong to, these do not.
 *
 * Leave it out of a sandbox: a vault that holds a recovery point cannot be deleted.
 */
import { Duration } from 'aws-cdk-lib';
import { BackupPlan, BackupPlanRule, type BackupResource, BackupVault } from 'aws-cdk-lib/aws-backup';
import { Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { SnsTopic } from 'aws-cdk-lib/aws-events-targets';
import { Schedule } from 'aws-cdk-lib/aws-events';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { removalPolicyFor } from '../settings/data-policy.ts';
import { acknowledge } from './acknowledge.ts';
import type { EncryptionKey } from './encryption-key.ts';

export interface BackupScheduleProps {
  /** The database. */
  readonly resource: BackupResource;
  readonly encryptionKey: EncryptionKey;
  /** How long a daily copy is kept. */
  readonly retention: Duration;
  /** Told of every copy that failed. */
  readonly alertTopic: ITopic;
}

export class BackupSchedule extends Construct {
  readonly vault: BackupVault;
  readonly plan: BackupPlan;
  readonly failureRule: Rule;

  constructor(scope: Construct, id: string, props: BackupScheduleProps) {
    super(scope, id);
    this.vault = new BackupVault(this, 'Vault', {
      encryptionKey: props.encryptionKey,
      // Denies deletion of recovery points to everybody, by the vault's own policy.
      blockRecoveryPointDeletion: true,
      removalPolicy: removalPolicyFor('keep'),
    });
    this.plan = new BackupPlan(this, 'Plan', {
      backupVault: this.vault,
      backupPlanRules: [
        new BackupPlanRule({
          ruleName: 'daily',
          // Half an hour after the automatic backup's window, so that the two do not meet.
          scheduleExpression: Schedule.cron({ hour: '3', minute: '0' }),
          startWindow: Duration.hours(1),
          completionWindow: Duration.hours(4),
          deleteAfter: props.retention,
        }),
      ],
    });
    const selection = this.plan.addSelection('Database', {
      resources: [props.resource],
    });
    acknowledge(selection, {
      'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup]':
        'The policy that AWS maintains for AWS Backup: the calls a copy needs change with the service, and only backup.amazonaws.com can assume the role.',
    });
    this.failureRule = new Rule(this, 'Failed', {
      description: 'A daily copy of the database failed',
      eventPattern: {
        source: ['aws.backup'],
        detailType: ['Backup Job State Change'],
        detail: {
          state: ['FAILED', 'ABORTED', 'EXPIRED', 'PARTIAL'],
          backupVaultName: [this.vault.backupVaultName],
        },
      },
      targets: [
        new SnsTopic(props.alertTopic, {
          message: RuleTargetInput.fromText(
            'A daily copy of the database failed. Playbook: docs/playbooks/database-problems.md',
          ),
        }),
      ],
    });
  }
}
