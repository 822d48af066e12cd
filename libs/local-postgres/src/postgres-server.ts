/**
 * One PostgreSQL server process on loopback.
 *
 * Use it to run a real database for a test or for the local cloud. Not for keeping data: its folder belongs to
 * the run and goes with it.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { chmod, chown, mkdir, rm, writeFile, appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { PostgresBinaries } from './binaries.ts';

/** Slow shared machines need several seconds for a first start; a healthy one needs less than one. */
const START_TIMEOUT_MS = 30_000;
const POLL_MS = 50;
/** Characters of a process's output that an error message carries at most. */
const LOG_KEPT = 4000;

export interface PostgresCredentials {
  readonly user: string;
  readonly password: string;
}

/** Starts a process, initdb's as well as the server's; the local cloud passes one that also tells its guardian. */
export type SpawnProcess = (command: string, args: readonly string[], options: SpawnOptions) => ChildProcess;

export interface PostgresServerOptions {
  readonly name: string;
  /** The data folder; made by `initialise` or by `createStandbyDirectory`. */
  readonly directory: string;
  readonly port: number;
  readonly binaries: PostgresBinaries;
  readonly superuser: PostgresCredentials;
  /** Lines for postgresql.conf, beyond what a loopback server needs. */
  readonly settings?: Readonly<Record<string, string>>;
  /** @default node's `spawn` */
  readonly spawnProcess?: SpawnProcess;
}

export interface PostgresServer {
  readonly name: string;
  readonly directory: string;
  readonly port: number;
  readonly pid: number | undefined;
  /** Makes the data folder with initdb. */
  initialise(): Promise<void>;
  /** Starts the process and waits until it answers; a standby answers as soon as it can be read. */
  start(): Promise<void>;
  /** Runs SQL as the superuser on a connection of its own. */
  query<Row extends pg.QueryResultRow>(
    text: string,
    values?: readonly unknown[],
    database?: string,
  ): Promise<Row[]>;
  /** Changes settings and reloads them, without a restart. */
  configure(settings: Readonly<Record<string, string>>): Promise<void>;
  /** Promotes a standby and waits until it takes writes. */
  promote(): Promise<void>;
  /** Stops at once without a checkpoint, as a crash does; shared memory is given back to the system. */
  crash(): Promise<void>;
  /** Stops with everything flushed. */
  stop(): Promise<void>;
}

export class PostgresStartError extends Error {
  readonly code = 'postgres-start';
  override readonly name = 'PostgresStartError';
}

/** What every server here needs: loopback only, no socket files outside the run's folder, replication allowed. */
const BASE_SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: "'127.0.0.1'",
  unix_socket_directories: "''",
  max_connections: '120',
  shared_buffers: "'64MB'",
  wal_level: "'replica'",
  max_wal_senders: '8',
  wal_keep_size: "'512MB'",
  hot_standby: 'on',
  log_min_messages: "'warning'",
};

const render = (settings: Readonly<Record<string, string>>): string =>
  Object.entries(settings)
    .map(([key, value]) => `${key} = ${value}\n`)
    .join('');

/** Runs initdb to its end, started as the server is, so that a guardian knows of it as well. */
async function runInitdb(options: PostgresServerOptions, args: readonly string[]): Promise<void> {
  const { binaries, directory, spawnProcess = spawn as SpawnProcess } = options;
  const child = spawnProcess(binaries.initdb, args, {
    ...binaries.runAs,
    cwd: directory,
    env: { PATH: process.env['PATH'], LC_ALL: 'C' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    log = (log + chunk.toString()).slice(-LOG_KEPT);
  });
  const ending = await new Promise<string>((resolve) => {
    child.once('error', (error) => {
      resolve(error.message);
    });
    child.once('close', (code, signal) => {
      resolve(signal ?? `exit code ${String(code)}`);
    });
  });
  if (child.exitCode !== 0) {
    throw new PostgresStartError(`initdb of PostgreSQL ${options.name} failed (${ending}):\n${log}`);
  }
}

async function initialise(options: PostgresServerOptions): Promise<void> {
  const { directory, binaries, superuser } = options;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const passwordFile = `${directory}.password`;
  await writeFile(passwordFile, superuser.password, { mode: 0o600 });
  if (binaries.runAs) {
    await chown(directory, binaries.runAs.uid, binaries.runAs.gid);
    await chown(passwordFile, binaries.runAs.uid, binaries.runAs.gid);
  }
  const args = ['-D', directory, '-U', superuser.user, `--pwfile=${passwordFile}`];
  try {
    await runInitdb(options, [
      ...args,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--no-locale',
      '--no-sync',
    ]);
  } finally {
    await rm(passwordFile, { force: true });
  }
  await appendFile(join(directory, 'postgresql.conf'), render({ ...BASE_SETTINGS, ...options.settings }));
  await appendFile(join(directory, 'pg_hba.conf'), 'host replication all 127.0.0.1/32 scram-sha-256\n');
}

class Server implements PostgresServer {
  readonly #options: PostgresServerOptions;
  #child: ChildProcess | undefined;
  #exited: Promise<void> = Promise.resolve();
  #log = '';

  constructor(options: PostgresServerOptions) {
    this.#options = options;
  }

  get name(): string {
    return this.#options.name;
  }
  get directory(): string {
    return this.#options.directory;
  }
  get port(): number {
    return this.#options.port;
  }
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  initialise(): Promise<void> {
    return initialise(this.#options);
  }

  async start(): Promise<void> {
    const { binaries, directory, port, spawnProcess = spawn as SpawnProcess } = this.#options;
    await chmod(directory, 0o700);
    const child = spawnProcess(binaries.postgres, ['-D', directory, '-p', String(port)], {
      ...binaries.runAs,
      cwd: directory,
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
    });
    this.#child = child;
    child.stderr?.on('data', (chunk: Buffer) => {
      this.#log = (this.#log + chunk.toString()).slice(-LOG_KEPT);
    });
    this.#exited = new Promise((resolve) => {
      child.once('exit', () => {
        resolve();
      });
      child.once('error', () => {
        resolve();
      });
    });
    await this.#waitUntilReady(child);
  }

  async #waitUntilReady(child: ChildProcess): Promise<void> {
    for (let waitedMs = 0; waitedMs < START_TIMEOUT_MS; waitedMs += POLL_MS) {
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) break;
      try {
        await this.query('SELECT 1');
        return;
      } catch {
        // Not listening yet; the next round asks again, and the limit above ends a start that never succeeds.
        await delay(POLL_MS);
      }
    }
    throw new PostgresStartError(
      `PostgreSQL ${this.name} did not start on port ${String(this.port)}:\n${this.#log}`,
    );
  }

  async query<Row extends pg.QueryResultRow>(
    text: string,
    values: readonly unknown[] = [],
    database = 'postgres',
  ): Promise<Row[]> {
    const { superuser, port } = this.#options;
    const client = new pg.Client({
      host: '127.0.0.1',
      port,
      ...superuser,
      database,
      connectionTimeoutMillis: 5_000,
      query_timeout: 30_000,
    });
    // A server that is crashed on purpose resets this connection; the query's own rejection tells the caller.
    client.on('error', () => undefined);
    await client.connect();
    try {
      const { rows } = await client.query<Row>(text, [...values]);
      return rows;
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  async configure(settings: Readonly<Record<string, string>>): Promise<void> {
    for (const [key, value] of Object.entries(settings)) {
      await this.query(`ALTER SYSTEM SET ${key} = ${value}`);
    }
    await this.query('SELECT pg_reload_conf()');
  }

  async promote(): Promise<void> {
    await this.query('SELECT pg_promote(true, 30)');
  }

  async crash(): Promise<void> {
    await this.#end('SIGQUIT');
  }

  async stop(): Promise<void> {
    await this.#end('SIGINT');
  }

  /** PostgreSQL takes SIGQUIT as "immediate" and SIGINT as "fast"; one that does not obey in time is killed. */
  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    const patience = new AbortController();
    const killed = delay(10_000, undefined, { signal: patience.signal }).then(
      () => child.kill('SIGKILL'),
      () => undefined,
    );
    await this.#exited;
    patience.abort();
    await killed;
  }
}

export function createPostgresServer(options: PostgresServerOptions): PostgresServer {
  return new Server(options);
}
