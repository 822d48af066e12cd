// The built bundle as a process of its own, alone in an empty folder, with a real PostgreSQL behind a link that can
// be cut and a real payment and reviews service. It is slow (some 20 s) because its time limits are the real ones.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '@nines/local-postgres';
import { startLocalQueues } from '@nines/local-queue';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createBreakableLink, type BreakableLink } from './breakable-link.ts';
import { checkAgainstContract } from './contract-check.ts';
import { startDatabase, type TestDatabase } from './database.ts';

interface Service {
  readonly url: string;
  readonly process: ChildProcess;
  /** Everything that it has written. */
  output(): string;
}

let folder: string;
let database: TestDatabase;
let link: BreakableLink;
let payment: Service;
let reviews: Service;
let shop: Service;
const started: ChildProcess[] = [];

/** Builds a service into a folder of its own, away from its sources and from `node_modules`. */
async function build(name: string): Promise<string> {
  const target = join(folder, name);
  const script = fileURLToPath(new URL(`../../${name}/build.mjs`, import.meta.url));
  const builder = spawn(process.execPath, [script, target], { stdio: 'inherit' });
  await once(builder, 'exit');
  expect(builder.exitCode).toBe(0);
  return join(target, 'server.mjs');
}

function run(
  bundle: string,
  environment: Readonly<Record<string, string>>,
): { child: ChildProcess; output: () => string } {
  // Nothing of ours is inherited: what the bundle needs is in its folder and its environment.
  const child = spawn(process.execPath, [bundle], { cwd: folder, env: environment });
  let output = '';
  child.stdout.on('data', (data: Buffer) => (output += data.toString()));
  child.stderr.on('data', (data: Buffer) => (output += data.toString()));
  started.push(child);
  return { child, output: () => output };
}

async function start(bundle: string, environment: Readonly<Record<string, string>>): Promise<Service> {
  const port = String(await freePort());
  const { child, output } = run(bundle, { HOST: '127.0.0.1', PORT: port, ...environment });
  const url = `http://127.0.0.1:${port}`;
  await vi.waitFor(() => fetch(`${url}/livez`), { timeout: 20_000 });
  return { url, process: child, output };
}

const shopEnvironment = () => ({
  ZONE: 'zone-a',
  INSTANCE_ID: 'i-1',
  DATABASE_HOST: '127.0.0.1',
  DATABASE_PORT: String(link.port),
  DATABASE_NAME: 'shop',
  DATABASE_USER: 'postgres',
  DATABASE_PASSWORD_FILE: database.passwordFile,
  PAYMENT_URL: payment.url,
  REVIEWS_URL: reviews.url,
  RATED_RPS: '500',
  DRAIN_SECONDS: '1',
  MIGRATE_ON_START: 'true',
  LEVERS_FILE: join(folder, 'levers.json'),
});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nines-bundle-'));
  database = await startDatabase();
  await database.server.query('CREATE DATABASE shop');
  link = await createBreakableLink(database.server.port);
  payment = await start(await build('payment-service'), { LATENCY_MS: '5', JITTER_MS: '0' });
  reviews = await start(await build('reviews-service'), { LATENCY_MS: '1', JITTER_MS: '0' });
  shop = await start(await build('shop-api'), shopEnvironment());
}, 120_000);

afterAll(async () => {
  await Promise.all(
    started
      .filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null)
      .map(async (child) => {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }),
  );
  await link.close();
  await database.stop();
  await rm(folder, { recursive: true, force: true });
}, 30_000);

async function call(path: string, init: RequestInit = {}): Promise<Response> {
  const response = await fetch(shop.url + path, init);
  return checkAgainstContract(init.method ?? 'GET', path.split('?')[0] ?? '', response);
}

const order = (key: string) =>
  call('/orders', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify({ reference: key, items: [{ productId: 'product-001', quantity: 1 }] }),
  });

const freshness = async (path: string) => (await call(path)).headers.get('x-data-freshness');

async function durationOf<T>(action: () => Promise<T>): Promise<{ result: T; ms: number }> {
  const startedAt = performance.now();
  const result = await action();
  return { result, ms: performance.now() - startedAt };
}

interface Placed {
  readonly id: string;
  readonly reference: string;
}

describe('the bundle', () => {
  it('runs its migrations and serves products with opinions', async () => {
    expect(await (await call('/readyz')).json()).toMatchObject({ status: 'ready' });
    expect(await (await call('/products/product-001')).json()).toMatchObject({
      id: 'product-001',
      reviews: { count: expect.any(Number) as number },
    });
  });

  it('takes the payment of a stored order once, however often the order is sent', async () => {
    for (let n = 0; n < 3; n++) expect((await order('charged-once')).status).toBe(201);
    const charges = async () => {
      const page = (await (await fetch(`${payment.url}/charges`)).json()) as {
        items: { reference: string }[];
      };
      return page.items.filter(({ reference }) => reference === 'charged-once').length;
    };
    await expect.poll(charges, { timeout: 10_000 }).toBe(1);
    const { id } = (await (await order('charged-once')).json()) as Placed;
    await expect
      .poll(async () => ((await (await call(`/orders/${id}`)).json()) as { status: string }).status, {
        timeout: 5_000,
      })
      .toBe('paid');
    expect(await charges()).toBe(1);
  });

  it('writes no key, body or password into its log', () => {
    expect(shop.output()).not.toContain('charged-once');
    expect(shop.output()).not.toContain('only-for-this-test');
    expect(shop.output()).toContain('"service":"shop-api"');
  });
});

describe.each(['silence', 'refuse'] as const)('the bundle while its database is away (%s)', (fault) => {
  it('goes on reading, refuses writes quickly, and recovers by itself', async () => {
    const placed = (await (await order(`before-${fault}`)).json()) as Placed;
    link[fault]();

    // The first to notice may wait for their limits; from then on nobody waits.
    const slowest: number[] = [];
    for (let n = 0; n < 10; n++) {
      const read = await durationOf(() => call(`/orders/${placed.id}`));
      expect(await read.result.json()).toMatchObject({ id: placed.id, reference: placed.reference });
      const product = await durationOf(() => call('/products/product-001'));
      expect(product.result.status).toBe(200);
      slowest.push(read.ms, product.ms);
      const write = await durationOf(() => order(`during-${fault}-${String(n)}`));
      expect(await write.result.json()).toMatchObject({ code: 'writer-unavailable' });
      expect(write.ms).toBeLessThan(2_500);
    }
    expect(Math.max(...slowest)).toBeLessThan(1_000);
    expect(await freshness(`/orders/${placed.id}`)).toBe('stale');
    await expect.poll(() => freshness('/products'), { timeout: 10_000 }).toBe('stale');
    const ready = await call('/readyz');
    expect(ready.status).toBe(200);
    expect(await ready.json()).toMatchObject({ status: 'degraded', checks: { database: 'away' } });

    link.heal();
    const { ms } = await durationOf(() =>
      expect
        .poll(async () => (await order(`after-${fault}`)).status, { timeout: 10_000, interval: 50 })
        .toBe(201),
    );
    expect(ms).toBeLessThan(2_500);
    await expect.poll(() => freshness('/products'), { timeout: 5_000 }).toBe('live');
  }, 60_000);
});

describe('the bundle when its database crashes', () => {
  it('survives, and stores each order once although some answers got lost', async () => {
    const stored = async () => {
      const rows = await database.server.query<{ reference: string }>(
        `SELECT reference FROM orders WHERE reference LIKE 'crash-%'`,
        [],
        'shop',
      );
      return rows.map(({ reference }) => reference).toSorted();
    };
    const keys = Array.from({ length: 40 }, (_, n) => `crash-${String(n).padStart(2, '0')}`);
    const attempts = keys.map((key) => order(key).then(({ status }) => status));
    await attempts[5];
    await database.server.crash();
    const statuses = await Promise.all(attempts);
    expect(statuses.filter((status) => status !== 201 && status !== 503)).toEqual([]);

    await database.server.start();
    await expect.poll(async () => (await call('/readyz')).text(), { timeout: 20_000 }).toContain('"ready"');
    for (const key of keys) {
      await expect.poll(async () => (await order(key)).status, { timeout: 10_000 }).toBe(201);
    }
    expect(await stored()).toEqual(keys);
  }, 60_000);
});

describe('the bundle with replicas of its database', () => {
  it('goes on reading live data while the writer is away', async () => {
    const replicas = await createBreakableLink(database.server.port);
    const replicated = await start(join(folder, 'shop-api', 'server.mjs'), {
      ...shopEnvironment(),
      DATABASE_READ_HOST: '127.0.0.1',
      DATABASE_READ_PORT: String(replicas.port),
    });
    const { id } = (await (await order('replicated')).json()) as Placed;
    const freshnessThere = async () => {
      const response = await fetch(`${replicated.url}/orders/${id}`);
      return response.headers.get('x-data-freshness');
    };
    link.refuse();
    for (let n = 0; n < 10; n++) expect(await freshnessThere()).toBe('live');
    link.heal();
    replicas.refuse();
    await expect.poll(freshnessThere, { timeout: 5_000 }).toBe('live');
    replicated.process.kill('SIGKILL');
    await replicas.close();
  }, 30_000);
});

describe('the bundle with a queue for orders', () => {
  it('keeps orders while its database is away, and stores each once as soon as it is back', async () => {
    const queues = await startLocalQueues({ queues: [{ name: 'orders', visibilityMs: 2_000 }] });
    // As on an instance: a program that the SDK's configuration names hands out what a timer has fetched.
    const credentials = join(folder, 'credentials.json');
    await writeFile(
      credentials,
      JSON.stringify({
        Version: 1,
        AccessKeyId: 'ASIAEXAMPLE',
        SecretAccessKey: 'only-for-this-test',
        SessionToken: 'the-session',
        Expiration: '2126-01-01T00:00:00Z',
      }),
    );
    const configuration = join(folder, 'aws-config');
    await writeFile(configuration, `[default]\ncredential_process = /usr/bin/cat ${credentials}\n`);
    const keeping = await start(join(folder, 'shop-api', 'server.mjs'), {
      ...shopEnvironment(),
      DRAIN_SECONDS: '0',
      ORDER_INTAKE_QUEUE_URL: queues.urlOf('orders'),
      AWS_REGION: 'eu-west-1',
      AWS_CONFIG_FILE: configuration,
      AWS_EC2_METADATA_DISABLED: 'true',
    });
    const place = (key: string) =>
      fetch(`${keeping.url}/orders`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': key },
        body: JSON.stringify({ reference: key, items: [{ productId: 'product-001', quantity: 1 }] }),
      });
    link.refuse();
    const keys = Array.from({ length: 12 }, (_, n) => `kept-${String(n).padStart(2, '0')}`);
    const kept = await Promise.all([...keys, keys[0]!].map(place));
    expect(new Set(kept.map(({ status }) => status))).toEqual(new Set([202]));
    for (const response of kept) await checkAgainstContract('POST', '/orders', response);
    const status = `${keeping.url}${String(kept[0]?.headers.get('location'))}`;
    // The same process may hold the message when it is told to go: it stores it, or another one does.
    link.heal();
    await expect
      .poll(async () => ((await (await fetch(status)).json()) as { status: string }).status, {
        timeout: 15_000,
      })
      .toBe('stored');
    await expect
      .poll(() => queues.depthOf('orders'), { timeout: 15_000 })
      .toEqual({
        visible: 0,
        inFlight: 0,
      });
    const rows = await database.server.query<{ reference: string }>(
      `SELECT reference FROM orders WHERE reference LIKE 'kept-%' ORDER BY reference`,
      [],
      'shop',
    );
    expect(rows.map(({ reference }) => reference)).toEqual(keys);
    expect((await place(keys[0]!)).headers.get('idempotent-replayed')).toBe('true');

    const exited = once(keeping.process, 'exit');
    keeping.process.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
    await queues.close();
  }, 60_000);
});

describe('the bundle of a region that writes', () => {
  it('stores what another region has kept, whatever a third one does, and keeps nothing there', async () => {
    const visibilityMs = 2_000;
    const queues = await startLocalQueues({
      queues: ['here', 'there'].map((name) => ({ name, visibilityMs })),
    });
    const shopWith = (settings: Readonly<Record<string, string>>) =>
      start(join(folder, 'shop-api', 'server.mjs'), {
        ...shopEnvironment(),
        DRAIN_SECONDS: '0',
        AWS_REGION: 'eu-west-1',
        AWS_ACCESS_KEY_ID: 'local',
        AWS_SECRET_ACCESS_KEY: 'local',
        ...settings,
      });
    const place = async ({ url }: Service, key: string) => {
      const response = await fetch(`${url}/orders`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': key },
        body: JSON.stringify({ reference: key, items: [{ productId: 'product-002', quantity: 1 }] }),
      });
      return { status: response.status, location: String(response.headers.get('location')) };
    };
    const following = await shopWith({ ORDER_INTAKE_QUEUE_URL: queues.urlOf('there') });
    const lost = `http://127.0.0.1:${String(await freePort())}/1/lost`;
    const writing = await shopWith({
      ORDER_INTAKE_QUEUE_URL: queues.urlOf('here'),
      ORDER_INTAKE_OTHER_QUEUES: `eu-north-1=${lost} eu-central-1=${queues.urlOf('there')}`,
    });
    link.refuse();
    const keptThere = await place(following, 'kept-by-another-region');
    expect(keptThere.status).toBe(202);
    following.process.kill('SIGKILL');
    const keptHere = await place(writing, 'kept-by-its-own-region');
    expect(keptHere.status).toBe(202);
    // Waiting, or in the hands of a process whose poll was under way when the database went.
    const depths = () =>
      ['here', 'there'].map((name) => {
        const { visible, inFlight } = queues.depthOf(name);
        return visible + inFlight;
      });
    expect(depths()).toEqual([1, 1]);
    link.heal();
    for (const { location } of [keptHere, keptThere])
      await expect
        .poll(
          async () => ((await (await fetch(writing.url + location)).json()) as { status: string }).status,
          {
            timeout: 25_000,
          },
        )
        .toBe('stored');
    const exited = once(writing.process, 'exit');
    writing.process.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
    expect(depths()).toEqual([0, 0]);
    await queues.close();
  }, 60_000);
});

describe('the emergency levers of the bundle', () => {
  it('are pulled and let go by a file', async () => {
    const levers = join(folder, 'levers.json');
    await writeFile(levers, '{"read-only": true, "recommendations": false}');
    await expect.poll(async () => (await order('lever')).status, { timeout: 5_000 }).toBe(503);
    expect(await (await call('/products/product-001')).json()).toMatchObject({ reviews: null });
    await writeFile(levers, '{}');
    await expect.poll(async () => (await order('lever')).status, { timeout: 5_000 }).toBe(201);
  }, 20_000);
});

describe('the bundle at its start and end', () => {
  it('names every wrong setting and exits with code 2', async () => {
    const { child, output } = run(join(folder, 'shop-api', 'server.mjs'), { PORT: 'eighty', RATED_RPS: '0' });
    const [code] = (await once(child, 'exit')) as [number];
    expect(code).toBe(2);
    for (const name of ['PORT', 'RATED_RPS', 'DATABASE_HOST', 'PAYMENT_URL'])
      expect(output()).toContain(name);
  });

  it('has the authorities of RDS beside it', async () => {
    const bundle = await readFile(join(folder, 'shop-api', 'rds-ca.pem'), 'utf8');
    expect(bundle.match(/-----BEGIN CERTIFICATE-----/g)?.length).toBeGreaterThan(50);
  });

  it('starts while the database is away, and serves as soon as it is back', async () => {
    link.refuse();
    const port = String(await freePort());
    const late = run(join(folder, 'shop-api', 'server.mjs'), {
      ...shopEnvironment(),
      HOST: '127.0.0.1',
      PORT: port,
    });
    await expect.poll(late.output, { timeout: 10_000 }).toContain('could not be brought up to date');
    link.heal();
    await expect
      .poll(
        () =>
          fetch(`http://127.0.0.1:${port}/readyz`).then(
            ({ status }) => status,
            () => 0,
          ),
        { timeout: 10_000 },
      )
      .toBe(200);
    late.child.kill('SIGKILL');
  }, 30_000);

  it('drains on SIGTERM: not ready at once, serving meanwhile, then gone with exit code 0', async () => {
    await expect.poll(async () => (await order('before-drain')).status, { timeout: 10_000 }).toBe(201);
    const exited = once(shop.process, 'exit');
    shop.process.kill('SIGTERM');
    await expect.poll(async () => (await call('/readyz')).status).toBe(503);
    const served = await call('/products');
    expect(served.status).toBe(200);
    expect(served.headers.get('connection')).toBe('close');
    expect(await exited).toEqual([0, null]);
    await expect(fetch(`${shop.url}/livez`)).rejects.toThrow();
  }, 30_000);
});
