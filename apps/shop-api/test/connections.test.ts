// How the pool behaves while its server dies, hangs, refuses and comes back. Real sockets and a real server: the
// limits are short, and what is waited for is always an event, never an amount of time.
import { chown, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  createConnections,
  type Connections,
  type ConnectionsEvent,
  type ConnectionsOptions,
} from '../src/adapters/postgres/connections.ts';
import { createBreakableLink, type BreakableLink } from './breakable-link.ts';
import { startDatabase, type TestDatabase } from './database.ts';

let database: TestDatabase;
let link: BreakableLink;
let events: ConnectionsEvent['type'][];
const opened: Connections[] = [];

beforeAll(async () => {
  database = await startDatabase();
  await database.createShop('shop');
}, 60_000);

afterAll(async () => {
  await database.stop();
});

beforeEach(async () => {
  link = await createBreakableLink(database.server.port);
  events = [];
});

afterEach(async () => {
  await Promise.all(opened.splice(0).map((connections) => connections.close()));
  await link.close();
});

function connect(options: Partial<ConnectionsOptions> = {}): Connections {
  const connections = createConnections({
    ...database.options('shop'),
    port: link.port,
    acquireTimeoutMs: 1_000,
    statementTimeoutMs: 300,
    answerGraceMs: 200,
    onEvent: ({ type }) => {
      events.push(type);
    },
    ...options,
  });
  opened.push(connections);
  return connections;
}

const one = { name: 'one', text: 'SELECT 1 AS one', values: [] };
const sleep = (seconds: number) => ({ name: 'sleep', text: 'SELECT pg_sleep($1)', values: [seconds] });
const backend = { name: 'backend', text: 'SELECT pg_backend_pid() AS pid', values: [] };
/** What the server is doing for the shop just now. */
const statementsRunning = async () => {
  const rows = await database.server.query<{ query: string }>(
    `SELECT query FROM pg_stat_activity WHERE application_name = 'shop-api' AND state = 'active'`,
  );
  return rows.map(({ query }) => query);
};
const settled = (connections: Connections, times: number) =>
  Promise.allSettled(Array.from({ length: times }, () => connections.run(one)));

it('opens no more connections than it may, however many ask at once', async () => {
  const connections = connect({ maxConnections: 3 });
  const results = await Promise.all(
    Array.from({ length: 50 }, () => connections.run<{ pid: number }>(backend)),
  );
  expect(new Set(results.map(([row]) => row?.pid)).size).toBe(3);
  expect(connections.stats()).toEqual({ total: 3, idle: 3, waiting: 0 });
});

it('fails within its limits when the server falls silent, and needs no second chance once it is back', async () => {
  const connections = connect({ maxConnections: 4 });
  await settled(connections, 4);
  link.silence();

  const startedAt = performance.now();
  await expect(connections.run(one)).rejects.toMatchObject({
    code: 'storage-unavailable',
    callerGaveUp: false,
  });
  expect(performance.now() - startedAt).toBeLessThan(1_500);
  expect(events).toContain('pool-replaced');

  link.heal();
  // The dead connections are gone with their pool: every one of these gets a new one.
  const after = await settled(connections, 8);
  expect(after.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 'fulfilled'));
});

it('does not wait for a server that accepts connections and says nothing', async () => {
  const connections = connect({ acquireTimeoutMs: 300 });
  link.silence();
  const results = await settled(connections, 20);
  expect(results.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 'rejected'));
  link.heal();
  await expect(connections.run(one)).resolves.toEqual([{ one: 1 }]);
});

it('survives resets of idle and of used connections, and connects anew', async () => {
  const connections = connect();
  await settled(connections, 3);
  const used = connections.run(sleep(0.25)).catch((error: unknown) => error);
  await expect.poll(statementsRunning, { interval: 5 }).toContain(sleep(0).text);
  link.refuse();

  expect(await used).toMatchObject({ code: 'storage-unavailable' });
  await expect(connections.run(one)).rejects.toMatchObject({ code: 'storage-unavailable' });
  link.heal();
  await expect(connections.run(one)).resolves.toEqual([{ one: 1 }]);
});

it('keeps the pool when a statement is slow but the server lives', async () => {
  const connections = connect();
  const [before] = await connections.run<{ pid: number }>(backend);
  await expect(connections.run(sleep(2))).rejects.toMatchObject({
    code: 'storage-unavailable',
    callerGaveUp: false,
  });
  const [after] = await connections.run<{ pid: number }>(backend);
  expect(after?.pid).toBe(before?.pid);
  expect(events).toEqual([]);
});

it('does not take a caller in a hurry for a dead server', async () => {
  const connections = connect({ maxConnections: 1 });
  const [before] = await connections.run<{ pid: number }>(backend);
  await expect(connections.run(sleep(0.2), { timeoutMs: 20 })).rejects.toMatchObject({
    code: 'storage-unavailable',
    callerGaveUp: true,
  });
  expect(events).toEqual([]);
  // Nobody else may get the connection on which the statement still runs.
  const [after] = await connections.run<{ pid: number }>(backend);
  expect(after?.pid).not.toBe(before?.pid);
});

it('hands a mistake in a statement to its caller and keeps the connection', async () => {
  const connections = connect({ maxConnections: 1 });
  const [before] = await connections.run<{ pid: number }>(backend);
  const mistake = { name: 'mistake', text: 'SELECT 1 / $1::int', values: [0] };
  await expect(connections.run(mistake)).rejects.toMatchObject({ code: '22012' });
  const [after] = await connections.run<{ pid: number }>(backend);
  expect(after?.pid).toBe(before?.pid);
});

it('leaves a server that takes no writes, since the address may lead elsewhere by now', async () => {
  await database.server.query('CREATE DATABASE standby_like TEMPLATE shop_template');
  await database.server.query('ALTER DATABASE standby_like SET default_transaction_read_only = on');
  const connections = connect({ database: 'standby_like' });
  const write = { name: 'write', text: 'DELETE FROM outbox', values: [] };
  await expect(connections.run(write)).rejects.toMatchObject({ code: 'storage-unavailable' });
  expect(events).toEqual(['pool-replaced']);
});

it('asks for the password at every new connection, so that it can be rotated', async () => {
  await database.server.query(`CREATE ROLE rotating LOGIN PASSWORD 'first'`);
  let password = 'first';
  const connections = connect({ user: 'rotating', password: () => Promise.resolve(password) });
  await connections.run(one);
  await database.server.query(`ALTER ROLE rotating PASSWORD 'second'`);
  password = 'second';
  link.refuse();
  await expect(connections.run(one)).rejects.toMatchObject({ code: 'storage-unavailable' });
  link.heal();
  await expect(connections.run(one)).resolves.toEqual([{ one: 1 }]);
});

it('can be closed while its server is silent', async () => {
  const connections = connect();
  await connections.run(one);
  link.silence();
  await expect(connections.close()).resolves.toBeUndefined();
  await expect(connections.run(one)).rejects.toMatchObject({ code: 'storage-unavailable' });
});

describe('TLS', () => {
  const file = (name: string) => readFile(new URL(`tls/${name}`, import.meta.url), 'utf8');
  const encrypted = {
    name: 'encrypted',
    text: 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()',
    values: [],
  };

  /** Gives the server a certificate of the tests' own authority, as its own user's files. */
  async function serveWith(certificate: string): Promise<void> {
    const { directory } = database.server;
    const { uid, gid } = await stat(directory);
    for (const [name, source] of [
      ['server.crt', certificate],
      ['server.key', 'server-key.pem'],
    ] as const) {
      await writeFile(join(directory, name), await file(source), { mode: 0o600 });
      await chown(join(directory, name), uid, gid);
    }
    await database.server.configure({ ssl: 'on' });
  }

  it('is used with a server for whose name an authority of ours vouches', async () => {
    await serveWith('server.pem');
    const certificateAuthorities = (await file('stranger.pem')) + (await file('authority.pem'));
    const connections = connect({ host: 'localhost', certificateAuthorities });
    await expect.poll(() => connections.run(encrypted)).toEqual([{ ssl: true }]);
  });

  it('is refused with a server for which only a stranger vouches', async () => {
    await serveWith('server.pem');
    const connections = connect({ host: 'localhost', certificateAuthorities: await file('stranger.pem') });
    await expect(connections.run(encrypted)).rejects.toMatchObject({
      code: 'storage-unavailable',
      cause: { message: expect.stringContaining('unable to verify') as string },
    });
  });

  it('is refused with a server that goes by another name', async () => {
    await serveWith('other-name.pem');
    const connections = connect({ host: 'localhost', certificateAuthorities: await file('authority.pem') });
    await expect
      .poll(() =>
        connections
          .run(encrypted)
          .catch((error: unknown) => String((error as { cause: Error }).cause.message)),
      )
      .toContain('does not match');
  });
});
