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
  const byKey = new Map<string, Authorization>();
  const byId = new Map<string, Authorization>();
  const captured: Charge[] = [];
  let totalCents = 0;
  let forgotten = 0;
  let forgottenCharges = 0;

  function makeRoom(): void {
    if (byId.size < capacity) return;
    const [oldest] = byId.values();
    if (oldest === undefined) return;
    byId.delete(oldest.id);
    if (byKey.get(oldest.idempotencyKey) === oldest) byKey.delete(oldest.idempotencyKey);
    forgotten++;
  }

  function keep(charge: Charge): void {
    totalCents += charge.amountCents;
    captured.push(charge);
    if (captured.length <= capacity) return;
    captured.shift();
    forgottenCharges++;
  }

  return {
    authorize: (request) => {
      const known = byKey.get(request.idempotencyKey);
      if (known !== undefined) {
        const same =
          known.amountCents === request.amountCents &&
          known.currency === request.currency &&
          known.reference === request.reference;
        return same ? known : 'key-reused';
      }
      makeRoom();
      const authorization: Authorization = {
        ...request,
        id: newId(),
        state: request.reference.startsWith(DECLINED_PREFIX) ? 'declined' : 'authorized',
      };
      byKey.set(request.idempotencyKey, authorization);
      byId.set(authorization.id, authorization);
      return authorization;
    },
    capture: (id) => {
      const authorization = byId.get(id);
      if (authorization === undefined) return 'unknown';
      if (authorization.state === 'authorized') {
        authorization.state = 'captured';
        const { idempotencyKey, reference, amountCents, currency } = authorization;
        keep({ authorizationId: id, idempotencyKey, reference, amountCents, currency });
      }
      return authorization.state === 'captured' ? 'captured' : 'lost';
    },
    void: (id) => {
      const authorization = byId.get(id);
      if (authorization === undefined) return 'unknown';
      if (authorization.state === 'captured') return 'captured';
      authorization.state = 'voided';
      if (byKey.get(authorization.idempotencyKey) === authorization)
        byKey.delete(authorization.idempotencyKey);
      return 'voided';
    },
    charges: ({ limit, cursor = 0 }) => {
      const from = Math.max(0, cursor - forgottenCharges);
      const items = captured.slice(from, from + limit);
      const next = forgottenCharges + from + items.length;
      const count = forgottenCharges + captured.length;
      return {
        count,
        totalCents,
        forgotten: forgotten + forgottenCharges,
        items,
        ...(next < count ? { nextCursor: String(next) } : {}),
      };
    },
  };
}
