/** What every command's exit code means, so that a pipeline can tell "failed" from "could not tell". */
export const EXIT = { met: 0, notMet: 1, couldNotRun: 2 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The user asked for something that does not exist or does not fit; the message says what would. */
export class InputInvalidError extends Error {
  readonly code = 'input-invalid';
  override readonly name = 'InputInvalidError';
}
