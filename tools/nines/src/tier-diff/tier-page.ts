/**
 * Reads the topics out of a generated tier page (docs/tiers). The page is generated from the stacks and held to them by
 * tests, so it is the one place outside infra that knows which promise is fulfilled by what.
 */
export interface TopicPromise {
  readonly promise: string;
  /** Names of resources, documents, commands and sources, as the page shows them. */
  readonly fulfilledBy: readonly string[];
}

export interface Topic {
  readonly name: string;
  readonly promises: readonly TopicPromise[];
}

const HEADING = /^### \d+\. (.+)$/;

/** A link is known by its text, a resource by its name without the type behind it. */
function nameIn(cell: string): string {
  return /^\[([^\]]+)\]/.exec(cell)?.[1] ?? /^`([^`]+)`/.exec(cell)?.[1] ?? cell;
}

function cellsOf(line: string): readonly string[] | undefined {
  if (!line.startsWith('|') || /^\|[\s|:-]+\|$/.test(line)) return undefined;
  return line
    .slice(1, line.lastIndexOf('|'))
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim());
}

/** The topics of a page in their order; empty for a page without any. */
export function readTierPage(markdown: string): Topic[] {
  const topics: { name: string; promises: { promise: string; fulfilledBy: string[] }[] }[] = [];
  for (const line of markdown.split('\n')) {
    const heading = HEADING.exec(line)?.[1];
    if (heading !== undefined) topics.push({ name: heading, promises: [] });
    const topic = topics.at(-1);
    const cells = cellsOf(line);
    if (!topic || !cells || cells[0] === 'promise') continue;
    const [promise = '', fulfilledBy = ''] = cells;
    // A promise stands in the first of its rows.
    if (promise !== '') topic.promises.push({ promise, fulfilledBy: [] });
    if (fulfilledBy !== '') topic.promises.at(-1)?.fulfilledBy.push(nameIn(fulfilledBy));
  }
  return topics;
}
