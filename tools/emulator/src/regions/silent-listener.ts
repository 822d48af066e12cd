/** An address that takes connections and never answers, as a region does that is gone: who asks it waits in vain. */
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import type { Address } from '@nines/local-cloud';

export interface SilentListener {
  readonly address: Address;
  close(): Promise<void>;
}

export async function createSilentListener(): Promise<SilentListener> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    // What it is sent is read and forgotten; who goes away is let go.
    socket.resume();
    socket.on('error', () => undefined);
    socket.once('close', () => open.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    address: { host: '127.0.0.1', port: (server.address() as AddressInfo).port },
    close: () =>
      new Promise((resolve) => {
        for (const socket of open) socket.destroy();
        server.close(() => {
          resolve();
        });
      }),
  };
}
