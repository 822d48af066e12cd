/**
 * Stands in for CloudFront in front of regions: matches a path to an origin, asks DNS where its name leads at each new
 * connection, keeps connections as long as the template says, and gives up as late as it says.
 *
 * Users are spread evenly over one edge location near each region; a user's connection stays at its location. Each
 * location has connections and remembered names of its own. What it does not do: cache, TLS, firewalls, pages.
 */
import { Agent, createServer, request as httpRequest } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { EdgeNode, EdgeOrigin } from '@nines/topology';
import type { Clock } from '../clock.ts';
import type { Address } from '../fault-link.ts';
import type { Pace } from '../pace.ts';
import type { Resolver } from './dns.ts';

export const EDGE_STAND_IN =
  'The edge is a local stand-in: it finds origins by path and name as the template’s distribution does, with its ' +
  'timeouts, tries and kept connections, and asks DNS at each new connection; it caches nothing, knows no pages, TLS or ' +
  'firewall, and has one location near each region, over which users are spread evenly.';

/** The largest body that is read before it is sent on; orders are far below it. */
const MAX_BODY_BYTES = 1_048_576;
/** Beside the read of an answer CloudFront repeats only what changes nothing. */
const REPEATABLE = new Set(['GET', 'HEAD', 'OPTIONS']);
const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'te', 'trailer']);

/** Where a name leads: an address, and whether anything there would accept a connection in AWS. */
export interface Destination {
  readonly address: Address;
  readonly reachable: () => boolean;
  /** How long its side keeps a connection at most, in seconds of the template. */
  readonly connectionLifeSeconds: number;
}

export interface EdgeLocation {
  /** Region that it is near to. */
  readonly near: string;
  readonly resolver: Resolver;
}

export interface EdgeOptions {
  readonly node: EdgeNode;
  readonly locations: readonly EdgeLocation[];
  /** The node that DNS led to, as something to connect to. */
  readonly destinationOf: (target: string) => Destination | undefined;
  readonly pace: Pace;
  readonly clock: Clock;
}

export interface LocalEdge {
  readonly url: string;
  close(): Promise<void>;
}

/** Whether CloudFront's pattern (`*` for anything, `?` for one character) matches the path. */
export function matchesPath(pattern: string, path: string): boolean {
  const anchored = pattern.startsWith('/') || pattern.startsWith('*') ? pattern : `/${pattern}`;
  const expression = anchored
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${expression}$`).test(path);
}

/** The origin of the first behaviour that matches; none for a group of origins, which holds pages. */
export function originFor(node: EdgeNode, path: string): EdgeOrigin | undefined {
  const behaviour = node.behaviors.find(({ pathPattern }) => matchesPath(pathPattern, path));
  return node.origins.find(({ id }) => id === behaviour?.origin);
}

class OriginUnreachableError extends Error {
  readonly code = 'origin-unreachable';
}

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: Buffer;
}

async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const forwardable = (headers: IncomingMessage['headers']): NodeJS.Dict<string | string[]> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.has(name)));

/** Connections of one location to one origin: whichever region DNS named when each was made. */
class OriginPool {
  readonly #origin: EdgeOrigin;
  readonly #location: EdgeLocation;
  readonly #options: EdgeOptions;
  readonly #agent: Agent;
  /** Until when each connection may be used again. */
  readonly #lives = new WeakMap<Duplex, number>();

  constructor(origin: EdgeOrigin, location: EdgeLocation, options: EdgeOptions) {
    this.#origin = origin;
    this.#location = location;
    this.#options = options;
    this.#agent = new Agent({
      keepAlive: true,
      maxFreeSockets: 256,
      timeout: options.pace.scaleMs(origin.keepAliveSeconds),
    });
    const keep = this.#agent.keepSocketAlive.bind(this.#agent) as (socket: Duplex) => boolean;
    Object.assign(this.#agent, {
      // The other side ends old connections; here the edge does, after an answer, so that no request is cut.
      keepSocketAlive: (socket: Socket) =>
        options.clock.now() < (this.#lives.get(socket) ?? 0) && keep(socket),
      createConnection: (_: unknown, callback: (error: Error | null, socket?: Duplex) => void) => {
        this.#connect().then(
          (socket) => {
            callback(null, socket);
          },
          (error: unknown) => {
            callback(error as Error);
          },
        );
        return undefined;
      },
    });
  }

  /** As many tries as the template says, each of which asks DNS again. */
  async #connect(): Promise<Socket> {
    for (let attempt = 0; attempt < this.#origin.connectionAttempts; attempt += 1) {
      const socket = await this.#tryToConnect();
      if (socket) return socket;
    }
    throw new OriginUnreachableError(`${this.#origin.domainName} could not be reached`);
  }

  async #tryToConnect(): Promise<Socket | undefined> {
    const { pace, clock, destinationOf } = this.#options;
    const { target } = this.#location.resolver.resolve(this.#origin.domainName) ?? {};
    const destination = target === undefined ? undefined : destinationOf(target);
    if (!destination) return undefined;
    if (!destination.reachable()) {
      await clock.sleep(pace.scaleMs(this.#origin.connectTimeoutSeconds));
      return undefined;
    }
    const { host, port } = destination.address;
    const socket = connect({ host, port, noDelay: true });
    const connected = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => {
        resolve(true);
      });
      socket.once('error', () => {
        resolve(false);
      });
    });
    if (!connected) return undefined;
    this.#lives.set(socket, clock.now() + pace.scaleMs(destination.connectionLifeSeconds));
    return socket;
  }

  ask(asked: Asked, response: ServerResponse, repeatsLeft: number): void {
    const { pace } = this.#options;
    const upstream = httpRequest({
      agent: this.#agent,
      host: this.#origin.domainName,
      method: asked.method,
      path: asked.path,
      headers: { ...asked.headers, 'content-length': String(asked.body.length) },
    });
    upstream.setTimeout(pace.scaleMs(this.#origin.readTimeoutSeconds), () => {
      upstream.destroy(new OriginUnreachableError('silent'));
    });
    upstream.on('error', (error) => {
      if (response.headersSent || response.destroyed) response.destroy();
      else if (repeatsLeft > 0 && REPEATABLE.has(asked.method)) this.ask(asked, response, repeatsLeft - 1);
      else refuse(response, error instanceof OriginUnreachableError ? 504 : 502);
    });
    upstream.on('response', (reply) => {
      response.writeHead(reply.statusCode ?? 502, forwardable(reply.headers));
      reply.pipe(response);
      reply.on('error', () => response.destroy());
    });
    response.once('close', () => {
      if (!response.writableFinished) upstream.destroy();
    });
    upstream.end(asked.body);
  }

  close(): void {
    this.#agent.destroy();
  }
}

function refuse(response: ServerResponse, status: 404 | 413 | 502 | 504): void {
  response.writeHead(status, { 'content-type': 'text/html', server: 'nines-edge' });
  response.end(`<html><body><h1>${String(status)}</h1></body></html>`);
}

class Edge implements LocalEdge {
  readonly #options: EdgeOptions;
  readonly #pools = new Map<string, OriginPool>();
  readonly #locationOf = new WeakMap<Socket, EdgeLocation>();
  readonly #server: Server;
  #next = 0;

  constructor(options: EdgeOptions) {
    this.#options = options;
    this.#server = createServer({ requestTimeout: 0 }, (request, response) => {
      void this.#handle(request, response);
    });
    this.#server.on('connection', (socket: Socket) => {
      const { locations } = options;
      const location = locations[this.#next++ % locations.length];
      if (location) this.#locationOf.set(socket, location);
    });
  }

  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ port: 0, host: '127.0.0.1', backlog: 1024 }, () => {
        resolve();
      });
    });
  }

  get url(): string {
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const location = this.#locationOf.get(request.socket);
    const origin = originFor(this.#options.node, new URL(request.url ?? '/', 'http://edge').pathname);
    if (!location || !origin) {
      request.resume();
      refuse(response, 404);
      return;
    }
    const body = await bodyOf(request).catch(() => Buffer.alloc(0));
    if (body === undefined) {
      refuse(response, 413);
      return;
    }
    const { method = 'GET', url = '/' } = request;
    const headers = { ...forwardable(request.headers), 'x-forwarded-for': request.socket.remoteAddress };
    this.#poolFor(origin, location).ask({ method, path: url, headers, body }, response, 1);
  }

  #poolFor(origin: EdgeOrigin, location: EdgeLocation): OriginPool {
    const key = `${location.near} ${origin.id}`;
    const pool = this.#pools.get(key) ?? new OriginPool(origin, location, this.#options);
    this.#pools.set(key, pool);
    return pool;
  }

  close(): Promise<void> {
    for (const pool of this.#pools.values()) pool.close();
    this.#server.closeAllConnections();
    return new Promise((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
  }
}

/** Starts the stand-in on a loopback port of the kernel's choice. */
export async function createEdge(options: EdgeOptions): Promise<LocalEdge> {
  const edge = new Edge(options);
  await edge.listen();
  return edge;
}
