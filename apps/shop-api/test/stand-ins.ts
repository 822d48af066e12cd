/** Stand-ins for what lies behind the shop's ports, which a test can break as it likes. */
import { createMemoryStorage, type MemoryStorage } from './memory-storage.ts';
import type { Log } from '../src/ports/log.ts';
import type { Metrics } from '../src/ports/metrics.ts';
import { OrderIntakeUnavailableError, type OrderIntake } from '../src/ports/order-intake.ts';
import {
  PaymentUnavailableError,
  type Payment,
  type PaymentCall,
  type PaymentRequest,
} from '../src/ports/payment.ts';
import type { Opinions, ReviewsSource } from '../src/ports/reviews.ts';
import { StorageUnavailableError, type OrderPlacement, type Product } from '../src/ports/storage.ts';

/**
 * `away`: every call fails. `lost-answer`: an order is stored, and then the connection breaks. `broken`: a bug.
 */
export type StorageState = 'live' | 'away' | 'lost-answer' | 'broken';

export interface BreakableStorage extends MemoryStorage {
  state: StorageState;
  /** Called before an order is stored: for what happens between its payment and its transaction. */
  beforePlacing: () => Promise<void>;
}

export function createBreakableStorage(
  products: readonly Product[],
  clock: { now(): number },
  inner: MemoryStorage = createMemoryStorage({ products, clock }),
): BreakableStorage {
  const guard = <Args extends unknown[], T>(call: (...args: Args) => Promise<T>) => {
    return async (...args: Args): Promise<T> => {
      if (storage.state === 'away') throw new StorageUnavailableError('the test took it away');
      if (storage.state === 'broken') throw new TypeError('secret detail of a bug');
      return call(...args);
    };
  };
  const storage: BreakableStorage = {
    state: 'live',
    beforePlacing: () => Promise.resolve(),
    readCatalogue: guard(inner.readCatalogue),
    listOrders: guard(inner.listOrders),
    getOrder: guard(inner.getOrder),
    findPlacedOrder: guard(inner.findPlacedOrder),
    placeOrder: guard(async (placement) => {
      await storage.beforePlacing();
      const result = await inner.placeOrder(placement);
      if (storage.state === 'lost-answer') throw new StorageUnavailableError('the answer got lost');
      return result;
    }),
    claimCaptures: guard(inner.claimCaptures),
    claimCapture: guard(inner.claimCapture),
    completeCaptures: guard(inner.completeCaptures),
    postponeCaptures: guard(inner.postponeCaptures),
    forgetIdempotencyKeys: guard(inner.forgetIdempotencyKeys),
    findIntake: guard(inner.findIntake),
    recordIntake: guard(inner.recordIntake),
    ping: guard(inner.ping),
    close: inner.close,
  };
  return storage;
}

export interface FakeIntake extends OrderIntake {
  /** `lost-answer`: the order is kept, and then the connection breaks. */
  state: 'live' | 'away' | 'lost-answer';
  readonly kept: OrderPlacement[];
}

/** A queue that gives back what JSON leaves of an order, as a message does. */
export function createFakeIntake(): FakeIntake {
  const intake: FakeIntake = {
    state: 'live',
    kept: [],
    enqueue: async (placement) => {
      if (intake.state === 'away') throw new OrderIntakeUnavailableError('the test took it away');
      intake.kept.push(JSON.parse(JSON.stringify(placement)) as OrderPlacement);
      if (intake.state === 'lost-answer') throw new OrderIntakeUnavailableError('the answer got lost');
    },
  };
  return intake;
}

export type PaymentState = 'live' | 'declining' | 'away' | 'silent';

export interface FakePayment extends Payment {
  state: PaymentState;
  /** Each request to authorize, in order, with what came along. */
  readonly authorized: { readonly request: PaymentRequest; readonly call: PaymentCall | undefined }[];
  /** Authorizations by id: set aside, captured, or given back. */
  readonly money: Map<string, 'set-aside' | 'captured' | 'given-back'>;
  /** Resolves at the next request to authorize. */
  nextRequest(): Promise<void>;
}

export function createFakePayment(): FakePayment {
  const byKey = new Map<string, string>();
  let waiting: (() => void)[] = [];
  const refuseWhenAway = () => {
    if (payment.state === 'away') throw new PaymentUnavailableError('the test took it away');
  };
  const payment: FakePayment = {
    state: 'live',
    authorized: [],
    money: new Map(),
    nextRequest: () => new Promise((resolve) => waiting.push(resolve)),
    authorize: async (request, call) => {
      payment.authorized.push({ request, call });
      for (const resolve of waiting.splice(0)) resolve();
      refuseWhenAway();
      if (payment.state === 'silent') return new Promise(() => undefined);
      if (payment.state === 'declining') return { outcome: 'declined' };
      const known = byKey.get(request.idempotencyKey);
      const authorizationId = known ?? `authorization-${String(byKey.size + 1)}`;
      byKey.set(request.idempotencyKey, authorizationId);
      if (known === undefined) payment.money.set(authorizationId, 'set-aside');
      return { outcome: 'authorized', authorizationId };
    },
    capture: async (id) => {
      refuseWhenAway();
      if (payment.money.get(id) === 'given-back') return { outcome: 'lost' };
      payment.money.set(id, 'captured');
      return { outcome: 'captured' };
    },
    void: async (id) => {
      refuseWhenAway();
      payment.money.set(id, 'given-back');
    },
  };
  waiting = [];
  return payment;
}

export const OPINIONS: Opinions = {
  reviews: { average: 4.5, count: 12, latest: [{ author: 'Ada', rating: 5, text: 'Sturdy.' }] },
  recommendations: [{ productId: 'b' }],
};

export function createFakeReviews(): ReviewsSource & { away: boolean } {
  const reviews = { away: false, opinionsOf: async () => (reviews.away ? null : OPINIONS) };
  return reviews;
}

/** Counts everything by a line of text. */
export function createCountingMetrics(): Metrics & { readonly counts: Map<string, number> } {
  const counts = new Map<string, number>();
  const count = (...parts: (string | number)[]) => {
    const key = parts.join(' ');
    counts.set(key, (counts.get(key) ?? 0) + 1);
  };
  return {
    counts,
    requestFinished: (operation, status) => {
      count('request', operation, status);
    },
    requestShed: (reason) => {
      count('shed', reason);
    },
    orderAnswered: (outcome) => {
      count('order', outcome);
    },
    paymentCalled: (operation, outcome) => {
      count('payment-call', operation, outcome);
    },
    paymentAttempted: (operation) => {
      count('payment-attempt', operation);
    },
    reviewsCalled: (outcome) => {
      count('reviews', outcome);
    },
    staleAnswered: (operation) => {
      count('stale', operation);
    },
    captureEnded: (outcome) => {
      count('capture', outcome);
    },
    event: (source, type) => {
      count('event', source, type);
    },
    render: () => Promise.resolve({ contentType: 'text/plain; charset=utf-8', body: '' }),
  };
}

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly fields: object;
  readonly message: string;
}

export function createMemoryLog(): Log & { readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const at = (level: LogLine['level']) => (fields: object, message: string) => {
    lines.push({ level, fields, message });
  };
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
