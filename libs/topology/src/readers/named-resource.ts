/**
 * Finds the resource that a property points at: by reference, or by the name that the resource gives itself, which
 * is how stacks in several regions point at each other.
 */
import { referencedId } from '../references.ts';
import type { Resource } from '../stack.ts';
import type { ReadContext } from './reader.ts';

/** @param nameProperty The property by which a resource of this type names itself, such as `DBClusterIdentifier`. */
export function findNamed(
  named: unknown,
  type: string,
  nameProperty: string,
  context: Pick<ReadContext, 'resourcesOfType'>,
): Resource | undefined {
  if (typeof named !== 'string' || named === '') return undefined;
  const id = referencedId(named);
  const candidates = context.resourcesOfType(type);
  return (
    candidates.find((resource) => resource.id === id) ??
    candidates.find((resource) => resource.properties[nameProperty] === named)
  );
}
