/**
 * A bounded pool of PostgreSQL connections that survives the death of the server behind its address.
 *
 * `pg`'s own pool keeps a connection whose server has vanished without a word (a cut cable, a failed zone): a
 * query on it hangs, and its orderly end hangs again. Here every query has a client-side limit that is longer
 * than the server's own `statement_timeout`: a living server always answers first, so silence means that the
 * server is gone. The pool is then replaced as a whole, its sockets are destroyed, and the next query connects
 * anew, to wherever the address leads now.
 *
 * Use it for short statements. It has no transactions over several statements on purpose: a lock that is held
 * while a busy event loop gets around to the next statement is a queue for everyone else (docs/adr/0022).
 */
import { Socket } from 'node:net';
import pg from 'pg';
import { StorageUnavailableError } from '../../ports/storage.ts';

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
   * rated for, and ten instances fit in the smallest database's limit.
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
   * @default 250: a few round trips.
   */
  readonly answerGraceMs?: number;
  readonly onEvent?: (event: ConnectionsEvent) => void;
}

export type ConnectionsEvent =
  | { readonly type: 'pool-replaced'; readonly reason: string }
  | { readonly type: 'connection-failed'; readonly reason: string };

export interface Connections {
  run<Row extends pg.QueryResultRow>(statement: Statement, options?: RunOptions): Promise<readonly Row[]>;
  stats(): { total: number; idle: number; waiting: number };
  close(): Promise<void>;
}

export interface RunOptions {
  /** The caller's remaining time; shortens both limits. */
  readonly timeoutMs?: number;
}

/** One pool and the sockets it opened, replaced together. */
interface Generation {
  readonly pool: pg.Pool;
  readonly sockets: Set<Socket>;
}

/** SQLSTATE classes and codes that say that the server cannot take the statement now, whatever it says. */
const UNAVAILABLE_CLASSES = ['08', '53', '57'];
const READ_ONLY_TRANSACTION = '25006';
/** Statement took longer than statement_timeout: the server lives, the connection is fine. */
const QUERY_CANCELED = '57014';

/** A silence of this length says something about the server; a shorter one only about the caller's haste. */
const TELLING_WAIT_MS = 200;

type Verdict = 'statement-failed' | 'slow' | 'server-away';

/** Reads what an error says about the server. Errors without a SQLSTATE come from the socket or the pool. */
function judge(error: unknown): Verdict {
  const state = (error as { code?: unknown } | null)?.code;
  if (typeof state !== 'string' || !/^[0-9A-Z]{5}$/.test(state)) return 'server-away';
  if (state === QUERY_CANCELED) return 'slow';
  if (state === READ_ONLY_TRANSACTION || UNAVAILABLE_CLASSES.includes(state.slice(0, 2)))
    return 'server-away';
  return 'statement-failed';
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

export function createConnections(options: ConnectionsOptions): Connections {
  const {
    maxConnections = 10,
    acquireTimeoutMs = 500,
    statementTimeoutMs = 1_000,
    answerGraceMs = 250,
    onEvent,
  } = options;
  let current = open();
  let closed = false;

  function open(): Generation {
    const sockets = new Set<Socket>();
    const pool = new pg.Pool({
      host: options.host,
      port: options.port,
      database: options.database,
      user: options.user,
      password: options.password,
      ...(options.certificateAuthorities === undefined
        ? {}
        : { ssl: { ca: options.certificateAuthorities, rejectUnauthorized: true } }),
      application_name: 'shop-api',
      max: maxConnections,
      connectionTimeoutMillis: acquireTimeoutMs,
      // Connections stay: opening them all again after a quiet minute would be work at the worst time.
      idleTimeoutMillis: 300_000,
      statement_timeout: statementTimeoutMs,
      idle_in_transaction_session_timeout: 5_000,
      keepAlive: true,
      keepAliveInitialDelayMillis: 5_000,
      stream: () => {
        const socket = new Socket();
        sockets.add(socket);
        socket.once('close', () => sockets.delete(socket));
        return socket;
      },
    });
    // A broken idle connection removes itself; without a listener its error would end the process.
    pool.on('error', (error) => onEvent?.({ type: 'connection-failed', reason: error.message }));
    return { pool, sockets };
  }

  /** Lets nobody wait on a dead server's connections again. Statements under way run into their own limits. */
  function replace(generation: Generation, reason: string): void {
    if (generation !== current || closed) return;
    current = open();
    onEvent?.({ type: 'pool-replaced', reason });
    retire(generation, acquireTimeoutMs + statementTimeoutMs + answerGraceMs);
  }

  function retire(generation: Generation, afterMs: number): void {
    generation.pool.end().catch(() => undefined);
    setTimeout(() => {
      for (const socket of generation.sockets) socket.destroy();
    }, afterMs).unref();
  }

  async function run<Row extends pg.QueryResultRow>(
    statement: Statement,
    { timeoutMs = Number.POSITIVE_INFINITY }: RunOptions = {},
  ): Promise<readonly Row[]> {
    const generation = current;
    const client = await acquire(generation, timeoutMs);
    const limitMs = Math.max(1, Math.min(timeoutMs, statementTimeoutMs + answerGraceMs));
    try {
      const rows = await answerWithin<Row>(client, statement, limitMs);
      client.release();
      return rows;
    } catch (error) {
      throw afterFailure(generation, client, error, limitMs);
    }
  }

  async function acquire(generation: Generation, timeoutMs: number): Promise<pg.PoolClient> {
    const limitMs = Math.max(1, Math.min(timeoutMs, acquireTimeoutMs));
    try {
      return await within(generation.pool.connect(), limitMs, (late) => {
        late.release();
      });
    } catch (cause) {
      const callerGaveUp = cause instanceof NoAnswerError && limitMs < TELLING_WAIT_MS;
      if (!callerGaveUp) onEvent?.({ type: 'connection-failed', reason: reasonOf(cause) });
      throw new StorageUnavailableError('no connection to the database', { cause, callerGaveUp });
    }
  }

  function afterFailure(
    generation: Generation,
    client: pg.PoolClient,
    error: unknown,
    limitMs: number,
  ): unknown {
    const silent = error instanceof NoAnswerError;
    const verdict = silent ? 'server-away' : judge(error);
    if (verdict === 'statement-failed') {
      client.release();
      return error;
    }
    if (verdict === 'slow') {
      client.release();
      return new StorageUnavailableError('the statement took too long', { cause: error });
    }
    destroy(client);
    // Only silence beyond the server's own limit says that every other connection is dead, too.
    if (!silent || limitMs > statementTimeoutMs) replace(generation, reasonOf(error));
    return new StorageUnavailableError('the database did not answer', {
      cause: error,
      callerGaveUp: silent && limitMs < TELLING_WAIT_MS,
    });
  }

  return {
    run,
    stats: () => ({
      total: current.pool.totalCount,
      idle: current.pool.idleCount,
      waiting: current.pool.waitingCount,
    }),
    close: async () => {
      closed = true;
      const { pool, sockets } = current;
      const ended = pool.end();
      const deadline = setTimeout(() => {
        for (const socket of sockets) socket.destroy();
      }, statementTimeoutMs + answerGraceMs);
      await ended.finally(() => {
        clearTimeout(deadline);
      });
    },
  };
}

class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError';
}

/** Ends the connection without the goodbye that a dead server would never acknowledge. */
function destroy(client: pg.PoolClient): void {
  const { connection } = client as unknown as { connection: { stream: Socket } };
  client.release(true);
  connection.stream.destroy();
}

async function answerWithin<Row extends pg.QueryResultRow>(
  client: pg.PoolClient,
  statement: Statement,
  limitMs: number,
): Promise<readonly Row[]> {
  const query = client.query<Row>({
    name: statement.name,
    text: statement.text,
    values: statement.values as unknown[],
  });
  const result = await within(query, limitMs, () => undefined);
  return result.rows;
}

/**
 * The promise's outcome, or `NoAnswerError` after `limitMs`. A stalled event loop finds its timers due before it
 * has read what had long arrived, so one more turn of the loop is granted before silence is believed.
 */
function within<T>(promise: Promise<T>, limitMs: number, onLate: (value: T) => void): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    let late = false;
    const timer = setTimeout(() => {
      setImmediate(() => {
        late = true;
        reject(new NoAnswerError(`no answer within ${String(Math.round(limitMs))} ms`));
      });
    }, limitMs);
    promise.then(
      (value) => {
        clearTimeout(timer);
        if (late) onLate(value);
        else resolve(value);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(error as Error);
      },
    );
  });
}
