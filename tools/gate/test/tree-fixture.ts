import { createFileTree, type FileTree } from '../src/file-tree.ts';

/** The smallest workspace that every rule accepts; a test adds the one thing that should be found. */
export const TIDY_FILES: Readonly<Record<string, string>> = {
  'package.json':
    '{ "name": "root", "workspaces": ["libs/resilience/*", "tools/*"], "scripts": { "setup": "x" } }',
  'libs/README.md': '# Libraries\n',
  'libs/resilience/retry/README.md': '# Retry\n',
  'libs/resilience/retry/package.json': JSON.stringify({
    name: '@nines/retry',
    description: 'Retry.',
    type: 'module',
    sideEffects: false,
    license: 'Apache-2.0',
    nx: { tags: ['kind:copyable'] },
    exports: {
      '.': {
        '@nines/source': './src/retry.ts',
        types: './dist/retry.d.ts',
        default: './dist/retry.js',
      },
    },
  }),
  'libs/resilience/retry/tsconfig.json': '{}',
  'libs/resilience/retry/vitest.config.mjs': '',
  'libs/resilience/retry/src/retry.ts': 'export const retry = 1;\n',
  'libs/resilience/retry/src/retry.test.ts':
    "import { retry } from './retry.ts';\nit('retries', () => retry);\n",
  'tools/README.md': '# Tools\n',
  'tools/nines/README.md': '# Nines\n',
  'tools/nines/package.json':
    '{ "name": "@nines/nines", "nx": { "tags": ["kind:tool"] }, "exports": { ".": "./src/index.ts" } }',
  'tools/nines/tsconfig.json': '{}',
  'tools/nines/vitest.config.mjs': '',
  'tools/nines/src/index.ts': "export * from './check.ts';\n",
  'tools/nines/src/check.ts': 'export const check = 1;\n',
};

export const tidyTreeWith = (files: Readonly<Record<string, string>>): FileTree =>
  createFileTree({ ...TIDY_FILES, ...files });

export function tidyTreeWithout(...paths: readonly string[]): FileTree {
  return createFileTree(
    Object.fromEntries(Object.entries(TIDY_FILES).filter(([path]) => !paths.includes(path))),
  );
}
