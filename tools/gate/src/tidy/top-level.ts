import type { TidyRule } from './rule.ts';

const RULE = 'top-level';

/** The house: nobody adds a room at the front without changing this list and saying why in an ADR. */
const FOLDERS = new Set(['.ci', 'apps', 'docs', 'infra', 'libs', 'load-tests', 'tools']);

const FILES = new Set([
  '.editorconfig',
  '.gitattributes',
  '.gitignore',
  '.npmrc',
  '.nvmrc',
  '.prettierignore',
  '.prettierrc.json',
  'LICENSE',
  'NOTICE',
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'eslint.config.mjs',
  'nx.json',
  'package-lock.json',
  'package.json',
  'tsconfig.base.json',
  'tsconfig.json',
  'vitest.shared.d.ts',
  'vitest.shared.mjs',
]);

/** The repository's top level is exactly the fixed folders and configuration files. */
export const topLevel: TidyRule = {
  name: RULE,
  check: (tree) => {
    const names = new Set(tree.paths.map((path) => path.split('/')[0] ?? ''));
    return [...names]
      .filter((name) => !(tree.has(name) ? FILES : FOLDERS).has(name))
      .map((name) => ({
        rule: RULE,
        path: name,
        problem:
          'not one of the fixed names at the top level: move it into a folder, or change the list with an ADR',
      }));
  },
};
