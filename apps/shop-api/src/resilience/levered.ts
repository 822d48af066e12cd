/** What lies behind the shop, as far as the emergency levers let a request have it (`core/levers.ts`). */
import type { Levers } from '../core/levers.ts';
import type { ReviewsSource } from '../ports/reviews.ts';
import { StorageUnavailableError } from '../ports/storage.ts';
import type { RequestIntakes, RequestStorage } from './guarded-storage.ts';

/** To the shop a pulled lever looks like a database that is away: there is no second way to answer. */
export function createLeveredStorage(storage: RequestStorage, levers: Levers): RequestStorage {
  const reading = readingUnder(levers);
  async function writing<T>(call: () => Promise<T>): Promise<T> {
    if (levers.get('read-only'))
      throw new StorageUnavailableError('an emergency lever keeps the shop read-only', { decided: true });
    return reading(call);
  }
  return {
    getOrder: (id, options) => reading(() => storage.getOrder(id, options)),
    listOrders: (page, options) => reading(() => storage.listOrders(page, options)),
    // The first step of placing an order: refused before the customer's payment is touched.
    findPlacedOrder: (key, options) => writing(() => storage.findPlacedOrder(key, options)),
    placeOrder: (placement, options) => writing(() => storage.placeOrder(placement, options)),
  };
}

export function createLeveredIntakes(intakes: RequestIntakes, levers: Levers): RequestIntakes {
  const reading = readingUnder(levers);
  return { findIntake: (id, options) => reading(() => intakes.findIntake(id, options)) };
}

function readingUnder(levers: Levers) {
  return async <T>(call: () => Promise<T>): Promise<T> => {
    if (levers.get('serve-static'))
      throw new StorageUnavailableError('an emergency lever keeps answers static', { decided: true });
    return call();
  };
}

export function createLeveredReviews(reviews: ReviewsSource, levers: Levers): ReviewsSource {
  return {
    opinionsOf: async (productId, call) =>
      levers.get('recommendations') && !levers.get('serve-static')
        ? reviews.opinionsOf(productId, call)
        : null,
  };
}
