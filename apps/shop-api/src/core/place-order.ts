/**
 * Placing an order, in an order of steps that a crash cannot turn into a double or a lost order:
 *
 * 1. A known key is answered from its record.
 * 2. The payment is authorized under a key made from the client's key and payload: whoever repeats the request
 *    gets the same authorization. No connection is held meanwhile.
 * 3. One transaction stores the order, its items, the stock, the key's record and the outbox entry, or nothing.
 * 4. After the commit a worker takes the payment (capture-worker.ts).
 *
 * A crash between 2 and 3 leaves an authorization that is never captured; one after 3 leaves an outbox entry.
 *
 * Where there is a queue for them, an order that the database does not take at 1 or 3 is kept there (order-intake.ts),
 * after 2; its worker does 3 with the same placement.
 */
import { createHash } from 'node:crypto';
import type { OperationInput, Schemas } from '../contract/contract.ts';
import type { Metrics } from '../ports/metrics.ts';
import { isIntakeUnavailable } from '../ports/order-intake.ts';
import {
  isStorageUnavailable,
  type Order,
  type OrderItem,
  type OrderPlacement,
  type Storage,
} from '../ports/storage.ts';
import type { Answer } from './answer.ts';
import type { Catalogue } from './catalogue.ts';
import { isRefusedByTable, keep, type OrderIntakeDependencies } from './order-intake.ts';
import { createOrderPayment, tooLate, type OrderPaymentDependencies } from './order-payment.ts';
import { toOrderBody } from './order-reads.ts';
import { ProblemError } from './problem.ts';
import type { RecentOrders } from './recent-orders.ts';
import { hasTimeLeft, type RequestContext } from './request-context.ts';
import { retryLater } from './retry-later.ts';

export interface PlaceOrderDependencies
  extends OrderPaymentDependencies, Pick<OrderIntakeDependencies, 'intake'> {
  readonly storage: Pick<Storage, 'findPlacedOrder' | 'placeOrder'>;
  readonly catalogue: Catalogue;
  readonly recent: RecentOrders;
  readonly metrics: Metrics;
  /** The wall clock, for `createdAt`. */
  readonly wallClock: () => Date;
  readonly newOrderId: (unixMs: number) => string;
}

type NewOrder = Schemas['NewOrder'];
type OrderAnswer = Answer<Schemas['Order']> | Answer<Schemas['QueuedOrder']>;

/** Left of a request's time for the queue, in milliseconds, when the database uses up what it is given. */
const KEEP_RESERVE_MS = 300;

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Equal for equal orders, whatever the order of the JSON's fields; the order of the items counts. */
export function fingerprintOf(order: NewOrder): string {
  return digest(
    JSON.stringify([order.reference, order.items.map(({ productId, quantity }) => [productId, quantity])]),
  );
}

export function createPlaceOrderOperation(dependencies: PlaceOrderDependencies) {
  const { storage, intake, recent, metrics } = dependencies;
  const reserveMs = intake === undefined ? 0 : KEEP_RESERVE_MS;
  const payment = createOrderPayment(dependencies);

  function created(order: Order, replayed: boolean): Answer<Schemas['Order']> {
    recent.remember(order);
    metrics.orderAnswered(replayed ? 'replayed' : 'placed');
    return {
      status: 201,
      headers: { location: `/orders/${order.id}`, ...(replayed ? { 'idempotent-replayed': 'true' } : {}) },
      body: toOrderBody(order),
    };
  }

  const storageTime = (context: RequestContext) => ({
    timeoutMs: Math.max(1, context.remainingMs() - reserveMs),
  });

  /** What the database says, or why it says nothing although the order can be kept without it. */
  async function unlessRefused<T>(call: () => Promise<T>): Promise<T | { readonly refused: unknown }> {
    try {
      return await call();
    } catch (refused) {
      if (intake === undefined || !isRefusedByTable(refused)) throw refused;
      return { refused };
    }
  }

  async function kept(placement: OrderPlacement, refused: unknown, context: RequestContext) {
    if (intake === undefined) throw refused;
    const answer = await keep(intake, placement, context);
    metrics.orderAnswered('queued');
    return answer;
  }

  async function place(
    { header, body }: OperationInput<'placeOrder'>,
    context: RequestContext,
  ): Promise<OrderAnswer> {
    const idempotencyKey = header['Idempotency-Key'];
    const fingerprint = fingerprintOf(body);
    const known = await unlessRefused(() => storage.findPlacedOrder(idempotencyKey, storageTime(context)));
    if (known !== undefined && !('refused' in known)) {
      if (known.fingerprint !== fingerprint) throw keyReused();
      return created(known.order, true);
    }
    const order = draft(dependencies, body);
    const authorizationId = await payment.authorize(
      order,
      digest(`${idempotencyKey}\n${fingerprint}`),
      context,
    );
    if (!hasTimeLeft(context)) throw tooLate();
    const placement = { idempotencyKey, fingerprint, order, authorizationId };
    // Asked once is enough to know: the second time would take the rest of the customer's patience.
    if (known !== undefined) return kept(placement, known.refused, context);
    const result = await unlessRefused(() => storage.placeOrder(placement, storageTime(context)));
    if ('refused' in result) return kept(placement, result.refused, context);
    if (result.outcome === 'placed') return created(order, false);
    // The twin that was first uses the same authorization.
    if (result.outcome === 'replayed') return created(result.order, true);
    payment.giveBack(authorizationId, context);
    if (result.outcome === 'key-reused') throw keyReused();
    throw outOfStock(result.productId);
  }

  return async (input: OperationInput<'placeOrder'>, context: RequestContext): Promise<OrderAnswer> => {
    try {
      return await place(input, context);
    } catch (error) {
      const unavailable = isStorageUnavailable(error) || isIntakeUnavailable(error);
      const problem = unavailable ? writerUnavailable(error) : error;
      metrics.orderAnswered(problem instanceof ProblemError ? problem.code : 'internal');
      throw problem;
    }
  };
}

/** The order as it would be stored, priced from the catalogue that the customer saw. */
function draft({ catalogue, wallClock, newOrderId }: PlaceOrderDependencies, body: NewOrder): Order {
  const view = catalogue.view();
  if (view === undefined) throw writerUnavailable(undefined);
  const seen = new Set<string>();
  const items = body.items.map(({ productId, quantity }, index): OrderItem => {
    if (seen.has(productId)) throw duplicateProduct(index);
    seen.add(productId);
    const product = view.byId.get(productId);
    if (product === undefined) {
      throw new ProblemError('unknown-product', `There is no product "${productId}" in the catalogue.`);
    }
    // Saves an authorization for what is known to be sold out; the transaction decides for the rest.
    if (product.stock < quantity) throw outOfStock(productId);
    return { productId, quantity, priceCents: product.priceCents };
  });
  const createdAt = wallClock();
  return {
    id: newOrderId(createdAt.getTime()),
    reference: body.reference,
    status: 'accepted',
    totalCents: items.reduce((sum, { quantity, priceCents }) => sum + quantity * priceCents, 0),
    currency: 'EUR',
    items,
    createdAt: createdAt.toISOString(),
  };
}

const keyReused = () =>
  new ProblemError(
    'idempotency-key-reused',
    'This Idempotency-Key was used for an order with other content.',
  );

const outOfStock = (productId: string) =>
  new ProblemError('out-of-stock', `There is not enough of "${productId}" on stock.`);

const writerUnavailable = (cause: unknown) =>
  new ProblemError(
    'writer-unavailable',
    'The database takes no orders. Send the same request with the same Idempotency-Key again.',
    retryLater(cause),
  );

const duplicateProduct = (index: number) =>
  new ProblemError('validation-failed', 'A product may be in an order once, with its quantity.', {
    errors: [{ at: `body/items/${String(index)}/productId`, message: 'must not name a product twice' }],
  });
