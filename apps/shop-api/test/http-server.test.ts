import { connect } from 'node:net';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { createHttpServer } from '../src/http-server.ts';
import { describeLevers } from './levers-suite.ts';
import { describeOrderIntake } from './order-intake-suite.ts';
import { describeShopApi, type StartRuntime } from './shop-api-suite.ts';

async function listen(handle: (request: Request) => Promise<Response>, isDraining = () => false) {
  const server = createHttpServer({ handle, isDraining, onError: () => undefined });
  const { port } = await server.listen('127.0.0.1', 0);
  return { server, port, url: `http://127.0.0.1:${String(port)}` };
}

const start: StartRuntime = async (handle) => {
  const { server, url } = await listen(handle);
  return { fetch: (path, init) => fetch(url + path, init), close: () => server.close(1_000) };
};

describeShopApi('Node server', start);
describeLevers('Node server', start);
describeOrderIntake('Node server', start);

it('asks clients to close their connections while it drains', async () => {
  let draining = false;
  const { server, url } = await listen(
    () => Promise.resolve(new Response('x')),
    () => draining,
  );
  expect((await fetch(url)).headers.get('connection')).toBe('keep-alive');
  draining = true;
  expect((await fetch(url)).headers.get('connection')).toBe('close');
  await server.close(1_000);
});

it('finishes the requests under way before it is closed, and takes no new ones', async () => {
  const arrived = Promise.withResolvers<undefined>();
  const answer = Promise.withResolvers<Response>();
  const { server, url } = await listen(() => {
    arrived.resolve(undefined);
    return answer.promise;
  });
  const response = fetch(url);
  await arrived.promise;
  // Far longer than this test may take: the grace must not be what ends the connection.
  const closed = server.close(3_600_000);
  await expect(fetch(url)).rejects.toThrow();
  answer.resolve(new Response('finished'));
  expect(await (await response).text()).toBe('finished');
  await closed;
});

it('gives up on requests that do not end within the grace', async () => {
  const { server, url } = await listen(() => new Promise(() => undefined));
  const response = fetch(url).catch((error: unknown) => error);
  await expect.poll(() => server.close(1)).toBeUndefined();
  expect(await response).toBeInstanceOf(TypeError);
});

it('answers 400 to what is not HTTP', async () => {
  const { server, port } = await listen(() => Promise.resolve(new Response()));
  const socket = connect(port, '127.0.0.1');
  socket.write('nonsense\r\n\r\n');
  const [data] = (await once(socket, 'data')) as [Buffer];
  expect(data.toString()).toMatch(/^HTTP\/1.1 400 /);
  await server.close(1_000);
});

it('answers 500 when the handler fails', async () => {
  const { server, url } = await listen(() => Promise.reject(new Error('a bug')));
  expect((await fetch(url)).status).toBe(500);
  await server.close(1_000);
});
