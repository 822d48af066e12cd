/**
 * Writes the generated parts of pages that no project owns: the tier table of the root README.md and the list of
 * decisions. With `--check` it writes nothing and ends with exit code 1 when a page is not what it would write.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderTierTable } from '@nines/availability';
import { format, resolveConfig } from 'prettier';
import { DECISIONS_PAGE, renderDecisionList } from './decision-list.ts';
import { readRepository } from './file-tree.ts';
import { replaceMarkedPart } from './marked-part.ts';
import { WORKSPACE_ROOT } from './workspace-root.ts';

const PARTS = [
  { page: 'README.md', part: 'tiers', render: renderTierTable },
  {
    page: DECISIONS_PAGE,
    part: 'decisions',
    render: () => renderDecisionList(readRepository(WORKSPACE_ROOT)),
  },
];

const checkOnly = process.argv.includes('--check');

const say = (page: string, what: string): void => {
  process.stdout.write(`${page}: ${what}\n`);
};

async function freshen({ page, part, render }: (typeof PARTS)[number]): Promise<void> {
  const file = join(WORKSPACE_ROOT, page);
  const text = readFileSync(file, 'utf8');
  const options = { ...(await resolveConfig(file)), parser: 'markdown' };
  const wanted = await format(replaceMarkedPart(text, part, render()), options);
  if (text === wanted) return say(page, 'fresh');
  if (checkOnly) throw new Error(`the part "${part}" is stale; write it with \`npm run generate\``);
  writeFileSync(file, wanted);
  say(page, 'written');
}

for (const one of PARTS) {
  try {
    await freshen(one);
  } catch (error) {
    say(one.page, error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}
