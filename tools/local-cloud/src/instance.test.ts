import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { InstanceProcess } from '@nines/topology';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ends } from '../test/processes.ts';
import { createVirtualTime } from '../test/virtual-time.ts';
import type { VirtualTime } from '../test/virtual-time.ts';
import type { CloudEvent } from './cloud-event.ts';
import type { Address, FaultLink } from './fault-link.ts';
import { createGuardian } from './guardian/guardian.ts';
import type { Guardian } from './guardian/guardian.ts';
import { createInstance } from './instance.ts';
import type { Instance, InstanceOptions } from './instance.ts';

const UNIT: InstanceProcess = {
  unit: 'shop.service',
  environment: {},
  restart: 'always',
  restartDelaySeconds: 2,
  stopTimeoutSeconds: 30,
};

interface Answer {
  readonly pid: number;
  readonly environment: Readonly<Record<string, string>>;
}

let guardian: Guardian;
let directory: string;
let time: VirtualTime;
let events: CloudEvent['kind'][];
let instance: Instance | undefined;

beforeEach(async () => {
  guardian = createGuardian();
  directory = await guardian.makeDirectory('nines-instance-test-');
  time = createVirtualTime();
  events = [];
  instance = undefined;
});
afterEach(async () => {
  instance?.lose();
  await instance?.terminate();
  await guardian.close();
});

async function start(options: Partial<InstanceOptions> = {}): Promise<Instance> {
  instance = await createInstance({
    id: 'instance-1',
    zone: 'zone-a',
    process: UNIT,
    entryPoint: fileURLToPath(new URL('../test/tiny-server.mjs', import.meta.url)),
    upstreams: [],
    environment: () => ({}),
    workingDirectory: directory,
    guardian,
    clock: time.clock,
    onEvent: (event) => events.push(event.kind),
    ...options,
  });
  return instance;
}

async function ask({ host, port }: Address, path = '/', ms = 1_000): Promise<Answer> {
  const reply = await fetch(`http://${host}:${String(port)}${path}`, { signal: AbortSignal.timeout(ms) });
  return (await reply.json()) as Answer;
}

/** Asks until the process listens, and answers what it said. */
async function answerOf({ address }: Instance): Promise<Answer> {
  await expect.poll(() => ask(address).catch(() => undefined), { timeout: 5_000 }).toBeDefined();
  return ask(address);
}

describe('a process', () => {
  it('has the environment that it is given, its own identity and address, and nothing of the user’s shell', async () => {
    const one = await start({ environment: () => ({ RATED_RPS: '70', HOST: '0.0.0.0', PORT: '8080' }) });
    const { environment } = await answerOf(one);
    const { PORT: port, ...rest } = environment;
    expect(rest).toEqual({ RATED_RPS: '70', HOST: '127.0.0.1', ZONE: 'zone-a', INSTANCE_ID: 'instance-1' });
    // It is reached through a link, so that its own port is another one.
    expect(Number(port)).not.toBe(one.address.port);
    expect(one.lastOutput).toBe('listening\n');
  });

  it('reaches each upstream through a link of its own', async () => {
    const upstream: Server = createServer((_request, response) => response.end('"from upstream"'));
    upstream.listen(0, '127.0.0.1');
    await once(upstream, 'listening');
    const { port } = upstream.address() as AddressInfo;
    let link: FaultLink | undefined;
    const given: Address[] = [];
    await start({
      upstreams: [
        {
          name: 'payment',
          target: () => ({ host: '127.0.0.1', port }),
          onLink: (made) => {
            link = made;
          },
        },
      ],
      environment: (links) => {
        given.push(links.get('payment')!);
        return {};
      },
    });
    expect(given).toEqual([link!.address]);
    expect(given[0]!.port).not.toBe(port);
    expect(await ask(given[0]!)).toBe('from upstream');
    upstream.closeAllConnections();
    upstream.close();
  });

  it('leaves no link open when it cannot be started', async () => {
    const addresses: Address[] = [];
    const starting = start({
      upstreams: [{ name: 'database', target: () => undefined }],
      environment: (links) => {
        addresses.push(...links.values());
        throw new Error('cannot be resolved');
      },
    });
    await expect(starting).rejects.toThrow('cannot be resolved');
    const refusal: unknown = await ask(addresses[0]!).catch((error: unknown) => (error as Error).cause);
    expect(refusal).toMatchObject({ code: 'ECONNREFUSED' });
  });
});

describe('systemd', () => {
  it('restarts a killed process after its delay, at the same address', async () => {
    const one = await start();
    const { pid } = await answerOf(one);
    expect(one.killProcess()).toBe(pid);
    await expect.poll(() => events).toEqual(['process-exited']);
    expect(one.running).toBe(false);
    expect(one.killProcess()).toBeUndefined();
    await time.advance(1_999);
    expect(one.restarts).toBe(0);
    await time.advance(1);
    expect(one.restarts).toBe(1);
    expect((await answerOf(one)).pid).not.toBe(pid);
    expect(events).toEqual(['process-exited', 'process-restarted']);
  });

  it.each([
    ['always', '/exit', 1],
    ['on-failure', '/exit', 0],
    ['on-failure', 'kill', 1],
    ['no', 'kill', 0],
  ] as const)('with Restart=%s after %s restarts %d times', async (restart, how, restarts) => {
    const one = await start({ process: { ...UNIT, restart } });
    await answerOf(one);
    if (how === 'kill') one.killProcess();
    else await ask(one.address, how).catch(() => undefined);
    await expect.poll(() => events).toEqual(['process-exited']);
    await time.advance(60_000);
    expect(one.restarts).toBe(restarts);
  });
});

describe('a lost machine', () => {
  it('dies, is not restarted and answers nobody', async () => {
    const one = await start();
    const { pid } = await answerOf(one);
    one.lose();
    await ends(pid);
    await time.advance(60_000);
    expect(one.restarts).toBe(0);
    expect(events).toEqual([]);
    const silence: unknown = await ask(one.address, '/', 100).catch((error: unknown) => error);
    expect(silence).toMatchObject({ name: 'TimeoutError' });
  });

  it('is not restarted even when systemd was about to', async () => {
    const one = await start();
    await answerOf(one);
    one.killProcess();
    await expect.poll(() => events).toEqual(['process-exited']);
    one.lose();
    await time.advance(60_000);
    expect(one.restarts).toBe(0);
  });
});

describe('terminating', () => {
  it('asks by SIGTERM, restarts nothing and closes the links', async () => {
    const note = join(directory, 'note');
    const one = await start({ environment: () => ({ ON_SIGTERM: note }) });
    await answerOf(one);
    const { address } = one;
    await one.terminate();
    expect(await readFile(note, 'utf8')).toBe('asked to end');
    expect(one.running).toBe(false);
    await time.advance(60_000);
    expect(one.restarts).toBe(0);
    expect(events).toEqual([]);
    const refusal: unknown = await ask(address).catch((error: unknown) => (error as Error).cause);
    expect(refusal).toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('kills a process that is still there after the stop timeout', async () => {
    const one = await start({ environment: () => ({ ON_SIGTERM: 'ignore' }) });
    const { pid } = await answerOf(one);
    const terminated = one.terminate();
    await time.advance(29_999);
    expect((await answerOf(one)).pid).toBe(pid);
    await time.advance(1);
    await terminated;
    expect(one.running).toBe(false);
  });

  it('needs no process', async () => {
    const one = await start();
    await answerOf(one);
    one.killProcess();
    await expect.poll(() => one.running).toBe(false);
    await one.terminate();
    await time.advance(60_000);
    expect(one.restarts).toBe(0);
  });
});
