/** A storage behind a circuit breaker: while the database is away nobody waits for it. */
import type { CircuitBreaker } from '@nines/circuit-breaker';
import type { IntakeResults } from '../ports/order-intake.ts';
import { StorageUnavailableError, type Storage } from '../ports/storage.ts';

/** The calls that a request waits for. Background work and health checks ask the database itself. */
export type RequestStorage = Pick<Storage, 'getOrder' | 'listOrders' | 'findPlacedOrder' | 'placeOrder'>;

/** Runs a call of the storage behind the breaker. */
type Guard = <T>(call: () => Promise<T>) => Promise<T>;

function createGuard(breaker: CircuitBreaker): Guard {
  return async (call) => {
    try {
      return await breaker(call);
    } catch (error) {
      if ((error as { code?: unknown } | null)?.code !== 'circuit-open') throw error;
      throw new StorageUnavailableError('the database has been away a moment ago', { cause: error });
    }
  };
}

/** What a request asks about orders that were kept. */
export type RequestIntakes = Pick<IntakeResults, 'findIntake'>;

export function createGuardedIntakes(intakes: RequestIntakes, breaker: CircuitBreaker): RequestIntakes {
  const guarded = createGuard(breaker);
  return { findIntake: (id, options) => guarded(() => intakes.findIntake(id, options)) };
}

export function createGuardedStorage(storage: RequestStorage, breaker: CircuitBreaker): RequestStorage {
  const guarded = createGuard(breaker);
  return {
    getOrder: (id, options) => guarded(() => storage.getOrder(id, options)),
    listOrders: (page, options) => guarded(() => storage.listOrders(page, options)),
    findPlacedOrder: (key, options) => guarded(() => storage.findPlacedOrder(key, options)),
    placeOrder: (placement, options) => guarded(() => storage.placeOrder(placement, options)),
  };
}
