/**
 * What can be copied: each source file of `libs/resilience/<package>/src`, under its own name. `idempotency` is the
 * library with its memory store, `idempotency-postgres` one more store, and so on; each is a file without imports.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { siblingsImportedBy } from './import-endings.ts';

export interface CatalogueFile {
  /** Its name here and in the target, such as `retry.ts`. */
  readonly name: string;
  /** Where it comes from, relative to the repository's root, with slashes. */
  readonly source: string;
  readonly content: string;
}

export interface Library {
  /** What is written on the command line: the file's name without its ending. */
  readonly name: string;
  readonly package: string;
  readonly version: string;
  readonly description: string;
  readonly file: CatalogueFile;
  /** Absent for a file whose proof needs more than itself, such as a store's database. */
  readonly test?: CatalogueFile;
  /** Libraries that the test imports beside its own, so that they have to come with it. */
  readonly testNeeds: readonly string[];
  /** Packages that the test imports, such as vitest. */
  readonly testPackages: readonly string[];
}

export type Catalogue = readonly Library[];

/** Only plain names: this is what keeps a name from meaning another folder. */
export const FILE_NAME = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.test)?\.ts$/;

const FOLDER = 'libs/resilience';
const PACKAGE_IMPORT = /^import [^;]*? from '([^.'][^']*)';/gm;

interface PackageJson {
  readonly name: string;
  readonly version: string;
  readonly description: string;
}

function readFileOf(root: string, folder: string, name: string): CatalogueFile {
  const source = `${folder}/src/${name}`;
  return { name, source, content: readFileSync(join(root, source), 'utf8') };
}

function readPackage(root: string, folder: string): Library[] {
  const { name, version, description } = JSON.parse(
    readFileSync(join(root, folder, 'package.json'), 'utf8'),
  ) as PackageJson;
  const files = readdirSync(join(root, folder, 'src')).filter((file) => FILE_NAME.test(file));
  return files
    .filter((file) => !file.endsWith('.test.ts'))
    .map((file) => {
      const stem = file.slice(0, -'.ts'.length);
      const test = files.includes(`${stem}.test.ts`)
        ? readFileOf(root, folder, `${stem}.test.ts`)
        : undefined;
      const testNeeds = test ? siblingsImportedBy(test.content).filter((sibling) => sibling !== stem) : [];
      const testPackages = [...(test?.content.matchAll(PACKAGE_IMPORT) ?? [])].flatMap(
        ([, from]) => from ?? [],
      );
      return {
        name: stem,
        package: name,
        version,
        description,
        file: readFileOf(root, folder, file),
        ...(test ? { test } : {}),
        testNeeds,
        testPackages: [...new Set(testPackages)].sort(),
      };
    });
}

/**
 * Reads the libraries of a checkout of Nines.
 *
 * @param root the repository's root folder
 */
export function readCatalogue(root: string): Catalogue {
  return readdirSync(join(root, FOLDER), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap((entry) => readPackage(root, `${FOLDER}/${entry.name}`))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
