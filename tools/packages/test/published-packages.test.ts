/** The packages as they are built: what is in the tarballs, and what two reviewers of packages say of them. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import type { Problem } from '@arethetypeswrong/core';
import { filterProblems } from '@arethetypeswrong/core/problems';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { describe, expect, test } from 'vitest';
import { PACKAGES, readPublishedPackages, ROOT, tarballOf, TARBALLS } from '../src/published-packages.ts';
import type { Conditions } from '../src/published-packages.ts';

const packages = readPublishedPackages();

interface PublishedManifest {
  readonly name: string;
  readonly version: string;
  readonly exports: Readonly<Record<string, string | Conditions>>;
  readonly [field: string]: unknown;
}

const manifestOf = (name: string): PublishedManifest =>
  JSON.parse(readFileSync(join(PACKAGES, name, 'package.json'), 'utf8')) as PublishedManifest;

const filesIn = (tarball: string): string[] =>
  execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((path) => path.replace('package/', ''))
    .sort();

describe('the set', () => {
  test('is every library, and no more than that', () => {
    expect(packages.map(({ name }) => name)).toEqual([
      'adaptive-throttle',
      'bulkhead',
      'circuit-breaker',
      'constant-work',
      'deadline',
      'emergency-lever',
      'event-metrics',
      'health-check',
      'hedge',
      'idempotency',
      'load-shedder',
      'pipeline',
      'rate-limiter',
      'retry',
      'shuffle-sharding',
      'stale-cache',
      'timeout',
    ]);
    expect(readdirSync(TARBALLS).sort()).toEqual(
      packages.map(({ name, manifest }) => `nines-${name}-${manifest.version}.tgz`),
    );
  });

  test('has one version', () => {
    expect(new Set(packages.map(({ manifest }) => manifest.version)).size).toBe(1);
  });

  test('leaves out nothing that is not private', () => {
    const { workspaces } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      workspaces: string[];
    };
    const folders = workspaces.flatMap((pattern) =>
      pattern.endsWith('/*')
        ? readdirSync(join(ROOT, pattern.slice(0, -2))).map((name) => join(pattern.slice(0, -2), name))
        : [pattern],
    );
    const open = folders
      .filter((folder) => existsSync(join(ROOT, folder, 'package.json')))
      .map(
        (folder) => JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8')) as PublishedManifest,
      )
      .filter((manifest) => manifest['private'] !== true);
    expect(open.map(({ name }) => name).sort()).toEqual(packages.map(({ name }) => `@nines/${name}`));
  });

  test('cannot be packed from the folders of the sources', () => {
    const { status, stderr } = spawnSync('npm', ['pack', '--dry-run', '--foreground-scripts'], {
      cwd: packages[0]!.folder,
      encoding: 'utf8',
    });
    expect(status).toBe(1);
    expect(stderr).toContain('This folder is not what is published.');
  });
});

test('a tarball holds the code, its types and maps, its source, its page and the licence', () => {
  const { manifest } = packages.find(({ name }) => name === 'emergency-lever')!;
  expect(filesIn(tarballOf(manifest))).toEqual([
    'LICENSE',
    'README.md',
    'dist/emergency-lever-sources.d.ts',
    'dist/emergency-lever-sources.d.ts.map',
    'dist/emergency-lever-sources.js',
    'dist/emergency-lever-sources.js.map',
    'dist/emergency-lever.d.ts',
    'dist/emergency-lever.d.ts.map',
    'dist/emergency-lever.js',
    'dist/emergency-lever.js.map',
    'package.json',
    'src/emergency-lever-sources.ts',
    'src/emergency-lever.ts',
  ]);
});

describe.each(packages.map(({ name, manifest, sources }) => ({ name, manifest, sources })))(
  '$name',
  ({ name, manifest, sources }) => {
    const tarball = tarballOf(manifest);

    test('exports what its package.json here says, and its tarball holds it', () => {
      const files = filesIn(tarball);
      const targets = Object.values(manifestOf(name).exports).flatMap((target) =>
        typeof target === 'string' ? [target] : Object.values(target),
      );
      expect(targets.filter((target) => !files.includes(target.replace('./', '')))).toEqual([]);
      const wanted = Object.values(manifest.exports).flatMap((conditions) => [
        conditions['types'],
        conditions['default'],
      ]);
      expect(targets.sort()).toEqual([...wanted, './package.json'].sort());
      expect(files.filter((file) => file.includes('.test.'))).toEqual([]);
    });

    test('says what a user asks of a package, and nothing of how it is made', () => {
      const published = manifestOf(name);
      expect(published).toMatchObject({
        name: `@nines/${name}`,
        type: 'module',
        license: 'Apache-2.0',
        sideEffects: false,
        engines: { node: '>=20' },
        publishConfig: { access: 'public' },
      });
      expect(published['description']).toMatch(/.{20}/);
      expect((published['keywords'] as string[]).length).toBeGreaterThan(3);
      const unwanted = ['nx', 'scripts', 'dependencies', 'devDependencies', 'peerDependencies', 'private'];
      expect(Object.keys(published).filter((field) => unwanted.includes(field))).toEqual([]);
      expect(JSON.stringify(published)).not.toContain('@nines/source');
    });

    test('has maps that lead to the sources in it', () => {
      const folder = join(PACKAGES, name, 'dist');
      const maps = readdirSync(folder).filter((file) => file.endsWith('.map'));
      expect(maps).toHaveLength(2 * sources.length);
      for (const file of maps) {
        const map = JSON.parse(readFileSync(join(folder, file), 'utf8')) as { sources: string[] };
        expect(map.sources.map((source) => existsSync(join(folder, source)))).toEqual([true]);
      }
    });

    test('has a page without links that lead out of the package', () => {
      const page = readFileSync(join(PACKAGES, name, 'README.md'), 'utf8');
      expect(page).toMatch(/^# \w/);
      expect(page.match(/\]\((?!https?:|#)[^)]*\)/g)).toBeNull();
    });

    test('is clean for publint', async () => {
      const bytes = readFileSync(tarball);
      const { messages, pkg } = await publint({
        strict: true,
        level: 'suggestion',
        pack: { tarball: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) },
      });
      expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
    });

    test('is clean for attw, as a package of ES modules only', async () => {
      const analysis = await checkPackage(
        createPackageFromTarballData(new Uint8Array(readFileSync(tarball))),
      );
      if (analysis.types === false) throw new Error(`attw finds no types in ${name}`);
      const problems: Problem[] = (['node16-esm', 'bundler'] as const).flatMap((resolutionKind) =>
        filterProblems(analysis, { resolutionKind }),
      );
      expect(problems).toEqual([]);
      expect(Object.keys(analysis.entrypoints)).toHaveLength(Object.keys(manifestOf(name).exports).length);
    });
  },
);
