/** Entries of the list of lacking types that the emulator knows by now, so that the list does not outlive its reasons. */
import type { Emulator } from '../emulator.ts';
import type { LackingType } from '../lacking-types.ts';

/**
 * @returns Types that are listed as refused and are not. What is listed as inoperative cannot be found out this way.
 */
export async function findStaleEntries(
  emulator: Pick<Emulator, 'refusedTypes'>,
  types: readonly LackingType[],
): Promise<string[]> {
  const listed = types.filter(({ how }) => how === 'refused').map(({ type }) => type);
  const refused = new Set(await emulator.refusedTypes(listed));
  return listed.filter((type) => !refused.has(type));
}
