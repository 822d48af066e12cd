/** A TCP link on loopback that a test can break: by silence, as a cut cable does, or by resets. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface BreakableLink {
  readonly port: number;
  /** How many connections there have been. */
  connections(): number;
  /** Passes everything on, to this port from now on. */
  heal(targetPort?: number): void;
  /** Nothing arrives any more in either direction; connections stay open and new ones are accepted. */
  silence(): void;
  /** Resets every connection, and every new one. */
  refuse(): void;
  close(): Promise<void>;
}

type Mode = 'pass' | 'silence' | 'refuse';

export async function createBreakableLink(targetPort: number): Promise<BreakableLink> {
  let mode: Mode = 'pass';
  let target = targetPort;
  const sockets = new Set<Socket>();
  let connections = 0;
  // What is cut once stays cut: a healed network does not bring lost packets back.
  let cut = new WeakSet<Socket>();

  function keep(socket: Socket): void {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
  }

  const server = createServer((inner) => {
    connections += 1;
    keep(inner);
    if (mode === 'refuse') {
      inner.resetAndDestroy();
      return;
    }
    if (mode === 'silence') return;
    const outer = connect({ host: '127.0.0.1', port: target });
    keep(outer);
    for (const [from, to] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      from.on('data', (data) => {
        if (!cut.has(from)) to.write(data);
      });
      from.once('close', () => to.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  return {
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    heal: (port = target) => {
      mode = 'pass';
      target = port;
    },
    silence: () => {
      mode = 'silence';
      cut = new WeakSet(sockets);
    },
    refuse: () => {
      mode = 'refuse';
      for (const socket of sockets) socket.resetAndDestroy();
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        for (const socket of sockets) socket.destroy();
      }),
  };
}
