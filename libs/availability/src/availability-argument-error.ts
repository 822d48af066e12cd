/** The error for an argument outside the range its documentation gives. A programming error: fix the caller. */
export class AvailabilityArgumentError extends Error {
  override readonly name = 'AvailabilityArgumentError';
  readonly code = 'argument-out-of-range';
}

export function requireThat(isHeld: boolean, message: string): void {
  if (!isHeld) throw new AvailabilityArgumentError(message);
}
