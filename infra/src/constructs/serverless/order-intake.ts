/** The queue of kept orders of a tier without servers: its worker is called by an event source. */
import { Duration } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { Construct } from 'constructs';
import { OrderQueue } from '../order-queue.ts';
import { WORKER_TIMEOUT } from './order-worker.ts';

/** Lambda's advice for queues in front of functions: six times the function's timeout. */
const VISIBILITY = Duration.seconds(6 * WORKER_TIMEOUT.toSeconds());

/** Ten hours of a table that is away, at one try every three minutes. */
const DELIVERIES = 200;

export class OrderIntake extends OrderQueue {
  constructor(scope: Construct, id: string, { worker }: { readonly worker: IFunction }) {
    super(scope, id, { visibilityTimeout: VISIBILITY, deliveries: DELIVERIES });
    worker.addEventSource(
      // Few at once: a table that comes back is not to be met by everything that was kept.
      new SqsEventSource(this.queue, { batchSize: 10, reportBatchItemFailures: true, maxConcurrency: 2 }),
    );
  }
}
