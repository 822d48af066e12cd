/** An instance that runs nothing and publishes the metrics that a test sets. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Instance } from '@nines/local-cloud';

export interface FakeInstance extends Instance {
  running: boolean;
  pid: number;
  /** What `/metrics` answers, and with which status. */
  metrics: string;
  status: number;
  close(): void;
}

export async function createFakeInstance(id: string, zone: string): Promise<FakeInstance> {
  const server = createServer((request, response) => {
    response
      .writeHead(request.url === '/metrics' ? instance.status : 404, { connection: 'close' })
      .end(instance.metrics);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const instance: FakeInstance = {
    id,
    zone,
    address: { host: '127.0.0.1', port },
    pid: 4711,
    running: true,
    restarts: 0,
    lastOutput: '',
    metrics: '',
    status: 200,
    killProcess() {
      if (!instance.running) return undefined;
      instance.running = false;
      return 4711;
    },
    lose: () => undefined,
    terminate: () => Promise.resolve(),
    close: () => server.close(),
  };
  return instance;
}
