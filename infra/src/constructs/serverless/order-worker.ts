/**
 * Takes the payments of stored orders: the table's stream reminds, through a pipe and a queue; a schedule sweeps for what
 * no message came for; what is not understood is put aside (docs/adr/0062-the-outbox-decides-the-queue-reminds.md).
 *
 * Where the table does not do it by itself, another schedule has what is abandoned and expired removed
 * (docs/adr/0068-strong-consistency-and-an-order.md).
 *
 * No part of it is on the way of a request. When it stands still, orders are taken and payments wait.
 */
import { ArnFormat, Duration, Stack } from 'aws-cdk-lib';
import { Rule, RuleTargetInput, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { CfnPipe } from 'aws-cdk-lib/aws-pipes';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

/** A sweep begins no round with less than 10 s left; two rounds and what they need around them. */
export const WORKER_TIMEOUT = Duration.seconds(30);

/** Lambda's advice for queues in front of functions: six times the function's timeout. */
const VISIBILITY = Duration.seconds(6 * WORKER_TIMEOUT.toSeconds());

/** A message that fails so often fails for a reason of its own: what is away for a while is postponed, not failed. */
const DELIVERIES = 5;

/** The longest that SQS keeps a message: time for people to look. */
const ASIDE = Duration.days(14);

const BATCH = 10;
const SWEEP_INTERVAL = Duration.minutes(1);

/** New orders only: the worker passes over everything else, at the price of an invocation. */
const NEW_ORDERS = { eventName: ['INSERT'], dynamodb: { Keys: { pk: { S: [{ prefix: 'orders#' }] } } } };

export interface OrderWorkerProps {
  readonly worker: IFunction;
  /**
   * ARN of the table's stream in this region.
   * @default none: the sweep takes all payments, up to a minute later. The stream of a replica has a name that
   *   CloudFormation does not tell outside the region that the table was made in.
   */
  readonly streamArn?: string;
  /**
   * How many batches may be worked on at once; so many payments are taken at once, times ten.
   * @default 10
   */
  readonly concurrency?: number;
  /** Where the pipe says what it could not pass on. */
  readonly logGroup: ILogGroup;
  /**
   * Whether the worker gives back stock that was set aside for orders that never came, and forgets expired keys.
   * @default false: nothing is set aside, and DynamoDB removes what has expired
   */
  readonly keepsHouse?: boolean;
}

export class OrderWorker extends Construct {
  readonly queue: Queue;
  /** Messages that were not understood, until somebody has looked at them. */
  readonly deadLetters: Queue;
  readonly pipe?: CfnPipe;
  readonly sweep: Rule;
  /** None where there is nothing to do. */
  readonly housekeeping?: Rule;

  constructor(scope: Construct, id: string, props: OrderWorkerProps) {
    super(scope, id);
    this.deadLetters = new Queue(this, 'DeadLetters', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: ASIDE,
    });
    this.queue = new Queue(this, 'Queue', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      visibilityTimeout: VISIBILITY,
      retentionPeriod: ASIDE,
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: DELIVERIES },
    });
    props.worker.addEventSource(
      new SqsEventSource(this.queue, {
        batchSize: BATCH,
        reportBatchItemFailures: true,
        maxConcurrency: props.concurrency ?? 10,
      }),
    );
    if (props.streamArn !== undefined) this.pipe = this.createPipe(props.streamArn, props.logGroup);
    this.sweep = new Rule(this, 'Sweep', {
      description: 'Takes payments that no message came for, or that were postponed',
      schedule: Schedule.rate(SWEEP_INTERVAL),
      // One that fails is followed by the next one in a minute.
      targets: [new LambdaFunction(props.worker, { retryAttempts: 0 })],
    });
    if (props.keepsHouse === true)
      this.housekeeping = new Rule(this, 'Housekeeping', {
        description: 'Gives back stock that was set aside for orders that never came, forgets expired keys',
        schedule: Schedule.rate(SWEEP_INTERVAL),
        // What the worker knows it by (`apps/shop-api/src/function/worker-handler.ts`).
        targets: [
          new LambdaFunction(props.worker, {
            retryAttempts: 0,
            event: RuleTargetInput.fromObject({ work: 'housekeeping' }),
          }),
        ],
      });
  }

  /** From the table's stream into the queue, so that a message is written with its order and cannot be forgotten. */
  private createPipe(streamArn: string, logGroup: ILogGroup): CfnPipe {
    const stack = Stack.of(this);
    const role = new Role(this, 'PipeRole', {
      assumedBy: new ServicePrincipal('pipes.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': stack.account } },
      }),
      description: 'Reads the stream of the table, writes to the queue of the worker',
    });
    role.addToPolicy(
      new PolicyStatement({
        sid: 'ReadTheStream',
        actions: ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'],
        resources: [streamArn],
      }),
    );
    role.addToPolicy(
      new PolicyStatement({
        sid: 'SendReminders',
        actions: ['sqs:SendMessage'],
        resources: [this.queue.queueArn, this.deadLetters.queueArn],
      }),
    );
    const pipe = new CfnPipe(this, 'Pipe', {
      description: 'Reminds the worker of each new order',
      roleArn: role.roleArn,
      source: streamArn,
      sourceParameters: {
        filterCriteria: { filters: [{ pattern: JSON.stringify(NEW_ORDERS) }] },
        dynamoDbStreamParameters: {
          startingPosition: 'TRIM_HORIZON',
          batchSize: BATCH,
          maximumBatchingWindowInSeconds: 0,
          onPartialBatchItemFailure: 'AUTOMATIC_BISECT',
          // Reminders older than an hour are of no use: the sweep has long been there.
          maximumRecordAgeInSeconds: Duration.hours(1).toSeconds(),
          deadLetterConfig: { arn: this.deadLetters.queueArn },
        },
      },
      target: this.queue.queueArn,
      logConfiguration: {
        level: 'ERROR',
        cloudwatchLogsLogDestination: {
          logGroupArn: stack.formatArn({
            service: 'logs',
            resource: 'log-group',
            resourceName: logGroup.logGroupName,
            arnFormat: ArnFormat.COLON_RESOURCE_NAME,
          }),
        },
      },
    });
    pipe.node.addDependency(role);
    return pipe;
  }
}
