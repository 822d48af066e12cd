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

/** A scan, which no request of the shop makes. */
async function scan({ emulator, outputs }: ServerlessCloud, filter: object): Promise<Page['Items']> {
  const items: Page['Items'][number][] = [];
  let from: object | undefined;
  do {
    const page: Page = await emulator.call<Page>('DynamoDB_20120810.Scan', {
      TableName: outputs['TableName'],
      ConsistentRead: true,
      ...filter,
      ...(from === undefined ? {} : { ExclusiveStartKey: from }),
    });
    items.push(...page.Items);
    from = page.LastEvaluatedKey;
  } while (from !== undefined);
  return items;
}

/** Every order of the table. */
export async function readOrders(cloud: ServerlessCloud): Promise<RecordedOrder[]> {
  const items = await scan(cloud, {
    // `reference` is one of DynamoDB's reserved words.
    ProjectionExpression: 'sk, #reference',
    FilterExpression: 'begins_with(pk, :orders)',
    ExpressionAttributeNames: { '#reference': 'reference' },
    ExpressionAttributeValues: { ':orders': { S: 'orders#' } },
  });
  return items.map((item) => ({ id: item['sk']?.S ?? '', reference: item['reference']?.S ?? '' }));
}

const INTAKE = 'intake#';

/** Ids of the orders that were kept and then refused with a reason. */
export async function readRefusedIntakes(cloud: ServerlessCloud): Promise<string[]> {
  const items = await scan(cloud, {
    ProjectionExpression: 'pk',
    FilterExpression: 'begins_with(pk, :intakes) AND outcome = :refused',
    ExpressionAttributeValues: { ':intakes': { S: INTAKE }, ':refused': { S: 'refused' } },
  });
  return items.map((item) => (item['pk']?.S ?? '').slice(INTAKE.length));
}

/** @param keptBeforeMs Orders that were kept before have had the time to come to their end, in milliseconds of the epoch. */
export async function readOrderRecord(
  cloud: ServerlessCloud,
  { clock, keptBeforeMs }: { readonly clock: Clock; readonly keptBeforeMs: number },
): Promise<SystemOfRecord> {
  const readAtMs = clock.epochNow();
  const orders = await readOrders(cloud);
  const refusedIntakes = await readRefusedIntakes(cloud);
  return {
    readAtMs,
    orders,
    refusedIntakes,
    keptBeforeMs,
    chargedReferences: await chargedReferences(cloud),
  };
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
