/**
 * Every library copied into an empty project by what `nines add` runs: type-checked under Node's types and under the
 * DOM's, run as it is by Node, and proved there by its own copied test. One project and two compilations for all of
 * them: the files import nothing, so none can lean on another.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { addLibraries, compareCopies, readCatalogue } from '@nines/copy';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ROOT } from '../src/published-packages.ts';
import { createTemporaryProject } from './temporary-project.ts';
import type { TemporaryProject } from './temporary-project.ts';

const catalogue = readCatalogue(ROOT);
const names = catalogue.map(({ name }) => name);
const files = catalogue.map(({ file }) => file.name);
const tests = catalogue.flatMap((library) => library.test?.name ?? []);

/** What the tests may import: a project has these or can have them. */
const TEST_PACKAGES = ['fast-check', 'vitest'];

const STRICT = {
  target: 'es2023',
  module: 'nodenext',
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noEmit: true,
  skipLibCheck: true,
};

interface Report {
  readonly numPassedTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly message?: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

let project: TemporaryProject;
beforeAll(() => {
  project = createTemporaryProject();
  project.provide([...TEST_PACKAGES, '@types/node', 'undici-types']);
  // The usual project: nothing allows imports that end in .ts, so that the tests are copied with .js. The tests use
  // ES2024; the libraries are held to ES2023 below.
  project.write('tsconfig.json', {
    compilerOptions: { ...STRICT, lib: ['es2024'], types: ['node'] },
    include: ['src', 'no-dom-types.ts'],
  });
  project.write('tsconfig.dom.json', {
    compilerOptions: {
      ...STRICT,
      module: 'esnext',
      moduleResolution: 'bundler',
      lib: ['es2023', 'dom'],
      types: [],
    },
    files: ['no-node-types.ts', ...files.map((file) => `src/${file}`)],
  });
  // These compile only where the other side's types are really absent.
  project.write('no-node-types.ts', '// @ts-expect-error\nexport const node = process;\n');
  project.write('no-dom-types.ts', '// @ts-expect-error\nexport const dom = document;\n');
  const { refusals, testPackages } = addLibraries({
    root: ROOT,
    libraries: names,
    to: join(project.folder, 'src'),
    withTest: true,
  });
  expect(refusals).toEqual([]);
  expect(testPackages).toEqual(TEST_PACKAGES);
});
afterAll(() => {
  project[Symbol.dispose]();
});

test('every source file of the libraries is there, and every test beside it', () => {
  const folders = readdirSync(join(ROOT, 'libs/resilience'));
  const here = folders.flatMap((folder) => readdirSync(join(ROOT, 'libs/resilience', folder, 'src')));
  expect(here.length).toBeGreaterThan(32);
  expect(readdirSync(join(project.folder, 'src')).sort()).toEqual([...here, 'nines.lock.json'].sort());
});

test('nothing has moved right after copying', () => {
  const compared = compareCopies({ root: ROOT, libraries: [], to: join(project.folder, 'src') });
  expect(compared.files.filter(({ moved }) => moved !== 'same')).toEqual([]);
});

test('a library is the same byte for byte', () => {
  for (const { file } of catalogue) {
    expect(readFileSync(join(project.folder, 'src', file.name), 'utf8')).toBe(file.content);
  }
});

test('libraries and tests type-check under Node types, without those of the DOM', async () => {
  expect(await project.typeCheck('tsconfig.json')).toEqual({ code: 0, output: '' });
}, 120_000);

test('the libraries type-check under DOM types, without those of Node', async () => {
  expect(await project.typeCheck('tsconfig.dom.json')).toEqual({ code: 0, output: '' });
}, 120_000);

test('every library runs as it is in plain Node, and prints nothing', async () => {
  const imports = files.map((file) => `import './src/${file}';`);
  project.write('all.ts', imports.join('\n'));
  expect(await project.run(process.execPath, ['all.ts'])).toEqual({ code: 0, output: '' });
});

test('every copied test passes where it was copied to', async () => {
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
  const { code, output } = await project.run(process.execPath, [
    vitest,
    'run',
    '--reporter=json',
    '--test-timeout=60000',
  ]);
  const report = JSON.parse(output.slice(output.indexOf('{"numTotalTestSuites"'))) as Report;
  const failed = report.testResults.flatMap(({ message, assertionResults }) => [
    ...(message ? [message] : []),
    ...assertionResults
      .filter(({ status }) => status === 'failed')
      .map(({ fullName, failureMessages }) => `${fullName}: ${failureMessages.join('\n')}`),
  ]);
  expect({ code, failed }).toEqual({ code: 0, failed: [] });
  expect(report.testResults.map(({ name }) => name.split('/').at(-1)).sort()).toEqual([...tests].sort());
  expect(report.numPassedTests).toBeGreaterThan(300);
}, 600_000);
