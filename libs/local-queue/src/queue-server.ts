/** Queues behind SQS's JSON protocol on loopback, as many as are defined; every signature is believed. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createQueue, type Queue, type QueueDepth } from './queue.ts';

/** What is smaller or simpler here than in AWS, for reports. */
export const LOCAL_QUEUE_STAND_IN =
  'Queues are a stand-in of ours for SQS, one for each region: in memory, which an acknowledged message of SQS is not ' +
  'lost with, and without the rare second delivery that SQS allows itself.';

export interface QueueDefinition {
  readonly name: string;
  /** How long a delivered message is hidden, in milliseconds of this machine. */
  readonly visibilityMs: number;
  /** @default Infinity */
  readonly retentionMs?: number;
  /** The queue of this name gets what was delivered so many times; it must be defined before. */
  readonly redrive?: { readonly maxReceiveCount: number; readonly to: string };
}

export interface LocalQueuesOptions {
  readonly queues: readonly QueueDefinition[];
  /** Monotonic milliseconds. @default performance.now */
  readonly now?: () => number;
}

export interface LocalQueues {
  readonly address: { readonly host: string; readonly port: number };
  urlOf(name: string): string;
  depthOf(name: string): QueueDepth;
  close(): Promise<void>;
}

class RefusedError extends Error {
  readonly type: string;

  constructor(type: string, message: string) {
    super(message);
    this.type = type;
  }
}

interface Input {
  readonly QueueUrl?: string;
  readonly MessageBody?: string;
  readonly MaxNumberOfMessages?: number;
  readonly WaitTimeSeconds?: number;
  readonly ReceiptHandle?: string;
  readonly VisibilityTimeout?: number;
}

/** How often a long poll looks for messages that become visible again; what is sent wakes it at once. */
const LOOK_AGAIN_MS = 100;
/** Whoever answers a poll that nobody waits for any more would hide the messages for nothing. */
type IsGone = () => boolean;

async function receive(queue: Queue, input: Input, now: () => number, isGone: IsGone): Promise<object> {
  const until = now() + (input.WaitTimeSeconds ?? 0) * 1_000;
  for (;;) {
    if (isGone()) return {};
    const delivered = queue.receive(input.MaxNumberOfMessages ?? 1);
    if (delivered.length > 0)
      return {
        Messages: delivered.map(({ id, body, receipt }) => ({
          MessageId: id,
          ReceiptHandle: receipt,
          Body: body,
        })),
      };
    const leftMs = until - now();
    // SQS leaves the list out when there is nothing.
    if (leftMs <= 0) return {};
    await arrivalWithin(queue, Math.min(leftMs, LOOK_AGAIN_MS));
  }
}

async function arrivalWithin(queue: Queue, limitMs: number): Promise<void> {
  const ended = new AbortController();
  let stop: () => void = () => undefined;
  const arrival = new Promise<void>((resolve) => (stop = queue.onArrival(resolve)));
  try {
    await Promise.race([arrival, sleep(limitMs, undefined, { signal: ended.signal }).catch(() => undefined)]);
  } finally {
    ended.abort();
    stop();
  }
}

function needed<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new RefusedError('MissingParameter', `${name} is missing`);
  return value;
}

async function operate(
  operation: string,
  queue: Queue,
  input: Input,
  now: () => number,
  isGone: IsGone,
): Promise<object> {
  switch (operation) {
    case 'SendMessage':
      return { MessageId: queue.send(needed(input.MessageBody, 'MessageBody')) };
    case 'ReceiveMessage':
      return receive(queue, input, now, isGone);
    case 'DeleteMessage':
      queue.delete(needed(input.ReceiptHandle, 'ReceiptHandle'));
      return {};
    case 'ChangeMessageVisibility': {
      const seconds = needed(input.VisibilityTimeout, 'VisibilityTimeout');
      queue.changeVisibility(needed(input.ReceiptHandle, 'ReceiptHandle'), seconds * 1_000);
      return {};
    }
    default:
      throw new RefusedError('InvalidAction', `${operation} is not one of the stand-in's operations`);
  }
}

async function bodyOf(request: IncomingMessage): Promise<Input> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString()) as Input;
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' });
  response.end(JSON.stringify(body));
}

function createQueues({ queues, now = () => performance.now() }: LocalQueuesOptions) {
  const byName = new Map<string, Queue>();
  for (const { name, visibilityMs, retentionMs, redrive } of queues) {
    const to = redrive && byName.get(redrive.to);
    if (redrive !== undefined && to === undefined)
      throw new RangeError(`${name} puts messages aside into ${redrive.to}, which is not defined before it`);
    const queue = createQueue({
      visibilityMs,
      now,
      ...(retentionMs === undefined ? {} : { retentionMs }),
      ...(redrive && to ? { redrive: { maxReceiveCount: redrive.maxReceiveCount, to } } : {}),
    });
    byName.set(name, queue);
  }
  return byName;
}

/** @throws RangeError when a queue puts messages aside into one that is not defined before it. */
export async function startLocalQueues(options: LocalQueuesOptions): Promise<LocalQueues> {
  const { now = () => performance.now() } = options;
  const queues = createQueues(options);
  const queueOf = (url = ''): Queue => {
    const queue = queues.get(url.split('/').at(-1) ?? '');
    if (queue === undefined) throw new RefusedError('QueueDoesNotExist', 'there is no such queue');
    return queue;
  };
  const server = createServer((request, response) => {
    void (async () => {
      try {
        const input = await bodyOf(request);
        const operation = String(request.headers['x-amz-target']).replace('AmazonSQS.', '');
        reply(
          response,
          200,
          await operate(operation, queueOf(input.QueueUrl), input, now, () => response.destroyed),
        );
      } catch (error) {
        const refused = error instanceof RefusedError;
        reply(response, refused ? 400 : 500, {
          __type: `com.amazonaws.sqs#${refused ? error.type : 'InternalError'}`,
          message: error instanceof Error ? error.message : String(error),
        });
      }
    })();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    address: { host: '127.0.0.1', port },
    urlOf: (name) => `http://127.0.0.1:${String(port)}/000000000000/${name}`,
    depthOf: (name) => queueOf(name).depth(),
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}
