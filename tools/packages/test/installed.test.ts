/** The tarballs as their users have them: installed into an empty project, without a network. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readPublishedPackages, ROOT, tarballOf } from '../src/published-packages.ts';
import { createTemporaryProject } from './temporary-project.ts';
import type { Ended, TemporaryProject } from './temporary-project.ts';

const packages = readPublishedPackages();

/** Every way into the packages, such as `@nines/idempotency/dynamodb`, with its source here. */
const entries = packages.flatMap(({ name, folder, manifest }) =>
  Object.entries(manifest.exports).map(([path, conditions]) => ({
    specifier: join('@nines', name, path),
    source: join(folder, conditions['@nines/source'] ?? ''),
  })),
);

/** What a source exports for use at run time: its own, or its neighbours'. */
function exportedBy(source: string): string[] {
  const text = readFileSync(source, 'utf8');
  const own = [...text.matchAll(/^export (?:async )?(?:class|const|function\*?) (\w+)/gm)];
  const passedOn = [...text.matchAll(/^export \{([^}]*)\} from/gm)];
  return [
    ...own.map(([, name]) => name ?? ''),
    ...passedOn.flatMap(([, names]) => (names ?? '').split(',').map((name) => name.trim())),
  ].sort();
}

let project: TemporaryProject;
let installed: Ended;

beforeAll(async () => {
  project = createTemporaryProject();
  installed = await project.run('npm', [
    'install',
    '--offline',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    `--cache=${join(project.folder, '.npm')}`,
    ...packages.map(({ manifest }) => tarballOf(manifest)),
  ]);
}, 120_000);

afterAll(() => {
  project[Symbol.dispose]();
});

test('all of them install at once, without a network and without anything else', () => {
  expect(installed).toMatchObject({ code: 0 });
  const lock = JSON.parse(readFileSync(join(project.folder, 'package-lock.json'), 'utf8')) as {
    packages: object;
  };
  expect(Object.keys(lock.packages)).toEqual([
    '',
    ...packages.map(({ name }) => `node_modules/@nines/${name}`),
  ]);
});

test('every way in gives to JavaScript what its source exports', async () => {
  project.write(
    'names.mjs',
    `const names = {};
     for (const specifier of ${JSON.stringify(entries.map(({ specifier }) => specifier))})
       names[specifier] = Object.keys(await import(specifier)).sort();
     process.stdout.write(JSON.stringify(names));`,
  );
  const { output } = await project.run(process.execPath, ['names.mjs']);
  expect(JSON.parse(output)).toEqual(
    Object.fromEntries(entries.map(({ specifier, source }) => [specifier, exportedBy(source)])),
  );
});

const STRICT = { strict: true, noEmit: true, skipLibCheck: false, target: 'es2023' };

const USE = `
import { createRetry, type RetryOptions } from '@nines/retry';
import { createTimeout } from '@nines/timeout';
import { createIdempotency } from '@nines/idempotency';
import { createDynamodbStore } from '@nines/idempotency/dynamodb';
import { pipeline } from '@nines/pipeline';

const options: RetryOptions = { idempotent: true, maxAttempts: 2 };
const call = pipeline(createRetry(options), createTimeout({ timeoutMs: 100 }));
export const answer: Promise<number> = call(() => Promise.resolve(1));
// @ts-expect-error An option of the wrong type is seen, so these are types and not any.
createRetry({ idempotent: true, maxAttempts: 'two' });
export const made = [createIdempotency, createDynamodbStore];
`;

test.each([
  ['nodenext', { module: 'nodenext', moduleResolution: 'nodenext', lib: ['es2023', 'dom'], types: ['node'] }],
  ['bundler', { module: 'esnext', moduleResolution: 'bundler', lib: ['es2023', 'dom'], types: [] }],
])(
  'every way in type-checks in a strict project with moduleResolution %s',
  async (name, compilerOptions) => {
    project.provide(name === 'nodenext' ? ['@types/node', 'undici-types'] : []);
    const imports = entries.map(({ specifier }, at) => `export * as entry${String(at)} from '${specifier}';`);
    project.write(`${name}.ts`, `${USE}\n${imports.join('\n')}\n`);
    project.write(`tsconfig.${name}.json`, {
      compilerOptions: { ...STRICT, ...compilerOptions },
      files: [`${name}.ts`],
    });
    expect(await project.typeCheck(`tsconfig.${name}.json`)).toEqual({ code: 0, output: '' });
  },
  120_000,
);

test('what a user composes from the packages runs', async () => {
  project.write(
    'use.mjs',
    "import { createRetry } from '@nines/retry';\nlet n = 0;\nconst value = await createRetry({ idempotent: true, baseDelayMs: 0 })(() => { n += 1; if (n < 2) throw new Error('x'); return n; });\nprocess.stdout.write(String(value));\n",
  );
  expect(await project.run(process.execPath, ['use.mjs'])).toEqual({ code: 0, output: '2' });
});

test('nothing of this repository was used', () => {
  expect(project.folder.startsWith(ROOT)).toBe(false);
});
