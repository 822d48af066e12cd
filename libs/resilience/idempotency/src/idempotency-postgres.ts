/**
 * PostgreSQL store for idempotency: one row a key, each step one statement, by the database's own clock.
 *
 * Use it where the effect is in the same database: `commit(answer, client)` with the client of your transaction
 * writes the record and the effect together or not at all.
 *
 *     await pool.query(postgresStoreTable());                       // once, in a migration
 *     const store = createPostgresStore({ client: pool });          // pg's Pool, PGlite, ...
 *     await once(key, async ({ commit }) => {
 *       await client.query('begin'); ...effect...; await commit(answer, client); await client.query('commit');
 *     }, { payload });
 *     await store.sweep();                                          // now and then: removes old records
 *
 * `client` must not be inside a transaction: taking a key has to be seen by others at once.
 */

/** What is used of a client: `query(text, values)` as `pg` has it. */
export interface PostgresClient {
  query(
    text: string,
    values: unknown[],
  ): PromiseLike<{
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- rows are whatever the statement returns
    readonly rows: readonly any[];
  }>;
}

export interface PostgresStoreOptions {
  readonly client: PostgresClient;
  /** Letters, digits and underscores, with or without a schema. @default 'idempotency' */
  readonly table?: string;
}

const checked = (table: string) => {
  if (/^\w+(\.\w+)?$/.test(table)) return table;
  throw new RangeError(`not a table name: ${table}`);
};

/** The statements that make the table; they do nothing when it is there. */
export const postgresStoreTable = (table = 'idempotency') => `
create table if not exists ${checked(table)} (
  key text primary key,
  fence bigint not null,
  fingerprint text,
  reply text,
  lease_until timestamptz not null,
  expires_at timestamptz not null
);
create index if not exists ${checked(table).replace('.', '_')}_expires_at on ${table} (expires_at);
`;

/** @throws RangeError for an unfit table name, and whatever the client throws: without its store nothing is run */
export function createPostgresStore({ client, table = 'idempotency' }: PostgresStoreOptions) {
  const name = checked(table);
  const after = (parameter: string) => `clock_timestamp() + ${parameter} * interval '1 millisecond'`;
  // A fence from the time of day is above those of a row that was swept since.
  const isHeld = `(held.fingerprint is not null and held.expires_at > clock_timestamp() and
    (held.reply is not null or held.lease_until > clock_timestamp() or held.fingerprint <> $2))`;
  // It looks before it inserts, because the insert would wait for a holder that is just committing.
  const take = `
    with taken as (
      insert into ${name} as held (key, fence, fingerprint, lease_until, expires_at)
      select $1::text, (extract(epoch from clock_timestamp()) * 1000)::bigint, $2::text,
        ${after('$3')}, ${after('$4')}
      where not exists (select from ${name} as held where key = $1 and ${isHeld})
      on conflict (key) do update set fence = greatest(held.fence + 1, excluded.fence),
        fingerprint = excluded.fingerprint, reply = null,
        lease_until = excluded.lease_until, expires_at = excluded.expires_at
      where not ${isHeld}
      returning fence::text
    )
    select fence, null as fingerprint, null as reply, null as lease_left from taken
    union all
    select null, fingerprint, reply,
      greatest(0, extract(epoch from lease_until - clock_timestamp()) * 1000)::text
    from ${name} where key = $1 and not exists (select from taken)`;
  const done = `
    update ${name} set reply = $3, expires_at = ${after('$4')}
    where key = $1 and fence = $2 and fingerprint is not null and coalesce(reply, $3) = $3 returning 1`;
  const free = `
    update ${name} set fingerprint = null
    where key = $1 and fence = $2 and fingerprint is not null and reply is null returning 1`;

  return {
    async acquire(request: { key: string; fingerprint: string; leaseMs: number; retentionMs: number }) {
      const { key, fingerprint, leaseMs, retentionMs } = request;
      const values = [key, fingerprint, leaseMs, Math.max(leaseMs, retentionMs)];
      // Without a row another call made the record just now: it is not yet seen here, and the caller looks again.
      const row = (await client.query(take, values)).rows[0] as
        { fence?: string; fingerprint?: string; reply?: string; lease_left?: string } | undefined;
      if (row?.fence) return { fence: Number(row.fence) };
      return {
        fingerprint: row?.fingerprint ?? undefined,
        reply: row?.reply ?? undefined,
        leaseLeftMs: Number(row?.lease_left ?? 0),
      };
    },

    async complete(
      record: { key: string; fence: number; reply: string; retentionMs: number },
      transaction: PostgresClient = client,
    ) {
      const { key, fence, reply, retentionMs } = record;
      return (await transaction.query(done, [key, fence, reply, retentionMs])).rows.length > 0;
    },

    async release({ key, fence }: { key: string; fence: number }) {
      return (await client.query(free, [key, fence])).rows.length > 0;
    },

    /** Removes records past their retention. Gives how many. */
    async sweep() {
      const text = `delete from ${name} where expires_at <= clock_timestamp() returning 1`;
      return (await client.query(text, [])).rows.length;
    },
  };
}
