/**
 * The outbox: orders whose payment is still to be taken, found through the index by the moment from which they are
 * due. The index lags behind the table by moments; who gets a capture is decided by a condition on the order itself.
 */
import { QueryCommand, UpdateItemCommand, type UpdateItemCommandInput } from '@aws-sdk/client-dynamodb';
import type { Capture, CaptureClaim, NamedCaptures, Storage } from '../../ports/storage.ts';
import type { DynamodbConnection, Send } from './connection.ts';
import {
  ALL_SHARDS,
  capturesIn,
  DUE_INDEX,
  number,
  numberOf,
  orderKey,
  text,
  textOf,
  type Item,
} from './table.ts';

export interface CapturesOptions {
  readonly connection: DynamodbConnection;
  readonly tableName: string;
  /** Unix milliseconds. */
  readonly clock: { now(): number };
}

type Captures = Pick<Storage, 'claimCaptures' | 'completeCaptures' | 'postponeCaptures'> & NamedCaptures;

const isRefused = (error: unknown): boolean =>
  (error as { name?: string }).name === 'ConditionalCheckFailedException';

function toCapture(item: Item): Capture {
  return {
    orderId: textOf(item, 'sk'),
    authorizationId: textOf(item, 'authorizationId'),
    reference: textOf(item, 'reference'),
    totalCents: numberOf(item, 'totalCents'),
    currency: textOf(item, 'currency') as Capture['currency'],
    attempt: numberOf(item, 'attempt'),
  };
}

/** The keys of up to `limit` items of a group that are due, the longest due first. */
export async function findDue(
  send: Send,
  tableName: string,
  due: { readonly group: Item[string]; readonly now: number; readonly limit: number },
): Promise<readonly Item[]> {
  const { Items = [] } = await send(
    new QueryCommand({
      TableName: tableName,
      IndexName: DUE_INDEX,
      KeyConditionExpression: 'dueGroup = :group AND dueAt <= :now',
      ExpressionAttributeValues: { ':group': due.group, ':now': number(due.now) },
      Limit: due.limit,
    }),
  );
  return Items;
}

export function createCaptures(options: CapturesOptions): Captures {
  return { ...createClaims(options), ...createChanges(options) };
}

function createClaims({
  connection,
  tableName,
  clock,
}: CapturesOptions): Pick<Captures, 'claimCaptures' | 'claimCapture'> {
  const take = (send: Send, key: Item, condition: string, values: Item, leaseMs: number) =>
    send(
      new UpdateItemCommand({
        TableName: tableName,
        Key: key,
        UpdateExpression: 'SET dueAt = :until, attempt = attempt + :one',
        ConditionExpression: condition,
        ExpressionAttributeValues: { ...values, ':until': number(clock.now() + leaseMs), ':one': number(1) },
        ReturnValues: 'ALL_NEW',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    );

  /** Undefined when another worker was faster. */
  async function takeSeen(send: Send, seen: Item, leaseMs: number): Promise<Capture | undefined> {
    const { pk, sk, dueAt } = seen;
    if (pk === undefined || sk === undefined || dueAt === undefined) return undefined;
    try {
      const { Attributes = {} } = await take(send, { pk, sk }, 'dueAt = :seen', { ':seen': dueAt }, leaseMs);
      return toCapture(Attributes);
    } catch (error) {
      if (isRefused(error)) return undefined;
      throw error;
    }
  }

  return {
    claimCaptures: ({ limit, leaseMs }) =>
      connection.call(undefined, async (send) => {
        const now = clock.now();
        const found = await Promise.all(
          ALL_SHARDS.map((shard) => findDue(send, tableName, { group: capturesIn(shard), now, limit })),
        );
        const candidates = found.flat().toSorted((a, b) => numberOf(a, 'dueAt') - numberOf(b, 'dueAt'));
        const claimed: Capture[] = [];
        while (claimed.length < limit && candidates.length > 0) {
          const next = candidates.splice(0, limit - claimed.length);
          const taken = await Promise.all(next.map((seen) => takeSeen(send, seen, leaseMs)));
          claimed.push(...taken.filter((capture) => capture !== undefined));
        }
        return claimed;
      }),
    claimCapture: ({ orderId, leaseMs }) =>
      connection.call(undefined, async (send): Promise<CaptureClaim> => {
        try {
          const now = { ':now': number(clock.now()) };
          const { Attributes = {} } = await take(send, orderKey(orderId), 'dueAt <= :now', now, leaseMs);
          return { outcome: 'claimed', capture: toCapture(Attributes) };
        } catch (error) {
          if (!isRefused(error)) throw error;
          const { Item: found } = error as { Item?: Item };
          if (found === undefined) return { outcome: 'unknown' };
          return { outcome: found['dueAt'] === undefined ? 'ended' : 'not-due' };
        }
      }),
  };
}

function createChanges({
  connection,
  tableName,
  clock,
}: CapturesOptions): Pick<Captures, 'completeCaptures' | 'postponeCaptures'> {
  type Change = Pick<
    UpdateItemCommandInput,
    'UpdateExpression' | 'ExpressionAttributeValues' | 'ExpressionAttributeNames'
  >;

  /** Passes over an order that is not in the outbox (any more). */
  async function changeOpen(send: Send, orderId: string, change: Change): Promise<void> {
    try {
      await send(
        new UpdateItemCommand({
          TableName: tableName,
          Key: orderKey(orderId),
          ConditionExpression: 'attribute_exists(dueAt)',
          ...change,
        }),
      );
    } catch (error) {
      if (!isRefused(error)) throw error;
    }
  }

  const changeAll = (orderIds: readonly string[], change: Change) =>
    connection.call(undefined, async (send) => {
      await Promise.all(orderIds.map((id) => changeOpen(send, id, change)));
    });

  return {
    completeCaptures: (orderIds, status) =>
      changeAll(orderIds, {
        UpdateExpression: 'SET #status = :status REMOVE dueGroup, dueAt',
        ExpressionAttributeNames: { '#status': 'status' },
        ExpressionAttributeValues: { ':status': text(status) },
      }),
    postponeCaptures: (orderIds, delayMs) =>
      changeAll(orderIds, {
        UpdateExpression: 'SET dueAt = :until',
        ExpressionAttributeValues: { ':until': number(clock.now() + delayMs) },
      }),
  };
}
