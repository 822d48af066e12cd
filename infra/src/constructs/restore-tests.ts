/**
 * Restores the newest daily copy on a schedule, and throws the result away: a backup that was never restored is a
 * hope. A restore that failed is told; `RestoreMeasurement` holds those that did not to how long they may take.
 *
 * Proves that copies can be read and how long that takes. Whether the data is right is for people to look at, by the
 * runbook, in a game day.
 */
import { Stack } from 'aws-cdk-lib';
import { type BackupVault, CfnRestoreTestingPlan, CfnRestoreTestingSelection } from 'aws-cdk-lib/aws-backup';
import { Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { SnsTopic } from 'aws-cdk-lib/aws-events-targets';
import { ManagedPolicy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import type { EncryptionKey } from './encryption-key.ts';

export interface RestoreTestsProps {
  readonly vault: BackupVault;
  /** The key that the copies are encrypted with. */
  readonly encryptionKey: EncryptionKey;
  /** What is restored, in AWS Backup's words. */
  readonly resourceType: 'RDS' | 'Aurora' | 'DynamoDB';
  readonly resourceArn: string;
  /**
   * Where a restored database goes: a subnet group and a security group that nobody may reach it through.
   * @default none: a table is in no network
   */
  readonly network?: { readonly subnetGroupName: string; readonly securityGroupId: string };
  /** When, as AWS Backup writes it. */
  readonly schedule: string;
  readonly alertTopic: ITopic;
}

const SERVICE_POLICY = 'service-role/AWSBackupServiceRolePolicyForRestores';

export class RestoreTests extends Construct {
  readonly plan: CfnRestoreTestingPlan;
  readonly selection: CfnRestoreTestingSelection;
  readonly failureRule: Rule;

  constructor(scope: Construct, id: string, props: RestoreTestsProps) {
    super(scope, id);
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('backup.amazonaws.com'),
      description: 'Restores copies for the test and deletes the result',
      managedPolicies: [ManagedPolicy.fromAwsManagedPolicyName(SERVICE_POLICY)],
    });
    role.addToPolicy(
      new PolicyStatement({
        sid: 'ReadTheCopies',
        actions: ['kms:Decrypt', 'kms:DescribeKey', 'kms:CreateGrant', 'kms:GenerateDataKey'],
        resources: [props.encryptionKey.keyArn],
      }),
    );
    acknowledge(role, {
      [`AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/${SERVICE_POLICY}]`]:
        'The policy that AWS maintains for AWS Backup: the calls a restore needs change with the service, and only backup.amazonaws.com can assume the role.',
    });
    // Letters, digits and underscores only.
    const name = `${Stack.of(this).stackName.replaceAll('-', '_')}_restore`;
    this.plan = new CfnRestoreTestingPlan(this, 'Plan', {
      restoreTestingPlanName: name,
      scheduleExpression: props.schedule,
      startWindowHours: 1,
      recoveryPointSelection: {
        algorithm: 'LATEST_WITHIN_WINDOW',
        includeVaults: [props.vault.backupVaultArn],
        recoveryPointTypes: ['SNAPSHOT'],
        selectionWindowDays: 7,
      },
    });
    this.selection = new CfnRestoreTestingSelection(this, 'Database', {
      restoreTestingPlanName: this.plan.restoreTestingPlanName,
      restoreTestingSelectionName: `${name}_database`,
      iamRoleArn: role.roleArn,
      protectedResourceType: props.resourceType,
      protectedResourceArns: [props.resourceArn],
      ...(props.network !== undefined && {
        restoreMetadataOverrides: {
          dbsubnetgroupname: props.network.subnetGroupName,
          vpcsecuritygroupids: `["${props.network.securityGroupId}"]`,
        },
      }),
      // Time for somebody to look at the restored data before it is deleted.
      validationWindowHours: 4,
    });
    this.selection.addResourceDependency(this.plan);
    this.failureRule = new Rule(this, 'Failed', {
      description: 'A restore test of the database failed',
      eventPattern: {
        source: ['aws.backup'],
        detailType: ['Restore Job State Change'],
        detail: {
          status: ['FAILED', 'ABORTED'],
          restoreTestingPlanArn: [this.plan.attrRestoreTestingPlanArn],
        },
      },
      targets: [
        new SnsTopic(props.alertTopic, {
          message: RuleTargetInput.fromText(
            'A restore test of the database failed. Playbook: docs/playbooks/database-problems.md',
          ),
        }),
      ],
    });
  }
}
