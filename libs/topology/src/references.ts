/**
 * References into a template as they stand in rendered text: `${LogicalId}`, `${LogicalId.Attribute}` or
 * `${Parameter}`. Use these to resolve a process's environment to addresses of your own; the reader uses them
 * to find which resource points at which.
 */

const REFERENCE = /\$\{([^${}\s]+)\}/g;
const WHOLE_REFERENCE = /^\$\{([^${}\s]+)\}$/;

/** The text that stands for something the template alone does not decide. */
export const reference = (name: string): string => `\${${name}}`;

/** Every reference in `text`, without `${` and `}`, in order of appearance and without repetition. */
export function referencesIn(text: string): string[] {
  return [...new Set([...text.matchAll(REFERENCE)].map((match) => match[1] ?? ''))];
}

/** The logical id a reference starts with: `Database` of `Database.Endpoint.Address`. */
export const logicalIdOf = (name: string): string => name.split('.', 1)[0] ?? name;

/** The logical id that `value` refers to when it is one whole reference and nothing else. */
export function referencedId(value: unknown): string | undefined {
  const name = typeof value === 'string' ? WHOLE_REFERENCE.exec(value)?.[1] : undefined;
  return name === undefined ? undefined : logicalIdOf(name);
}

/** Whether `text` still holds something that the template alone does not decide. */
export const isUnresolved = (text: string): boolean => new RegExp(REFERENCE.source).test(text);

/**
 * Puts addresses of your own in the place of references.
 *
 * @param lookup Gets the name without `${` and `}`; what it answers with `undefined` stays as it is.
 */
export function resolveReferences(text: string, lookup: (name: string) => string | undefined): string {
  return text.replace(REFERENCE, (whole, name: string) => lookup(name) ?? whole);
}

/** Every logical id referred to anywhere in a rendered value. */
export function idsReferredTo(value: unknown): Set<string> {
  const found = new Set<string>();
  const visit = (part: unknown): void => {
    if (typeof part === 'string') for (const name of referencesIn(part)) found.add(logicalIdOf(name));
    else if (Array.isArray(part)) part.forEach(visit);
    else if (typeof part === 'object' && part !== null) Object.values(part).forEach(visit);
  };
  visit(value);
  return found;
}
