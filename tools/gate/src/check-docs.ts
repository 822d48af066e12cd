/**
 * The step `docs` of the gate: links, anchors, and the code in every page. Prints a line per finding; exit code
 * 1 when there is one.
 */
import { checkLinks } from './docs/links.ts';
import { compileSnippets, executeSnippets, extractSnippets } from './docs/snippets.ts';
import { readRepository } from './file-tree.ts';
import { formatFinding } from './finding.ts';
import { WORKSPACE_ROOT } from './workspace-root.ts';

const tree = readRepository(WORKSPACE_ROOT);
const { snippets, findings } = extractSnippets(tree);
const all = [
  ...checkLinks(tree),
  ...findings,
  ...compileSnippets(WORKSPACE_ROOT, snippets),
  ...(await executeSnippets(WORKSPACE_ROOT, snippets)),
];
const runs = snippets.filter((snippet) => snippet.runs).length;
for (const finding of all) process.stdout.write(`${formatFinding(finding)}\n`);
process.stdout.write(
  `docs: ${snippets.length} snippets compiled, ${runs} of them run, ${all.length} findings\n`,
);
process.exitCode = all.length === 0 ? 0 : 1;
