// What the answers about one order have to say, whichever request they answer.
import type { Judgement } from '../contract.ts';
import type { PlacedOrder } from '../order-ring.ts';

export interface OrderAnswer {
  readonly id: string;
  readonly reference: string;
  readonly totalCents: number;
  readonly createdAt: string;
  readonly items: readonly { readonly quantity: number; readonly priceCents: number }[];
}

/** What is said of an order that is kept to be stored later. */
export interface KeptAnswer {
  readonly id: string;
  readonly reference: string;
}

/**
 * Compares an answer with the order as it was sent and, where there is one, with its first acknowledgement. The
 * status is left out: an order moves on while it is replayed and read back.
 * @returns what is wrong, undefined when nothing is.
 */
export function findDifference(sent: PlacedOrder, answer: OrderAnswer): string | undefined {
  if (answer.reference !== sent.reference)
    return `reference ${answer.reference} instead of ${sent.reference}`;
  let sum = 0;
  for (const { quantity, priceCents } of answer.items) sum += quantity * priceCents;
  if (answer.totalCents !== sum) return `a total of ${String(answer.totalCents)} for items of ${String(sum)}`;
  const first = sent.acknowledged;
  if (first === undefined) return undefined;
  if (answer.id !== first.id) return `order ${answer.id} instead of ${first.id}`;
  if (answer.totalCents !== first.totalCents)
    return `a total of ${String(answer.totalCents)} instead of ${String(first.totalCents)}`;
  if (answer.createdAt !== first.createdAt)
    return `created at ${answer.createdAt} instead of ${first.createdAt}`;
  return undefined;
}

/**
 * The same for an order that is kept: the id to ask by is made of key and payload alone, so it never changes.
 * @returns what is wrong, undefined when nothing is.
 */
export function findIntakeDifference(sent: PlacedOrder, answer: KeptAnswer): string | undefined {
  if (answer.reference !== sent.reference)
    return `reference ${answer.reference} instead of ${sent.reference}`;
  if (sent.intakeId !== undefined && answer.id !== sent.intakeId)
    return `intake ${answer.id} instead of ${sent.intakeId}`;
  return undefined;
}

const NOT_FOUND = 404;

/**
 * Whether a shopper has been told that an acknowledged order is gone, or is another one now. That is bad, and is told
 * once: nobody asks for ever for an order that a restore has lost, and the ledger counts it whoever asks.
 */
export const isGone = (judgement: Judgement<unknown>, status: number): boolean =>
  judgement.outcome === 'bad' && (judgement.reason === 'different' || status === NOT_FOUND);
