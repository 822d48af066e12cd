import { posix } from 'node:path';
import type { FileTree } from './file-tree.ts';

/** Where decision records lie, and the page that lists them. */
export const DECISIONS_PAGE = 'docs/adr/README.md';

const RECORD = /^docs\/adr\/\d{4}-[^/]+\.md$/;

/** `10. Servers are replaced, not patched` without its number; the file's name where there is no title. */
const titleOf = (text: string, path: string): string =>
  /^# (?:\d+\.? )?(.+)$/m.exec(text)?.[1]?.trim() ?? posix.basename(path, '.md');

/** The list of decision records, in order of their numbers, in Markdown. */
export function renderDecisionList(tree: FileTree): string {
  return tree.paths
    .filter((path) => RECORD.test(path))
    .map((path) => {
      const name = posix.basename(path);
      return `- [${name.slice(0, 4)}](${name}) ${titleOf(tree.read(path), path)}`;
    })
    .join('\n');
}
