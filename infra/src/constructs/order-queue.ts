/**
 * Keeps orders that the database refuses, until it takes them: the customer gets 202 and a place to look, and the order is
 * stored as soon as the database answers (`apps/shop-api/src/core/order-intake.ts`).
 *
 * Use it where orders must be taken while the database cannot, from 99.99% on. A message here is the only trace of its
 * order, so it is tried for as long as a database can be away, and what is put aside is an order to be looked at.
 */
import { Duration } from 'aws-cdk-lib';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

/** The longest that SQS keeps a message. */
const RETENTION = Duration.days(14);

export interface OrderQueueProps {
  /**
   * Name of the queue, where others agree on it.
   * @default CloudFormation's
   */
  readonly queueName?: string;
  /** How long whoever stores an order may take at worst before somebody else tries. */
  readonly visibilityTimeout: Duration;
  /** How often an order is tried before it is put aside. */
  readonly deliveries: number;
}

export class OrderQueue extends Construct {
  readonly queue: Queue;
  /** Orders that could not be stored, until somebody has looked at them. */
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string, { queueName, visibilityTimeout, deliveries }: OrderQueueProps) {
    super(scope, id);
    const shared = {
      // SQS's own key: no other service has to answer before an order can be kept.
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: RETENTION,
    };
    this.deadLetters = new Queue(this, 'DeadLetters', shared);
    this.queue = new Queue(this, 'Queue', {
      ...shared,
      ...(queueName !== undefined && { queueName }),
      visibilityTimeout,
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: deliveries },
    });
  }
}
