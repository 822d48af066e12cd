/**
 * Writes the generated parts of the root README.md, which no project owns; with `--check` it writes nothing and
 * ends with exit code 1 when a part is not what it would write.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderTierTable } from '@nines/availability';
import { format, resolveConfig } from 'prettier';
import { replaceMarkedPart } from './marked-part.ts';
import { WORKSPACE_ROOT } from './workspace-root.ts';

const README = join(WORKSPACE_ROOT, 'README.md');

const page = readFileSync(README, 'utf8');
const options = { ...(await resolveConfig(README)), parser: 'markdown' };
const wanted = await format(replaceMarkedPart(page, 'tiers', renderTierTable()), options);
const isFresh = page === wanted;

if (isFresh) {
  process.stdout.write('README.md: the generated parts are fresh\n');
} else if (process.argv.includes('--check')) {
  process.stdout.write('README.md: the tier table is stale; write it with `npm run generate`\n');
  process.exitCode = 1;
} else {
  writeFileSync(README, wanted);
  process.stdout.write('README.md: written\n');
}
