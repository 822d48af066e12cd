import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { once } from 'node:events';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createFaultLink } from './fault-link.ts';
import type { FaultLink } from './fault-link.ts';

let server: Server;
let accepted: Socket[];
let link: FaultLink;

beforeEach(async () => {
  accepted = [];
  server = createServer((socket) => {
    accepted.push(socket);
    socket.on('error', () => undefined);
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  link = await createFaultLink({ name: 'test', target: () => ({ host: '127.0.0.1', port }) });
});

afterEach(async () => {
  await link.close();
  for (const socket of accepted) socket.destroy();
  server.close();
});

async function open(): Promise<Socket> {
  const socket = connect(link.address.port, link.address.host);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

async function echo(socket: Socket, text: string): Promise<string> {
  socket.write(text);
  const [data] = (await once(socket, 'data')) as [Buffer];
  return data.toString();
}

it('carries bytes both ways', async () => {
  const client = await open();
  expect(await echo(client, 'hello')).toBe('hello');
  client.destroy();
});

it('passes on the end of either side', async () => {
  const client = await open();
  await echo(client, 'x');
  accepted[0]!.end();
  await once(client, 'end');
  await expect.poll(() => link.openConnections).toBe(0);
});

it('says nothing to a caller while partitioned, neither on an open connection nor on a new one', async () => {
  const before = await open();
  await echo(before, 'x');
  link.partition();
  accepted[0]!.destroy();
  const after = await open();
  const heard: string[] = [];
  for (const [name, socket] of [
    ['before', before],
    ['after', after],
  ] as const) {
    for (const event of ['data', 'end', 'close']) socket.on(event, () => heard.push(`${name} ${event}`));
    socket.write('anyone?');
  }
  // A real wait, because silence can only be waited for; a link that speaks does so within a millisecond.
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(heard).toEqual([]);
  link.heal();
  await Promise.all([once(before, 'close'), once(after, 'close')]);
});

it('breaks the other side when it heals, if one side went away meanwhile', async () => {
  const client = await open();
  await echo(client, 'x');
  link.partition();
  client.destroy();
  link.heal();
  await once(accepted[0]!, 'close');
});

it('closes the other side for good when it is closed under a partition after one side went away', async () => {
  const client = await open();
  await echo(client, 'x');
  link.partition();
  client.destroy();
  await expect.poll(() => link.openConnections).toBe(1);
  const gone = once(accepted[0]!, 'close');
  await link.close();
  await gone;
});

it('lets an intact connection go on after a partition', async () => {
  const client = await open();
  await echo(client, 'x');
  link.partition();
  link.heal();
  expect(await echo(client, 'again')).toBe('again');
  client.destroy();
});

it('refuses when there is nothing to reach', async () => {
  const nowhere = await createFaultLink({ name: 'nowhere', target: () => undefined });
  const socket = connect(nowhere.address.port, nowhere.address.host);
  socket.on('error', () => undefined);
  await once(socket, 'close');
  await nowhere.close();
});

it('delays what it carries and keeps its order', async () => {
  const client = await open();
  await echo(client, 'x');
  link.delay(30);
  const begun = performance.now();
  client.write('a');
  client.write('b');
  let text = '';
  while (text.length < 2) text += String(((await once(client, 'data')) as [Buffer])[0]);
  expect(text).toBe('ab');
  expect(performance.now() - begun).toBeGreaterThanOrEqual(55);
  client.destroy();
});

it('keeps callers in a queue while nobody listens, where it is told to, and serves them when somebody does', async () => {
  const { port } = server.address() as AddressInfo;
  const kept = await createFaultLink({
    name: 'kept',
    target: () => ({ host: '127.0.0.1', port }),
    queueMs: 10_000,
  });
  server.close();
  for (const socket of accepted) socket.destroy();
  const client = connect(kept.address.port, kept.address.host);
  await once(client, 'connect');
  client.write('said before anybody listened');
  expect(kept.openConnections).toBe(1);

  server = createServer((socket) => {
    accepted.push(socket);
    socket.pipe(socket);
  });
  server.listen(port, '127.0.0.1');
  const [data] = (await once(client, 'data')) as [Buffer];
  expect(data.toString()).toBe('said before anybody listened');
  client.destroy();
  await expect.poll(() => kept.openConnections).toBe(0);
  await kept.close();
});

it('keeps callers in the queue no longer than it is told to', async () => {
  const { port } = server.address() as AddressInfo;
  const kept = await createFaultLink({
    name: 'kept',
    target: () => ({ host: '127.0.0.1', port }),
    queueMs: 50,
  });
  server.close();
  const client = connect(kept.address.port, kept.address.host);
  client.on('error', () => undefined);
  client.resume();
  await once(client, 'close');
  await kept.close();
});
