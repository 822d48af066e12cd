/**
 * What one effect for a repeated request costs, with records in memory, so that the library's own work is what is seen.
 * Each call has a key of its own: the first call of a key does everything, a repetition only looks it up.
 */
import {
  IdempotencyConfig,
  IdempotencyItemAlreadyExistsError,
  IdempotencyItemNotFoundError,
  makeIdempotent,
} from '@aws-lambda-powertools/idempotency';
import { BasePersistenceLayer, type IdempotencyRecord } from '@aws-lambda-powertools/idempotency/persistence';
import { createIdempotency, createMemoryStore, type IdempotentOptions } from '@nines/idempotency';
import type { Contestant } from './experiment.ts';

const RETENTION_MS = 60_000;

/** A small order, as the shop takes it. */
const order = { reference: 'r-1', items: [{ productId: 'p-1', quantity: 2 }] };

/**
 * The records of Powertools in a map: as little as a layer can do and still keep the first record of a key, which is what
 * its DynamoDB layer asks of the database. It is emptied between turns at no cost to it; ours sweeps while it is measured.
 */
class MapPersistenceLayer extends BasePersistenceLayer {
  readonly records = new Map<string, IdempotencyRecord>();

  protected _putRecord(record: IdempotencyRecord): Promise<void> {
    const existing = this.records.get(record.idempotencyKey);
    if (existing) return Promise.reject(new IdempotencyItemAlreadyExistsError('exists', existing));
    this.records.set(record.idempotencyKey, record);
    return Promise.resolve();
  }

  protected _getRecord(key: string): Promise<IdempotencyRecord> {
    const record = this.records.get(key);
    return record ? Promise.resolve(record) : Promise.reject(new IdempotencyItemNotFoundError());
  }

  protected _updateRecord(record: IdempotencyRecord): Promise<void> {
    this.records.set(record.idempotencyKey, record);
    return Promise.resolve();
  }

  protected _deleteRecord(record: IdempotencyRecord): Promise<void> {
    this.records.delete(record.idempotencyKey);
    return Promise.resolve();
  }
}

/** Its lease is taken from the time that the Lambda function has left; without it, it writes a warning at every call. */
const lambdaContext = { getRemainingTimeInMillis: () => 30_000 };

function powertools(name: string, options: ConstructorParameters<typeof IdempotencyConfig>[0]): Contestant {
  const persistenceStore = new MapPersistenceLayer();
  const config = new IdempotencyConfig(options);
  config.registerLambdaContext(lambdaContext as Parameters<typeof config.registerLambdaContext>[0]);
  let call = 0;
  const once = makeIdempotent(
    (event: { key: string; payload: typeof order }) => Promise.resolve({ id: event.key, status: 'placed' }),
    { persistenceStore, config },
  );
  return {
    name,
    run: () => once({ key: `key-${String(call++)}`, payload: order }),
    beforeTurn: () => {
      persistenceStore.records.clear();
    },
  };
}

function nines(name: string, told: IdempotentOptions): Contestant {
  let skippedMs = 0;
  const clock = { now: () => performance.now() + skippedMs };
  const store = createMemoryStore({ clock, maxRecords: 10_000_000 });
  const once = createIdempotency({ store, clock, retentionMs: RETENTION_MS });
  let call = 0;
  return {
    name,
    run: () => {
      const key = `key-${String(call++)}`;
      return once(key, () => Promise.resolve({ id: key, status: 'placed' }), told);
    },
    // What was recorded in the turn before is past its retention in this one, and is swept by the calls themselves.
    beforeTurn: () => {
      skippedMs += RETENTION_MS + 1;
    },
  };
}

/**
 * Pairs that do the same: a key that the client has chosen and a payload that is compared with the first one's; and the key
 * alone. Powertools as it comes takes the whole event for the key and compares nothing, which is less work than either.
 */
export const idempotentCalls = (): Contestant[] => [
  nines('nines', { payload: order }),
  nines('nines, key alone', {}),
  powertools('Powertools', { eventKeyJmesPath: 'key', payloadValidationJmesPath: 'payload' }),
  powertools('Powertools, key alone', { eventKeyJmesPath: 'key' }),
  powertools('Powertools, event as key', {}),
];
