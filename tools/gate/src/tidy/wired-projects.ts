import { parsePackageJson, workspaceFolders } from '../projects.ts';
import type { TidyRule } from './rule.ts';

const RULE = 'wired-projects';

/** nx infers `typecheck` and `test` from these two. */
const NEEDED_FILES = ['tsconfig.json', 'vitest.config.mjs'];

/**
 * A project whose configuration file is missing would silently be left out of a step; and one without a tag
 * would silently be allowed to import anything.
 */
export const wiredProjects: TidyRule = {
  name: RULE,
  check: (tree) =>
    workspaceFolders(tree).flatMap((folder) => {
      const hasTypeScript = tree.paths.some(
        (path) => path.startsWith(`${folder}/src/`) && path.endsWith('.ts'),
      );
      const missing = NEEDED_FILES.filter((file) => hasTypeScript && !tree.has(`${folder}/${file}`)).map(
        (file) => `the project has no ${file}, so nx does not know all of its targets`,
      );
      const tags = parsePackageJson(tree, `${folder}/package.json`).nx?.tags ?? [];
      const untagged = tags.some((tag) => tag.startsWith('kind:'))
        ? []
        : ['"nx.tags" names no kind:..., so no boundary holds for it (eslint.config.mjs lists the kinds)'];
      return [...missing, ...untagged].map((problem) => ({
        rule: RULE,
        path: `${folder}/package.json`,
        problem,
      }));
    }),
};
