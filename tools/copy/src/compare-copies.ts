/** What moved since files were copied: ours here, theirs there, or both, with the difference as a patch. */
import { join } from 'node:path';
import { createTwoFilesPatch } from 'diff';
import { readLockText } from './add-libraries.ts';
import { readCatalogue } from './catalogue.ts';
import type { CatalogueFile } from './catalogue.ts';
import { CopyRefusedError } from './copy-refused-error.ts';
import { nodeFileSystem } from './file-system.ts';
import type { FileSystem } from './file-system.ts';
import { withImportEnding } from './import-endings.ts';
import { LOCK_FILE, parseLock, sha256 } from './lock-file.ts';
import type { LockedFile } from './lock-file.ts';
import { createGitProvenance } from './provenance.ts';
import type { Provenance } from './provenance.ts';
import { locateTarget, readEntries } from './target-folder.ts';
import type { TargetFolder } from './target-folder.ts';

export interface CompareOptions {
  readonly root: string;
  /** Only these libraries; all that were copied when empty. */
  readonly libraries: readonly string[];
  readonly to: string;
  readonly fs?: FileSystem;
  readonly provenance?: Provenance;
}

/**
 * `same`: nothing moved. `ours`: the library moved on here. `theirs`: the copy was changed. `both`: both were, and
 * differ. `missing`: the copy is gone, or no longer a file. `retired`: the library is no longer here.
 */
export type Movement = 'same' | 'ours' | 'theirs' | 'both' | 'missing' | 'retired';

export interface ComparedFile {
  readonly name: string;
  readonly library: string;
  readonly moved: Movement;
  readonly copied: { readonly version: string; readonly commit: string | null };
  /** The library's version here, absent when it was retired. */
  readonly version?: string;
  /**
   * What moved, as unified patches: what to do to the copy to have ours, what was done to the copy, or where both
   * moved one for each from the common start, or from the copy to ours where git no longer has that start.
   */
  readonly patches: readonly string[];
}

export interface Comparison {
  readonly target: string;
  readonly files: readonly ComparedFile[];
}

interface Sides {
  readonly name: string;
  readonly ours: string;
  readonly theirs: string;
  /** The file as it was copied, where git has it. */
  readonly start: string | undefined;
}

const patch = (name: string, from: readonly [string, string], to: readonly [string, string]): string =>
  createTwoFilesPatch(`${from[0]}/${name}`, `${to[0]}/${name}`, from[1], to[1], undefined, undefined, {
    context: 3,
  });

function patchesOf(moved: Movement, { name, ours, theirs, start }: Sides): string[] {
  switch (moved) {
    case 'ours':
      return [patch(name, ['copy', theirs], ['nines', ours])];
    case 'theirs':
      return [patch(name, ['copied', ours], ['copy', theirs])];
    case 'both':
      return start === undefined
        ? [patch(name, ['copy', theirs], ['nines', ours])]
        : [patch(name, ['copied', start], ['nines', ours]), patch(name, ['copied', start], ['copy', theirs])];
    default:
      return [];
  }
}

function movementOf(ours: string, theirs: string, copied: string): Movement {
  if (ours === theirs) return 'same';
  if (theirs === copied) return 'ours';
  return ours === copied ? 'theirs' : 'both';
}

/** The start of a copy, if git still has what was hashed then. */
function startOf(locked: LockedFile, provenance: Provenance): string | undefined {
  const content = provenance.contentAt(locked.commit, locked.source);
  if (content === undefined) return undefined;
  const start = locked.imports ? withImportEnding(content, locked.imports) : content;
  return sha256(start) === locked.copySha256 ? start : undefined;
}

interface Here {
  readonly version: string;
  readonly file: CatalogueFile;
}

function compareFile(
  name: string,
  locked: LockedFile,
  here: Here | undefined,
  theirs: string | undefined,
  provenance: Provenance,
): ComparedFile {
  const { library, version, commit } = locked;
  const known = { name, library, copied: { version, commit } };
  if (!here) return { ...known, moved: 'retired', patches: [] };
  if (theirs === undefined) return { ...known, moved: 'missing', version: here.version, patches: [] };
  const ours = locked.imports ? withImportEnding(here.file.content, locked.imports) : here.file.content;
  const moved = movementOf(sha256(ours), sha256(theirs), locked.copySha256);
  const start = moved === 'both' ? startOf(locked, provenance) : undefined;
  const patches = patchesOf(moved, { name, ours, theirs, start });
  return { ...known, moved, version: here.version, patches };
}

function chosenFrom(lock: Readonly<Record<string, LockedFile>>, libraries: readonly string[]) {
  const unknown = libraries.find((name) => !Object.values(lock).some(({ library }) => library === name));
  if (unknown !== undefined) {
    throw new CopyRefusedError(
      'library-unknown',
      `${LOCK_FILE} records no copy of ${JSON.stringify(unknown)}.`,
    );
  }
  return Object.entries(lock).filter(
    ([, { library }]) => libraries.length === 0 || libraries.includes(library),
  );
}

function readTheirs(fs: FileSystem, target: TargetFolder, name: string): string | undefined {
  const [entry] = readEntries(fs, target, []).filter((one) => one.name === name);
  return entry?.kind === 'file' ? fs.readFileSync(join(target.path, name), 'utf8') : undefined;
}

/**
 * @throws {CopyRefusedError} when the target holds no record of copies, or the record cannot be read
 */
export function compareCopies(options: CompareOptions): Comparison {
  const { root, fs = nodeFileSystem, provenance = createGitProvenance(root) } = options;
  const target = locateTarget(options.to, { fs, root });
  const text = readLockText(fs, target);
  if (text === undefined) {
    throw new CopyRefusedError(
      'nothing-recorded',
      `${target.path} has no ${LOCK_FILE}: nothing was copied there.`,
    );
  }
  const here = new Map(
    readCatalogue(root).flatMap(({ version, file, test }) =>
      [file, ...(test ? [test] : [])].map((one) => [one.name, { version, file: one }] as const),
    ),
  );
  const files = chosenFrom(parseLock(text), options.libraries).map(([name, locked]) =>
    compareFile(name, locked, here.get(name), readTheirs(fs, target, name), provenance),
  );
  return { target: target.path, files };
}
