// The few calls to AWS that have no client: how they are signed, and what their answers mean.
import { describe, expect, it } from 'vitest';
import { createAppConfigLevers } from '../src/adapters/aws/app-config-levers.ts';
import {
  createSignedFetch,
  endpointOf,
  type AwsRequest,
  type SignedFetch,
} from '../src/adapters/aws/signed-fetch.ts';
import { createSqsKeptOrders } from '../src/adapters/aws/sqs-kept-orders.ts';
import { createSqsOrderIntake } from '../src/adapters/aws/sqs-order-intake.ts';
import { order, placement } from './storage-contract.ts';

const { signal } = new AbortController();

describe('a signed request', () => {
  const credentials = {
    accessKeyId: 'AKIDEXAMPLE',
    secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  };

  function create(status: number, more: { sessionToken?: string } = {}) {
    const sent: { url: string; init: RequestInit }[] = [];
    const request = createSignedFetch({
      service: 'service',
      region: 'us-east-1',
      credentials: () => Promise.resolve({ ...credentials, ...more }),
      wallClock: () => new Date(Date.UTC(2015, 7, 30, 12, 36)),
      fetch: (url, init) => {
        sent.push({ url, init });
        return Promise.resolve(new Response('x', { status }));
      },
    });
    return { sent, request };
  }

  it('has the signature that AWS’s recipe gives', async () => {
    const { sent, request } = create(200);
    const url = new URL('https://example.amazonaws.com/');
    url.searchParams.set('Param2', 'value2');
    url.searchParams.set('Param1', 'value1');
    await request({ method: 'GET', url, signal });
    // "get-vanilla-query-order-key-case" of AWS's test suite for signatures, with the header of the payload's digest,
    // which the SDK adds and signs; the signature was worked out by AWS's recipe in another language.
    const scope = '20150830/us-east-1/service/aws4_request';
    expect(new Headers(sent[0]?.init.headers).get('authorization')).toBe(
      `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/${scope}, ` +
        'SignedHeaders=host;x-amz-content-sha256;x-amz-date, ' +
        'Signature=311c7f58b10b06de8540bb5a27f441ee0609f1d5ad7b191e68d7ea87d90e3d6b',
    );
    expect(sent[0]?.url).toBe('https://example.amazonaws.com/?Param2=value2&Param1=value1');
  });

  it('names the session that its credentials belong to', async () => {
    const { sent, request } = create(200, { sessionToken: 'the-session' });
    await request({ method: 'POST', url: new URL('https://sqs.test/'), body: '{}', signal });
    expect(new Headers(sent[0]?.init.headers).get('x-amz-security-token')).toBe('the-session');
    expect(sent[0]?.init.body).toBe('{}');
  });

  it('fails when it is refused, with the status and nothing of the answer', async () => {
    const { request } = create(403);
    const refused = request({ method: 'GET', url: new URL('https://sqs.test/'), signal });
    await expect(refused).rejects.toMatchObject({ code: 'aws-refused', message: 'service answered 403' });
  });
});

it.each([
  [{}, 'https://sqs.eu-west-1.amazonaws.com'],
  [{ AWS_ENDPOINT_URL: 'http://all.test' }, 'http://all.test'],
  [{ AWS_ENDPOINT_URL: 'http://all.test', AWS_ENDPOINT_URL_SQS: 'http://one.test' }, 'http://one.test'],
])(
  'an address comes from the environment, as the SDK reads it, or is the region’s: %j',
  (environment, expected) => {
    expect(endpointOf('sqs', environment, 'eu-west-1')).toBe(expected);
  },
);

/** Answers by a script, and keeps what was asked. */
function scripted(...answers: (Response | Error)[]) {
  const asked: AwsRequest[] = [];
  const request: SignedFetch = (one) => {
    asked.push(one);
    const answer = answers.shift() ?? new Error('nothing more was to be asked');
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  };
  return { asked, request };
}

describe('the levers in AppConfig', () => {
  const address = { application: 'a', environment: 'e', profile: 'p', endpoint: 'https://config.test' };
  const begun = (token: string) => Response.json({ InitialConfigurationToken: token }, { status: 201 });
  const positions = (text: string, next: string) =>
    new Response(text, { headers: { 'next-poll-configuration-token': next } });
  const paths = (asked: readonly AwsRequest[]) =>
    asked.map(({ method, url }) => `${method} ${url.pathname}${url.search}`);

  it('are asked for in one session, each answer giving the token for the next', async () => {
    const { asked, request } = scripted(
      begun('one'),
      positions('{"read-only":true}', 'two'),
      positions('', 'three'),
      positions('{}', 'four'),
    );
    const source = createAppConfigLevers({ ...address, request });
    expect(await source({ signal })).toEqual({ 'read-only': true });
    // Empty: nothing has changed.
    expect(await source({ signal })).toEqual({ 'read-only': true });
    expect(await source({ signal })).toEqual({});
    expect(paths(asked)).toEqual([
      'POST /configurationsessions',
      'GET /configuration?configuration_token=one',
      'GET /configuration?configuration_token=two',
      'GET /configuration?configuration_token=three',
    ]);
    expect(JSON.parse(asked[0]?.body ?? '')).toEqual({
      ApplicationIdentifier: 'a',
      EnvironmentIdentifier: 'e',
      ConfigurationProfileIdentifier: 'p',
      RequiredMinimumPollIntervalInSeconds: 15,
    });
  });

  it.each([
    ['is lost', new Error('lost')],
    ['is no JSON', positions('{', 'never used')],
  ])('are asked for in a new session after an answer that %s', async (_, broken) => {
    const { asked, request } = scripted(
      begun('one'),
      broken,
      begun('two'),
      positions('{"block-bots":true}', 'x'),
    );
    const source = createAppConfigLevers({ ...address, request });
    await expect((async () => source({ signal }))()).rejects.toThrow();
    expect(await source({ signal })).toEqual({ 'block-bots': true });
    expect(paths(asked).at(-2)).toBe('POST /configurationsessions');
  });
});

describe('the queue for orders', () => {
  const kept = placement(order(1, { a: 1 }));
  const queueUrl = 'https://sqs.test/1/orders';
  const create = (request: SignedFetch, timeouts: number[] = []) =>
    createSqsOrderIntake({
      request,
      endpoint: 'https://sqs.test',
      queueUrl,
      timeout: (timeoutMs) => {
        timeouts.push(timeoutMs);
        return signal;
      },
    });

  it('is sent the whole order in one message', async () => {
    const { asked, request } = scripted(Response.json({ MessageId: 'm' }));
    await create(request).enqueue(kept);
    expect(asked[0]).toMatchObject({ method: 'POST', headers: { 'x-amz-target': 'AmazonSQS.SendMessage' } });
    const { QueueUrl, MessageBody } = JSON.parse(asked[0]?.body ?? '') as Record<string, string>;
    expect(QueueUrl).toBe(queueUrl);
    expect(JSON.parse(MessageBody ?? '')).toEqual({ placement: kept });
  });

  it('is waited for half a second, or as long as the customer has', async () => {
    const timeouts: number[] = [];
    const { request } = scripted(Response.json({}), Response.json({}), Response.json({}));
    const intake = create(request, timeouts);
    await intake.enqueue(kept);
    await intake.enqueue(kept, { timeoutMs: 120.7 });
    await intake.enqueue(kept, { timeoutMs: -5 });
    expect(timeouts).toEqual([500, 120, 1]);
  });

  it('may have kept the order or not when it does not answer', async () => {
    const { request } = scripted(new Error('reset'));
    await expect(create(request).enqueue(kept)).rejects.toMatchObject({ code: 'order-intake-unavailable' });
  });
});

describe('the orders in the queue', () => {
  const queueUrl = 'https://sqs.test/1/orders';
  const create = (request: SignedFetch, timeouts: number[] = []) =>
    createSqsKeptOrders({
      request,
      endpoint: 'https://sqs.test',
      queueUrl,
      batchSize: 5,
      timeout: (timeoutMs) => {
        timeouts.push(timeoutMs);
        return signal;
      },
    });
  const sent = (asked: readonly AwsRequest[]) =>
    asked.map(({ headers, body }) => [
      headers?.['x-amz-target'],
      JSON.parse(body ?? '') as Record<string, unknown>,
    ]);

  it('are waited for, longer than the queue itself waits', async () => {
    const timeouts: number[] = [];
    const { asked, request } = scripted(
      Response.json({ Messages: [{ MessageId: 'm', ReceiptHandle: 'r', Body: 'b' }] }),
      Response.json({}),
    );
    const orders = create(request, timeouts);
    expect(await orders.receive()).toEqual([{ messageId: 'm', receipt: 'r', body: 'b' }]);
    expect(await orders.receive()).toEqual([]);
    expect(sent(asked)[0]).toEqual([
      'AmazonSQS.ReceiveMessage',
      { QueueUrl: queueUrl, MaxNumberOfMessages: 5, WaitTimeSeconds: 10 },
    ]);
    expect(timeouts).toEqual([12_000, 12_000]);
  });

  it('are forgotten by the receipt of their delivery', async () => {
    const { asked, request } = scripted(Response.json({}), new Error('reset'));
    const message = { messageId: 'm', receipt: 'r', body: 'b' };
    await create(request).forget(message);
    expect(sent(asked)).toEqual([['AmazonSQS.DeleteMessage', { QueueUrl: queueUrl, ReceiptHandle: 'r' }]]);
    await expect(create(request).forget(message)).rejects.toThrow('reset');
  });
});
