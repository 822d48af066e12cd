/**
 * The way between functions and their table as a fault point that knows DynamoDB's protocol: it can refuse requests as
 * DynamoDB refuses them, delay them, or leave them without an answer. What is not for DynamoDB passes unharmed.
 *
 * Use it where the kind of refusal matters; the local cloud's fault link is the one for bytes.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Address, Clock } from '@nines/local-cloud';
import { answerWith, createForwarder } from './http-forwarder.ts';
import type { TableAnswer, TableRequest } from './regions/global-table.ts';
import { changesItems, operationOf } from './regions/item-writes.ts';

/** What happens to requests for the table. */
export interface TableFault {
  /**
   * `throttled`: refused for lack of capacity, which says nothing of the table's health. `erring`: DynamoDB's own
   * error 500. `hanging`: taken and never answered. `refused`: the connection breaks. `delayed`: passed on later.
   */
  readonly kind: 'throttled' | 'erring' | 'hanging' | 'refused' | 'delayed';
  /** Which part of the requests, 0 to 1. @default 1, all */
  readonly share?: number;
  /** Only these operations, such as `TransactWriteItems`. @default all */
  readonly operations?: readonly string[];
  /** Of `delayed`, in milliseconds. @default 0 */
  readonly delayMs?: number;
}

export interface HttpFaultPoint {
  readonly address: Address;
  readonly url: string;
  /** Requests for the table that a fault has hit since the start. */
  readonly hits: number;
  inject(fault: TableFault): void;
  /** Ends the fault; connections that were left without an answer are broken now. */
  heal(): void;
  close(): Promise<void>;
}

export interface HttpFaultPointOptions {
  /** The emulator, once it is known. */
  readonly target: () => Address | undefined;
  readonly clock: Pick<Clock, 'sleep'>;
  /** A number from 0 up to, not including, 1: decides which requests a share is. */
  readonly random: () => number;
  /**
   * What carries out the requests that change items, once it is known: a table that is in several regions.
   *
   * @default they are passed on like all others
   */
  readonly writer?: () => TableWriter | undefined;
}

/** Answers a request that changes items; rejects when there is no answer. */
export type TableWriter = (request: TableRequest) => Promise<TableAnswer>;

const TARGET = /^DynamoDB(?:Streams)?_\d+\.(\w+)$/;
/** What belongs to a connection and not to the request that comes over it. */
const OF_CONNECTION = new Set(['connection', 'content-length', 'host', 'keep-alive', 'transfer-encoding']);
const JSON_TYPE = { 'content-type': 'application/x-amz-json-1.0' } as const;
const ERRORS = 'com.amazonaws.dynamodb.v20120810#';

/** What a table with capacity on demand says when it has none. */
const THROTTLED = {
  __type: `${ERRORS}ThrottlingException`,
  message: 'Throughput exceeds the current capacity of your table or index.',
};
const ERRING = { __type: `${ERRORS}InternalServerError`, message: 'The request could not be processed.' };

/** Has a request carried out by the writer; without an answer of it the connection breaks, as one to a lost machine. */
async function carryOut(
  request: IncomingMessage,
  response: ServerResponse,
  operation: string,
  write: TableWriter,
): Promise<void> {
  const headers = Object.fromEntries(
    Object.entries(request.headers)
      .filter(([name]) => !OF_CONNECTION.has(name))
      .map(([name, value]) => [name, String(value)]),
  );
  try {
    const answer = await write({ operation, headers, body: await text(request) });
    response.writeHead(answer.status, answer.headers).end(answer.body);
  } catch {
    request.socket.destroy();
  }
}

export async function createHttpFaultPoint(options: HttpFaultPointOptions): Promise<HttpFaultPoint> {
  const { clock, random } = options;
  let fault: TableFault | undefined;
  let hits = 0;
  const unanswered = new Set<IncomingMessage>();
  const closing = new AbortController();

  function isHit(request: IncomingMessage, { share = 1, operations }: TableFault): boolean {
    const operation = TARGET.exec(String(request.headers['x-amz-target']))?.[1];
    if (operation === undefined || operations?.includes(operation) === false) return false;
    return random() < share;
  }

  function pass(request: IncomingMessage, response: ServerResponse) {
    const operation = operationOf(request.headers['x-amz-target']);
    const write = operation !== undefined && changesItems(operation) ? options.writer?.() : undefined;
    if (operation === undefined || write === undefined) return undefined;
    void carryOut(request, response, operation, write);
    return 'handled' as const;
  }

  async function passLater(request: IncomingMessage, response: ServerResponse, delayMs: number) {
    await clock.sleep(delayMs, closing.signal);
    return request.socket.destroyed ? 'handled' : pass(request, response);
  }

  function intercept(request: IncomingMessage, response: ServerResponse) {
    if (fault === undefined || !isHit(request, fault)) return pass(request, response);
    hits += 1;
    const { kind, delayMs = 0 } = fault;
    if (kind === 'delayed') return passLater(request, response, delayMs);
    if (kind === 'refused') request.socket.destroy();
    else {
      // Read to its end, or its connection could not be used again.
      request.resume();
      if (kind === 'throttled') answerWith(response, 400, THROTTLED, JSON_TYPE);
      else if (kind === 'erring') answerWith(response, 500, ERRING, JSON_TYPE);
      else {
        unanswered.add(request);
        request.socket.once('close', () => unanswered.delete(request));
      }
    }
    return 'handled' as const;
  }

  const forwarder = await createForwarder({ target: options.target, intercept });
  return {
    address: forwarder.address,
    url: forwarder.url,
    get hits() {
      return hits;
    },
    inject(given) {
      fault = given;
    },
    heal() {
      fault = undefined;
      for (const { socket } of unanswered) socket.destroy();
    },
    async close() {
      closing.abort();
      await forwarder.close();
    },
  };
}
