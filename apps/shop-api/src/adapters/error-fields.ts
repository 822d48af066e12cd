/**
 * What a log says of an error: its kind, code, message, stack and causes, and nothing else. Drivers hang more on
 * their errors (PostgreSQL's `detail` quotes the values of a row), and those may be a customer's.
 */
export interface ErrorFields {
  readonly type: string;
  readonly message: string;
  readonly code?: string;
  readonly stack?: string;
  readonly cause?: ErrorFields;
}

/** Causes of causes: enough to reach a socket's error below a pool's below a port's. */
const MAX_CAUSES = 4;

export function toErrorFields(error: unknown, depth = 0): ErrorFields {
  if (!(error instanceof Error)) return { type: typeof error, message: 'not an error' };
  const { code } = error as { code?: unknown };
  return {
    type: error.name,
    message: error.message,
    ...(typeof code === 'string' ? { code } : {}),
    // One stack tells where; those of the causes are in the drivers.
    ...(depth === 0 && error.stack !== undefined ? { stack: error.stack } : {}),
    ...(error.cause === undefined || depth === MAX_CAUSES
      ? {}
      : { cause: toErrorFields(error.cause, depth + 1) }),
  };
}
