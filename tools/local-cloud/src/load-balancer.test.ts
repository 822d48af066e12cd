import { once } from 'node:events';
import { Agent, request as httpRequest } from 'node:http';
import type { IncomingHttpHeaders, RequestOptions } from 'node:http';
import type { Socket } from 'node:net';
import type { HealthCheck, LoadBalancerNode, TargetGroup } from '@nines/topology';
import { afterEach, describe, expect, it } from 'vitest';
import { createFakeTarget } from '../test/fake-target.ts';
import type { FakeTarget } from '../test/fake-target.ts';
import { createVirtualTime, paceOf } from '../test/virtual-time.ts';
import { systemClock } from './clock.ts';
import type { Clock } from './clock.ts';
import type { CloudEvent } from './cloud-event.ts';
import { createLoadBalancer } from './load-balancer.ts';
import type { LocalLoadBalancer } from './load-balancer.ts';

/** A second of AWS's time, so that a check every second comes every 20 ms. */
const MS_PER_SECOND = 20;
const CHECK: HealthCheck = {
  enabled: true,
  path: '/readyz',
  matcher: '200',
  intervalSeconds: 1,
  timeoutSeconds: 1,
  healthyThreshold: 2,
  unhealthyThreshold: 2,
};
const GROUP: TargetGroup = {
  id: 'TargetGroup',
  port: 80,
  healthCheck: CHECK,
  deregistrationDelaySeconds: 100,
  slowStartSeconds: 0,
  failOpenBelowHealthyTargets: 1,
  targets: ['Group'],
};

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: IncomingHttpHeaders;
}

const open: { close(): Promise<void> | void }[] = [];
const events: CloudEvent[] = [];

afterEach(async () => {
  // The load balancer first, so that its health checks do not meet closed targets.
  for (const one of open.splice(0).reverse()) await one.close();
  events.length = 0;
});

async function fakeTarget(id: string, zone = 'zone-a'): Promise<FakeTarget> {
  const target = await createFakeTarget(id, zone);
  open.push(target);
  return target;
}

async function loadBalancer(
  group: Partial<TargetGroup> = {},
  options: { zones?: string[]; clock?: Clock; node?: Partial<LoadBalancerNode> } = {},
): Promise<LocalLoadBalancer> {
  const balancer = await createLoadBalancer({
    node: {
      kind: 'load-balancer',
      id: 'LoadBalancer',
      type: 'AWS::ElasticLoadBalancingV2::LoadBalancer',
      region: 'region-1',
      zones: ['zone-a', 'zone-b'],
      defaulted: [],
      internetFacing: true,
      crossZone: true,
      idleTimeoutSeconds: 60,
      clientKeepAliveSeconds: 3600,
      listeners: [{ port: 80, protocol: 'HTTP' }],
      targetGroups: [{ ...GROUP, ...group }],
      ...options.node,
    },
    zones: options.zones ?? ['zone-a', 'zone-b'],
    dnsTtlSeconds: 60,
    pace: paceOf(MS_PER_SECOND),
    clock: options.clock ?? systemClock,
    onEvent: (event) => events.push(event),
  });
  open.push(balancer);
  return balancer;
}

function send(url: string, options: RequestOptions = {}, body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { agent: false, ...options }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, text, headers: response.headers });
      });
      response.on('error', reject);
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** Asks and gives up after the time; `undefined` means silence. */
const sendAndWait = (url: string, ms: number): Promise<Answer | undefined> =>
  send(url, { signal: AbortSignal.timeout(ms) }).catch(() => undefined);

const becomes = (balancer: LocalLoadBalancer, id: string, state: string) =>
  expect.poll(() => balancer.stateOf(id), { interval: 5, timeout: 5_000 }).toBe(state);

async function registerHealthy(balancer: LocalLoadBalancer, ...targets: FakeTarget[]): Promise<void> {
  for (const { target } of targets) balancer.register(target);
  for (const { target } of targets) await becomes(balancer, target.id, 'healthy');
}

describe('routing', () => {
  it('takes the healthy targets in turn, over all zones', async () => {
    const balancer = await loadBalancer();
    await registerHealthy(balancer, await fakeTarget('one', 'zone-a'), await fakeTarget('two', 'zone-b'));
    const answers: string[] = [];
    for (let count = 0; count < 4; count += 1) answers.push((await send(balancer.url)).text);
    expect(answers.slice(0, 2).sort()).toEqual(['one', 'two']);
    expect(answers.slice(2)).toEqual(answers.slice(0, 2));
  });

  it('keeps to the targets of the node’s own zone when cross-zone load balancing is off', async () => {
    const balancer = await loadBalancer({}, { node: { crossZone: false } });
    const [a, b] = [await fakeTarget('in-a', 'zone-a'), await fakeTarget('in-b', 'zone-b')];
    await registerHealthy(balancer, a, b);
    /** One connection, so that all of its requests meet the same node. */
    const askThrice = async () => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      const answers: string[] = [];
      for (let count = 0; count < 3; count += 1) answers.push((await send(balancer.url, { agent })).text);
      agent.destroy();
      return answers;
    };
    expect([await askThrice(), await askThrice()].sort()).toEqual([
      ['in-a', 'in-a', 'in-a'],
      ['in-b', 'in-b', 'in-b'],
    ]);
  });

  it('answers 503 from a node without a target in its zone when cross-zone load balancing is off', async () => {
    const balancer = await loadBalancer({}, { node: { crossZone: false } });
    await registerHealthy(balancer, await fakeTarget('in-a', 'zone-a'));
    const statuses = [(await send(balancer.url)).status, (await send(balancer.url)).status];
    expect(statuses.sort()).toEqual([200, 503]);
  });

  it('passes method, path, body and status on', async () => {
    const balancer = await loadBalancer();
    const target = await fakeTarget('one');
    target.respond = (request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      request.on('end', () =>
        response.writeHead(201).end(`${request.method ?? ''} ${request.url ?? ''} ${body}`),
      );
    };
    await registerHealthy(balancer, target);
    const answer = await send(`${balancer.url}/orders?x=1`, { method: 'POST' }, 'two apples');
    expect(answer).toMatchObject({ status: 201, text: 'POST /orders?x=1 two apples' });
  });

  it('keeps the headers of one connection to itself and passes the others on, both ways', async () => {
    const balancer = await loadBalancer();
    const target = await fakeTarget('one');
    target.respond = (_request, response) =>
      response
        .writeHead(200, {
          'keep-alive': 'timeout=99',
          'x-served-by': 'one@zone-a',
          'set-cookie': ['a=1', 'b=2'],
        })
        .end();
    await registerHealthy(balancer, target);
    const { headers } = await send(balancer.url, {
      headers: {
        'proxy-connection': 'keep-alive',
        te: 'trailers',
        connection: 'close, x-only-for-this-hop',
        'x-only-for-this-hop': '1',
        'x-request-id': 'r-1',
      },
    });
    expect(headers).toMatchObject({ 'x-served-by': 'one@zone-a', 'set-cookie': ['a=1', 'b=2'] });
    expect(headers['keep-alive']).not.toBe('timeout=99');
    const received = target.requests[0]!.headers;
    expect(received).toMatchObject({ 'x-request-id': 'r-1', 'x-forwarded-proto': 'http' });
    expect(received).not.toHaveProperty('proxy-connection');
    expect(received).not.toHaveProperty('te');
    expect(received).not.toHaveProperty('x-only-for-this-hop');
    expect(received['connection']).toBe('keep-alive');
  });

  it('adds the client to x-forwarded-for', async () => {
    const balancer = await loadBalancer();
    const target = await fakeTarget('one');
    await registerHealthy(balancer, target);
    await send(balancer.url, { headers: { 'x-forwarded-for': '203.0.113.7' } });
    expect(target.requests[0]!.headers['x-forwarded-for']).toBe('203.0.113.7, 127.0.0.1');
  });

  it('uses a client’s connection and a target’s connection again', async () => {
    const balancer = await loadBalancer({ healthCheck: { ...CHECK, enabled: false } });
    const target = await fakeTarget('one');
    balancer.register(target.target);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let count = 0; count < 3; count += 1) await send(balancer.url, { agent });
    expect(target.requests).toHaveLength(3);
    expect(target.connections).toBe(1);
    agent.destroy();
  });
});

describe('answers of its own', () => {
  it('is 503 without a target', async () => {
    expect((await send((await loadBalancer()).url)).status).toBe(503);
  });

  it('is 502 when the target refuses the connection', async () => {
    const balancer = await loadBalancer({ healthCheck: { ...CHECK, enabled: false } });
    const target = await fakeTarget('one');
    balancer.register(target.target);
    await target.close();
    expect((await send(balancer.url)).status).toBe(502);
  });

  it('is 502 when the target breaks the connection before it answers', async () => {
    const balancer = await loadBalancer();
    const target = await fakeTarget('one');
    target.respond = (request) => request.socket.destroy();
    await registerHealthy(balancer, target);
    expect((await send(balancer.url)).status).toBe(502);
  });

  it('is a broken connection when the target breaks off in the middle of its answer', async () => {
    const balancer = await loadBalancer();
    const target = await fakeTarget('one');
    target.respond = (request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half', () => request.socket.destroy());
    };
    await registerHealthy(balancer, target);
    await expect(send(balancer.url)).rejects.toThrow();
  });

  it('is 504 when the target stays silent for the idle timeout', async () => {
    const balancer = await loadBalancer({}, { node: { idleTimeoutSeconds: 5 } });
    const target = await fakeTarget('one');
    target.respond = () => undefined;
    await registerHealthy(balancer, target);
    const begun = performance.now();
    expect((await send(balancer.url)).status).toBe(504);
    // Five seconds at this pace; a timer may be early by the part of a millisecond that it rounds away.
    expect(performance.now() - begun).toBeGreaterThanOrEqual(99);
  });

  it('is 504 when no connection is made for ten seconds of AWS’s time', async () => {
    const time = createVirtualTime();
    const balancer = await loadBalancer(
      { healthCheck: { ...CHECK, enabled: false } },
      { clock: time.clock, node: { idleTimeoutSeconds: 3600 } },
    );
    const target = await fakeTarget('one');
    target.respond = () => undefined;
    balancer.register({ ...target.target, reachable: () => false });
    let status: number | undefined;
    const answered = send(balancer.url).then((answer) => (status = answer.status));
    await expect.poll(() => target.requests.length).toBe(1);
    await time.advance(10 * MS_PER_SECOND - 1);
    // Whatever was answered by now has arrived after one more exchange over the loopback.
    expect(await sendAndWait((await loadBalancer()).url, 5_000)).toMatchObject({ status: 503 });
    expect(status).toBeUndefined();
    await time.advance(1);
    expect(await answered).toBe(504);
  });

  it('lets an answer take longer than a connection may', async () => {
    const time = createVirtualTime();
    const balancer = await loadBalancer(
      { healthCheck: { ...CHECK, enabled: false } },
      { clock: time.clock, node: { idleTimeoutSeconds: 3600 } },
    );
    const target = await fakeTarget('slow');
    const waiting: (() => void)[] = [];
    target.respond = (_request, response) => waiting.push(() => response.end('slow'));
    balancer.register(target.target);
    const answered = send(balancer.url);
    await expect.poll(() => waiting.length).toBe(1);
    await time.advance(3_000 * MS_PER_SECOND);
    waiting[0]!();
    expect(await answered).toMatchObject({ status: 200, text: 'slow' });
  });
});

describe('health checks', () => {
  it('take a failing target out at the threshold and let it back in, and say so', async () => {
    const balancer = await loadBalancer();
    const [good, bad] = [await fakeTarget('good'), await fakeTarget('bad')];
    await registerHealthy(balancer, good, bad);
    bad.health = 503;
    await becomes(balancer, 'bad', 'unhealthy');
    const answers = await Promise.all(Array.from({ length: 6 }, () => send(balancer.url)));
    expect(new Set(answers.map((answer) => answer.text))).toEqual(new Set(['good']));
    const checksBefore = bad.checks;
    bad.health = 200;
    await becomes(balancer, 'bad', 'healthy');
    expect(bad.checks - checksBefore).toBeGreaterThanOrEqual(2);
    expect(events.filter((event) => event.subject === 'bad').map((event) => event.kind)).toEqual([
      'target-healthy',
      'target-unhealthy',
      'target-healthy',
    ]);
  });

  it('take no redirect for an answer unless the matcher does', async () => {
    const strict = await loadBalancer();
    const lenient = await loadBalancer({ healthCheck: { ...CHECK, matcher: '200,302' } });
    const target = await fakeTarget('one');
    target.health = 302;
    strict.register(target.target);
    lenient.register(target.target);
    await becomes(lenient, 'one', 'healthy');
    await becomes(strict, 'one', 'unhealthy');
  });

  it('take a target that cannot be reached for unhealthy', async () => {
    const balancer = await loadBalancer();
    const target = await fakeTarget('one');
    await target.close();
    balancer.register(target.target);
    await becomes(balancer, 'one', 'unhealthy');
  });

  it('give a target no requests before its first passed check while another is healthy', async () => {
    const balancer = await loadBalancer({ healthCheck: { ...CHECK, unhealthyThreshold: 1000 } });
    const [ready, starting] = [await fakeTarget('ready'), await fakeTarget('starting')];
    starting.health = 503;
    await registerHealthy(balancer, ready);
    balancer.register(starting.target);
    await expect.poll(() => starting.checks).toBeGreaterThan(0);
    await Promise.all(Array.from({ length: 4 }, () => send(balancer.url)));
    expect(balancer.stateOf('starting')).toBe('initial');
    expect(starting.requests).toHaveLength(0);
  });

  it('are not made when they are off: every registered target counts as healthy', async () => {
    const balancer = await loadBalancer({ healthCheck: { ...CHECK, enabled: false } });
    const target = await fakeTarget('one');
    target.health = 503;
    balancer.register(target.target);
    expect(balancer.stateOf('one')).toBe('healthy');
    expect((await send(balancer.url)).text).toBe('one');
    expect(target.checks).toBe(0);
  });
});

describe('fail-open', () => {
  /** One healthy target and the others not: which of them get requests. */
  async function reachedOf(ids: readonly string[], group: Partial<TargetGroup>): Promise<string[]> {
    const balancer = await loadBalancer(group);
    for (const id of ids) {
      const target = await fakeTarget(id);
      target.health = id === 'healthy' ? 200 : 503;
      balancer.register(target.target);
    }
    for (const id of ids) await becomes(balancer, id, id === 'healthy' ? 'healthy' : 'unhealthy');
    const reached = new Set<string>();
    for (let count = 0; count < 2 * ids.length; count += 1) reached.add((await send(balancer.url)).text);
    return [...reached].sort();
  }

  it('sends to every target when none is healthy', async () => {
    const balancer = await loadBalancer();
    const target = await fakeTarget('one');
    target.health = 503;
    balancer.register(target.target);
    await becomes(balancer, 'one', 'unhealthy');
    expect((await send(balancer.url)).text).toBe('one');
  });

  it('stays closed while as many are healthy as the template asks for', async () => {
    expect(await reachedOf(['a', 'healthy', 'b'], { failOpenBelowHealthyTargets: 1 })).toEqual(['healthy']);
  });

  it('sends to every target below the number that the template asks for', async () => {
    expect(await reachedOf(['a', 'healthy', 'b'], { failOpenBelowHealthyTargets: 2 })).toEqual([
      'a',
      'b',
      'healthy',
    ]);
  });

  it('sends to every target below the share that the template asks for, and not at it', async () => {
    expect(await reachedOf(['a', 'healthy'], { failOpenBelowHealthyPercent: 51 })).toEqual(['a', 'healthy']);
    expect(await reachedOf(['a', 'healthy'], { failOpenBelowHealthyPercent: 50 })).toEqual(['healthy']);
  });
});

describe('draining', () => {
  it('lets an open request end, sends no new one, and is over with it', async () => {
    const balancer = await loadBalancer();
    const [leaving, staying] = [await fakeTarget('leaving'), await fakeTarget('staying')];
    await registerHealthy(balancer, leaving);
    let finish: () => void = () => undefined;
    leaving.respond = (_request, response) => {
      finish = () => response.end('late');
    };
    const openRequest = send(balancer.url);
    await expect.poll(() => leaving.requests.length).toBe(1);
    await registerHealthy(balancer, staying);
    let over = false;
    const deregistered = balancer.deregister('leaving').then(() => {
      over = true;
    });
    expect(balancer.stateOf('leaving')).toBe('draining');
    const others = await Promise.all(Array.from({ length: 4 }, () => send(balancer.url)));
    expect(others.map((answer) => answer.text)).toEqual(['staying', 'staying', 'staying', 'staying']);
    expect(over).toBe(false);
    finish();
    expect((await openRequest).text).toBe('late');
    await deregistered;
    expect(balancer.stateOf('leaving')).toBe('unregistered');
  });

  it('is over at once when nothing is open', async () => {
    // This clock never moves, so whoever waits waits for ever.
    const { clock } = createVirtualTime();
    const balancer = await loadBalancer({}, { clock });
    balancer.register((await fakeTarget('one')).target);
    await balancer.deregister('one');
    expect(balancer.stateOf('one')).toBe('unregistered');
  });

  it('waits for an open request no longer than the template’s delay', async () => {
    const { clock, advance } = createVirtualTime();
    const balancer = await loadBalancer(
      { deregistrationDelaySeconds: 5, healthCheck: { ...CHECK, enabled: false } },
      { clock },
    );
    const target = await fakeTarget('one');
    target.respond = () => undefined;
    balancer.register(target.target);
    const silent = send(balancer.url);
    silent.catch(() => undefined);
    await expect.poll(() => target.requests.length).toBe(1);
    const deregistered = balancer.deregister('one');
    await advance(99);
    expect(balancer.stateOf('one')).toBe('draining');
    // 5 s of AWS's time are 100 ms here.
    await advance(1);
    await deregistered;
    expect(balancer.stateOf('one')).toBe('unregistered');
    expect((await silent).status).toBe(502);
  });

  it('is nothing for a target that is not registered', async () => {
    const balancer = await loadBalancer();
    await balancer.deregister('nobody');
    expect(balancer.stateOf('nobody')).toBe('unregistered');
  });
});

describe('a lost zone', () => {
  const UNCHECKED = { healthCheck: { ...CHECK, enabled: false } };
  /** The 60 s for which DNS keeps a lost node, at this pace. */
  const TTL_MS = 1_200;

  /** Two in a row, one for each node as long as DNS names both; silence is `undefined`. */
  async function askTwice(balancer: LocalLoadBalancer): Promise<(string | undefined)[]> {
    const answers = await Promise.all([sendAndWait(balancer.url, 100), sendAndWait(balancer.url, 100)]);
    return answers.map((answer) => answer?.text).sort();
  }

  it('swallows what reaches its node until the TTL is over and DNS leaves the node out', async () => {
    const { clock, advance } = createVirtualTime();
    const balancer = await loadBalancer(UNCHECKED, { clock });
    balancer.register((await fakeTarget('one', 'zone-b')).target);
    balancer.loseZone('zone-a');
    await advance(TTL_MS - 1);
    expect(await askTwice(balancer)).toEqual(['one', undefined]);
    await advance(1);
    expect(await askTwice(balancer)).toEqual(['one', 'one']);
    expect(await askTwice(balancer)).toEqual(['one', 'one']);
  });

  it('falls silent on connections that were open, even for an answer that is already on its way', async () => {
    const balancer = await loadBalancer(UNCHECKED, { zones: ['zone-a'] });
    const target = await fakeTarget('one');
    let finish: () => void = () => undefined;
    target.respond = (_request, response) => {
      finish = () => response.end('too late');
    };
    balancer.register(target.target);
    const openRequest = sendAndWait(balancer.url, 150);
    await expect.poll(() => target.requests.length).toBe(1);
    balancer.loseZone('zone-a');
    finish();
    expect(await openRequest).toBeUndefined();
  });

  it('swallows a new request on a connection that was open, and its targets never hear of it', async () => {
    const balancer = await loadBalancer(UNCHECKED, { zones: ['zone-a'] });
    const target = await fakeTarget('one', 'zone-b');
    balancer.register(target.target);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    await send(balancer.url, { agent });
    balancer.loseZone('zone-a');
    await expect(send(balancer.url, { agent, signal: AbortSignal.timeout(100) })).rejects.toThrow();
    expect(target.requests).toHaveLength(1);
    agent.destroy();
  });

  it('is silent for everyone when it was the only one', async () => {
    const { clock, advance } = createVirtualTime();
    const balancer = await loadBalancer(UNCHECKED, { clock, zones: ['zone-a'] });
    balancer.register((await fakeTarget('one')).target);
    balancer.loseZone('zone-a');
    await advance(TTL_MS);
    expect(await askTwice(balancer)).toEqual([undefined, undefined]);
  });

  it('is used again at once when it is back, and its swallowed connections break', async () => {
    const { clock, advance } = createVirtualTime();
    const balancer = await loadBalancer(UNCHECKED, { clock, zones: ['zone-a'] });
    balancer.register((await fakeTarget('one')).target);
    balancer.loseZone('zone-a');
    const request = httpRequest(balancer.url, { agent: false }).end();
    const [socket] = (await once(request, 'socket')) as [Socket];
    await once(socket, 'connect');
    await advance(TTL_MS);
    const broken = once(request, 'error');
    balancer.restoreZone('zone-a');
    await broken;
    expect((await send(balancer.url)).text).toBe('one');
  });

  it('is named by DNS again when it is back', async () => {
    const { clock, advance } = createVirtualTime();
    const balancer = await loadBalancer(UNCHECKED, { clock });
    balancer.register((await fakeTarget('one')).target);
    balancer.loseZone('zone-a');
    await advance(TTL_MS);
    balancer.restoreZone('zone-a');
    balancer.loseZone('zone-b');
    expect(await askTwice(balancer)).toEqual(['one', undefined]);
  });

  it('stays in DNS for the whole TTL of its second loss, whenever the first one was', async () => {
    const { clock, advance } = createVirtualTime();
    const balancer = await loadBalancer(UNCHECKED, { clock });
    balancer.register((await fakeTarget('one', 'zone-b')).target);
    balancer.loseZone('zone-a');
    await advance(TTL_MS / 2);
    balancer.restoreZone('zone-a');
    balancer.loseZone('zone-a');
    await advance(TTL_MS - 1);
    expect(await askTwice(balancer)).toEqual(['one', undefined]);
  });
});

describe('closing', () => {
  it('breaks what is open and frees the port', async () => {
    const balancer = await loadBalancer({ healthCheck: { ...CHECK, enabled: false } });
    const target = await fakeTarget('one');
    target.respond = () => undefined;
    balancer.register(target.target);
    const waiting = send(balancer.url);
    waiting.catch(() => undefined);
    await expect.poll(() => target.requests.length).toBe(1);
    const { url } = balancer;
    await balancer.close();
    await expect(waiting).rejects.toThrow();
    await expect(send(url)).rejects.toThrow('ECONNREFUSED');
  });

  it('refuses a load balancer without a target group', async () => {
    await expect(loadBalancer({}, { node: { targetGroups: [] } })).rejects.toThrow(
      'LoadBalancer forwards to no target group',
    );
  });
});
