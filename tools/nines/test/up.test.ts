/** The tier is really started, asked, and ended as Ctrl-C ends it. */
import { existsSync } from 'node:fs';
import { createConnection } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createUpCommand } from '../src/commands/up.ts';
import { EXIT } from '../src/exit-code.ts';
import { runProgram } from '../src/program.ts';
import { SERVERLESS_SOURCES } from '../src/start-serverless-tier.ts';
import type { RunningTier } from '../src/terminal/topology-lines.ts';
import { ASSEMBLY, readTopologyOf } from '../src/workspace.ts';
import { createFakeConsole } from './fake-console.ts';

/** Starting six servers and two databases takes minutes on a machine that does something else, too. */
const LONGEST_MS = 600_000;

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

const isListening = (url: string): Promise<boolean> =>
  new Promise((resolve) => {
    const { hostname, port } = new URL(url);
    const socket = createConnection({ host: hostname, port: Number(port) });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      resolve(false);
    });
  });

const BOTH = ['eu-central-1', 'eu-west-1'].flatMap((region) =>
  ['a', 'b', 'c'].map((zone) => `${region}-zone-${zone}`),
);

/** Built before the tests begin, as nx orders them. */
const upCommand = createUpCommand({
  build: () => Promise.resolve(),
  readTopology: readTopologyOf,
  serverless: { ...SERVERLESS_SOURCES, build: () => Promise.resolve() },
});

function start(args: readonly string[]) {
  const console = createFakeConsole();
  const interruption = new AbortController();
  const ended = runProgram(['up', ...args], { console, signal: interruption.signal }, [upCommand]);
  return { console, interruption, ended };
}

describe('nines up', () => {
  it(
    'says in one line of JSON where the tier is, serves, and leaves nothing when the user ends it',
    { timeout: LONGEST_MS },
    async () => {
      expect(existsSync(ASSEMBLY)).toBe(true);
      const { console, interruption, ended } = start(['three-nines', '--pace', 'fast', '--json']);
      await expect.poll(() => console.results.length, { interval: 100, timeout: LONGEST_MS }).toBe(1);
      const running = JSON.parse(console.results[0] ?? '') as RunningTier;
      expect(running).toMatchObject({ tier: 'three-nines', pace: 'fast', zones: ['zone-a', 'zone-b'] });
      expect(running.instances.map(({ zone }) => zone).sort()).toEqual(['zone-a', 'zone-b']);
      expect(running.services.map(({ name }) => name)).toEqual(['payment', 'reviews']);
      expect([running.database.zone, running.database.standbyZone].sort()).toEqual(['zone-a', 'zone-b']);

      const answer = await fetch(`${running.url}/products`, { headers: { connection: 'close' } });
      expect(answer.status).toBe(200);
      const everything = [running.url, ...[...running.instances, ...running.services].map(({ url }) => url)];
      expect(await Promise.all(everything.map(isListening))).not.toContain(false);

      interruption.abort();
      expect(await ended).toBe(EXIT.met);
      expect(await Promise.all(everything.map(isListening))).not.toContain(true);
      expect(running.instances.map(({ pid }) => isRunning(pid ?? 0))).not.toContain(true);
      expect(console.lines.at(-1)).toBe('stopping');
    },
  );

  it.each([
    ['two-nines', ['zone-a'], 1],
    ['four-nines', ['zone-a', 'zone-b', 'zone-c'], 6],
    // Six in the region that writes, and three in the one that stands by.
    ['warm-standby', BOTH, 9],
  ] as const)(
    'runs %s in its zones, and it takes an order',
    { timeout: LONGEST_MS },
    async (tier, zones, instances) => {
      const { console, interruption, ended } = start([...tier.split(' '), '--pace', 'fast', '--json']);
      await expect.poll(() => console.results.length, { interval: 100, timeout: LONGEST_MS }).toBe(1);
      const running = JSON.parse(console.results[0] ?? '') as RunningTier;
      expect([...new Set(running.instances.map(({ zone }) => zone))].sort()).toEqual(zones);
      expect(running.instances).toHaveLength(instances);

      const headers = {
        connection: 'close',
        'content-type': 'application/json',
        'idempotency-key': 'up-test-1',
      };
      const body = JSON.stringify({
        reference: 'up-test',
        items: [{ productId: 'product-001', quantity: 1 }],
      });
      const placed = await fetch(`${running.url}/orders`, { method: 'POST', headers, body });
      expect(placed.status).toBe(201);
      const { id } = (await placed.json()) as { id: string };
      const read = await fetch(`${running.url}/orders/${id}`, { headers: { connection: 'close' } });
      expect(read.status).toBe(200);

      interruption.abort();
      expect(await ended).toBe(EXIT.met);
    },
  );

  it.each([
    [['--region', 'us-east-1'], 'warm-standby does not serve from us-east-1'],
    [['--region', 'eu-central-1'], 'follows nines-warm-standby-eu-west-1/Database in another region'],
  ])('of a tier in two regions with %j says what runs here', async (args, message) => {
    const { console, ended } = start(['warm-standby', ...args]);
    expect(await ended).toBe(EXIT.couldNotRun);
    expect(console.lines.at(-1)).toContain(message);
  });

  it('that is ended before the tier is ready was interrupted, and says nothing of addresses', async () => {
    const { console, interruption, ended } = start(['three-nines', '--pace', 'fast']);
    interruption.abort();
    expect(await ended).toBe(EXIT.couldNotRun);
    expect(console.lines.at(-1)).toBe('nines: interrupted. [interrupted]');
    expect(console.results).toEqual([]);
  });
});
