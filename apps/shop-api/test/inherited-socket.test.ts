import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { inheritedSocket } from '../src/inherited-socket.ts';

it.each([
  [{ LISTEN_PID: '77', LISTEN_FDS: '1' }, 3],
  [{ LISTEN_PID: '77', LISTEN_FDS: '2' }, 3],
  // Meant for whoever started this process.
  [{ LISTEN_PID: '76', LISTEN_FDS: '1' }, undefined],
  [{ LISTEN_PID: '77', LISTEN_FDS: '0' }, undefined],
  [{ LISTEN_PID: '77' }, undefined],
  [{}, undefined],
])('of %o the process 77 takes %s', (environment, descriptor) => {
  expect(inheritedSocket(environment, 77)).toBe(descriptor);
});

/** Listens on what it was handed, asks itself, and says where it listened and what it was answered. */
const CHILD = `
import { createHttpServer } from './src/http-server.ts';
const server = createHttpServer({
  handle: () => Promise.resolve(new Response('here')),
  isDraining: () => false,
  onError: () => undefined,
});
const { port } = await server.listenOn(3);
const answer = await fetch('http://127.0.0.1:' + port);
process.stdout.write(port + ' ' + (await answer.text()));
await server.close(100);
`;

it('serves on a socket that was open before the process began', async () => {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const { port } = holder.address() as AddressInfo;
  const { fd } = (holder as unknown as { readonly _handle: { readonly fd: number } })._handle;
  // While it waits here this process accepts nothing itself, as systemd never does.
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', CHILD], {
    cwd: join(import.meta.dirname, '..'),
    encoding: 'utf8',
    timeout: 20_000,
    stdio: ['ignore', 'pipe', 'pipe', fd],
  });
  holder.close();
  expect(stderr).toBe('');
  expect(stdout).toBe(`${String(port)} here`);
});
