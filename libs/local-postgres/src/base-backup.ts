/**
 * Makes the data folder of a hot standby from a running primary, or a copy that stands by itself, as `pg_basebackup`
 * would; npm's package does not carry that tool. The low-level backup interface is PostgreSQL's documented one: pg_backup_start, a copy of the
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

interface BackupOptions {
  /** Where the running primary can be asked for a backup, and its data folder. */
  readonly primary: { readonly port: number; readonly directory: string };
  readonly superuser: PostgresCredentials;
  readonly directory: string;
  readonly binaries: PostgresBinaries;
}

export interface StandbyOptions extends BackupOptions {
  /** Where the standby streams from: the primary itself, or a fault point in front of it. */
  readonly replicateFromPort: number;
  /** The standby's name in `synchronous_standby_names`. */
  readonly applicationName: string;
}

type Owner = PostgresBinaries['runAs'];

const own = async (path: string, owner: Owner): Promise<void> => {
  if (owner) await chown(path, owner.uid, owner.gid);
};

/** What of a data folder is not copied; of the second only the contents. */
interface LeftOut {
  readonly files: ReadonlySet<string>;
  readonly contents: ReadonlySet<string>;
}

const NOTHING: LeftOut = { files: new Set(), contents: new Set() };
const OF_A_RUNNING_SERVER: LeftOut = { files: FILES_LEFT_OUT, contents: CONTENTS_LEFT_OUT };

/** Files of a running server come and go during the copy; one that vanished is restored from the WAL. */
async function copyTree(from: string, to: string, owner: Owner, leftOut: LeftOut): Promise<void> {
  await mkdir(to, { recursive: true, mode: 0o700 });
  await own(to, owner);
  for (const name of await readdir(from)) {
    if (leftOut.files.has(name)) continue;
    const source = join(from, name);
    const target = join(to, name);
    try {
      const entry = await lstat(source);
      if (entry.isDirectory()) {
        if (leftOut.contents.has(name)) {
          await mkdir(target, { mode: 0o700 });
          await own(target, owner);
        } else await copyTree(source, target, owner, NOTHING);
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

/** Answers the first and the last segment of the WAL that make the copy consistent. */
async function copyWhileItRuns({ primary, superuser, directory, binaries }: BackupOptions) {
  const client = new pg.Client({ host: '127.0.0.1', port: primary.port, ...superuser, database: 'postgres' });
  // The backup belongs to this one session: if the primary goes away meanwhile, the next query rejects.
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows: begun } = await client.query<{ segment: string }>(
      "SELECT pg_walfile_name(pg_backup_start('nines', true)) AS segment",
    );
    await copyTree(primary.directory, directory, binaries.runAs, OF_A_RUNNING_SERVER);
    const { rows: ended } = await client.query<{ segment: string; labelfile: string }>(
      'SELECT pg_walfile_name(lsn) AS segment, labelfile FROM pg_backup_stop(false)',
    );
    await writeOwned(join(directory, 'backup_label'), ended[0]?.labelfile ?? '', binaries.runAs);
    return { first: begun[0]?.segment ?? '', last: ended[0]?.segment ?? '' };
  } finally {
    await client.end().catch(() => undefined);
  }
}

/**
 * Copies the primary while it runs into a folder that can be restored without it, as of the end of the copying. The
 * folder is complete when this resolves, and worth nothing when it rejects.
 */
export async function createDatabaseCopy(options: BackupOptions): Promise<void> {
  const { primary, directory, binaries } = options;
  const { first, last } = await copyWhileItRuns(options);
  const wal = join(primary.directory, 'pg_wal');
  // Names of segments sort as they follow each other.
  for (const name of (await readdir(wal)).filter((one) => one >= first && one <= last)) {
    const target = join(directory, 'pg_wal', name);
    await copyFile(join(wal, name), target);
    await own(target, binaries.runAs);
  }
}

/** Makes a data folder from a copy; the copy stays as it is. A server that starts there recovers to the copy's moment. */
export async function restoreDatabaseCopy(options: {
  readonly copy: string;
  readonly directory: string;
  readonly binaries: PostgresBinaries;
}): Promise<void> {
  await copyTree(options.copy, options.directory, options.binaries.runAs, NOTHING);
}

/** Quoted as libpq reads it: a password may hold a space or a quote (PostgreSQL manual, "Connection Strings"). */
export const connectionString = (parameters: Readonly<Record<string, string>>): string =>
  Object.entries(parameters)
    .map(([name, value]) => `${name}='${value.replaceAll(/[\\']/g, String.raw`\$&`)}'`)
    .join(' ');

/** Quoted as a configuration file reads it, which takes a backslash for the beginning of an escape, too. */
const settingOf = (value: string): string => `'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;

/** Copies the primary while it runs and leaves a folder that starts as its streaming standby. */
export async function createStandbyDirectory(options: StandbyOptions): Promise<void> {
  const { superuser, directory, binaries } = options;
  await copyWhileItRuns(options);
  await writeOwned(join(directory, 'standby.signal'), '', binaries.runAs);
  const source = connectionString({
    host: '127.0.0.1',
    port: String(options.replicateFromPort),
    user: superuser.user,
    password: superuser.password,
    application_name: options.applicationName,
  });
  await appendFile(
    join(directory, 'postgresql.auto.conf'),
    `primary_conninfo = ${settingOf(source)}\nwal_receiver_timeout = '5s'\nwal_retrieve_retry_interval = '200ms'\n`,
  );
}
