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
 */
import { createHash } from 'node:crypto';
import type { OperationInput, Schemas } from '../contract/contract.ts';
import type { Metrics } from '../ports/metrics.ts';
import { isStorageUnavailable, type Order, type OrderItem, type Storage } from '../ports/storage.ts';
import type { Answer } from './answer.ts';
import type { Catalogue } from './catalogue.ts';
import { createOrderPayment, tooLate, type OrderPaymentDependencies } from './order-payment.ts';
import { toOrderBody } from './order-reads.ts';
import { ProblemError } from './problem.ts';
import type { RecentOrders } from './recent-orders.ts';
import { hasTimeLeft, type RequestContext } from './request-context.ts';
import { retryLater } from './retry-later.ts';

export interface PlaceOrderDependencies extends OrderPaymentDependencies {
  readonly storage: Pick<Storage, 'findPlacedOrder' | 'placeOrder'>;
  readonly catalogue: Catalogue;
  readonly recent: RecentOrders;
  readonly metrics: Metrics;
  /** The wall clock, for `createdAt`. */
  readonly wallClock: () => Date;
  readonly newOrderId: (unixMs: number) => string;
}

type NewOrder = Schemas['NewOrder'];

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Equal for equal orders, whatever the order of the JSON's fields; the order of the items counts. */
export function fingerprintOf(order: NewOrder): string {
  return digest(
    JSON.stringify([order.reference, order.items.map(({ productId, quantity }) => [productId, quantity])]),
  );
}

export function createPlaceOrderOperation(dependencies: PlaceOrderDependencies) {
  const { storage, recent, metrics } = dependencies;
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

  async function place(
    { header, body }: OperationInput<'placeOrder'>,
    context: RequestContext,
  ): Promise<Answer<Schemas['Order']>> {
    const idempotencyKey = header['Idempotency-Key'];
    const fingerprint = fingerprintOf(body);
    const known = await storage.findPlacedOrder(idempotencyKey, { timeoutMs: context.remainingMs() });
    if (known !== undefined) {
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
    const result = await storage.placeOrder(
      { idempotencyKey, fingerprint, order, authorizationId },
      { timeoutMs: context.remainingMs() },
    );
    if (result.outcome === 'placed') return created(order, false);
    // The twin that was first uses the same authorization.
    if (result.outcome === 'replayed') return created(result.order, true);
    payment.giveBack(authorizationId, context);
    if (result.outcome === 'key-reused') throw keyReused();
    throw outOfStock(result.productId);
  }

  return async (
    input: OperationInput<'placeOrder'>,
    context: RequestContext,
  ): Promise<Answer<Schemas['Order']>> => {
    try {
      return await place(input, context);
    } catch (error) {
      const problem = isStorageUnavailable(error) ? writerUnavailable(error) : error;
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
