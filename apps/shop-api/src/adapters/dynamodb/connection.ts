/**
 * The AWS SDK's client with the limits that it does not have by itself, and its errors as the port's errors.
 *
 * One for the life of a process, made outside any handler: its connections are kept alive and used again. By default
 * the SDK waits for an answer forever, and its `requestTimeout` alone only writes a warning.
 */
import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { StandardRetryStrategy } from '@smithy/core/retry';
import { StorageUnavailableError, type CallOptions } from '../../ports/storage.ts';

export interface DynamodbConnectionOptions {
  /** What the SDK would else find in the environment: region, credentials, endpoint. */
  readonly client?: Pick<DynamoDBClientConfig, 'region' | 'credentials' | 'endpoint'>;
  /**
   * Longest wait for a connection, in milliseconds.
   * @default 500: a handshake takes 10 ms, and up to 200 in a function that has just been started.
   */
  readonly connectTimeoutMs?: number;
  /**
   * Longest wait for the answer to one request, in milliseconds.
   * @default 500: a transaction takes some 20 ms; whoever waits longer waits for a node that is gone, and the next
   * attempt reaches another one.
   */
  readonly requestTimeoutMs?: number;
  /**
   * Longest time of one call of the port, all its requests and their repetitions included, in milliseconds.
   * @default 1250: two requests into their limits and a good third one.
   */
  readonly callTimeoutMs?: number;
  /** Connections at once. @default 50: a batch of captures each way; a function's request needs eight. */
  readonly maxConnections?: number;
  /** Attempts of one request, the first included; the SDK limits the share of those after the first. @default 3 */
  readonly maxAttempts?: number;
  /** A number from 0 up to, not including, 1. @default Math.random */
  readonly random?: () => number;
}

/** Sends one request within the time of the call that it belongs to. */
export type Send = DynamoDBClient['send'];

export interface DynamodbConnection {
  /**
   * Runs one call of the port, which may be several requests, within its time. `sendOnce` sends a request a single time,
   * whatever becomes of it: for what must not be done twice.
   *
   * @throws StorageUnavailableError when DynamoDB did not answer or refused for lack of capacity, else its error.
   */
  call<T>(options: CallOptions | undefined, work: (send: Send, sendOnce: Send) => Promise<T>): Promise<T>;
  close(): void;
}

/**
 * The bound of the wait before the second attempt, which doubles. The SDK's own is 50 ms, and half a second and more
 * when DynamoDB refuses for lack of capacity: longer than a customer's call may take, which would then end as if
 * DynamoDB had kept silent. Who is refused twice is better told so at once.
 */
const RETRY_DELAY_MS = 20;

/** A silence of this length says something about DynamoDB; a shorter one only about the caller's haste. */
const TELLING_WAIT_MS = 400;

/** DynamoDB did nothing, since it has too much to do there or another region is at the item: no proof that it is away. */
export const REFUSALS: ReadonlySet<string> = new Set([
  'ProvisionedThroughputExceededException',
  'ReplicatedWriteConflictException',
  'RequestLimitExceeded',
  'ThrottlingException',
  'TransactionInProgressException',
]);

function createClient(
  options: DynamodbConnectionOptions,
  requestHandler?: DynamoDBClient['config']['requestHandler'],
): DynamoDBClient {
  const { connectTimeoutMs = 500, requestTimeoutMs = 500, maxAttempts = 3 } = options;
  // eslint-disable-next-line no-restricted-properties -- the documented default of the injected source
  const { random = Math.random } = options;
  return new DynamoDBClient({
    ...options.client,
    retryStrategy: new StandardRetryStrategy({
      maxAttempts,
      baseDelay: RETRY_DELAY_MS,
      backoff: {
        setDelayBase: () => undefined,
        computeNextBackoffDelay: (retries) => random() * RETRY_DELAY_MS * 2 ** retries,
      },
    }),
    requestHandler: requestHandler ?? {
      connectionTimeout: connectTimeoutMs,
      requestTimeout: requestTimeoutMs,
      // Without this the SDK writes a line about the limit, and goes on waiting.
      throwOnRequestTimeout: true,
      httpAgent: { keepAlive: true, maxSockets: options.maxConnections ?? 50 },
      httpsAgent: { keepAlive: true, maxSockets: options.maxConnections ?? 50 },
    },
  });
}

export function createDynamodbConnection(options: DynamodbConnectionOptions = {}): DynamodbConnection {
  const { callTimeoutMs = 1_250 } = options;
  const client = createClient(options);
  // Uses the same sockets, and is made when it is first asked for: most tiers never do.
  let single: DynamoDBClient | undefined;
  return {
    call: async (callOptions, work) => {
      // A deadline's remainder has fractions, which a signal's limit must not have.
      const limitMs = Math.max(1, Math.floor(Math.min(callOptions?.timeoutMs ?? Infinity, callTimeoutMs)));
      const abortSignal = AbortSignal.timeout(limitMs);
      const send = ((command: Parameters<Send>[0]) => client.send(command, { abortSignal })) as Send;
      const sendOnce = ((command: Parameters<Send>[0]) => {
        single ??= createClient({ ...options, maxAttempts: 1 }, client.config.requestHandler);
        return single.send(command, { abortSignal });
      }) as Send;
      try {
        return await work(send, sendOnce);
      } catch (error) {
        throw toPortError(error, abortSignal.aborted && limitMs < TELLING_WAIT_MS);
      }
    },
    close: () => {
      client.destroy();
    },
  };
}

/** What a request's failure says: an answer that is the caller's business, a refusal, or silence. */
function toPortError(cause: unknown, callerGaveUp: boolean): unknown {
  const { name, $fault } = cause as { name?: string; $fault?: 'client' | 'server' };
  if (REFUSALS.has(name ?? '')) {
    return new StorageUnavailableError('DynamoDB refuses for lack of capacity', {
      cause,
      callerGaveUp: true,
    });
  }
  // Errors without a fault come from the socket, the time limit or the credentials; none is an answer.
  if ($fault === 'client' || !isFromTheSdk(cause)) return cause;
  return new StorageUnavailableError('DynamoDB did not answer', { cause, callerGaveUp });
}

/** Errors of our own code are no sign of the table's state. */
function isFromTheSdk(error: unknown): boolean {
  const { name, code, $metadata } = error as { name?: string; code?: unknown; $metadata?: unknown };
  return (
    $metadata !== undefined || typeof code === 'string' || name === 'AbortError' || name === 'TimeoutError'
  );
}
