/**
 * What the shop holds to be true after a fault: the orders in the table, the charges at the payment service, the
 * messages in a queue. Read past the application and past the fault point, because doubles are invisible through them.
 */
import type { ServerlessCloud } from '@nines/emulator';
import type { Clock } from '@nines/local-cloud';
import type { RecordedOrder, SystemOfRecord } from '../ledger.ts';
import { chargedReferences } from '../system-of-record.ts';

interface Page {
  readonly Items: readonly Readonly<Record<string, { readonly S: string }>>[];
  readonly LastEvaluatedKey?: object;
}

/** Every order of the table; a scan, which no request of the shop makes. */
export async function readOrders({ emulator, outputs }: ServerlessCloud): Promise<RecordedOrder[]> {
  const orders: RecordedOrder[] = [];
  let from: object | undefined;
  do {
    const page: Page = await emulator.call<Page>('DynamoDB_20120810.Scan', {
      TableName: outputs['TableName'],
      ConsistentRead: true,
      // `reference` is one of DynamoDB's reserved words.
      ProjectionExpression: 'sk, #reference',
      FilterExpression: 'begins_with(pk, :orders)',
      ExpressionAttributeNames: { '#reference': 'reference' },
      ExpressionAttributeValues: { ':orders': { S: 'orders#' } },
      ...(from === undefined ? {} : { ExclusiveStartKey: from }),
    });
    orders.push(
      ...page.Items.map((item) => ({ id: item['sk']?.S ?? '', reference: item['reference']?.S ?? '' })),
    );
    from = page.LastEvaluatedKey;
  } while (from !== undefined);
  return orders;
}

export async function readOrderRecord(cloud: ServerlessCloud, clock: Clock): Promise<SystemOfRecord> {
  const readAtMs = clock.epochNow();
  const orders = await readOrders(cloud);
  return { readAtMs, orders, chargedReferences: await chargedReferences(cloud) };
}

/** How many authorizations the payment service was asked for since it started, answered or not. */
export async function authorizationsAsked({ services }: Pick<ServerlessCloud, 'services'>): Promise<number> {
  const url = services.get('payment')?.url;
  if (url === undefined) return 0;
  const reply = await fetch(`${url}/admin/calls`, { signal: AbortSignal.timeout(10_000) });
  return ((await reply.json()) as { authorizations: number }).authorizations;
}

/** A queue of the stack, by the output that tells its address. */
export type QueueName = 'OrderQueueUrl' | 'DeadLetterQueueUrl' | 'IntakeQueueUrl';

const urlOf = ({ outputs }: ServerlessCloud, queue: QueueName): string => {
  const url = outputs[queue];
  if (url === undefined) throw new RangeError(`the stack tells no ${queue}`);
  return url;
};

const MOST_IN_A_BATCH = 10;

export async function sendMessages(
  cloud: ServerlessCloud,
  queue: QueueName,
  bodies: readonly string[],
): Promise<void> {
  for (let from = 0; from < bodies.length; from += MOST_IN_A_BATCH) {
    await cloud.emulator.call('AmazonSQS.SendMessageBatch', {
      QueueUrl: urlOf(cloud, queue),
      Entries: bodies
        .slice(from, from + MOST_IN_A_BATCH)
        .map((MessageBody, index) => ({ Id: String(index), MessageBody })),
    });
  }
}

/** Messages that are in the queue, delivered or not. */
export async function countMessages(cloud: ServerlessCloud, queue: QueueName): Promise<number> {
  const { Attributes } = await cloud.emulator.call<{ Attributes: Readonly<Record<string, string>> }>(
    'AmazonSQS.GetQueueAttributes',
    {
      QueueUrl: urlOf(cloud, queue),
      AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
    },
  );
  return (
    Number(Attributes['ApproximateNumberOfMessages'] ?? 0) +
    Number(Attributes['ApproximateNumberOfMessagesNotVisible'] ?? 0)
  );
}

/** Takes what lies in a queue out of it and tells it, as somebody who looks at dead letters does. */
export async function takeMessages(cloud: ServerlessCloud, queue: QueueName): Promise<string[]> {
  const QueueUrl = urlOf(cloud, queue);
  const bodies: string[] = [];
  for (;;) {
    const { Messages = [] } = await cloud.emulator.call<{
      Messages?: readonly { readonly Body: string; readonly ReceiptHandle: string }[];
    }>('AmazonSQS.ReceiveMessage', { QueueUrl, MaxNumberOfMessages: MOST_IN_A_BATCH });
    if (Messages.length === 0) return bodies;
    for (const { Body, ReceiptHandle } of Messages) {
      bodies.push(Body);
      await cloud.emulator.call('AmazonSQS.DeleteMessage', { QueueUrl, ReceiptHandle });
    }
  }
}

/** How long a delivered message stays invisible: the template's time, which a fast run divides like AWS's own. */
export async function setVisibility(
  cloud: ServerlessCloud,
  queue: QueueName,
  seconds: number,
): Promise<void> {
  await cloud.emulator.call('AmazonSQS.SetQueueAttributes', {
    QueueUrl: urlOf(cloud, queue),
    Attributes: { VisibilityTimeout: String(Math.max(1, Math.round(seconds))) },
  });
}
