/**
 * Orders that the database does not take just now: kept in a queue instead of refused, and what became of them.
 *
 * Everything that can be decided without the database has been decided when an order is kept: it fits the contract,
 * its products were in the catalogue, its payment is authorized. What is left is the key, the stock, and storing.
 */
import { createHash } from 'node:crypto';
import type { OperationInput, Schemas } from '../contract/contract.ts';
import type { IntakeResults, OrderIntake } from '../ports/order-intake.ts';
import { isStorageUnavailable, type OrderPlacement } from '../ports/storage.ts';
import type { Answer } from './answer.ts';
import { ProblemError } from './problem.ts';
import type { RequestContext } from './request-context.ts';
import { retryLater } from './retry-later.ts';

export interface OrderIntakeDependencies {
  /** Absent: orders that the database does not take are refused. */
  readonly intake?: OrderIntake | undefined;
  readonly intakeResults?: Pick<IntakeResults, 'findIntake'> | undefined;
}

/** How soon a customer may ask what became of an order, in seconds: whatever keeps orders waiting lasts longer. */
const ASK_AGAIN_SECONDS = '10';

/**
 * The id of an order that is kept: the same for each request with the same key and payload, on any instance, so that
 * a customer who asks again gets the same answer. A UUID of version 8, made of a digest.
 */
export function intakeIdOf({
  idempotencyKey,
  fingerprint,
}: Pick<OrderPlacement, 'idempotencyKey' | 'fingerprint'>): string {
  const hex = createHash('sha256').update(`${idempotencyKey}\n${fingerprint}`).digest('hex');
  const parts = [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `a${hex.slice(17, 20)}`];
  return [...parts, hex.slice(20, 32)].join('-');
}

/** Whether an order may be kept because of this error: not when a person has decided that none is to be taken. */
export const isRefusedByTable = (error: unknown): boolean => isStorageUnavailable(error) && !error.decided;

export async function keep(
  intake: OrderIntake,
  placement: OrderPlacement,
  context: RequestContext,
): Promise<Answer<Schemas['QueuedOrder']>> {
  await intake.enqueue(placement, { timeoutMs: context.remainingMs() });
  const id = intakeIdOf(placement);
  return {
    status: 202,
    headers: { location: `/order-intakes/${id}`, 'retry-after': ASK_AGAIN_SECONDS },
    body: { id, reference: placement.order.reference, status: 'queued' },
  };
}

export function createOrderIntakeOperation({ intakeResults }: OrderIntakeDependencies) {
  return async (
    { path }: OperationInput<'getOrderIntake'>,
    context: RequestContext,
  ): Promise<Answer<Schemas['OrderIntake']>> => {
    if (intakeResults === undefined)
      throw new ProblemError('not-found', 'Here orders are stored at once, or refused.');
    const id = path.id.toLowerCase();
    try {
      const result = await intakeResults.findIntake(id, { timeoutMs: context.remainingMs() });
      if (result === undefined)
        return {
          status: 200,
          headers: { 'retry-after': ASK_AGAIN_SECONDS },
          body: { id, status: 'pending' },
        };
      return {
        status: 200,
        body:
          result.outcome === 'stored'
            ? { id, status: 'stored', orderId: result.orderId }
            : { id, status: 'refused', reason: result.reason },
      };
    } catch (error) {
      if (!isStorageUnavailable(error)) throw error;
      throw new ProblemError(
        'data-unavailable',
        'The database does not answer; an order that was answered 202 is kept.',
        retryLater(error),
      );
    }
  };
}
