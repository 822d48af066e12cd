/**
 * The payment service's books: authorizations by idempotency key, and what became of them. In memory and bounded,
 * since it stands in for a third party during tests; the oldest entries go first and their number is told.
 */

export type AuthorizationState = 'authorized' | 'captured' | 'voided' | 'declined';

export interface Authorization {
  readonly id: string;
  readonly idempotencyKey: string;
  readonly reference: string;
  readonly amountCents: number;
  readonly currency: string;
  state: AuthorizationState;
}

export interface AuthorizationRequest {
  readonly idempotencyKey: string;
  readonly reference: string;
  readonly amountCents: number;
  readonly currency: string;
}

export interface Charge {
  readonly authorizationId: string;
  readonly idempotencyKey: string;
  readonly reference: string;
  readonly amountCents: number;
  readonly currency: string;
}

export interface ChargePage {
  /** Captured charges since the start, those forgotten included. */
  readonly count: number;
  readonly totalCents: number;
  /** Entries that were forgotten for want of room; above 0 the pages are not complete. */
  readonly forgotten: number;
  readonly items: readonly Charge[];
  readonly nextCursor?: string;
}

export interface Ledger {
  /** The same key with the same content gives the same authorization; with other content, `key-reused`. */
  authorize(request: AuthorizationRequest): Authorization | 'key-reused';
  /** Idempotent. `lost` when it was voided or never was. */
  capture(id: string): 'captured' | 'lost' | 'unknown';
  /** Idempotent. Frees the key, so that a later authorization under it is a new one. */
  void(id: string): 'voided' | 'captured' | 'unknown';
  charges(page: { limit: number; cursor?: number }): ChargePage;
}

export interface LedgerOptions {
  readonly newId: () => string;
  /**
   * Most authorizations kept.
   * @default 500000: about 200 MB, and an hour and a half of a hundred orders a second.
   */
  readonly capacity?: number;
}

/** A reference that begins with this is declined, as a test card would be. */
const DECLINED_PREFIX = 'declined';

export function createLedger({ newId, capacity = 500_000 }: LedgerOptions): Ledger {
  const authorizations = createAuthorizations(capacity);
  const charges = createCharges(capacity);

  return {
    authorize: (request) => {
      const known = authorizations.byKey(request.idempotencyKey);
      if (known !== undefined) return isSame(known, request) ? known : 'key-reused';
      const state = request.reference.startsWith(DECLINED_PREFIX) ? 'declined' : 'authorized';
      return authorizations.add({ ...request, id: newId(), state });
    },
    capture: (id) => {
      const authorization = authorizations.byId(id);
      if (authorization === undefined) return 'unknown';
      if (authorization.state === 'authorized') {
        authorization.state = 'captured';
        const { idempotencyKey, reference, amountCents, currency } = authorization;
        charges.add({ authorizationId: id, idempotencyKey, reference, amountCents, currency });
      }
      return authorization.state === 'captured' ? 'captured' : 'lost';
    },
    void: (id) => {
      const authorization = authorizations.byId(id);
      if (authorization === undefined) return 'unknown';
      if (authorization.state === 'captured') return 'captured';
      authorization.state = 'voided';
      authorizations.freeKey(authorization);
      return 'voided';
    },
    charges: ({ limit, cursor = 0 }) => {
      const page = charges.page(limit, cursor);
      return { ...page, forgotten: page.forgotten + authorizations.forgotten() };
    },
  };
}

function isSame(known: Authorization, request: AuthorizationRequest): boolean {
  return (
    known.amountCents === request.amountCents &&
    known.currency === request.currency &&
    known.reference === request.reference
  );
}

/** Authorizations by id and by key; the oldest makes room. */
function createAuthorizations(capacity: number) {
  const keyed = new Map<string, Authorization>();
  const known = new Map<string, Authorization>();
  let forgotten = 0;

  function freeKey(authorization: Authorization): void {
    // The key may belong to a successor by now.
    if (keyed.get(authorization.idempotencyKey) === authorization) keyed.delete(authorization.idempotencyKey);
  }

  return {
    byKey: (key: string) => keyed.get(key),
    byId: (id: string) => known.get(id),
    freeKey,
    forgotten: () => forgotten,
    add: (authorization: Authorization): Authorization => {
      const [oldest] = known.size >= capacity ? known.values() : [];
      if (oldest !== undefined) {
        known.delete(oldest.id);
        freeKey(oldest);
        forgotten++;
      }
      keyed.set(authorization.idempotencyKey, authorization);
      known.set(authorization.id, authorization);
      return authorization;
    },
  };
}

/** Captured charges in their order; a cursor is a charge's position since the start. */
function createCharges(capacity: number) {
  const kept: Charge[] = [];
  let totalCents = 0;
  let forgotten = 0;
  return {
    add: (charge: Charge): void => {
      totalCents += charge.amountCents;
      kept.push(charge);
      if (kept.length <= capacity) return;
      kept.shift();
      forgotten++;
    },
    page: (limit: number, cursor: number): ChargePage => {
      const from = Math.max(0, cursor - forgotten);
      const items = kept.slice(from, from + limit);
      const next = forgotten + from + items.length;
      const count = forgotten + kept.length;
      return { count, totalCents, forgotten, items, ...(next < count ? { nextCursor: String(next) } : {}) };
    },
  };
}
