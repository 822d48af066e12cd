/**
 * The step `tidy` of the gate: every rule of tidiness over the real repository. Prints a line per finding; exit
 * code 1 when there is one.
 */
import { readRepository } from './file-tree.ts';
import { formatFinding } from './finding.ts';
import { TIDY_RULES } from './tidy/rules.ts';
import { WORKSPACE_ROOT } from './workspace-root.ts';

const tree = readRepository(WORKSPACE_ROOT);
const findings = TIDY_RULES.flatMap(({ check }) => check(tree));
for (const finding of findings) process.stdout.write(`${formatFinding(finding)}\n`);
process.stdout.write(
  `tidy: ${TIDY_RULES.length} rules over ${tree.paths.length} files, ${findings.length} findings\n`,
);
process.exitCode = findings.length === 0 ? 0 : 1;
