/** Copies libraries into another project: reads, plans, writes all or nothing, and records what it did. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { readCatalogue } from './catalogue.ts';
import type { Catalogue, CatalogueFile, Library } from './catalogue.ts';
import { CopyRefusedError } from './copy-refused-error.ts';
import { nodeFileSystem } from './file-system.ts';
import type { FileSystem } from './file-system.ts';
import { importEndingOf, withImportEnding } from './import-endings.ts';
import type { ImportEnding } from './import-endings.ts';
import { LOCK_FILE, parseLock, renderLock, sha256 } from './lock-file.ts';
import type { Lock, LockedFile } from './lock-file.ts';
import { planCopy } from './plan-copy.ts';
import type { CopyPlan, Refusal, WantedFile } from './plan-copy.ts';
import { createGitProvenance } from './provenance.ts';
import type { Provenance } from './provenance.ts';
import { locateTarget, readEntries } from './target-folder.ts';
import type { TargetFolder } from './target-folder.ts';
import { writeFiles } from './write-files.ts';

export interface AddOptions {
  /** The root of the checkout of Nines. */
  readonly root: string;
  /** Names of libraries, such as `retry` or `idempotency-dynamodb`. */
  readonly libraries: readonly string[];
  /** The folder that they go into; made when only its last part is missing. */
  readonly to: string;
  /** @default false */
  readonly withTest?: boolean;
  /** The ending of the tests' imports. @default what the project around the target type-checks */
  readonly imports?: ImportEnding;
  /** @default the file system of Node */
  readonly fs?: FileSystem;
  /** @default git in `root` */
  readonly provenance?: Provenance;
}

export interface AddResult {
  readonly target: string;
  readonly files: readonly { readonly name: string; readonly action: 'create' | 'update' | 'keep' }[];
  /** Nothing was written when there is one. */
  readonly refusals: readonly Refusal[];
  /** What the copied tests import beside the libraries. */
  readonly testPackages: readonly string[];
  /** Libraries that have no test that could be copied alone, where tests were asked for. */
  readonly withoutTest: readonly string[];
}

/** The libraries of these names, and those that their tests import. */
function chooseLibraries(catalogue: Catalogue, names: readonly string[], withTest: boolean): Library[] {
  const chosen = new Map<string, Library>();
  const choose = (name: string): void => {
    if (chosen.has(name)) return;
    const library = catalogue.find((one) => one.name === name);
    if (!library) {
      const known = catalogue.map((one) => one.name).join(', ');
      throw new CopyRefusedError(
        'library-unknown',
        `there is no library ${JSON.stringify(name)}; there are ${known}.`,
      );
    }
    chosen.set(name, library);
    if (withTest) library.testNeeds.forEach(choose);
  };
  names.forEach(choose);
  return [...chosen.values()];
}

function wantFile(
  library: Library,
  file: CatalogueFile,
  provenance: Provenance,
  imports?: ImportEnding,
): WantedFile {
  const content = imports ? withImportEnding(file.content, imports) : file.content;
  const record: LockedFile = {
    library: library.name,
    package: library.package,
    version: library.version,
    commit: provenance.commitOf(file.source),
    source: file.source,
    sourceSha256: sha256(file.content),
    copySha256: sha256(content),
    ...(imports ? { imports } : {}),
  };
  return { name: file.name, content, record };
}

/** The lock's text, or undefined where there is none or something else lies in its place, which the plan refuses. */
export function readLockText(fs: FileSystem, { path, exists }: TargetFolder): string | undefined {
  const place = join(path, LOCK_FILE);
  if (!exists || !fs.lstatSync(place, { throwIfNoEntry: false })?.isFile()) return undefined;
  return fs.readFileSync(place, 'utf8');
}

/** A copy that is as it was keeps its record, so that copying twice changes nothing, whatever commit is out now. */
const recordOf = ({ record }: WantedFile, before: LockedFile | undefined): LockedFile =>
  before?.sourceSha256 === record.sourceSha256 && before.copySha256 === record.copySha256 ? before : record;

function write(fs: FileSystem, target: TargetFolder, plan: CopyPlan, lockText: string | undefined): void {
  const before = parseLock(lockText);
  const records = plan.files.map(({ name, wanted }) => [name, recordOf(wanted, before[name])] as const);
  const lock: Lock = { ...before, ...Object.fromEntries(records) };
  const text = renderLock(lock);
  const toWrite = plan.files
    .filter(({ action }) => action !== 'keep')
    .map(({ name, wanted, expectedSha256 }) => ({ name, content: wanted.content, expectedSha256 }));
  const lockExpected = lockText === undefined ? undefined : sha256(lockText);
  const lockFile = { name: LOCK_FILE, content: text, expectedSha256: lockExpected };
  const files = text === lockText ? toWrite : [...toWrite, lockFile];
  if (files.length === 0) return;
  writeFiles(files, { fs, folder: target.path, exists: target.exists, unique: randomUUID() });
}

/**
 * @throws {CopyRefusedError} when a library is unknown, the target cannot be written into, its lock cannot be read,
 *   or somebody else changes it at the same moment; nothing is written then
 */
export function addLibraries(options: AddOptions): AddResult {
  const { root, withTest = false, fs = nodeFileSystem, provenance = createGitProvenance(root) } = options;
  const libraries = chooseLibraries(readCatalogue(root), options.libraries, withTest);
  const target = locateTarget(options.to, { fs, root });
  const imports = options.imports ?? importEndingOf(target.path);
  const wanted = libraries.flatMap((library) => [
    wantFile(library, library.file, provenance),
    ...(withTest && library.test ? [wantFile(library, library.test, provenance, imports)] : []),
  ]);
  const lockText = readLockText(fs, target);
  const entries = readEntries(
    fs,
    target,
    wanted.map(({ name }) => name),
  );
  const plan = planCopy(wanted, entries, parseLock(lockText));
  if (plan.refusals.length === 0) write(fs, target, plan, lockText);
  const tested = withTest ? libraries : [];
  return {
    target: target.path,
    files: plan.files.map(({ name, action }) => ({ name, action })),
    refusals: plan.refusals,
    testPackages: [...new Set(tested.flatMap(({ testPackages }) => testPackages))].sort(),
    withoutTest: tested.filter(({ test }) => !test).map(({ name }) => name),
  };
}
