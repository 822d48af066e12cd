/**
 * Puts together every published package under dist/packages and packs it into dist/tarballs: compiled code, its
 * sources, its page as README.md, the licence, and the package.json without what only this repository needs.
 *
 *   npx nx build @nines/packages && npm publish tools/packages/dist/tarballs/nines-retry-0.1.0.tgz
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { compilePackages } from './compile-packages.ts';
import { PACKAGES, readPublishedPackages, ROOT, TARBALLS } from './published-packages.ts';
import type { PublishedPackage } from './published-packages.ts';
import { publishedManifest, publishedPage } from './published-manifest.ts';
import type { Repository } from './published-manifest.ts';

const { repository } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  repository?: Repository;
};

function assemble({ name, folder, manifest, sources }: PublishedPackage): void {
  const target = join(PACKAGES, name);
  mkdirSync(join(target, 'src'), { recursive: true });
  for (const file of sources) copyFileSync(join(folder, 'src', file), join(target, 'src', file));
  copyFileSync(join(ROOT, 'LICENSE'), join(target, 'LICENSE'));
  const page = readFileSync(join(ROOT, 'docs/patterns', `${name}.md`), 'utf8');
  writeFileSync(join(target, 'README.md'), publishedPage(page));
  const published = publishedManifest(manifest, repository, relative(ROOT, folder));
  writeFileSync(join(target, 'package.json'), `${JSON.stringify(published, null, 2)}\n`);
}

const packages = readPublishedPackages();
for (const folder of [PACKAGES, TARBALLS]) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
}
compilePackages(packages);
packages.forEach(assemble);
execFileSync(
  'npm',
  [
    'pack',
    '--silent',
    '--ignore-scripts',
    `--pack-destination=${TARBALLS}`,
    ...packages.map(({ name }) => join(PACKAGES, name)),
  ],
  { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] },
);
