import { Agent, createServer, get, request } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { EdgeNode } from '@nines/topology';
import { paceOf } from '../../test/virtual-time.ts';
import { systemClock } from '../clock.ts';
import type { DnsAnswer } from './dns.ts';
import { createEdge, matchesPath, originFor } from './edge.ts';
import type { LocalEdge } from './edge.ts';

const origin = (id: string, domainName: string) => ({
  id,
  targets: [],
  domainName,
  connectionAttempts: 2,
  connectTimeoutSeconds: 2,
  readTimeoutSeconds: 12,
  keepAliveSeconds: 25,
});
const behavior = (pathPattern: string, to: string) => ({
  pathPattern,
  origin: to,
  allowedMethods: ['GET'],
  minTtlSeconds: 0,
  defaultTtlSeconds: 0,
  maxTtlSeconds: 0,
});

const NODE: EdgeNode = {
  kind: 'edge',
  id: 'edge',
  type: 'AWS::CloudFront::Distribution',
  region: 'us-east-1',
  zones: [],
  defaulted: [],
  enabled: true,
  aliases: [],
  origins: [origin('reads', 'reads.shop'), origin('writes', 'writes.shop')],
  originGroups: [{ id: 'pages', origins: [], failoverStatusCodes: [] }],
  behaviors: [behavior('/products*', 'reads'), behavior('/orders*', 'writes'), behavior('*', 'pages')],
  errorResponses: [],
  hasFirewall: false,
};

describe('a path', () => {
  it.each([
    ['/products*', '/products', true],
    ['/products*', '/products/1', true],
    ['/products*', '/product', false],
    ['/products*', '/x/products', false],
    ['*.html', '/a/b.html', true],
    ['*.html', '/ahtml', false],
    ['/a?c', '/abc', true],
    ['/a?c', '/ac', false],
    ['images/*', '/images/1', true],
  ])('is matched by %s: %s %s', (pattern, path, matches) => {
    expect(matchesPath(pattern, path)).toBe(matches);
  });

  it('leads to the origin of the first behaviour that matches, and to none where pages are', () => {
    expect(originFor(NODE, '/products/1')?.id).toBe('reads');
    expect(originFor(NODE, '/orders')?.id).toBe('writes');
    expect(originFor(NODE, '/')).toBeUndefined();
  });
});

const servers: Server[] = [];
/** How many questions that are never answered were given up. */
let givenUp = 0;
let edge: LocalEdge | undefined;
afterEach(async () => {
  await edge?.close();
  edge = undefined;
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A region that answers its name and what it was sent. */
async function startRegion(name: string): Promise<number> {
  const server = createServer((asked, response) => {
    let body = '';
    asked.on('data', (chunk: Buffer) => (body += chunk.toString()));
    asked.on('end', () => {
      if (asked.url === '/products/silent') {
        response.once('close', () => (givenUp += 1));
        return;
      }
      response.end(`${name} ${String(asked.method)} ${String(asked.url)} ${body}`);
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Each agent is one user, who keeps one connection. */
const createUser = () => new Agent({ keepAlive: true, maxSockets: 1 });

function ask(path: string, user: Agent, post?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { agent: user, method: post === undefined ? 'GET' : 'POST' };
    const asked = request(`${edge?.url ?? ''}${path}`, options, (reply) => {
      let body = '';
      reply.on('data', (chunk: Buffer) => (body += chunk.toString()));
      reply.on('end', () => {
        resolve({ status: reply.statusCode ?? 0, body });
      });
    });
    asked.on('error', reject);
    asked.end(post);
  });
}

/** Two regions; `names` says where DNS leads users near each of them. */
async function startEdge(msPerSecond: number, connectionLifeSeconds = 120) {
  const ports: Record<string, number> = { a: await startRegion('a'), b: await startRegion('b') };
  const names: Record<string, string> = { a: 'a', b: 'b' };
  const lost = new Set<string>();
  let questions = 0;
  const resolverNear = (near: string) => ({
    resolve: (): DnsAnswer => {
      questions += 1;
      return { target: names[near] ?? '', values: [], ttlSeconds: 1 };
    },
  });
  edge = await createEdge({
    node: NODE,
    locations: ['a', 'b'].map((near) => ({ near, resolver: resolverNear(near) })),
    destinationOf: (target) => ({
      address: { host: '127.0.0.1', port: ports[target] ?? 0 },
      reachable: () => !lost.has(target),
      connectionLifeSeconds,
    }),
    pace: paceOf(msPerSecond),
    clock: systemClock,
  });
  return { names, lost, questions: () => questions };
}

describe('the edge', () => {
  it('spreads users over its locations, and keeps each at its own', async () => {
    await startEdge(1000);
    const [first, second] = [createUser(), createUser()];
    const seen: string[] = [];
    for (const user of [first, second, first, second])
      seen.push((await ask('/products', user)).body.slice(0, 1));
    expect(seen).toEqual(['a', 'b', 'a', 'b']);
  });

  it('hands on method, path and body', async () => {
    await startEdge(1000);
    expect((await ask('/orders?x=1', createUser(), '{"a":1}')).body).toBe('a POST /orders?x=1 {"a":1}');
    expect((await ask('/', createUser())).status).toBe(404);
  });

  it('asks DNS at a new connection only, and ends an old one after an answer', async () => {
    const { names, questions } = await startEdge(1, 100);
    const user = createUser();
    expect((await ask('/products', user)).body).toContain('a GET');
    names['a'] = 'b';
    expect((await ask('/products', user)).body).toContain('a GET');
    expect(questions()).toBe(1);
    await systemClock.sleep(150);
    await ask('/products', user);
    expect((await ask('/products', user)).body).toContain('b GET');
    expect(questions()).toBe(2);
  });

  it('tries a lost region as long as the template says, asking DNS each time, and then answers 504', async () => {
    const { lost, questions } = await startEdge(20);
    lost.add('a');
    const beganAt = performance.now();
    // A read is asked for twice, with two tries of two seconds each.
    expect((await ask('/products', createUser())).status).toBe(504);
    expect(performance.now() - beganAt).toBeGreaterThan(4 * 2 * 20 - 10);
    expect(questions()).toBe(4);
  });

  it('reaches the other region at the next try when DNS has moved meanwhile, also with an order', async () => {
    const { lost, names } = await startEdge(50);
    lost.add('a');
    const answered = ask('/orders', createUser(), 'order');
    names['a'] = 'b';
    expect((await answered).body).toBe('b POST /orders order');
  });

  it('gives up on a silent region after the template’s time', async () => {
    await startEdge(5);
    const beganAt = performance.now();
    expect((await ask('/products/silent', createUser())).status).toBe(504);
    expect(performance.now() - beganAt).toBeGreaterThan(2 * 12 * 5 - 10);
  });

  it('ends what it asked for when its user gives up', async () => {
    await startEdge(1000);
    const user = createUser();
    const gone = get(`${edge?.url ?? ''}/products/silent`, { agent: user });
    gone.on('error', () => undefined);
    await systemClock.sleep(50);
    givenUp = 0;
    gone.destroy();
    await expect.poll(() => givenUp, { timeout: 5_000 }).toBe(1);
  });
});
