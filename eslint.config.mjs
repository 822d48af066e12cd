// One root configuration: with a configuration per project the root's globs silently match nothing.
// It enforces who may import whom (docs/architecture.md has the picture) and keeps ambient time, sleep and
// randomness out of everything but the named defaults.
import js from '@eslint/js';
import nx from '@nx/eslint-plugin';
import tseslint from 'typescript-eslint';

const TEST_FILES = ['**/*.test.ts', '**/test/**/*.ts'];

/** What a project of each kind may import. A kind that is missing here may import nothing of ours. */
const MAY_IMPORT = {
  'kind:copyable': [],
  'kind:pure': ['kind:pure'],
  // What tells of the copyable libraries must know their events, and is still no part of any of them.
  'kind:rendering': ['kind:pure', 'kind:copyable'],
  'kind:testing': ['kind:pure', 'kind:testing'],
  'kind:app': ['kind:copyable', 'kind:pure'],
  'kind:infra': ['kind:pure'],
  'kind:load-test': [],
  'kind:tool': ['kind:pure', 'kind:copyable', 'kind:tool', 'kind:testing'],
};

const constraints = (extra) =>
  Object.entries(MAY_IMPORT).map(([sourceTag, tags]) => ({
    sourceTag,
    onlyDependOnLibsWithTags: [...tags, ...extra],
  }));

const boundaries = (extra) => [
  'error',
  { enforceBuildableLibDependency: false, allow: [], depConstraints: constraints(extra) },
];

const AMBIENT =
  'is ambient: inject a clock, sleep or random source, so that a test can decide it (docs/architecture.md).';
const ambientCalls = [
  { object: 'Date', property: 'now', message: `Date.now() ${AMBIENT}` },
  { object: 'Math', property: 'random', message: `Math.random() ${AMBIENT}` },
];

export default tseslint.config(
  {
    ignores: [
      '**/node_modules',
      '**/dist',
      '**/out-tsc',
      '**/cdk.out',
      '.nx',
      '.nines',
      '**/*.generated.ts',
      '**/generated/**',
    ],
  },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strict, ...tseslint.configs.stylistic],
    rules: {
      '@typescript-eslint/consistent-type-definitions': ['error', 'interface'],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
    },
  },
  {
    files: ['**/*.ts', '**/*.mjs'],
    plugins: { '@nx': nx },
    rules: {
      '@nx/enforce-module-boundaries': boundaries([]),
      'no-restricted-properties': ['error', ...ambientCalls],
      'max-lines-per-function': ['error', { max: 70, skipBlankLines: true, skipComments: true }],
      eqeqeq: 'error',
      'no-console': 'error',
    },
  },
  {
    // The pure part of the house: no I/O, so no Node modules, no timers and no environment.
    files: [
      'libs/availability/src/**/*.ts',
      'libs/event-metrics/src/**/*.ts',
      'libs/topology/src/**/*.ts',
      'libs/resilience/*/src/**/*.ts',
    ],
    ignores: TEST_FILES,
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ group: ['node:*', 'fs', 'path', 'child_process', 'net', 'http'] }] },
      ],
      'no-restricted-globals': ['error', 'process', 'fetch'],
    },
  },
  {
    // A copyable file is copied alone, so it may import nothing at all, not even a neighbour.
    files: ['libs/resilience/*/src/**/*.ts'],
    ignores: TEST_FILES,
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: 'ImportDeclaration',
          message: 'A copyable library is one file without imports.',
        },
        {
          selector: 'ImportExpression',
          message: 'A copyable library is one file without imports.',
        },
      ],
    },
  },
  {
    // k6 runs these files, not Node: only k6's own modules, neighbours and the generated JSON exist there.
    files: ['load-tests/src/k6/**/*.ts'],
    rules: {
      'no-restricted-imports': ['error', { patterns: [{ group: ['node:*', '@nines/*'] }] }],
    },
  },
  {
    files: TEST_FILES,
    rules: {
      '@nx/enforce-module-boundaries': boundaries(['kind:testing']),
      'max-lines-per-function': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  {
    // Configuration reads its root, and set-up runs before any package exists to be imported by name.
    files: ['**/*.config.mjs', 'vitest.shared.mjs', 'eslint.config.mjs', 'tools/setup/**'],
    rules: { '@nx/enforce-module-boundaries': 'off' },
  },
  {
    files: ['**/*.mjs'],
    languageOptions: {
      globals: { process: 'readonly', console: 'readonly', URL: 'readonly', fetch: 'readonly' },
    },
  },
);
