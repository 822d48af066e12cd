/**
 * What people do with the table and the queues, as documents that act: copy the table, restore it beside itself, deliver
 * again what was put aside. docs/runbooks says when.
 */
import { ArnFormat, Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { acknowledge } from '../acknowledge.ts';
import { Automation, call } from './automation.ts';
import type { TableAddress } from './shop-table.ts';

/** Restoring takes from minutes to hours, whatever the size: longer than this and somebody should look. */
const RESTORE_PATIENCE_SECONDS = 4 * 3_600;

export interface TableRunbooksProps {
  readonly table: TableAddress;
  readonly queue: IQueue;
  readonly deadLetters: IQueue;
  /** Whether any second can be restored. */
  readonly hasPointInTimeRecovery: boolean;
}

export class TableRunbooks extends Construct {
  readonly backUp: Automation;
  /** None where the table keeps no history. */
  readonly restore?: Automation;
  readonly redrive: Automation;

  constructor(scope: Construct, id: string, props: TableRunbooksProps) {
    super(scope, id);
    const { tableName, tableArn } = props.table;
    this.backUp = new Automation(this, 'BackUp', {
      description: 'Copies the table; the copy stays when the table goes',
      statements: [
        new PolicyStatement({
          sid: 'CopyTheTable',
          actions: ['dynamodb:CreateBackup'],
          resources: [tableArn],
        }),
      ],
      steps: [
        call(
          'CopyTheTable',
          'dynamodb',
          'CreateBackup',
          {
            TableName: tableName,
            BackupName: 'by-runbook-{{ global:DATE }}-{{ automation:EXECUTION_ID }}',
          },
          { outputs: [{ Name: 'BackupArn', Selector: '$.BackupDetails.BackupArn', Type: 'String' }] },
        ),
      ],
      outputs: ['CopyTheTable.BackupArn'],
    });
    if (props.hasPointInTimeRecovery) this.restore = this.createRestore(props.table);
    this.redrive = this.createRedrive(props);
  }

  /** Into a new table, beside the damaged one: what goes back from it is for people to decide. */
  private createRestore({ tableName, tableArn }: TableAddress): Automation {
    const stack = Stack.of(this);
    const restored = stack.formatArn({ service: 'dynamodb', resource: 'table', resourceName: 'restored-*' });
    const automation = new Automation(this, 'Restore', {
      description: 'Restores the table as it was at a moment, beside the table that is there',
      statements: [
        new PolicyStatement({
          sid: 'ReadTheHistory',
          actions: ['dynamodb:RestoreTableToPointInTime', 'dynamodb:DescribeTable'],
          resources: [tableArn],
        }),
        new PolicyStatement({
          sid: 'FillANewTable',
          actions: [
            'dynamodb:RestoreTableToPointInTime',
            'dynamodb:DescribeTable',
            'dynamodb:BatchWriteItem',
            'dynamodb:DeleteItem',
            'dynamodb:GetItem',
            'dynamodb:PutItem',
            'dynamodb:Query',
            'dynamodb:Scan',
            'dynamodb:UpdateItem',
          ],
          resources: [restored],
        }),
      ],
      parameters: {
        Moment: {
          type: 'String',
          description: 'The last moment at which all was well, as 2026-11-21T14:05:00Z.',
        },
        NewTable: {
          type: 'String',
          description: 'Name of the new table.',
          allowedPattern: '^restored-[A-Za-z0-9_.-]{1,240}$',
        },
      },
      steps: [
        call('RestoreBesideIt', 'dynamodb', 'RestoreTableToPointInTime', {
          SourceTableName: tableName,
          TargetTableName: '{{ NewTable }}',
          RestoreDateTime: '{{ Moment }}',
          UseLatestRestorableTime: false,
        }),
        {
          name: 'WaitUntilItIsThere',
          action: 'aws:waitForAwsResourceProperty',
          timeoutSeconds: RESTORE_PATIENCE_SECONDS,
          inputs: {
            Service: 'dynamodb',
            Api: 'DescribeTable',
            TableName: '{{ NewTable }}',
            PropertySelector: '$.Table.TableStatus',
            DesiredValues: ['ACTIVE'],
          },
        },
      ],
    });
    acknowledge(automation.role, {
      'AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:dynamodb:<AWS::Region>:<AWS::AccountId>:table/restored-*]':
        'The new table is named by whoever restores, below one prefix that nothing else has.',
    });
    return automation;
  }

  private createRedrive({ queue, deadLetters }: TableRunbooksProps): Automation {
    return new Automation(this, 'Redrive', {
      description: 'Delivers what was put aside once more, ten messages a second',
      statements: [
        new PolicyStatement({
          sid: 'TakeWhatWasPutAside',
          actions: [
            'sqs:StartMessageMoveTask',
            'sqs:ReceiveMessage',
            'sqs:DeleteMessage',
            'sqs:GetQueueAttributes',
            'sqs:ListMessageMoveTasks',
          ],
          resources: [deadLetters.queueArn],
        }),
        new PolicyStatement({
          sid: 'DeliverIt',
          actions: ['sqs:SendMessage'],
          resources: [queue.queueArn],
        }),
      ],
      steps: [
        call('DeliverOnceMore', 'sqs', 'StartMessageMoveTask', {
          SourceArn: deadLetters.queueArn,
          DestinationArn: queue.queueArn,
          MaxNumberOfMessagesPerSecond: 10,
        }),
      ],
    });
  }
}

/** ARN of an Automation document, as experiments name it. */
export const documentArn = (scope: Construct, name: string): string =>
  Stack.of(scope).formatArn({
    service: 'ssm',
    resource: 'document',
    resourceName: name,
    arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
  });
