import { describe, expect, it } from 'vitest';
import { formatFinding } from '../src/finding.ts';
import type { FileTree } from '../src/file-tree.ts';
import { bannedNames } from '../src/tidy/banned-names.ts';
import { copyablePackages } from '../src/tidy/copyable-packages.ts';
import { deadFiles } from '../src/tidy/dead-files.ts';
import { decisionRecords } from '../src/tidy/decision-records.ts';
import { folderReadmes } from '../src/tidy/folder-readmes.ts';
import { foreignAddresses } from '../src/tidy/foreign-addresses.ts';
import type { TidyRule } from '../src/tidy/rule.ts';
import { TIDY_RULES } from '../src/tidy/rules.ts';
import { topLevel } from '../src/tidy/top-level.ts';
import { unfinishedWork } from '../src/tidy/unfinished-work.ts';
import { wiredProjects } from '../src/tidy/wired-projects.ts';
import { TIDY_FILES, tidyTreeWith, tidyTreeWithout } from './tree-fixture.ts';

/** Only where a finding is, because its words may become better. */
const placesFound = (rule: TidyRule, tree: FileTree): string[] =>
  rule.check(tree).map(({ path, line }) => (line === undefined ? path : `${path}:${line}`));

describe('every rule', () => {
  it.each(TIDY_RULES)('$name finds nothing in a tidy workspace', ({ check }) => {
    expect(check(tidyTreeWith({})).map(formatFinding)).toEqual([]);
  });
});

describe('folder-readmes', () => {
  it('finds a project without a README.md', () => {
    expect(placesFound(folderReadmes, tidyTreeWithout('tools/nines/README.md'))).toEqual(['tools/nines']);
  });

  it('finds a folder of sources inside src that says nothing about itself', () => {
    const tree = tidyTreeWith({ 'tools/nines/src/readers/a.ts': '' });
    expect(placesFound(folderReadmes, tree)).toEqual(['tools/nines/src/readers']);
  });

  it('lets the project speak for its own src and test folders', () => {
    expect(placesFound(folderReadmes, tidyTreeWith({ 'tools/nines/test/a.test.ts': '' }))).toEqual([]);
  });

  it('finds a door of the house without a README.md', () => {
    expect(placesFound(folderReadmes, tidyTreeWith({ 'docs/adr/README.md': '' }))).toEqual(['docs']);
  });
});

describe('dead-files', () => {
  it('finds a module that nobody imports', () => {
    const tree = tidyTreeWith({ 'tools/nines/src/forgotten.ts': 'export {};' });
    expect(placesFound(deadFiles, tree)).toEqual(['tools/nines/src/forgotten.ts']);
  });

  it('finds two modules that only read each other', () => {
    const tree = tidyTreeWith({
      'tools/nines/src/a.ts': "import './b.ts';",
      'tools/nines/src/b.ts': "import './a.ts';",
    });
    expect(placesFound(deadFiles, tree)).toEqual(['tools/nines/src/a.ts', 'tools/nines/src/b.ts']);
  });

  it('finds a module in src that only its test imports', () => {
    const tree = tidyTreeWith({
      'tools/nines/src/tested.ts': '',
      'tools/nines/src/tested.test.ts': "import './tested.ts';",
    });
    expect(placesFound(deadFiles, tree)).toEqual(['tools/nines/src/tested.ts']);
  });

  it('accepts a fixture in the test folder that a test imports', () => {
    const tree = tidyTreeWith({
      'tools/nines/test/shop-fixture.ts': '',
      'tools/nines/test/shop.test.ts': "import './shop-fixture.ts';",
    });
    expect(placesFound(deadFiles, tree)).toEqual([]);
  });

  it('accepts a module that a package script starts, and what it imports dynamically', () => {
    const tree = tidyTreeWith({
      'tools/nines/package.json': '{ "scripts": { "build": "node build.mjs" }, "exports": "./src/index.ts" }',
      'tools/nines/build.mjs': "await import('./src/bundle.ts');",
      'tools/nines/src/bundle.ts': '',
    });
    expect(placesFound(deadFiles, tree)).toEqual([]);
  });

  it('accepts a worker that is started by its file name', () => {
    const tree = tidyTreeWith({
      'tools/nines/src/check.ts': "new Worker(new URL('./worker.ts', import.meta.url));",
      'tools/nines/src/worker.ts': '',
    });
    expect(placesFound(deadFiles, tree)).toEqual([]);
  });

  it('accepts a package that only another package imports', () => {
    const tree = tidyTreeWith({
      'tools/other/package.json': '{ "name": "@nines/other", "exports": { ".": "./src/index.ts" } }',
      'tools/other/src/index.ts': "export * from './deep.ts';",
      'tools/other/src/deep.ts': '',
    });
    expect(placesFound(deadFiles, tree)).toEqual([]);
  });
});

describe('banned-names', () => {
  it.each([
    'libs/a/src/utils.ts',
    'libs/a/src/date-utils.ts',
    'libs/common/src/a.ts',
    'libs/a/src/helpers/a.ts',
    'libs/a/src/pool.manager.ts',
    'docs/misc.md',
  ])('finds %s', (path) => {
    expect(placesFound(bannedNames, tidyTreeWith({ [path]: '' }))).toEqual([path]);
  });

  it.each(['libs/a/src/secrets-manager.ts', 'libs/a/src/commonly-seen.ts', 'libs/a/src/miscount.ts'])(
    'accepts %s',
    (path) => {
      expect(placesFound(bannedNames, tidyTreeWith({ [path]: '' }))).toEqual([]);
    },
  );
});

describe('unfinished-work', () => {
  it.each(['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X'])('finds %s with its line', (marker) => {
    const tree = tidyTreeWith({ 'tools/nines/src/check.ts': `export {};\n// ${marker}: later\n` });
    expect(placesFound(unfinishedWork, tree)).toEqual(['tools/nines/src/check.ts:2']);
  });

  it.each([
    "it.only('a', () => 1);",
    "describe.skip('a', () => 1);",
    "test.todo('a');",
    "describe.concurrent.only('a', () => 1);",
    "it.only.each([1])('a', () => 1);",
  ])('finds tests left out by %s', (line) => {
    const tree = tidyTreeWith({ 'tools/nines/src/check.test.ts': `\n${line}\n` });
    expect(placesFound(unfinishedWork, tree)).toEqual(['tools/nines/src/check.test.ts:2']);
  });

  it('leaves other people’s skip and only alone', () => {
    const text = "queue.skip(); const text = 'it.only'; mocks.only.value;";
    expect(placesFound(unfinishedWork, tidyTreeWith({ 'tools/nines/src/check.test.ts': text }))).toEqual([]);
  });
});

describe('foreign-addresses', () => {
  it.each([
    `"resolved": "https://registry.${'npmjs'}.org/a"`,
    `GOPROXY=https://proxy.${'golang'}.org`,
    `url = https://${'nexus'}.example.com/npm`,
    `cd ${'/work'}/main`,
    `const home = '${'/root'}/.cache';`,
    `HOME=${'/home'}/someone`,
    `HOME=${'/Users'}/someone`,
  ])('finds %s', (line) => {
    const tree = tidyTreeWith({ 'docs/README.md': `one\n${line}\n` });
    expect(placesFound(foreignAddresses, tree)).toEqual(['docs/README.md:2']);
  });

  it.each([`GET /products/work/1`, `${'/home'}/ec2-user/app`, 'src/root/index.ts', 'https://nodejs.org/api'])(
    'accepts %s',
    (line) => {
      expect(placesFound(foreignAddresses, tidyTreeWith({ 'docs/README.md': line }))).toEqual([]);
    },
  );
});

describe('top-level', () => {
  it.each(['scripts/a.sh', 'notes.md', 'src/index.ts', '.github/workflows/a.yml'])('finds %s', (path) => {
    expect(placesFound(topLevel, tidyTreeWith({ [path]: '' }))).toEqual([path.split('/')[0]]);
  });

  it('does not take a file for a folder of the house', () => {
    expect(placesFound(topLevel, tidyTreeWith({ docs: 'a file' }))).toEqual(['docs']);
  });
});

describe('decision-records', () => {
  const record = '# A\n\n## Status\n\n## Context\n\n## Decision\n\n## Consequences\n';

  it('accepts a record with its four sections, and the folder’s own page', () => {
    const tree = tidyTreeWith({
      'docs/adr/0001-own-fault-links.md': record,
      'docs/adr/README.md': '# Decisions',
    });
    expect(placesFound(decisionRecords, tree)).toEqual([]);
  });

  it('accepts sections that begin with their name in bold', () => {
    const short =
      '# A\n\n**Status.** Accepted.\n\n**Context.** x\n\n**Decision.** y\n\n**Consequences.** z\n';
    expect(placesFound(decisionRecords, tidyTreeWith({ 'docs/adr/0001-a.md': short }))).toEqual([]);
  });

  it.each(['Status', 'Context', 'Decision', 'Consequences'])('finds a record without %s', (section) => {
    const tree = tidyTreeWith({ 'docs/adr/0001-a.md': record.replace(`## ${section}`, '') });
    expect(placesFound(decisionRecords, tree)).toEqual(['docs/adr/0001-a.md']);
  });

  it('finds two records with one number', () => {
    const tree = tidyTreeWith({ 'docs/adr/0001-a.md': record, 'docs/adr/0001-b.md': record });
    expect(placesFound(decisionRecords, tree)).toEqual(['docs/adr/0001-b.md']);
  });

  it('finds a record without a number', () => {
    expect(placesFound(decisionRecords, tidyTreeWith({ 'docs/adr/own-links.md': record }))).toEqual([
      'docs/adr/own-links.md',
    ]);
  });
});

describe('copyable-packages', () => {
  const path = 'libs/resilience/retry/package.json';
  const json = JSON.parse(TIDY_FILES[path] ?? '') as Record<string, unknown>;
  const exports = {
    '.': { types: './dist/retry.d.ts', '@nines/source': './src/retry.ts', default: './dist/retry.js' },
  };

  it.each([
    ['another name', { name: '@nines/rerty' }],
    ['side effects', { sideEffects: true }],
    ['CommonJS', { type: 'commonjs' }],
    ['no license', { license: undefined }],
    ['no description', { description: '' }],
    ['a dependency', { dependencies: { ms: '2' } }],
    ['a peer dependency', { peerDependencies: { ms: '2' } }],
    ['a tag that lets it import', { nx: { tags: ['kind:tool'] } }],
    ['no exports', { exports: undefined }],
    ['conditions in an order that hides the source', { exports }],
  ])('finds %s', (_, fields) => {
    const tree = tidyTreeWith({ [path]: JSON.stringify({ ...json, ...fields }) });
    expect(placesFound(copyablePackages, tree)).toEqual([path]);
  });

  it.each(['README.md', 'src/retry.ts', 'src/retry.test.ts', 'package.json'])(
    'finds a package without %s',
    (file) => {
      const tree = tidyTreeWithout(`libs/resilience/retry/${file}`);
      expect(placesFound(copyablePackages, tree)).toEqual(['libs/resilience/retry']);
    },
  );

  const variant = {
    '@nines/source': './src/retry-http.ts',
    types: './dist/retry-http.d.ts',
    default: './dist/retry-http.js',
  };

  it('accepts a variant in a file of its own that is exported', () => {
    const exported = { ...(json['exports'] as object), './http': variant };
    const tree = tidyTreeWith({
      'libs/resilience/retry/src/retry-http.ts': '',
      [path]: JSON.stringify({ ...json, exports: exported }),
    });
    expect(placesFound(copyablePackages, tree)).toEqual([]);
  });

  it('finds a variant that is not exported', () => {
    const tree = tidyTreeWith({ 'libs/resilience/retry/src/retry-http.ts': '' });
    expect(placesFound(copyablePackages, tree)).toEqual([path]);
  });

  it('finds an export without a file', () => {
    const exported = { ...(json['exports'] as object), './http': variant };
    const tree = tidyTreeWith({ [path]: JSON.stringify({ ...json, exports: exported }) });
    expect(placesFound(copyablePackages, tree)).toEqual([path]);
  });

  it('finds a second source file', () => {
    const tree = tidyTreeWith({ 'libs/resilience/retry/src/jitter.ts': '' });
    expect(placesFound(copyablePackages, tree)).toEqual(['libs/resilience/retry/src/jitter.ts']);
  });
});

describe('wired-projects', () => {
  it.each(['tsconfig.json', 'vitest.config.mjs'])('finds a project whose %s is missing', (file) => {
    const tree = tidyTreeWithout(`tools/nines/${file}`);
    expect(placesFound(wiredProjects, tree)).toEqual(['tools/nines/package.json']);
  });

  it('finds a project for which no boundary holds', () => {
    const tree = tidyTreeWith({ 'tools/nines/package.json': '{ "name": "@nines/nines" }' });
    expect(placesFound(wiredProjects, tree)).toEqual(['tools/nines/package.json']);
  });
});
