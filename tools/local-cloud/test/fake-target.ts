/** A web server on loopback that a test of the load balancer decides the answers of. */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { LoadBalancerTarget } from '../src/load-balancer.ts';

export interface FakeTarget {
  readonly target: LoadBalancerTarget;
  /** Status that the health check gets. */
  health: number;
  /** How requests other than health checks are answered. */
  respond: (request: IncomingMessage, response: ServerResponse) => void;
  readonly requests: readonly IncomingMessage[];
  readonly checks: number;
  readonly connections: number;
  close(): Promise<void>;
}

const HEALTH_PATH = '/readyz';

export async function createFakeTarget(id: string, zone: string): Promise<FakeTarget> {
  const requests: IncomingMessage[] = [];
  const sockets = new Set<Socket>();
  const counts = { checks: 0, connections: 0 };
  const server = createServer((request, response) => {
    if (request.url === HEALTH_PATH) {
      counts.checks += 1;
      response.writeHead(fake.health).end();
      return;
    }
    requests.push(request);
    fake.respond(request, response);
  });
  server.on('connection', (socket) => {
    counts.connections += 1;
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const fake: FakeTarget = {
    target: { id, zone, address: { host: '127.0.0.1', port } },
    health: 200,
    respond: (_request, response) => response.end(id),
    requests,
    get checks() {
      return counts.checks;
    },
    get connections() {
      return counts.connections;
    },
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => {
          resolve();
        });
      }),
  };
  return fake;
}
