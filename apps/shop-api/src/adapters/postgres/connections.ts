/**
 * A bounded pool of PostgreSQL connections that survives the death of the server behind its address.
 *
 * `pg`'s own pool keeps a connection whose server has vanished without a word (a cut cable, a failed zone): a
 * query on it hangs, and its orderly end hangs again. Here every query has a client-side limit that is longer
 * than the server's own `statement_timeout`: a living server always answers first, so silence means that the
 * server is gone. The pool is then replaced as a whole, its sockets are destroyed, and the next query connects
 * anew, to wherever the address leads now.
 *
 * Use it for single statements. It has no transactions over several statements on purpose: a lock that is held
 * while a busy event loop gets around to the next statement is a queue for everyone else (docs/adr/0022).
 */
import { Socket } from 'node:net';
import pg from 'pg';
import { StorageUnavailableError } from '../../ports/storage.ts';
import { NoAnswerError, within } from './time-limit.ts';
import { judge } from './verdict.ts';

export interface Statement {
  /** Prepared once for each connection under this name. */
  readonly name: string;
  readonly text: string;
  readonly values: readonly unknown[];
}

export interface ConnectionsOptions {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  /** Asked for each new connection, so that a rotated password needs no restart. */
  readonly password: () => Promise<string>;
  /** PEM of the authorities that may vouch for the server; absent: no TLS. */
  readonly certificateAuthorities?: string;
  /**
   * Most connections at once.
   * @default 10: an order holds one for about 5 ms, so ten carry 2,000 a second, far above what an instance is
   * rated for, and eight instances fit in the 100 connections of PostgreSQL's own default.
   */
  readonly maxConnections?: number;
  /**
   * Longest wait for a free or a new connection, in milliseconds.
   * @default 500: connecting takes below 20 ms in a region; whoever waits longer waits for a dead server.
   */
  readonly acquireTimeoutMs?: number;
  /**
   * The server ends a statement after this, in milliseconds.
   * @default 1000: the slowest statement, an order with a synchronous standby, takes below 20 ms.
   */
  readonly statementTimeoutMs?: number;
  /**
   * How much longer than the server's limit the client waits for an answer before it takes the server for dead.
   * @default 250: a hundred round trips.
   */
  readonly answerGraceMs?: number;
  readonly onEvent?: (event: ConnectionsEvent) => void;
}

export type ConnectionsEvent =
  | { readonly type: 'pool-replaced'; readonly reason: string }
  | { readonly type: 'connection-failed'; readonly reason: string };

export interface RunOptions {
  /** The caller's remaining time, in milliseconds; shortens every limit. */
  readonly timeoutMs?: number;
}

export interface Connections {
  /** @throws StorageUnavailableError, or the server's own error about the statement. */
  run<Row extends pg.QueryResultRow>(statement: Statement, options?: RunOptions): Promise<readonly Row[]>;
  stats(): { readonly total: number; readonly idle: number; readonly waiting: number };
  close(): Promise<void>;
}

/** One pool and the sockets that it opened, replaced together. */
interface Generation {
  readonly pool: pg.Pool;
  readonly sockets: Set<Socket>;
}

type Limits = Required<Pick<ConnectionsOptions, 'acquireTimeoutMs' | 'statementTimeoutMs' | 'answerGraceMs'>>;

/**
 * A silence of this length says something about the server; a shorter one only about the caller's haste. It is
 * longer than the patience of a read, which a busy machine may exhaust while everything is well.
 */
const TELLING_WAIT_MS = 400;

export function createConnections(options: ConnectionsOptions): Connections {
  const limits: Limits = { acquireTimeoutMs: 500, statementTimeoutMs: 1_000, answerGraceMs: 250, ...options };
  const answerTimeoutMs = limits.statementTimeoutMs + limits.answerGraceMs;
  const { onEvent } = options;
  let current = open(options, limits);
  let closed = false;

  /** Lets nobody wait on a dead server's connections again. Statements under way run into their own limits. */
  function replace(generation: Generation, reason: string): void {
    if (generation !== current || closed) return;
    current = open(options, limits);
    onEvent?.({ type: 'pool-replaced', reason });
    void end(generation, limits.acquireTimeoutMs + answerTimeoutMs);
  }

  async function acquire({ pool }: Generation, limitMs: number): Promise<pg.PoolClient> {
    try {
      return await within(pool.connect(), limitMs, (late) => {
        late.release();
      });
    } catch (cause) {
      const callerGaveUp = cause instanceof NoAnswerError && limitMs < TELLING_WAIT_MS;
      if (!callerGaveUp) onEvent?.({ type: 'connection-failed', reason: reasonOf(cause) });
      throw new StorageUnavailableError('no connection to the database', { cause, callerGaveUp });
    }
  }

  /** Gives the connection back or throws it away, and says what the caller is to be told. */
  function afterFailure(
    generation: Generation,
    client: pg.PoolClient,
    cause: unknown,
    limitMs: number,
  ): unknown {
    const silent = cause instanceof NoAnswerError;
    const verdict = silent ? 'server-away' : judge(cause);
    // With a true argument pg destroys the socket on which a query hangs, without a goodbye that would hang too.
    client.release(verdict === 'server-away');
    if (verdict === 'statement-failed') return cause;
    if (verdict === 'slow') return new StorageUnavailableError('the statement took too long', { cause });
    // Only silence beyond the server's own limit says that every other connection is dead, too.
    if (!silent || limitMs > limits.statementTimeoutMs) replace(generation, reasonOf(cause));
    const callerGaveUp = silent && limitMs < TELLING_WAIT_MS;
    return new StorageUnavailableError('the database did not answer', { cause, callerGaveUp });
  }

  return {
    run: async <Row extends pg.QueryResultRow>(
      statement: Statement,
      { timeoutMs = Infinity }: RunOptions = {},
    ) => {
      const generation = current;
      const client = await acquire(generation, atLeastOne(Math.min(timeoutMs, limits.acquireTimeoutMs)));
      const limitMs = atLeastOne(Math.min(timeoutMs, answerTimeoutMs));
      try {
        const query = client.query<Row>({ ...statement, values: [...statement.values] });
        const { rows } = await within(query, limitMs, () => undefined);
        client.release();
        return rows;
      } catch (error) {
        throw afterFailure(generation, client, error, limitMs);
      }
    },
    stats: () => {
      const { totalCount: total, idleCount: idle, waitingCount: waiting } = current.pool;
      return { total, idle, waiting };
    },
    close: () => {
      closed = true;
      return end(current, answerTimeoutMs);
    },
  };
}

function open(options: ConnectionsOptions, limits: Limits): Generation {
  const sockets = new Set<Socket>();
  const pool = new pg.Pool({
    host: options.host,
    port: options.port,
    database: options.database,
    user: options.user,
    password: options.password,
    ...tlsOptions(options),
    application_name: 'shop-api',
    max: options.maxConnections ?? 10,
    connectionTimeoutMillis: limits.acquireTimeoutMs,
    // Connections stay: opening them all again after a quiet minute would be work at the worst time.
    idleTimeoutMillis: 300_000,
    statement_timeout: limits.statementTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 5_000,
    stream: () => {
      const socket = new Socket();
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      return socket;
    },
  });
  // A broken connection removes itself, and its query reports why. Without a listener the error event of an idle
  // connection, or of one in use, would end the process.
  pool.on('connect', (client) => client.on('error', () => undefined));
  pool.on('error', (error) => options.onEvent?.({ type: 'connection-failed', reason: error.message }));
  return { pool, sockets };
}

/** Certificate and host name are both checked, as `sslmode=verify-full` does. */
export function tlsOptions({ certificateAuthorities }: Pick<ConnectionsOptions, 'certificateAuthorities'>) {
  return certificateAuthorities === undefined
    ? {}
    : { ssl: { ca: certificateAuthorities, rejectUnauthorized: true } };
}

/** Ends a pool in an orderly way if that is possible within `graceMs`, else by destroying its sockets. */
async function end({ pool, sockets }: Generation, graceMs: number): Promise<void> {
  const timer = setTimeout(() => {
    for (const socket of sockets) socket.destroy();
  }, graceMs);
  timer.unref();
  await pool.end().catch(() => undefined);
  // A goodbye to a dead server never arrives, so the sockets of a retired pool are destroyed in any case.
  if (sockets.size === 0) clearTimeout(timer);
}

const atLeastOne = (milliseconds: number): number => Math.max(1, milliseconds);

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
