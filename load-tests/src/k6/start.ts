// What every virtual user knows before the load starts: products in stock, and a few acknowledged orders to read
// back and replay until it has placed its own, so that the mix holds from the first request on.
//
// Prepared once by k6's `setup`, outside the load and without samples. When a run is split over machines each of
// them prepares, and the same RUN_ID and SEED make the same orders under the same keys: replays of the first.
import { sleep } from 'k6';
import http from 'k6/http';
import { listProducts } from '../generated/contract.generated.ts';
import type { Configuration } from './configuration.ts';
import { judge, type Answer } from './contract.ts';
import type { PlacedOrder } from './order-ring.ts';
import { randomAt } from './random.ts';
import { placeNewOrder } from './journeys/order.ts';

export interface Start {
  readonly runId: string;
  readonly productIds: readonly string[];
  readonly orders: readonly PlacedOrder[];
}

/** A page of products at its largest: a hundred spread the orders well enough. */
const PRODUCTS_READ = 100;
/** As many as a virtual user keeps of its own. */
const ORDERS_PLACED = 4;
/** Nobody waits for a start: it may take what a cold service takes. */
const PATIENCE_MS = 30_000;
/** A shop that has just become ready may still refuse once or twice; one that goes on is not there. */
const TRIES = 10;
const PAUSE_SECONDS = 0.5;

/**
 * @param runId makes this run's orders differ from every other's.
 * @throws Error, which ends the run before it starts, when the shop cannot be read or takes no order.
 */
export function prepareStart({ baseUrl, seed }: Configuration, runId: string): Start {
  const productIds = untilItWorks(() => readProductIds(baseUrl));
  const orders = Array.from({ length: ORDERS_PLACED }, (_, index) => {
    const requestId = `${runId}-start-${String(index)}`;
    return untilItWorks(() => {
      // Drawn anew for each try, so that every try sends the same bytes under the same key.
      const random = randomAt(seed, index);
      const { placed, sent } = placeNewOrder({
        baseUrl,
        timeoutMs: PATIENCE_MS,
        retries: 0,
        random,
        productIds,
        requestId,
      });
      if (sent.judgement.outcome === 'good') return placed;
      throw new Error(`the shop at ${baseUrl} takes no orders: ${sent.judgement.detail}`);
    });
  });
  return { runId, productIds, orders };
}

/** Repeating is safe: reading changes nothing, and an order is sent again under the same key. */
function untilItWorks<Result>(attempt: () => Result): Result {
  for (let tried = 1; ; tried += 1) {
    try {
      return attempt();
    } catch (error) {
      if (tried === TRIES) throw error;
      sleep(PAUSE_SECONDS);
    }
  }
}

function readProductIds(baseUrl: string): readonly string[] {
  const response = http.get(`${baseUrl}/products?limit=${String(PRODUCTS_READ)}`, {
    timeout: PATIENCE_MS,
    responseType: 'text',
  });
  const judgement = judge<{ items: { id: string; stock: number }[] }>(
    listProducts,
    response as Answer,
    () => undefined,
  );
  if (judgement.outcome !== 'good') {
    throw new Error(`the shop at ${baseUrl} cannot be read: ${judgement.detail}`);
  }
  const productIds = judgement.body.items.filter(({ stock }) => stock > 0).map(({ id }) => id);
  if (productIds.length === 0) throw new Error(`the shop at ${baseUrl} has nothing in stock`);
  return productIds;
}
