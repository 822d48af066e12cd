/** Which packages of this repository are published: every library that is not marked private. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** Where the packages are put together, and where their tarballs lie. */
export const PACKAGES = join(ROOT, 'tools/packages/dist/packages');
export const TARBALLS = join(ROOT, 'tools/packages/dist/tarballs');

/** How a file is reached, by condition; `@nines/source` holds in this repository only. */
export type Conditions = Readonly<Record<string, string>>;

export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly exports: Readonly<Record<string, Conditions>>;
  readonly [field: string]: unknown;
}

export interface PublishedPackage {
  /** Its folder's name, such as `retry`. */
  readonly name: string;
  readonly folder: string;
  readonly manifest: Manifest;
  /** Source files without tests, such as `retry.ts`. */
  readonly sources: readonly string[];
}

const FOLDERS = readdirSync(join(ROOT, 'libs/resilience'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => `libs/resilience/${entry.name}`);

function readPackage(folder: string): PublishedPackage {
  const manifest = JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8')) as Manifest;
  const sources = readdirSync(join(ROOT, folder, 'src')).filter(
    (file) => file.endsWith('.ts') && !file.endsWith('.test.ts'),
  );
  return { name: manifest.name.replace('@nines/', ''), folder: join(ROOT, folder), manifest, sources };
}

export const readPublishedPackages = (): PublishedPackage[] =>
  [...FOLDERS, 'libs/event-metrics']
    .map(readPackage)
    .filter(({ manifest }) => manifest.private !== true)
    .sort((a, b) => (a.name < b.name ? -1 : 1));

/** The name of a package's tarball, as npm makes it. */
export const tarballOf = ({ name, version }: Manifest): string =>
  join(TARBALLS, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`);
