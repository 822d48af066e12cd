/** Real PostgreSQL in two regions: what follows, what is lost with a region, and what is not when it is handed over. */
import { chmod } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DatabaseNode } from '@nines/topology';
import { paceOf } from '../../test/virtual-time.ts';
import { systemClock } from '../clock.ts';
import { createGuardian } from '../guardian/guardian.ts';
import type { Guardian } from '../guardian/guardian.ts';
import type { LocalDatabase } from '../database.ts';
import { createGlobalDatabase, WriterMoveRefusedError } from './global-database.ts';
import type { GlobalDatabase } from './global-database.ts';

const PACE = paceOf(10);
/** Starting servers takes minutes on a machine that does something else, too; twenty seconds on an idle one. */
const LONGEST_MS = 240_000;
/** Six seconds at this pace: long enough that a write is still on its way when a busy machine gets to the loss. */
const LAG_SECONDS = 60;

/** With all that a connection string could trip over. */
const passwordOf = (region: string) => String.raw`it's \ of ${region}`;

const node = (region: string, replicaOf?: string): DatabaseNode => ({
  kind: 'database',
  id: `${region}/Database`,
  type: 'AWS::RDS::DBCluster',
  region,
  zones: [],
  defaulted: [],
  engine: 'aurora-postgresql',
  engineVersion: '17',
  port: 5432,
  ...(replicaOf === undefined ? { databaseName: 'shop' } : { replicaOf }),
  multiAz: true,
  // Without one in its own region, which `database.test.ts` tries, there are fewer servers to start.
  standbyReplication: 'none',
  encrypted: true,
  backupRetentionDays: 1,
  deletionProtection: false,
  cluster: { members: [] },
});

let guardian: Guardian;
let global: GlobalDatabase;
let home: LocalDatabase;
let other: LocalDatabase;
const reachable: Record<string, boolean> = {};

/** Root's servers run as another user, which must be able to pass through. */
async function makeDirectory(): Promise<string> {
  const directory = await guardian.makeDirectory('nines-');
  await chmod(directory, 0o711);
  return directory;
}

async function join(region: string, replicaOf?: string): Promise<LocalDatabase> {
  return global.join(region, {
    node: node(region, replicaOf),
    zones: [`${region}-zone-a`],
    directory: await makeDirectory(),
    credentials: { user: 'shop', password: passwordOf(region) },
    drawFailoverSeconds: () => 1,
    drawStandbyLossSeconds: () => 1,
    replicationLagSeconds: LAG_SECONDS,
    onReachable: (is) => (reachable[region] = is),
    pace: PACE,
    clock: systemClock,
    guardian,
    onEvent: () => undefined,
  });
}

beforeAll(async () => {
  guardian = createGuardian();
  global = createGlobalDatabase({
    directory: await makeDirectory(),
    drawFailoverSeconds: () => 20,
    drawSwitchoverSeconds: () => 10,
    pace: PACE,
    clock: systemClock,
    onEvent: () => undefined,
  });
  home = await join('a');
  await home.query('CREATE TABLE orders (n int)');
  other = await join('b', 'a/Database');
}, LONGEST_MS);

afterAll(async () => {
  await global.close();
  await guardian.close();
}, LONGEST_MS);

const countIn = async (database: LocalDatabase): Promise<number | undefined> =>
  (await database.query<{ n: number }>('SELECT count(*)::int AS n FROM orders'))[0]?.n;
const insert = (database: LocalDatabase) => database.query('INSERT INTO orders VALUES (1)');
const settled = () => global.database.settle(AbortSignal.timeout(LONGEST_MS));

describe('a database over two regions', () => {
  it('writes in the first and can be read in the other, which takes no writes and has its password', async () => {
    await settled();
    await insert(home);
    expect([global.writerRegion, home.endpoint !== undefined, other.endpoint]).toEqual([
      'a',
      true,
      undefined,
    ]);
    expect(other.readEndpoint).toBeDefined();
    expect([other.databaseName, other.credentials.password]).toEqual(['shop', passwordOf('a')]);
    await expect(insert(other)).rejects.toMatchObject({ code: 'database-primary-absent' });
    // What reaches it is refused and not swallowed.
    expect(reachable['b']).toBe(true);
  });

  it(
    'loses with its region what was on the way, keeps what had arrived, and follows when it is back',
    { timeout: LONGEST_MS },
    async () => {
      await insert(home);
      await systemClock.sleep(2 * PACE.scaleMs(LAG_SECONDS));
      await insert(home);
      expect(await countIn(home)).toBe(3);
      const hit = await global.loseRegion('a');
      expect(hit).toEqual(['primary database-1 in a-zone-a']);
      expect(reachable['a']).toBe(false);
      await expect(countIn(global.database)).rejects.toMatchObject({ code: 'database-primary-absent' });

      expect(() => {
        global.failOver('a');
      }).toThrow(WriterMoveRefusedError);
      const beganAt = performance.now();
      global.failOver('b');
      expect(global.status).toBe('failing-over');
      expect(() => {
        global.failOver('b');
      }).toThrow('it is failing-over already');
      await expect.poll(() => global.writerRegion, { timeout: LONGEST_MS }).toBe('b');
      expect(performance.now() - beganAt).toBeGreaterThanOrEqual(200);
      expect(await countIn(global.database)).toBe(2);
      expect(global.database.failoverSeconds).toEqual([20]);

      global.restoreRegion('a');
      await settled();
      expect([home.endpoint, home.readEndpoint !== undefined]).toEqual([undefined, true]);
    },
  );

  it('is handed over and loses nothing, not even what is on the way', { timeout: LONGEST_MS }, async () => {
    await insert(other);
    await insert(other);
    expect(await countIn(global.database)).toBe(4);
    global.switchOver('a');
    expect(global.status).toBe('switching-over');
    await settled();
    expect(global.writerRegion).toBe('a');
    expect(await countIn(home)).toBe(4);
    await insert(home);
  });

  it(
    'writes where it wrote when its region comes back and nobody has taken over',
    { timeout: LONGEST_MS },
    async () => {
      await global.loseRegion('a');
      global.restoreRegion('a');
      await settled();
      expect([global.writerRegion, await countIn(home)]).toEqual(['a', 5]);
      await insert(home);
    },
  );
});
