/** The folder that is copied into: where it really is, and what lies in it. Links in it are seen and not followed. */
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { CopyRefusedError } from './copy-refused-error.ts';
import type { FileSystem } from './file-system.ts';
import { sha256 } from './lock-file.ts';
import type { TargetEntry } from './plan-copy.ts';

export interface TargetFolder {
  /** The folder's real path: a link that the user names as the target is resolved once, here. */
  readonly path: string;
  readonly exists: boolean;
}

export interface LocateOptions {
  readonly fs: FileSystem;
  /** The root of the checkout of Nines, into which nothing is copied. */
  readonly root: string;
}

/** Nothing is there, or what should be a folder around it is none. */
const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');

function realPathOf(fs: FileSystem, path: string): string | undefined {
  try {
    return fs.realpathSync(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Whether a path is a folder or lies in it; both are real paths. */
function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && resolve(folder, way) === path);
}

/**
 * Finds the target. A folder that does not exist is named here and made when something is written, if the folder
 * around it exists: one missing level is a new folder, more of them are a slip of the pen.
 *
 * @throws {CopyRefusedError} `target-missing`, `target-not-a-folder`, `target-inside-nines`
 */
export function locateTarget(given: string, { fs, root }: LocateOptions): TargetFolder {
  const asked = resolve(given);
  const real = realPathOf(fs, asked);
  const parent = real === undefined ? realPathOf(fs, dirname(asked)) : undefined;
  if (real === undefined && parent === undefined) {
    throw new CopyRefusedError('target-missing', `${dirname(asked)} does not exist; make it first.`);
  }
  const path = real ?? join(parent ?? '', basename(asked));
  if (isWithin(fs.realpathSync(root), path)) {
    throw new CopyRefusedError(
      'target-inside-nines',
      `${path} lies in this repository, where the libraries are imported as packages.`,
    );
  }
  if (real === undefined) {
    // A link that leads nowhere has no real path, and is there all the same.
    const isFree = fs.lstatSync(parent ?? '').isDirectory() && !fs.lstatSync(path, { throwIfNoEntry: false });
    if (!isFree) throw new CopyRefusedError('target-not-a-folder', `${path} cannot be made a folder.`);
    return { path, exists: false };
  }
  if (!fs.lstatSync(real).isDirectory()) {
    throw new CopyRefusedError('target-not-a-folder', `${real} is not a folder.`);
  }
  return { path, exists: true };
}

/** What lies in the target; the content is read of the named files alone. */
export function readEntries(
  fs: FileSystem,
  { path, exists }: TargetFolder,
  names: readonly string[],
): TargetEntry[] {
  if (!exists) return [];
  return fs.readdirSync(path, { withFileTypes: true }).map((entry) => {
    const { name } = entry;
    if (entry.isSymbolicLink()) return { name, kind: 'link' };
    if (entry.isDirectory()) return { name, kind: 'folder' };
    if (!entry.isFile()) return { name, kind: 'other' };
    if (!names.includes(name)) return { name, kind: 'file' };
    return { name, kind: 'file', sha256: sha256(fs.readFileSync(join(path, name))) };
  });
}
