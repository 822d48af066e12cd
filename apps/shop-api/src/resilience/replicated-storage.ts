/**
 * A storage whose reads go to replicas of the database. They go on while there is no writer, and they do not
 * compete with it.
 *
 * A replica is some milliseconds behind. So an order that it does not know is looked for at the writer: a customer
 * sees the order just placed. Whatever decides about an order (its key, its stock) is asked of the writer alone.
 */
import { isStorageUnavailable, type Storage } from '../ports/storage.ts';
import type { RequestIntakes, RequestStorage } from './guarded-storage.ts';

export interface ReplicatedStorageOptions {
  readonly writer: RequestStorage;
  readonly replicas: Pick<RequestStorage, 'getOrder' | 'listOrders'>;
}

export function createReplicatedStorage({ writer, replicas }: ReplicatedStorageOptions): RequestStorage {
  return {
    getOrder: async (id, options) => {
      const order = await fromReplicas(
        () => replicas.getOrder(id, options),
        () => Promise.resolve(undefined),
      );
      return order ?? writer.getOrder(id, options);
    },
    listOrders: (page, options) =>
      fromReplicas(
        () => replicas.listOrders(page, options),
        () => writer.listOrders(page, options),
      ),
    findPlacedOrder: (key, options) => writer.findPlacedOrder(key, options),
    placeOrder: (placement, options) => writer.placeOrder(placement, options),
  };
}

export interface ReplicatedIntakesOptions {
  readonly writer: RequestIntakes;
  readonly replicas: RequestIntakes;
}

/**
 * What became of kept orders. While there is no writer nothing becomes of any, so what the replicas do not know then is
 * not known to anybody.
 */
export function createReplicatedIntakes({ writer, replicas }: ReplicatedIntakesOptions): RequestIntakes {
  return {
    findIntake: async (id, options) => {
      let unavailable: unknown;
      try {
        const known = await replicas.findIntake(id, options);
        if (known !== undefined) return known;
      } catch (error) {
        if (!isStorageUnavailable(error)) throw error;
        unavailable = error;
      }
      try {
        return await writer.findIntake(id, options);
      } catch (error) {
        if (!isStorageUnavailable(error) || unavailable !== undefined) throw error;
        return undefined;
      }
    },
  };
}

/** The catalogue from the replicas, or from the writer while there are none. */
export function createReplicatedCatalogue(
  writer: Pick<Storage, 'readCatalogue'>,
  replicas: Pick<Storage, 'readCatalogue'>,
): Pick<Storage, 'readCatalogue'> {
  return {
    readCatalogue: (options) =>
      fromReplicas(
        () => replicas.readCatalogue(options),
        () => writer.readCatalogue(options),
      ),
  };
}

/** Both ways read the same data, so the second is no other answer, only another place. */
async function fromReplicas<T>(read: () => Promise<T>, otherwise: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!isStorageUnavailable(error)) throw error;
    return otherwise();
  }
}
