/**
 * DynamoDB store for idempotency: one item a key, each step one conditional update.
 *
 * Use it where the effect is in DynamoDB too: `commit(answer, items)` adds the record's update to the items of your
 * own `TransactWriteItems`, so that effect and record are written together or not at all. Turn on the table's TTL
 * on `expiresAt` to have old records removed. Leases are compared by the machines' own clocks: `leaseMs` must be
 * above the slowest call plus the difference between the clocks.
 *
 *     const store = createDynamodbStore({ client: new DynamoDB({}), tableName: 'idempotency' });
 *     await once(key, async ({ commit }) => {
 *       const items = [{ Put: { TableName: 'orders', Item: order } }];
 *       await commit(answer, items);
 *       await client.transactWriteItems({ TransactItems: items });
 *     }, { payload });
 *
 * Needs a table with the string partition key `id`, and `dynamodb:UpdateItem` on it.
 */

/** A DynamoDB attribute, as the low-level client writes it. */
export type AttributeValue =
  { readonly S: string; readonly N?: never } | { readonly N: string; readonly S?: never };

export interface UpdateItem {
  TableName: string;
  Key: Record<string, AttributeValue>;
  UpdateExpression: string;
  ConditionExpression: string;
  ExpressionAttributeValues: Record<string, AttributeValue>;
}

/**
 * What is used of a client. `new DynamoDB({})` of `@aws-sdk/client-dynamodb` is one; with the smaller
 * `DynamoDBClient` write `{ updateItem: (input) => client.send(new UpdateItemCommand(input)) }`.
 */
export interface DynamodbClient {
  updateItem(
    input: UpdateItem & {
      ReturnValues: 'UPDATED_NEW';
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD';
    },
  ): PromiseLike<{ readonly Attributes?: Readonly<Record<string, unknown>> | undefined }>;
}

/** The items of a `TransactWriteItems`; the store adds its own. */
export interface DynamodbTransaction {
  push(item: { Update: UpdateItem }): unknown;
}

export interface DynamodbStoreOptions {
  readonly client: DynamodbClient;
  readonly tableName: string;
  /** Milliseconds since 1970, the same on all machines. @default Date */
  readonly clock?: { now(): number };
  /** Marks an update, so that the client's own retry of one that was carried out is known again. @default Math.random */
  readonly random?: () => number;
}

interface Item {
  readonly fence?: AttributeValue;
  readonly fingerprint?: AttributeValue;
  readonly leaseUntil?: AttributeValue;
  readonly reply?: AttributeValue;
}

/** Free: never used or released, past its retention, or left by a holder whose lease has ended. */
const FREE =
  'attribute_not_exists(fingerprint) OR expiresAt <= :seconds OR (attribute_not_exists(reply) AND ' +
  '(holder = :holder OR (leaseUntil <= :now AND fingerprint = :fingerprint)))';

/** A fence from the time of day is above those of an item that was removed since. */
const TAKE =
  'SET fence = if_not_exists(fence, :now) + :one, leaseUntil = :until, fingerprint = :fingerprint, ' +
  'expiresAt = :expires, holder = :holder REMOVE reply';

const HELD = 'fence = :fence AND attribute_exists(fingerprint) AND ';

const attribute = (value: string | number): AttributeValue =>
  typeof value === 'string' ? { S: value } : { N: String(value) };

/** The update when the condition holds: gives the item as it is then, or as it was when it did not hold. */
const send = async (client: DynamodbClient, input: UpdateItem): Promise<{ done: boolean; item: Item }> => {
  try {
    const { Attributes } = await client.updateItem({
      ...input,
      ReturnValues: 'UPDATED_NEW',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    return { done: true, item: Attributes as Item };
  } catch (error) {
    const { name, Item: item = {} } = error as { name?: string; Item?: Item };
    if (name === 'ConditionalCheckFailedException') return { done: false, item };
    throw error;
  }
};

/** @throws whatever the client throws: without its store nothing is run */
export function createDynamodbStore(options: DynamodbStoreOptions) {
  // eslint-disable-next-line no-restricted-properties -- the documented default of the injected source
  const { client, tableName, clock = Date, random = Math.random } = options;

  const update = (
    key: string,
    UpdateExpression: string,
    ConditionExpression: string,
    values: Record<string, string | number>,
  ): UpdateItem => ({
    TableName: tableName,
    Key: { id: attribute(key) },
    UpdateExpression,
    ConditionExpression,
    ExpressionAttributeValues: Object.fromEntries(
      Object.entries(values).map(([name, value]) => [`:${name}`, attribute(value)]),
    ),
  });

  return {
    async acquire(request: { key: string; fingerprint: string; leaseMs: number; retentionMs: number }) {
      const { key, fingerprint, leaseMs, retentionMs } = request;
      const now = clock.now();
      const { done, item } = await send(
        client,
        update(key, TAKE, FREE, {
          now,
          one: 1,
          until: now + leaseMs,
          fingerprint,
          expires: Math.ceil((now + Math.max(leaseMs, retentionMs)) / 1000),
          seconds: Math.floor(now / 1000),
          holder: String(random()),
        }),
      );
      if (done) return { fence: Number(item.fence?.N) };
      return {
        fingerprint: item.fingerprint?.S,
        reply: item.reply?.S,
        leaseLeftMs: Math.max(0, Number(item.leaseUntil?.N ?? 0) - now),
      };
    },

    async complete(
      record: { key: string; fence: number; reply: string; retentionMs: number },
      transaction?: DynamodbTransaction,
    ) {
      const { key, fence, reply, retentionMs } = record;
      const input = update(
        key,
        'SET reply = :reply, expiresAt = :expires',
        `${HELD}(attribute_not_exists(reply) OR reply = :reply)`,
        { fence, reply, expires: Math.ceil((clock.now() + retentionMs) / 1000) },
      );
      if (!transaction) return (await send(client, input)).done;
      transaction.push({ Update: input });
      return true;
    },

    async release({ key, fence }: { key: string; fence: number }) {
      const input = update(key, 'REMOVE fingerprint', `${HELD}attribute_not_exists(reply)`, { fence });
      return (await send(client, input)).done;
    },
  };
}
