/**
 * A hardened Node HTTP server around a fetch handler, with an orderly end: keep-alive connections are told to
 * close, new ones are taken until the load balancer has noticed, and what is under way is finished.
 */
import { createServer } from 'node:http';
import type { AddressInfo, ListenOptions } from 'node:net';
import { getRequestListener } from '@hono/node-server';

export interface HttpServerOptions {
  readonly handle: (request: Request) => Promise<Response>;
  /** While true every answer asks its client to close the connection. */
  readonly isDraining: () => boolean;
  readonly onError: (error: unknown) => void;
}

export interface HttpServer {
  /** Resolves with the address once it takes connections. */
  listen(host: string, port: number): Promise<AddressInfo>;
  /** The same on a socket that is open already, by its descriptor. */
  listenOn(descriptor: number): Promise<AddressInfo>;
  /** Takes no more connections, and resolves when every request under way has been answered or `graceMs` is over. */
  close(graceMs: number): Promise<void>;
}

export function createHttpServer({ handle, isDraining, onError }: HttpServerOptions): HttpServer {
  // The listener would also hand on its own environment, which is nothing to the handler.
  const listener = getRequestListener((request) => handle(request), {
    errorHandler: (error) => {
      onError(error);
      return new Response(null, { status: 500 });
    },
  });
  let closing = false;
  const server = createServer(
    {
      // The largest request is small: whoever needs longer to send it is slow on purpose.
      headersTimeout: 10_000,
      requestTimeout: 15_000,
      // Longer than the load balancer's idle timeout (60 s by default), so that it is always the load balancer
      // that ends an idle connection: a server that ends one first races with a request on its way.
      keepAliveTimeout: 75_000,
      connectionsCheckingInterval: 5_000,
      maxHeaderSize: 16_384,
      noDelay: true,
    },
    (incoming, outgoing) => {
      if (isDraining()) outgoing.shouldKeepAlive = false;
      // A connection whose request was begun before the end would else stay open, idle, until its timeout.
      outgoing.once('close', () => {
        if (closing)
          setImmediate(() => {
            server.closeIdleConnections();
          });
      });
      void listener(incoming, outgoing);
    },
  );
  server.maxHeadersCount = 100;
  // A broken client must not end the process; Node has answered 400 or hung up where it could.
  server.on('clientError', (_error, socket) => {
    if (socket.writable)
      socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
    else socket.destroy();
  });
  const listenWith = (options: ListenOptions | { readonly fd: number }) =>
    new Promise<AddressInfo>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ ...options, backlog: 1_024 }, () => {
        resolve(server.address() as AddressInfo);
      });
    });
  return {
    listen: (host, port) => listenWith({ host, port }),
    listenOn: (fd) => listenWith({ fd }),
    close: (graceMs) =>
      new Promise((resolve) => {
        closing = true;
        const deadline = setTimeout(() => {
          server.closeAllConnections();
        }, graceMs);
        server.close(() => {
          clearTimeout(deadline);
          resolve();
        });
        server.closeIdleConnections();
      }),
  };
}
