import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { createApiFront } from './api-front.ts';

async function withFront(
  admit: (method: string, path: string) => boolean,
  ask: (url: string, seen: string[]) => Promise<void>,
): Promise<void> {
  const seen: string[] = [];
  const emulator = createServer((request, response) => {
    seen.push(`${request.method ?? ''} ${request.headers.host ?? ''}${request.url ?? ''}`);
    request.resume();
    response.writeHead(200, { 'content-type': 'text/plain' }).end('ok');
  });
  await new Promise<void>((resolve) => emulator.listen(0, '127.0.0.1', resolve));
  const { port } = emulator.address() as AddressInfo;
  const front = await createApiFront({
    apiUrl: 'http://a1b2.execute-api.localhost:4566',
    target: () => ({ host: '127.0.0.1', port }),
    admit,
  });
  try {
    await ask(front.url, seen);
  } finally {
    await front.close();
    emulator.closeAllConnections();
    await new Promise((resolve) => emulator.close(resolve));
  }
}

it('sends the name along by which the emulator knows the API', () =>
  withFront(
    () => true,
    async (url, seen) => {
      expect(await (await fetch(`${url}/products?limit=1`)).text()).toBe('ok');
      expect(seen).toEqual(['GET a1b2.execute-api.localhost:4566/products?limit=1']);
    },
  ));

it('refuses what is over the throttle as an HTTP API does, and passes on nothing of it', () =>
  withFront(
    (method, path) => `${method} ${path}` !== 'POST /orders',
    async (url, seen) => {
      const refused = await fetch(`${url}/orders?a=1`, { method: 'POST', body: 'x' });
      expect(refused.status).toBe(429);
      expect(refused.headers.has('retry-after')).toBe(false);
      expect(await refused.json()).toEqual({ message: 'Too Many Requests' });
      expect(seen).toEqual([]);
      expect((await fetch(`${url}/orders`)).status).toBe(200);
    },
  ));
