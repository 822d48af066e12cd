/**
 * An HTTP proxy on loopback, the common part of the fault point and the API's front: it passes requests on to one
 * target over connections that are kept, unless it is told to do something else with one.
 */
import { Agent, createServer, request as sendRequest } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Address } from '@nines/local-cloud';

export interface Forwarder {
  readonly address: Address;
  readonly url: string;
  close(): Promise<void>;
}

export interface ForwarderOptions {
  /** Asked for each request; `undefined` breaks its connection, as a machine without a listener does. */
  readonly target: () => Address | undefined;
  /** In the place of the caller's `Host`. @default the caller's own is passed on */
  readonly host?: () => string;
  /** Sees each request first; when it answers (or never will), nothing is passed on. @default all are passed on */
  readonly intercept?: (
    request: IncomingMessage,
    response: ServerResponse,
  ) => 'handled' | Promise<'handled' | undefined> | undefined;
}

export function answerWith(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Readonly<Record<string, string>>,
): void {
  response.writeHead(status, headers).end(JSON.stringify(body));
}

function forward(
  request: IncomingMessage,
  response: ServerResponse,
  { target, host }: ForwarderOptions,
  agent: Agent,
): void {
  const address = target();
  if (address === undefined) {
    request.socket.destroy();
    return;
  }
  const headers = host === undefined ? request.headers : { ...request.headers, host: host() };
  const upstream = sendRequest(
    { ...address, agent, method: request.method, path: request.url, headers },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
      // An answer that breaks off is broken off here too: an end would make it look whole.
      answer.once('error', () => request.socket.destroy());
    },
  );
  upstream.once('error', () => request.socket.destroy());
  response.once('close', () => upstream.destroy());
  request.pipe(upstream);
}

export async function createForwarder(options: ForwarderOptions): Promise<Forwarder> {
  const agent = new Agent({ keepAlive: true });
  const server = createServer({ noDelay: true, keepAliveTimeout: 75_000 }, (request, response) => {
    const instead = options.intercept?.(request, response);
    if (instead === undefined) forward(request, response, options, agent);
    else if (instead !== 'handled') {
      void instead.then((late) => {
        if (late === undefined && !request.socket.destroyed) forward(request, response, options, agent);
      });
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    address: { host: '127.0.0.1', port },
    url: `http://127.0.0.1:${String(port)}`,
    close: () =>
      new Promise((resolve) => {
        agent.destroy();
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}
