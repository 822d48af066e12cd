/**
 * Keeps orders that the table refuses, until it takes them: the customer gets 202 and a place to look, the worker stores
 * the order as soon as the table answers (`apps/shop-api/src/core/order-intake.ts`).
 *
 * Use it where orders must be taken while the table cannot, from 99.99% on. A message here is the only trace of its
 * order, so it is tried for as long as a table can be away, and what is put aside is an order to be looked at.
 */
import { Duration } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { WORKER_TIMEOUT } from './order-worker.ts';

/** Lambda's advice for queues in front of functions: six times the function's timeout. */
const VISIBILITY = Duration.seconds(6 * WORKER_TIMEOUT.toSeconds());

/** Ten hours of a table that is away, at one try every three minutes. */
const DELIVERIES = 200;

/** The longest that SQS keeps a message. */
const RETENTION = Duration.days(14);

export class OrderIntake extends Construct {
  readonly queue: Queue;
  /** Orders that could not be stored, until somebody has looked at them. */
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string, { worker }: { readonly worker: IFunction }) {
    super(scope, id);
    const shared = {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: RETENTION,
    };
    this.deadLetters = new Queue(this, 'DeadLetters', shared);
    this.queue = new Queue(this, 'Queue', {
      ...shared,
      visibilityTimeout: VISIBILITY,
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: DELIVERIES },
    });
    worker.addEventSource(
      // Few at once: a table that comes back is not to be met by everything that was kept.
      new SqsEventSource(this.queue, { batchSize: 10, reportBatchItemFailures: true, maxConcurrency: 2 }),
    );
  }
}
