/**
 * A page of which one part is generated: what stands between two markers is written by a program, everything
 * else by people.
 *
 *     <!-- generated:tiers:start -->
 *     <!-- generated:tiers:end -->
 */

export class MarkersMissingError extends Error {
  readonly code = 'markers-missing';
  constructor(name: string) {
    super(`the page must have the lines "${startOf(name)}" and "${endOf(name)}" once each, in this order`);
    this.name = 'MarkersMissingError';
  }
}

const startOf = (name: string): string => `<!-- generated:${name}:start -->`;
const endOf = (name: string): string => `<!-- generated:${name}:end -->`;

/** The page with the marked part replaced; throws MarkersMissingError when the markers are not there once each. */
export function replaceMarkedPart(page: string, name: string, content: string): string {
  const before = page.split(startOf(name));
  const after = page.split(endOf(name));
  const [head = '', rest = ''] = before;
  const tail = after[1] ?? '';
  if (before.length !== 2 || after.length !== 2 || !rest.includes(endOf(name)))
    throw new MarkersMissingError(name);
  return `${head}${startOf(name)}\n\n${content.trim()}\n\n${endOf(name)}${tail}`;
}
