/**
 * Both ends of the queue of kept orders, for a server. Credentials are found as everywhere in AWS, by the SDK's own
 * search: in the environment on a developer's machine, and on an instance by the program that the SDK's configuration
 * file names (docs/adr/0074-servers-keep-orders-too.md). The address of the queue says where SQS is.
 */
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import type { KeptOrders, OrderIntake } from '../../ports/order-intake.ts';
import { createSignedFetch } from './signed-fetch.ts';
import { createSqsKeptOrders } from './sqs-kept-orders.ts';
import { createSqsOrderIntake } from './sqs-order-intake.ts';

export interface ServerQueueOptions {
  readonly queueUrl: string;
  readonly region: string;
  /** Messages that are fetched at once, at most ten. */
  readonly batchSize: number;
}

export function createServerQueue({ queueUrl, region, batchSize }: ServerQueueOptions): {
  readonly intake: OrderIntake;
  readonly keptOrders: KeptOrders;
} {
  const request = createSignedFetch({
    service: 'sqs',
    region,
    fetch,
    credentials: defaultProvider(),
    wallClock: () => new Date(),
  });
  const shared = { request, queueUrl, endpoint: new URL(queueUrl).origin };
  return { intake: createSqsOrderIntake(shared), keptOrders: createSqsKeptOrders({ ...shared, batchSize }) };
}
