// The same questions to the stand-in and to an emulator of SQS, which knows it better than we do.
import { startLocalDynamodb, type LocalDynamodb } from '@nines/local-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startLocalQueues, type LocalQueues } from './queue-server.ts';

interface Messages {
  readonly Messages?: readonly { readonly Body: string; readonly ReceiptHandle: string }[];
}

type Ask = <T = Messages>(operation: string, input: object) => Promise<T>;

const askOf =
  (endpoint: string): Ask =>
  async <T>(operation: string, input: object): Promise<T> => {
    const response = await fetch(endpoint, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': `AmazonSQS.${operation}`,
        authorization: 'AWS4-HMAC-SHA256 Credential=local/20260101/eu-west-1/sqs/aws4_request, Signature=x',
      },
      body: JSON.stringify(input),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(text);
    return (text === '' ? {} : JSON.parse(text)) as T;
  };

const RUN = String(Math.round(performance.timeOrigin));
const VISIBILITY_SECONDS = 1;
let standIn: LocalQueues;
let emulator: LocalDynamodb;

beforeAll(async () => {
  const visibilityMs = VISIBILITY_SECONDS * 1_000;
  standIn = await startLocalQueues({
    queues: [
      { name: `aside-${RUN}`, visibilityMs },
      {
        name: `orders-${RUN}`,
        visibilityMs,
        redrive: { maxReceiveCount: 2, to: `aside-${RUN}` },
      },
    ],
  });
  emulator = await startLocalDynamodb();
}, 300_000);

afterAll(async () => {
  await standIn.close();
  await emulator.stop();
});

interface Place {
  readonly ask: Ask;
  readonly url: string;
  readonly asideUrl: string;
}

const places: readonly (readonly [string, () => Promise<Place>])[] = [
  [
    'the stand-in',
    () =>
      Promise.resolve({
        ask: askOf(`http://127.0.0.1:${String(standIn.address.port)}/`),
        url: standIn.urlOf(`orders-${RUN}`),
        asideUrl: standIn.urlOf(`aside-${RUN}`),
      }),
  ],
  [
    'the emulator',
    async () => {
      const ask = askOf(emulator.endpoint);
      const create = async (QueueName: string, Attributes: Record<string, string>) =>
        (await ask<{ QueueUrl: string }>('CreateQueue', { QueueName, Attributes })).QueueUrl;
      const asideUrl = await create(`aside-${RUN}`, {});
      const { Attributes } = await ask<{ Attributes: { QueueArn: string } }>('GetQueueAttributes', {
        QueueUrl: asideUrl,
        AttributeNames: ['QueueArn'],
      });
      const url = await create(`orders-${RUN}`, {
        VisibilityTimeout: String(VISIBILITY_SECONDS),
        RedrivePolicy: JSON.stringify({ deadLetterTargetArn: Attributes.QueueArn, maxReceiveCount: 2 }),
      });
      return { ask, url, asideUrl };
    },
  ],
];

describe.each(places)('a queue of %s', (_, open) => {
  it('keeps what is sent until it is deleted, or was delivered too often', async () => {
    const { ask, url: QueueUrl, asideUrl } = await open();
    const receive = async (url: string, WaitTimeSeconds = 0) =>
      (await ask('ReceiveMessage', { QueueUrl: url, MaxNumberOfMessages: 10, WaitTimeSeconds })).Messages ??
      [];
    const bodiesOf = async (...call: Parameters<typeof receive>) =>
      (await receive(...call)).map(({ Body }) => Body);

    // A poll that waits is answered by what is sent meanwhile.
    const waiting = receive(QueueUrl, 10);
    const sent = await ask<{ MessageId: string }>('SendMessage', { QueueUrl, MessageBody: 'one' });
    expect(sent.MessageId).toMatch(/^[0-9a-f-]{36}$/);
    const [one] = await waiting;
    expect(one?.Body).toBe('one');
    await ask('DeleteMessage', { QueueUrl, ReceiptHandle: one?.ReceiptHandle });

    await ask('SendMessage', { QueueUrl, MessageBody: 'two' });
    const [first] = await receive(QueueUrl);
    expect(await bodiesOf(QueueUrl)).toEqual([]);
    await ask('ChangeMessageVisibility', {
      QueueUrl,
      ReceiptHandle: first?.ReceiptHandle,
      VisibilityTimeout: 0,
    });
    expect(await bodiesOf(QueueUrl)).toEqual(['two']);
    // Its second delivery was its last one: it comes back after its time, and is put aside.
    expect(await bodiesOf(QueueUrl, 2)).toEqual([]);
    expect(await bodiesOf(asideUrl, 2)).toEqual(['two']);
  }, 20_000);

  it('says which queue there is none of', async () => {
    const { ask, url } = await open();
    const missing = ask('SendMessage', { QueueUrl: `${url}-missing`, MessageBody: 'x' });
    await expect(missing).rejects.toThrow(/QueueDoesNotExist|NonExistentQueue/);
  });
});

it('refuses to put messages aside into a queue that is not there', async () => {
  const queues = [{ name: 'a', visibilityMs: 1, redrive: { maxReceiveCount: 1, to: 'b' } }];
  await expect(startLocalQueues({ queues })).rejects.toThrow(/not defined/);
});

it('says what it cannot do', async () => {
  const ask = askOf(`http://127.0.0.1:${String(standIn.address.port)}/`);
  const QueueUrl = standIn.urlOf(`orders-${RUN}`);
  await expect(ask('PurgeQueue', { QueueUrl })).rejects.toThrow(/InvalidAction/);
  await expect(ask('SendMessage', { QueueUrl })).rejects.toThrow(/MissingParameter/);
});
