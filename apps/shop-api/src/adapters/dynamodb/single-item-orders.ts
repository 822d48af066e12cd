/**
 * Placing an order in a table that takes no transactions, as those with strong consistency over regions: by writes of
 * one item each, of which one alone decides.
 *
 * 1. Each product's stock is taken, and noted in the same item as set aside for this attempt.
 * 2. The key's record is written, once: the order, its outbox entry's content and the key are one item. This decides.
 * 3. The order is written where it is found by its id, and where the worker looks for payments.
 * 4. The notes end.
 *
 * Whoever dies before 2 has placed nothing: a sweep fences the attempt off and gives the stock back. Whoever dies after
 * 2 has placed an order: whoever meets its key, or the sweep, does 3 and 4 (reservations.ts).
 */
import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { OrderItem, OrderPlacement, PlacementResult } from '../../ports/storage.ts';
import { REFUSALS, type Send } from './connection.ts';
import { contended, ContendedError, judgeByKey, type PlaceOrderOptions } from './place-order.ts';
import {
  endReservation,
  LEASE_MS,
  notesIn,
  refusedItem,
  reserve,
  show,
  toOrderRecord,
  type Attempt,
  type OrderRecord,
} from './reservations.ts';
import { idempotencyKey, numberOf, orderKey, text, toKeyItem, type Item } from './table.ts';

export interface SingleItemOptions extends PlaceOrderOptions {
  /** Never the same twice: no two attempts may be taken for one another. */
  readonly newAttemptId: () => string;
}

export interface Sends {
  readonly send: Send;
  /** Does not repeat what got no answer. */
  readonly sendOnce: Send;
}

/** Nothing is decided; `sold` names what is sold out if those who hold it keep it. */
class UndecidedError extends ContendedError {
  readonly sold: string | undefined;

  constructor(
    message: string,
    details: { readonly cause?: unknown; readonly sold?: string | undefined } = {},
  ) {
    super(message, { cause: details.cause });
    this.sold = details.sold;
  }
}

export async function placeSingleItemOrder(
  sends: Sends,
  placement: OrderPlacement,
  options: SingleItemOptions,
): Promise<PlacementResult> {
  try {
    return await options.contention(() => attemptOrder(sends, placement, options));
  } catch (error) {
    if (!(error instanceof UndecidedError)) throw error;
    if (error.sold !== undefined) return { outcome: 'out-of-stock', productId: error.sold };
    throw error.cause ?? contended(error);
  }
}

async function attemptOrder(
  { send, sendOnce }: Sends,
  placement: OrderPlacement,
  { tableName, keyRetentionMs, clock, newAttemptId }: SingleItemOptions,
): Promise<PlacementResult> {
  const { items } = placement.order;
  const attempt = { id: newAttemptId(), idempotencyKey: placement.idempotencyKey, at: clock.now() };
  const endAll = (how: 'keep' | 'give-back', ended: readonly OrderItem[]) =>
    // What is not ended here is ended by the sweep.
    Promise.allSettled(ended.map((item) => endReservation(send, tableName, { attempt, item }, how)));

  const refusals = await Promise.all(items.map((item) => take(sendOnce, tableName, item, attempt)));
  if (refusals.some((refusal) => refusal !== undefined)) {
    // One without an answer may have been taken, or be taken yet.
    await endAll(
      'give-back',
      items.filter((_, index) => refusals[index]?.product === undefined),
    );
    return judgeRefusals({ send, tableName, now: clock.now(), placement, refusals });
  }
  const now = clock.now();
  const written = { ...toKeyItem(placement, now, keyRetentionMs), ...traceOf(placement, attempt) };
  const standing =
    now - attempt.at > LEASE_MS / 2 ? {} : await decide(send, tableName, { item: written, attempt });
  const record = toOrderRecord(standing);
  const isOurs = record?.attemptId === attempt.id;
  if (record !== undefined) await show(send, tableName, record, now);
  await endAll(isOurs ? 'keep' : 'give-back', items);
  if (record === undefined) throw new UndecidedError('the attempt took too long');
  return judgeByKey(record, placement);
}

/** What makes the key's record an order's only trace, should nobody get further. */
const traceOf = ({ authorizationId }: OrderPlacement, { id }: Attempt): Item => ({
  authorizationId: text(authorizationId),
  attemptId: text(id),
});

interface Refusal {
  /** The item that did not have enough, empty when there is none. Absent: it is not known whether stock was taken. */
  readonly product: Item | undefined;
  readonly cause: unknown;
}

async function take(
  sendOnce: Send,
  tableName: string,
  item: OrderItem,
  attempt: Attempt,
): Promise<Refusal | undefined> {
  try {
    await sendOnce(reserve(tableName, item, attempt));
    return undefined;
  } catch (cause) {
    return { product: refusedItem(cause), cause };
  }
}

/** Writes the key's record, unless it stands or the attempt has been fenced off; @returns what stands there then. */
async function decide(
  send: Send,
  TableName: string,
  { item, attempt }: { readonly item: Item; readonly attempt: Attempt },
): Promise<Item> {
  try {
    await send(
      new PutItemCommand({
        TableName,
        Item: item,
        ConditionExpression:
          'attribute_not_exists(fingerprint) AND (attribute_not_exists(fenced) OR NOT contains(fenced, :attempt))',
        ExpressionAttributeValues: { ':attempt': text(attempt.id) },
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    );
    return item;
  } catch (error) {
    const known = refusedItem(error);
    if (known === undefined) throw error;
    return known;
  }
}

interface Refusals {
  readonly send: Send;
  readonly tableName: string;
  readonly now: number;
  readonly placement: OrderPlacement;
  /** In the order of the order's items. */
  readonly refusals: readonly (Refusal | undefined)[];
}

/**
 * What an order's refused products mean for it. The key decides before the stock, so it is read after it: a twin that
 * took the last item makes this a replay.
 *
 * @throws UndecidedError when stock is short only as long as others hold it, or when a request got no answer.
 */
async function judgeRefusals({
  send,
  tableName,
  now,
  placement,
  refusals,
}: Refusals): Promise<PlacementResult> {
  const lost = refusals.find((refusal) => refusal !== undefined && refusal.product === undefined);
  if (lost !== undefined) throw undecidedBy(lost.cause);
  const record = await findRecord(send, tableName, { key: placement.idempotencyKey, now });
  if (record !== undefined) return judgeByKey(record, placement);
  const short = placement.order.items
    .map(({ productId, quantity }, index) => ({ productId, quantity, product: refusals[index]?.product }))
    .filter(({ quantity, product }) => product !== undefined && !(numberOf(product, 'stock') >= quantity))
    .toSorted((a, b) => (a.productId < b.productId ? -1 : 1));
  const gone = short.find(({ quantity, product = {} }) => {
    const held = notesIn(product).reduce((sum, { item }) => sum + item.quantity, 0);
    return !(numberOf(product, 'stock') + held >= quantity);
  });
  if (gone !== undefined) return { outcome: 'out-of-stock', productId: gone.productId };
  const isTwins = short
    .flatMap(({ product = {} }) => notesIn(product))
    .some(({ attempt }) => attempt.idempotencyKey === placement.idempotencyKey);
  throw new UndecidedError('others hold the stock', { sold: isTwins ? undefined : short[0]?.productId });
}

/** A mistake of ours stays one, and an end of the time that there was is no reason to go on. */
function undecidedBy(cause: unknown): unknown {
  const { name = '', $fault } = cause as { name?: string; $fault?: 'client' | 'server' };
  const isFinal = name === 'AbortError' || ($fault === 'client' && !REFUSALS.has(name));
  return isFinal ? cause : new UndecidedError('no answer', { cause });
}

/** What a key stands for. Who is told of the order must find it, so it is shown if nobody has done that yet. */
export async function findRecord(
  send: Send,
  TableName: string,
  { key, now }: { readonly key: string; readonly now: number },
): Promise<OrderRecord | undefined> {
  const read = async (Key: Item) =>
    (await send(new GetItemCommand({ TableName, Key, ConsistentRead: true }))).Item;
  const record = toOrderRecord((await read(idempotencyKey(key))) ?? {});
  if (record !== undefined && (await read(orderKey(record.order.id))) === undefined)
    await show(send, TableName, record, now);
  return record;
}
