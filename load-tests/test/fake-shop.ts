// A tiny shop that keeps the contract, to try the k6 scripts against, and breaks it on demand.
//
// It is not the shop: it has no database and no limits. Use it where a test or a measurement needs a server that
// costs next to nothing; use apps/shop-api where the shop itself is in question.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How the next request is answered instead of well. */
export type Misbehaviour =
  | 'hang'
  | 'shed'
  | 'too-many-requests'
  | 'error'
  | 'broken-body'
  | 'missing-field'
  | 'reset'
  | 'forgets-replays';

export interface FakeShop {
  readonly url: string;
  /** Orders by their key, as stored. */
  readonly orders: ReadonlyMap<string, StoredOrder>;
  /** How often was asked for what, such as `GET /orders/{id}`; what the script's `setup` sends is left out. */
  readonly requests: ReadonlyMap<string, number>;
  close(): Promise<void>;
}

export interface FakeShopOptions {
  /**
   * Decides how a request is answered.
   * @param request its number from 0, and what it asks for, such as `POST /orders`.
   * @default always well
   */
  readonly misbehave?: (request: {
    readonly number: number;
    readonly asks: string;
  }) => Misbehaviour | undefined;
  /**
   * Whether the answer to the very first order gets lost after it was stored, as by a shop that is just coming up.
   * @default false
   */
  readonly losesFirstAnswer?: boolean;
  /** @default a free one */
  readonly port?: number;
}

interface StoredOrder {
  readonly id: string;
  readonly reference: string;
  readonly bodies: string[];
  readonly answer: string;
}

const PRODUCTS = Array.from({ length: 20 }, (_, index) => ({
  id: `product-${String(index + 1).padStart(3, '0')}`,
  name: `Product ${String(index + 1)}`,
  priceCents: 100 * (index + 1),
  currency: 'EUR',
  stock: 1_000_000,
}));

interface Store {
  readonly byKey: Map<string, StoredOrder>;
  readonly byId: Map<string, StoredOrder>;
}

export async function startFakeShop(options: FakeShopOptions = {}): Promise<FakeShop> {
  const { misbehave = () => undefined, port = 0, losesFirstAnswer = false } = options;
  const store: Store = { byKey: new Map(), byId: new Map() };
  const requests = new Map<string, number>();
  let number = 0;
  const server = createServer((request, response) => {
    void readBody(request).then((body) => {
      if (isPreparation(request, body, store)) {
        if (losesFirstAnswer && request.method === 'POST' && store.byKey.size === 0) {
          placeOrder(request, undefined, body, store);
          json(response, 500, problem(500, 'internal'));
        } else {
          answer(request, response, body, store);
        }
        return;
      }
      const path = (request.url ?? '').replace(/\?.*/, '').replace(/^\/(\w+)\/.+/, '/$1/{id}');
      const asks = `${request.method ?? ''} ${path}`;
      requests.set(asks, (requests.get(asks) ?? 0) + 1);
      const misbehaviour = misbehave({ number: number++, asks });
      if (misbehaviour === undefined) answer(request, response, body, store);
      else MISBEHAVIOURS[misbehaviour](request, response, body, store);
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    orders: store.byKey,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

/** What the script's `setup` sends before the load starts: it is always answered well, and not counted. */
function isPreparation(request: IncomingMessage, body: string, store: Store): boolean {
  if (request.url === '/products?limit=100') return true;
  return /"reference":"order-[^"]*-start-\d+"/.test(body) && !store.byKey.has(keyOf(request));
}

type Handler = (request: IncomingMessage, response: ServerResponse, body: string, store: Store) => void;

const MISBEHAVIOURS: Readonly<Record<Misbehaviour, Handler>> = {
  hang: () => undefined,
  shed: (_, response) => {
    json(response, 503, problem(503, 'overloaded'), { 'x-load-shed': 'true', 'retry-after': '1' });
  },
  'too-many-requests': (_, response) => {
    json(response, 429, problem(429, 'overloaded'), { 'retry-after': '1' });
  },
  error: (_, response) => {
    json(response, 503, problem(503, 'writer-unavailable'), { 'retry-after': '1' });
  },
  'broken-body': (request, response) => {
    json(response, request.method === 'POST' ? 201 : 200, '{"items":', LIVE);
  },
  'missing-field': (request, response) => {
    json(response, request.method === 'POST' ? 201 : 200, '{}', LIVE);
  },
  reset: (request) => {
    request.socket.resetAndDestroy();
  },
  'forgets-replays': (request, response, body, store) => {
    store.byKey.delete(keyOf(request));
    answer(request, response, body, store);
  },
};

const LIVE = { 'x-data-freshness': 'live' };
const STALE = { 'x-data-freshness': 'stale', age: '3' };

function answer(request: IncomingMessage, response: ServerResponse, body: string, store: Store): void {
  const url = new URL(request.url ?? '/', 'http://shop');
  const [, collection, id] = url.pathname.split('/');
  if (request.method === 'POST') {
    placeOrder(request, response, body, store);
  } else if (collection === 'orders') {
    const found = store.byId.get(id ?? '');
    if (found === undefined) json(response, 404, problem(404, 'not-found'));
    else json(response, 200, found.answer, LIVE);
  } else if (id === undefined) {
    const items = PRODUCTS.slice(0, Number(url.searchParams.get('limit') ?? 20));
    json(response, 200, JSON.stringify({ items }), LIVE);
  } else {
    const product = PRODUCTS.find((one) => one.id === id);
    json(response, 200, JSON.stringify({ ...product, reviews: null, recommendations: null }), STALE);
  }
}

/** @param response undefined where the answer gets lost. */
function placeOrder(
  request: IncomingMessage,
  response: ServerResponse | undefined,
  body: string,
  store: Store,
): void {
  const known = store.byKey.get(keyOf(request));
  if (known !== undefined) {
    known.bodies.push(body);
    if (response !== undefined) json(response, 201, known.answer, { 'idempotent-replayed': 'true' });
    return;
  }
  const { reference, items } = JSON.parse(body) as {
    reference: string;
    items: { productId: string; quantity: number }[];
  };
  const id = `00000000-0000-4000-8000-${String(store.byId.size).padStart(12, '0')}`;
  const priced = items.map((item) => ({ ...item, priceCents: 100 * Number(item.productId.slice(-3)) }));
  const order = {
    id,
    reference,
    status: 'accepted',
    totalCents: priced.reduce((sum, { quantity, priceCents }) => sum + quantity * priceCents, 0),
    currency: 'EUR',
    items: priced,
    createdAt: '2026-01-01T00:00:00.000Z',
  };
  const stored = { id, reference, bodies: [body], answer: JSON.stringify(order) };
  store.byKey.set(keyOf(request), stored);
  store.byId.set(id, stored);
  if (response !== undefined) json(response, 201, stored.answer);
}

function keyOf(request: IncomingMessage): string {
  return String(request.headers['idempotency-key']);
}

function problem(status: number, code: string): string {
  return JSON.stringify({
    type: 'about:blank',
    title: code,
    status,
    detail: code,
    code,
    instance: 'urn:test',
  });
}

function json(
  response: ServerResponse,
  status: number,
  body: string,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', 'x-served-by': 'fake@here', ...headers });
  response.end(body);
}

async function readBody(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  return body;
}
