/**
 * The repository as the gate's rules see it: paths and texts, nothing else. The rules read this and never the
 * disk, so that a test can hand them a bad example of three lines.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface FileTree {
  /** Every file, relative to the root, with forward slashes, sorted. */
  readonly paths: readonly string[];
  readonly has: (path: string) => boolean;
  /** Whether a folder of that path holds a file at any depth; '' is the root. */
  readonly hasFolder: (path: string) => boolean;
  /** The file's text; a file that is not text comes as Node decodes it. Throws when there is no such file. */
  readonly read: (path: string) => string;
}

export class FileNotInTreeError extends Error {
  readonly code = 'file-not-in-tree';
  constructor(path: string) {
    super(`the tree has no file ${path}`);
    this.name = 'FileNotInTreeError';
  }
}

/** All folders that lead to a path: `a/b/c.ts` gives `a/b` and `a`. */
export function foldersAbove(path: string): string[] {
  const parts = path.split('/');
  return parts.slice(0, -1).map((_, index) => parts.slice(0, parts.length - 1 - index).join('/'));
}

function makeTree(paths: readonly string[], read: (path: string) => string): FileTree {
  const files = new Set(paths);
  const folders = new Set(['', ...paths.flatMap(foldersAbove)]);
  return {
    paths: [...files].sort(),
    has: (path) => files.has(path),
    hasFolder: (path) => folders.has(path),
    read: (path) => {
      if (!files.has(path)) throw new FileNotInTreeError(path);
      return read(path);
    },
  };
}

/** A tree held in memory: `{ 'libs/a/src/a.ts': 'export {};' }`. */
export function createFileTree(files: Readonly<Record<string, string>>): FileTree {
  return makeTree(Object.keys(files), (path) => files[path] ?? '');
}

/**
 * The files of the checkout: what git tracks, and what it would track (new files that are not ignored), so that
 * a finding shows up before the commit and not after it.
 */
export function readRepository(root: string): FileTree {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  const paths = listed.split('\0').filter((path) => path !== '' && existsSync(join(root, path)));
  const texts = new Map<string, string>();
  return makeTree(paths, (path) => {
    const known = texts.get(path);
    if (known !== undefined) return known;
    const text = readFileSync(join(root, path), 'utf8');
    texts.set(path, text);
    return text;
  });
}
