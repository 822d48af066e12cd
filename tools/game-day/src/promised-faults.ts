/** Which faults a tier can be judged by, on servers and without. */
export class FaultWithoutAcceptanceError extends Error {
  readonly code = 'fault-without-acceptance';
  override readonly name = 'FaultWithoutAcceptanceError';
}

/**
 * A fault that nothing is promised for could only be told about, never judged.
 *
 * @param who The tier, as it is called in a sentence.
 * @throws FaultWithoutAcceptanceError when one was asked for.
 */
export function refuseFaultsWithoutAcceptance(
  who: string,
  asked: readonly string[],
  promised: readonly string[],
): void {
  const without = asked.filter((name) => !promised.includes(name));
  if (without.length === 0) return;
  throw new FaultWithoutAcceptanceError(
    `${who} promises nothing for ${without.join(', ')}; it does for ${promised.join(', ')}.`,
  );
}
