/**
 * Makes the data folder of a hot standby from a running primary, as `pg_basebackup` would; npm's package does not
 * carry that tool. The low-level backup interface is PostgreSQL's documented one: pg_backup_start, a copy of the
 * folder, pg_backup_stop's label file, standby.signal and primary_conninfo.
 */
import {
  chown,
  copyFile,
  lstat,
  mkdir,
  readdir,
  readlink,
  symlink,
  writeFile,
  appendFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import type { PostgresBinaries } from './binaries.ts';
import type { PostgresCredentials } from './postgres-server.ts';

/** Contents that belong to the running primary and must not be copied (PostgreSQL documentation, 25.3.4). */
const CONTENTS_LEFT_OUT = new Set([
  'pg_wal',
  'pg_replslot',
  'pg_dynshmem',
  'pg_notify',
  'pg_serial',
  'pg_snapshots',
  'pg_stat_tmp',
  'pg_subtrans',
]);
const FILES_LEFT_OUT = new Set([
  'postmaster.pid',
  'postmaster.opts',
  'standby.signal',
  'recovery.signal',
  'backup_label',
]);

export interface StandbyOptions {
  /** Where the running primary can be asked for a backup, and its data folder. */
  readonly primary: { readonly port: number; readonly directory: string };
  readonly superuser: PostgresCredentials;
  /** Where the standby streams from: the primary itself, or a fault point in front of it. */
  readonly replicateFromPort: number;
  /** The standby's name in `synchronous_standby_names`. */
  readonly applicationName: string;
  readonly directory: string;
  readonly binaries: PostgresBinaries;
}

type Owner = PostgresBinaries['runAs'];

const own = async (path: string, owner: Owner): Promise<void> => {
  if (owner) await chown(path, owner.uid, owner.gid);
};

/** Files of a running server come and go during the copy; one that vanished is restored from the WAL. */
async function copyTree(from: string, to: string, owner: Owner, depth = 0): Promise<void> {
  await mkdir(to, { recursive: true, mode: 0o700 });
  await own(to, owner);
  for (const name of await readdir(from)) {
    if (depth === 0 && FILES_LEFT_OUT.has(name)) continue;
    const source = join(from, name);
    const target = join(to, name);
    try {
      const entry = await lstat(source);
      if (entry.isDirectory()) {
        if (depth === 0 && CONTENTS_LEFT_OUT.has(name)) {
          await mkdir(target, { mode: 0o700 });
          await own(target, owner);
        } else await copyTree(source, target, owner, depth + 1);
      } else if (entry.isSymbolicLink()) {
        await symlink(await readlink(source), target);
      } else {
        await copyFile(source, target);
        await own(target, owner);
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
}

async function writeOwned(path: string, text: string, owner: Owner): Promise<void> {
  await writeFile(path, text, { mode: 0o600 });
  await own(path, owner);
}

/** Copies the primary while it runs and leaves a folder that starts as its streaming standby. */
export async function createStandbyDirectory(options: StandbyOptions): Promise<void> {
  const { primary, superuser, directory, binaries } = options;
  const client = new pg.Client({ host: '127.0.0.1', port: primary.port, ...superuser, database: 'postgres' });
  // The backup belongs to this one session: if the primary goes away meanwhile, the next query rejects.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query("SELECT pg_backup_start('nines standby', true)");
    await copyTree(primary.directory, directory, binaries.runAs);
    const { rows } = await client.query<{ labelfile: string }>('SELECT labelfile FROM pg_backup_stop(false)');
    await writeOwned(join(directory, 'backup_label'), rows[0]?.labelfile ?? '', binaries.runAs);
  } finally {
    await client.end().catch(() => undefined);
  }
  await writeOwned(join(directory, 'standby.signal'), '', binaries.runAs);
  const source = `host=127.0.0.1 port=${String(options.replicateFromPort)} user=${superuser.user} password=${superuser.password} application_name=${options.applicationName}`;
  await appendFile(
    join(directory, 'postgresql.auto.conf'),
    `primary_conninfo = '${source}'\nwal_receiver_timeout = '5s'\nwal_retrieve_retry_interval = '200ms'\n`,
  );
}
