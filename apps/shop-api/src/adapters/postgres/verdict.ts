/**
 * What a failed statement says about the server. Codes are SQLSTATEs, from PostgreSQL's appendix "Error Codes".
 *
 * - `statement-failed`: the server answered that the statement is wrong or not possible. It is well.
 * - `slow`: the server ended the statement at its own time limit. It is alive.
 * - `server-away`: it cannot take the statement now, whatever the statement says, or it said nothing sensible.
 */
export type Verdict = 'statement-failed' | 'slow' | 'server-away';

/** 08 connection exceptions, 53 insufficient resources, 57 operator intervention (shutdown, starting up). */
const UNAVAILABLE_CLASSES = ['08', '53', '57'];
/** A statement that writes met a standby: the address leads to a server that is not, or not yet, the primary. */
const READ_ONLY_TRANSACTION = '25006';
/** The statement took longer than `statement_timeout`. */
const QUERY_CANCELED = '57014';

/** Errors without a SQLSTATE come from the socket or the pool. */
export function judge(error: unknown): Verdict {
  const state = (error as { code?: unknown } | null)?.code;
  if (typeof state !== 'string' || !/^[0-9A-Z]{5}$/.test(state)) return 'server-away';
  if (state === QUERY_CANCELED) return 'slow';
  if (state === READ_ONLY_TRANSACTION || UNAVAILABLE_CLASSES.includes(state.slice(0, 2)))
    return 'server-away';
  return 'statement-failed';
}
