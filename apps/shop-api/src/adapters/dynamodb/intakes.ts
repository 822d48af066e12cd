/** What became of orders that were kept in the queue: one item each, which is removed after a week. */
import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { IntakeRefusal, IntakeResult, IntakeResults } from '../../ports/order-intake.ts';
import type { DynamodbConnection } from './connection.ts';
import { intakeKey, keysOfText, number, text, textOf, TTL_ATTRIBUTE } from './table.ts';

export interface IntakesOptions {
  readonly connection: DynamodbConnection;
  readonly tableName: string;
  /** Unix milliseconds. */
  readonly clock: { now(): number };
  /**
   * Lists results among the keys, which are forgotten so long after the moment in the list, in milliseconds.
   * @default none: DynamoDB removes them
   */
  readonly forgottenAsKeysAfterMs?: number;
}

/** As long as the contract promises. */
const RETENTION_MS = 7 * 24 * 3_600_000;

export function createIntakes(options: IntakesOptions): IntakeResults {
  const { connection, tableName, clock, forgottenAsKeysAfterMs: keyMs } = options;
  const listed = (id: string) =>
    keyMs === undefined
      ? {}
      : { dueGroup: keysOfText(id), dueAt: number(clock.now() + RETENTION_MS - keyMs) };
  const command = (id: string, result: IntakeResult) =>
    new PutItemCommand({
      TableName: tableName,
      Item: {
        ...intakeKey(id),
        outcome: text(result.outcome),
        detail: text(result.outcome === 'stored' ? result.orderId : result.reason),
        [TTL_ATTRIBUTE]: number(Math.ceil((clock.now() + RETENTION_MS) / 1_000)),
        ...listed(id),
      },
      ConditionExpression:
        result.outcome === 'stored'
          ? 'attribute_not_exists(pk) OR outcome = :refused'
          : 'attribute_not_exists(pk)',
      ...(result.outcome === 'stored' ? { ExpressionAttributeValues: { ':refused': text('refused') } } : {}),
    });

  return {
    findIntake: (id, callOptions) =>
      connection.call(callOptions, async (send) => {
        const { Item } = await send(
          new GetItemCommand({ TableName: tableName, Key: intakeKey(id), ConsistentRead: true }),
        );
        if (Item === undefined) return undefined;
        const detail = textOf(Item, 'detail');
        return textOf(Item, 'outcome') === 'stored'
          ? { outcome: 'stored', orderId: detail }
          : { outcome: 'refused', reason: detail as IntakeRefusal };
      }),
    recordIntake: (id, result) =>
      connection.call(undefined, async (send) => {
        try {
          await send(command(id, result));
          return true;
        } catch (error) {
          if ((error as { name?: string }).name !== 'ConditionalCheckFailedException') throw error;
          return false;
        }
      }),
  };
}
