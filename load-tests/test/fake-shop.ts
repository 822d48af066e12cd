// A tiny shop that keeps the contract, to try the k6 scripts against, and breaks it on demand.
//
// It is not the shop: it has no database and no limits. Use it where a test or a measurement needs a server that
// costs next to nothing; use apps/shop-api where the shop itself is in question.
import { createHash } from 'node:crypto';
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
  /** Requests by method and path without ids, the catalogue read at start left out. */
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

export async function startFakeShop({
  misbehave = () => undefined,
  port = 0,
}: FakeShopOptions = {}): Promise<FakeShop> {
  const orders = new Map<string, StoredOrder>();
  const requests = new Map<string, number>();
  let number = 0;
  const server = createServer((request, response) => {
    void readBody(request).then((body) => {
      const asks = `${request.method ?? ''} ${(request.url ?? '').replace(/\?.*/, '').replace(/^\/(\w+)\/.+/, '/$1/{id}')}`;
      if (request.url === '/products?limit=100') {
        answer(request, response, body, orders);
        return;
      }
      requests.set(asks, (requests.get(asks) ?? 0) + 1);
      const misbehaviour = misbehave({ number: number++, asks });
      if (misbehaviour === undefined) answer(request, response, body, orders);
      else MISBEHAVIOURS[misbehaviour](request, response, body);
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    orders,
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

type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void;

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
    json(response, request.method === 'POST' ? 201 : 200, '{"items":', { 'x-data-freshness': 'live' });
  },
  'missing-field': (request, response) => {
    json(response, request.method === 'POST' ? 201 : 200, '{}', { 'x-data-freshness': 'live' });
  },
  reset: (request) => {
    request.socket.resetAndDestroy();
  },
  'forgets-replays': (request, response, body) => {
    answer(request, response, body, new Map());
  },
};

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  body: string,
  orders: Map<string, StoredOrder>,
): void {
  const url = new URL(request.url ?? '/', 'http://shop');
  const [, collection, id] = url.pathname.split('/');
  const live = { 'x-data-freshness': 'live' };
  if (request.method === 'POST') {
    placeOrder(request, response, body, orders);
  } else if (collection === 'orders') {
    const found = [...orders.values()].find((order) => order.id === id);
    if (found === undefined) json(response, 404, problem(404, 'not-found'));
    else json(response, 200, found.answer, live);
  } else if (id === undefined) {
    const items = PRODUCTS.slice(0, Number(url.searchParams.get('limit') ?? 20));
    json(response, 200, JSON.stringify({ items }), live);
  } else {
    const product = PRODUCTS.find((one) => one.id === id);
    const stale = { 'x-data-freshness': 'stale', age: '3' };
    json(response, 200, JSON.stringify({ ...product, reviews: null, recommendations: null }), stale);
  }
}

function placeOrder(
  request: IncomingMessage,
  response: ServerResponse,
  body: string,
  orders: Map<string, StoredOrder>,
): void {
  const key = String(request.headers['idempotency-key']);
  const known = orders.get(key);
  if (known !== undefined) {
    known.bodies.push(body);
    json(response, 201, known.answer, { 'idempotent-replayed': 'true' });
    return;
  }
  const { reference, items } = JSON.parse(body) as {
    reference: string;
    items: { productId: string; quantity: number }[];
  };
  const digest = createHash('sha256')
    .update(`${key} ${String(orders.size)}`)
    .digest('hex');
  const id = digest.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');
  const priced = items.map((item) => ({ ...item, priceCents: 100 * Number(item.productId.slice(-3)) }));
  const stored = {
    id,
    reference,
    status: 'accepted',
    totalCents: priced.reduce((sum, { quantity, priceCents }) => sum + quantity * priceCents, 0),
    currency: 'EUR',
    items: priced,
    createdAt: '2026-01-01T00:00:00.000Z',
  };
  orders.set(key, { id, reference, bodies: [body], answer: JSON.stringify(stored) });
  json(response, 201, JSON.stringify(stored));
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
