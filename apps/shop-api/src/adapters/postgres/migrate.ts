/**
 * Brings the schema up to the migrations beside the bundle, all of them or none, in one transaction under an
 * advisory lock: of two instances that start at once, one waits and then finds nothing to do.
 */
import { readdir } from 'node:fs/promises';
import pg from 'pg';
import Postgrator from 'postgrator';
import { tlsOptions, type ConnectionsOptions } from './connections.ts';

export interface MigrateOptions extends Pick<
  ConnectionsOptions,
  'host' | 'port' | 'database' | 'user' | 'password' | 'certificateAuthorities'
> {
  /** The folder with `<version>.do.<name>.sql` files. */
  readonly directory: string;
  /**
   * Longest wait for the lock, in milliseconds.
   * @default 60000: another instance's migrations are over by then, or something is wrong.
   */
  readonly lockTimeoutMs?: number;
}

/** Any constant will do, as long as nothing else in this database uses it: "nines" in ASCII. */
const ADVISORY_LOCK = 0x6e696e6573;
const LOOK_TIMEOUT_MS = 5_000;

async function connect(options: MigrateOptions, queryTimeoutMs: number): Promise<pg.Client> {
  const client = new pg.Client({
    host: options.host,
    port: options.port,
    database: options.database,
    user: options.user,
    password: options.password,
    ...tlsOptions(options),
    application_name: 'shop-api-migrate',
    connectionTimeoutMillis: 2_000,
    query_timeout: queryTimeoutMs,
    keepAlive: true,
  });
  // The promise that waits reports the error; without a listener it would end the process as well.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** @returns the names of the migrations that were run, in their order. */
export async function migrate(options: MigrateOptions): Promise<readonly string[]> {
  const { lockTimeoutMs = 60_000 } = options;
  const client = await connect(options, lockTimeoutMs + 5_000);
  try {
    await client.query('BEGIN');
    await client.query(`SET LOCAL lock_timeout = ${String(lockTimeoutMs)}`);
    await client.query('SELECT pg_advisory_xact_lock($1)', [ADVISORY_LOCK]);
    const postgrator = new Postgrator({
      driver: 'pg',
      migrationPattern: `${options.directory}/*.sql`,
      schemaTable: 'schema_versions',
      execQuery: (query) => client.query(query),
    });
    const applied = await postgrator.migrate();
    await client.query('COMMIT');
    return applied.map(({ version, name }) => `${String(version)} ${name}`);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/**
 * Whether the database has every migration already, by one look that writes nothing. It can be asked of a database that
 * takes no writes: a follower in another region has what was migrated where it follows.
 */
export async function isMigrated(options: MigrateOptions): Promise<boolean> {
  const names = await readdir(options.directory);
  const newest = Math.max(0, ...names.map((name) => Number(/^(\d+)\.do\..*\.sql$/.exec(name)?.[1] ?? 0)));
  const client = await connect(options, LOOK_TIMEOUT_MS);
  try {
    const { rows } = await client.query<{ version: string | null }>(
      'SELECT max(version) AS version FROM schema_versions',
    );
    return Number(rows[0]?.version ?? 0) >= newest;
  } finally {
    await client.end().catch(() => undefined);
  }
}
