/**
 * Whether an event fits a pattern of EventBridge, as pipes and rules use them: the part of the language that our stacks
 * use. A pattern with anything else is refused when it is read, so that nothing is passed on or held back by mistake.
 */
type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export type Matches = (event: unknown) => boolean;

export class PatternNotKnownError extends Error {
  readonly code = 'pattern-not-known';
  override readonly name = 'PatternNotKnownError';
}

const isObject = (value: unknown): value is Readonly<Record<string, Json>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** One alternative of a field: a value, or `{ prefix }`. */
function readAlternative(alternative: Json): Matches {
  if (!isObject(alternative)) return (value) => value === alternative;
  const { prefix, ...others } = alternative;
  if (typeof prefix !== 'string' || Object.keys(others).length > 0)
    throw new PatternNotKnownError(`${JSON.stringify(alternative)} is no alternative that is known here.`);
  return (value) => typeof value === 'string' && value.startsWith(prefix);
}

/**
 * @param pattern Parsed; every field of an object must fit, any alternative of a list.
 * @throws PatternNotKnownError for what is not known here.
 */
export function readEventPattern(pattern: unknown): Matches {
  if (Array.isArray(pattern)) {
    const alternatives = (pattern as readonly Json[]).map(readAlternative);
    return (value) => alternatives.some((fits) => fits(value));
  }
  if (!isObject(pattern)) throw new PatternNotKnownError(`${JSON.stringify(pattern)} is no pattern.`);
  const fields = Object.entries(pattern).map(([name, part]) => [name, readEventPattern(part)] as const);
  return (event) => isObject(event) && fields.every(([name, fits]) => fits(event[name]));
}
