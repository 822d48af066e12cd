import { existsSync } from 'node:fs';
import { chmod, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatabaseNode } from '@nines/topology';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { paceOf } from '../test/virtual-time.ts';
import { systemClock } from './clock.ts';
import type { CloudEvent } from './cloud-event.ts';
import { createDatabase } from './database.ts';
import type { DatabaseOptions, LocalDatabase } from './database.ts';
import { createGuardian } from './guardian/guardian.ts';
import type { Guardian } from './guardian/guardian.ts';

/** A second of AWS's time; the servers are real PostgreSQL and take what they take. */
const MS_PER_SECOND = 10;
const FAILOVER_SECONDS = 30;
const STANDBY_LOSS_SECONDS = 40;
/** Starting servers takes seconds on a busy machine. */
const LONGEST_MS = 120_000;

const NODE: DatabaseNode = {
  kind: 'database',
  id: 'Database',
  type: 'AWS::RDS::DBInstance',
  region: 'region-1',
  zones: ['zone-a', 'zone-b'],
  defaulted: [],
  engine: 'postgres',
  engineVersion: '18',
  port: 5432,
  databaseName: 'shop',
  multiAz: true,
  standbyReplication: 'synchronous',
  encrypted: true,
  backupRetentionDays: 7,
  deletionProtection: false,
};

let guardian: Guardian;
let directory: string;
let database: LocalDatabase | undefined;
let events: CloudEvent['kind'][];
let reachable: boolean[];
let listeningBefore: number;

/** Sockets that this process listens on; one that is left over keeps a command from ending. */
const listening = () => process.getActiveResourcesInfo().filter((one) => one === 'TCPServerWrap').length;

beforeEach(async () => {
  listeningBefore = listening();
  guardian = createGuardian();
  directory = await guardian.makeDirectory('nines-database-test-');
  await chmod(directory, 0o711);
  events = [];
  reachable = [];
});
afterEach(async () => {
  await database?.close();
  await guardian.close();
  database = undefined;
  expect(listening()).toBe(listeningBefore);
}, LONGEST_MS);

async function start(node: Partial<DatabaseNode> = {}, options: Partial<DatabaseOptions> = {}) {
  database = await createDatabase({
    node: { ...NODE, ...node },
    zones: ['zone-a', 'zone-b'],
    directory,
    credentials: { user: 'shop', password: 'only-for-this-test' },
    drawFailoverSeconds: () => FAILOVER_SECONDS,
    drawStandbyLossSeconds: () => STANDBY_LOSS_SECONDS,
    replicationLagSeconds: 0,
    onReachable: (now) => reachable.push(now),
    pace: paceOf(MS_PER_SECOND),
    clock: systemClock,
    guardian,
    onEvent: (event) => events.push(event.kind),
    ...options,
  });
  await database.query('CREATE TABLE t (n int)');
  return database;
}

const insert = (on: LocalDatabase, n: number) => on.query('INSERT INTO t VALUES ($1)', [n]);
const numbersIn = async (on: LocalDatabase) =>
  (await on.query<{ n: number }>('SELECT n FROM t ORDER BY n')).map((row) => row.n);

/** Commits one number after the other until told to stop; answers those that were acknowledged and the slowest. */
function writeContinuously(on: LocalDatabase, from: number) {
  const acknowledged: number[] = [];
  let slowestMs = 0;
  let over = false;
  const writing = (async () => {
    for (let n = from; !over; n += 1) {
      const begun = performance.now();
      const done = await insert(on, n).then(
        () => true,
        () => false,
      );
      if (done) acknowledged.push(n);
      // Without a primary there is nothing to wait for, and nothing else would get its turn.
      else await systemClock.sleep(10);
      slowestMs = Math.max(slowestMs, performance.now() - begun);
    }
  })();
  return {
    acknowledged,
    stop: async () => {
      over = true;
      await writing;
      return slowestMs;
    },
  };
}

const comesBack = (on: LocalDatabase) =>
  expect.poll(() => on.endpoint, { timeout: 30_000, interval: 10 }).toBeDefined();

it(
  'fails over after the declared time, keeps every acknowledged write, and has a standby in sync again',
  { timeout: LONGEST_MS },
  async () => {
    const db = await start();
    expect([db.primaryZone, db.standbyZone, await db.standbyInSync()]).toEqual(['zone-a', 'zone-b', true]);
    const writer = writeContinuously(db, 1);
    await expect.poll(() => writer.acknowledged.length, { timeout: 30_000 }).toBeGreaterThan(20);
    const lostAt = performance.now();
    expect(await db.losePrimary()).toBe('primary database-1 in zone-a');
    expect(db.endpoint).toBeUndefined();
    await expect(db.query('SELECT 1')).rejects.toThrow('the database has no primary right now');
    await expect(db.losePrimary()).rejects.toThrow('a failover is under way');
    expect(reachable).toEqual([false]);
    await comesBack(db);
    expect(performance.now() - lostAt).toBeGreaterThanOrEqual(FAILOVER_SECONDS * MS_PER_SECOND);
    expect([db.primaryZone, reachable, db.failoverSeconds]).toEqual(['zone-b', [false, true], [30]]);
    await db.settle();
    await writer.stop();
    expect(await numbersIn(db)).toEqual(expect.arrayContaining(writer.acknowledged));
    expect([db.standbyZone, await db.standbyInSync()]).toEqual(['zone-a', true]);
    expect(events).toEqual(['standby-in-sync', 'failover-started', 'failover-completed', 'standby-in-sync']);
    // Only a standby that really has every write may be promoted next.
    await insert(db, -1);
    await db.losePrimary();
    await comesBack(db);
    expect(await numbersIn(db)).toContain(-1);
  },
);

it(
  'waits with commits when the standby is lost, goes on alone, and never blocks again for the new one',
  { timeout: LONGEST_MS },
  async () => {
    const db = await start();
    await insert(db, 1);
    expect(await db.loseZone('zone-b')).toEqual(['standby in zone-b']);
    const begun = performance.now();
    await insert(db, 2);
    const waitedMs = performance.now() - begun;
    // The declared 400 ms began a moment before the commit did.
    expect(waitedMs).toBeGreaterThan(200);
    expect([db.primaryZone, db.standbyZone, await db.standbyInSync()]).toEqual(['zone-a', undefined, false]);
    await expect.poll(() => events).toEqual(['standby-in-sync', 'standby-lost', 'standby-lost']);

    const writer = writeContinuously(db, 3);
    db.restoreZone('zone-b');
    await db.settle();
    const inSyncWith = writer.acknowledged.length;
    await expect.poll(() => writer.acknowledged.length, { timeout: 30_000 }).toBeGreaterThan(inSyncWith + 20);
    const slowestMs = await writer.stop();
    expect([db.standbyZone, await db.standbyInSync()]).toEqual(['zone-b', true]);
    expect(slowestMs).toBeLessThan(2_000);

    expect(await db.loseZone('zone-a')).toEqual(['primary database-1 in zone-a']);
    await comesBack(db);
    expect(await numbersIn(db)).toEqual([1, 2, ...writer.acknowledged]);
    // The zone is still away, so nobody begins to build a fourth server; one that is built shows within a moment.
    await systemClock.sleep(300);
    expect(existsSync(join(directory, 'database-3'))).toBe(true);
    expect(existsSync(join(directory, 'database-4'))).toBe(false);
  },
);

it(
  'says that a standby could not be built when the primary is lost meanwhile',
  { timeout: LONGEST_MS },
  async () => {
    const db = await start();
    await db.loseZone('zone-b');
    await expect.poll(() => events.length, { timeout: 30_000, interval: 10 }).toBe(3);
    db.restoreZone('zone-b');
    await db.losePrimary();
    await expect
      .poll(() => events.slice(3).sort(), { timeout: 30_000 })
      .toEqual(['failover-failed', 'failover-started', 'standby-lost']);
    expect([db.endpoint, db.standbyZone]).toEqual([undefined, undefined]);
    const failed = { code: 'database-failover-failed' };
    await expect(db.query('SELECT 1')).rejects.toMatchObject(failed);
    await expect(db.losePrimary()).rejects.toMatchObject(failed);
  },
);

it(
  'begins a standby again in another zone when the one it is being built in is lost',
  { timeout: LONGEST_MS },
  async () => {
    const db = await start({}, { zones: ['zone-a', 'zone-b', 'zone-c'] });
    await db.loseZone('zone-b');
    // The third server is the standby in zone-c.
    await expect
      .poll(() => existsSync(join(directory, 'database-3')), { timeout: 30_000, interval: 1 })
      .toBe(true);
    db.restoreZone('zone-b');
    expect(await db.loseZone('zone-c')).toEqual(['standby being built in zone-c']);
    await db.settle();
    expect([db.standbyZone, await db.standbyInSync()]).toEqual(['zone-b', true]);
    expect(existsSync(join(directory, 'database-3', 'postmaster.pid'))).toBe(false);
    await insert(db, 1);
    expect(await numbersIn(db)).toEqual([1]);
  },
);

it(
  'fails over to nothing, and says so, when the standby is lost before the primary or during the failover',
  { timeout: LONGEST_MS },
  async () => {
    const db = await start();
    const [standbyLoss] = await Promise.all([db.loseZone('zone-b'), db.losePrimary()]);
    expect(standbyLoss).toEqual(['standby in zone-b']);
    await expect.poll(() => events.at(-1), { timeout: 30_000 }).toBe('failover-failed');
    await expect(db.query('SELECT 1')).rejects.toMatchObject({
      code: 'database-failover-failed',
      message: 'the database cannot fail over: the standby in zone-b is lost too',
    });
    expect([db.endpoint, db.standbyZone, reachable]).toEqual([undefined, undefined, [false]]);
    await db.close();

    events = [];
    const other = await start({}, { directory: join(directory, 'other') });
    await other.losePrimary();
    await other.loseZone('zone-b');
    await expect.poll(() => events.at(-1), { timeout: 30_000 }).toBe('failover-failed');
    expect(other.endpoint).toBeUndefined();
  },
);

it('never comes back without a standby', { timeout: LONGEST_MS }, async () => {
  const db = await start({ standbyReplication: 'none', multiAz: false });
  expect([db.standbyZone, await db.standbyInSync()]).toEqual([undefined, false]);
  expect(await db.loseZone('zone-b')).toEqual([]);
  expect(await db.loseZone('zone-a')).toEqual(['primary database-1 in zone-a']);
  const giveUp = AbortSignal.timeout(FAILOVER_SECONDS * MS_PER_SECOND + 200);
  await db.settle(giveUp);
  expect(giveUp.aborted).toBe(true);
  db.restoreZone('zone-a');
  expect([db.endpoint, reachable, db.failoverSeconds]).toEqual([undefined, [false], []]);
});

it('loses what an asynchronous standby did not have yet, and no more', { timeout: LONGEST_MS }, async () => {
  const lagMs = 200;
  const db = await start(
    { standbyReplication: 'asynchronous' },
    { replicationLagSeconds: lagMs / MS_PER_SECOND },
  );
  expect(await db.standbyInSync()).toBe(false);
  await insert(db, 1);
  await systemClock.sleep(3 * lagMs);
  await insert(db, 2);
  await db.losePrimary();
  await comesBack(db);
  expect(await numbersIn(db)).toEqual([1]);
});

it.runIf(process.platform === 'linux')(
  'gives its shared memory back even when nobody closes it',
  { timeout: LONGEST_MS },
  async () => {
    await start({ standbyReplication: 'none' });
    // The last number of the seventh line names the System V segment (PostgreSQL's pidfile.h).
    const pidFile = await readFile(join(directory, 'database-1', 'postmaster.pid'), 'utf8');
    const segment = pidFile.split('\n')[6]?.trim().split(/\s+/)[1] ?? '';
    const segments = async () =>
      (await readFile('/proc/sysvipc/shm', 'utf8')).split('\n').map((line) => line.trim().split(/\s+/)[1]);
    expect(await segments()).toContain(segment);
    await guardian.close();
    expect(await segments()).not.toContain(segment);
    expect(existsSync(directory)).toBe(false);
  },
);

const CLUSTER: DatabaseNode['cluster'] = {
  members: [
    { id: 'Writer', role: 'writer', zone: 'zone-a', instanceClass: 'db.r7g.large', promotionTier: 1 },
    { id: 'Reader', role: 'replica', zone: 'zone-b', instanceClass: 'db.r7g.large', promotionTier: 1 },
  ],
};

it(
  'a cluster answers reads at the standby, and at the primary when there is none in sync',
  { timeout: LONGEST_MS },
  async () => {
    const { readEndpoint, endpoint } = await start({ cluster: CLUSTER });
    expect(readEndpoint?.port).toEqual(expect.any(Number));
    expect(readEndpoint?.port).not.toBe(endpoint?.port);
    await database!.loseZone('zone-b');
    expect(database!.readEndpoint).toEqual(database!.endpoint);
  },
);

it('an instance has no endpoint for reads but its own', { timeout: LONGEST_MS }, async () => {
  await start();
  expect(database!.readEndpoint).toEqual(database!.endpoint);
});
