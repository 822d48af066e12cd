/** Page cursors: the last item's id, encoded so that clients do not take it for one. */
import { ProblemError } from './problem.ts';

export function encodeCursor(id: string): string {
  return Buffer.from(id, 'utf8').toString('base64url');
}

/** @throws ProblemError `validation-failed` when it is none of ours. */
export function decodeCursor(cursor: string, pattern = /^[a-z0-9-]{1,64}$/): string {
  const id = Buffer.from(cursor, 'base64url').toString('utf8');
  if (pattern.test(id)) return id;
  throw new ProblemError('validation-failed', 'The cursor is not one that this shop gave out.', {
    errors: [{ at: 'query/cursor', message: 'must be the nextCursor of the page before' }],
  });
}
