import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  createDatabaseCopy,
  createPostgresServer,
  createStandbyDirectory,
  freePort,
  preparePostgresBinaries,
  restoreDatabaseCopy,
} from './index.ts';
import type { PostgresBinaries, PostgresServer, SpawnProcess } from './index.ts';

const superuser = { user: 'postgres', password: 'only-for-this-test' };
let directory: string;
let binaries: PostgresBinaries;
let primary: PostgresServer;
let standby: PostgresServer;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'nines-postgres-'));
  binaries = await preparePostgresBinaries(directory);
  primary = createPostgresServer({
    name: 'primary',
    directory: join(directory, 'primary'),
    port: await freePort(),
    binaries,
    superuser,
  });
  await primary.initialise();
  await primary.start();
  await createStandbyDirectory({
    primary,
    superuser,
    replicateFromPort: primary.port,
    applicationName: 'standby',
    directory: join(directory, 'standby'),
    binaries,
  });
  standby = createPostgresServer({
    name: 'standby',
    directory: join(directory, 'standby'),
    port: await freePort(),
    binaries,
    superuser,
  });
  await standby.start();
}, 60_000);

afterAll(async () => {
  await standby.stop();
  await primary.stop();
  await rm(directory, { recursive: true, force: true });
});

it('keeps every write acknowledged under synchronous replication when the primary crashes and the standby is promoted', async () => {
  await primary.configure({ synchronous_standby_names: "'standby'" });
  const inSync = async () =>
    (await primary.query<{ sync_state: string }>('SELECT sync_state FROM pg_stat_replication'))[0]
      ?.sync_state;
  await expect.poll(inSync, { timeout: 10_000 }).toBe('sync');

  await primary.query('CREATE TABLE t (n int)');
  await primary.query('INSERT INTO t SELECT generate_series(1, 1000)');
  await primary.crash();
  await standby.promote();
  await standby.configure({ synchronous_standby_names: "''" });

  expect(await standby.query('SELECT count(*)::int AS n FROM t')).toEqual([{ n: 1000 }]);
  await standby.query('INSERT INTO t VALUES (1001)');
}, 60_000);

it('restores a copy to its moment without the server that it was taken from, and as often as one likes', async () => {
  const serverAt = async (name: string) =>
    createPostgresServer({
      name,
      directory: join(directory, name),
      port: await freePort(),
      binaries,
      superuser,
    });
  const original = await serverAt('original');
  await original.initialise();
  await original.start();
  await original.query('CREATE TABLE t (n int)');
  await original.query('INSERT INTO t VALUES (1)');
  const copy = join(directory, 'copy');
  await createDatabaseCopy({ primary: original, superuser, directory: copy, binaries });
  await original.query('INSERT INTO t VALUES (2)');
  await original.crash();
  await rm(original.directory, { recursive: true });

  for (const name of ['restored', 'restored-again']) {
    const restored = await serverAt(name);
    await restoreDatabaseCopy({ copy, directory: restored.directory, binaries });
    await restored.start();
    expect(await restored.query('SELECT n FROM t')).toEqual([{ n: 1 }]);
    await restored.query('INSERT INTO t VALUES (3)');
    await restored.stop();
  }
}, 60_000);

it('starts initdb and the server by the function it is given, so that a guardian knows of both', async () => {
  const started: string[] = [];
  const spawnProcess: SpawnProcess = (command, args, options) => {
    started.push(command);
    return spawn(command, args, options);
  };
  const server = createPostgresServer({
    name: 'watched',
    directory: join(directory, 'watched'),
    port: await freePort(),
    binaries,
    superuser,
    spawnProcess,
  });
  await server.initialise();
  await server.start();
  await server.stop();
  expect(started).toEqual([binaries.initdb, binaries.postgres]);
}, 60_000);

it('says in initdb’s own words why a folder could not be initialised, and leaves no password behind', async () => {
  const server = createPostgresServer({
    name: 'twice',
    // The standby's folder is taken.
    directory: join(directory, 'standby'),
    port: 1,
    binaries,
    superuser,
  });
  await expect(server.initialise()).rejects.toMatchObject({
    code: 'postgres-start',
    message: expect.stringMatching(
      /^initdb of PostgreSQL twice failed \(exit code 1\):[^]*not empty/,
    ) as string,
  });
  expect((await readdir(directory)).filter((name) => name.endsWith('.password'))).toEqual([]);
}, 60_000);
