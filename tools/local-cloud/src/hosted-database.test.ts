import { chmod, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatabaseNode } from '@nines/topology';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { paceOf } from '../test/virtual-time.ts';
import { systemClock } from './clock.ts';
import type { CloudEvent } from './cloud-event.ts';
import { createGuardian } from './guardian/guardian.ts';
import type { Guardian } from './guardian/guardian.ts';
import { createHostedDatabase } from './hosted-database.ts';
import type { HostedDatabase } from './hosted-database.ts';

/** Starting servers takes seconds on a busy machine. */
const LONGEST_MS = 120_000;

const NODE: DatabaseNode = {
  kind: 'database',
  id: 'hosted-database:Server',
  type: 'Nines::HostedDatabase',
  region: 'region-1',
  zones: ['zone-a'],
  defaulted: [],
  engine: 'postgres',
  engineVersion: '17',
  port: 5432,
  databaseName: 'shop',
  multiAz: false,
  standbyReplication: 'none',
  encrypted: true,
  backupRetentionDays: 0,
  deletionProtection: false,
  heldBy: 'Server',
};

let guardian: Guardian;
let directory: string;
let database: HostedDatabase;
let events: CloudEvent[];
let reachable: boolean[];

beforeEach(async () => {
  guardian = createGuardian();
  directory = await guardian.makeDirectory('nines-hosted-test-');
  await chmod(directory, 0o711);
  events = [];
  reachable = [];
});
afterEach(async () => {
  await database.close();
  await guardian.close();
}, LONGEST_MS);

async function start(node: Partial<DatabaseNode> = {}, msPerSecond = 1): Promise<HostedDatabase> {
  database = await createHostedDatabase({
    node: { ...NODE, ...node },
    zone: 'zone-a',
    directory,
    credentials: { user: 'shop', password: 'only-for-this-test' },
    onReachable: (now) => reachable.push(now),
    pace: paceOf(msPerSecond),
    clock: systemClock,
    guardian,
    onEvent: (event) => events.push(event),
  });
  await database.query('CREATE TABLE t (n int)');
  return database;
}

const insert = (n: number) => database.query('INSERT INTO t VALUES ($1)', [n]);
const numbers = async () =>
  (await database.query<{ n: number }>('SELECT n FROM t ORDER BY n')).map((row) => row.n);
const kinds = () => events.map(({ kind }) => kind);

it(
  'goes with its server, and a new server begins with the newest copy, in whatever zone',
  { timeout: LONGEST_MS },
  async () => {
    const db = await start();
    const log: string[] = [];
    db.sharesFateWith(() => {
      log.push(db.endpoint ? 'the server goes first' : 'the database is gone already');
    });
    await insert(1);
    await db.ensureCopied();
    await insert(2);
    // There is one already.
    await db.ensureCopied();
    expect(await db.losePrimary()).toBe('server with its database-1 in zone-a');
    expect(log).toEqual(['the server goes first']);
    expect([db.endpoint, db.readEndpoint, reachable]).toEqual([undefined, undefined, [false]]);
    await expect(db.query('SELECT 1')).rejects.toMatchObject({ code: 'database-primary-absent' });
    await expect(db.losePrimary()).rejects.toMatchObject({ code: 'database-primary-absent' });

    await db.beginIn('zone-b');
    expect([db.primaryZone, reachable]).toEqual(['zone-b', [false, true]]);
    expect(await numbers()).toEqual([1]);
    await insert(3);
    // The server is there: a second process on it changes nothing.
    await db.beginIn('zone-b');
    expect(await numbers()).toEqual([1, 3]);
    expect(kinds()).toEqual(['database-copied', 'failover-started', 'database-restored']);
    expect(events.at(-1)?.message).toMatch(
      /^the database begins in zone-b with a copy of \d+\.\d s ago, restored in \d+\.\d s$/,
    );
  },
);

it(
  'is copied at the interval of its template, and a copy that is not finished is none',
  { timeout: LONGEST_MS },
  async () => {
    // A quarter of an hour is 1.5 s here.
    const db = await start({ copies: { intervalMinutes: 15 } }, 1500 / 900);
    await insert(1);
    await expect.poll(kinds, { timeout: 30_000 }).toEqual(['database-copied', 'database-copied']);
    expect(await db.loseZone('zone-b')).toEqual([]);
    expect(await db.loseZone('zone-a')).toEqual(['database-1 in zone-a']);
    const copies = (await readdir(join(directory, 'copies'))).sort();
    expect(copies.filter((name) => !name.endsWith('.unfinished'))).toEqual(['copy-1', 'copy-2']);
    await systemClock.sleep(2000);
    expect(kinds()).toEqual(['database-copied', 'database-copied']);

    await db.beginIn('zone-a');
    expect(db.endpoint).toBeUndefined();
    db.restoreZone('zone-a');
    await db.beginIn('zone-a');
    expect(await numbers()).toEqual([1]);
    // The new server makes copies of its own.
    await expect.poll(() => kinds().at(-1), { timeout: 30_000 }).toBe('database-copied');
  },
);

it(
  'makes one more copy when its server is asked to go, and none when that is gone already',
  { timeout: LONGEST_MS },
  async () => {
    const db = await start();
    await db.ensureCopied();
    await insert(1);
    await db.retire();
    await db.retire();
    expect(kinds()).toEqual(['database-copied', 'database-copied']);
    await db.beginIn('zone-c');
    expect(await numbers()).toEqual([1]);
  },
);

it('never begins empty where there is no copy', { timeout: LONGEST_MS }, async () => {
  const db = await start();
  await db.losePrimary();
  await expect(db.beginIn('zone-b')).rejects.toMatchObject({ code: 'database-copy-missing' });
  expect(db.endpoint).toBeUndefined();
});
