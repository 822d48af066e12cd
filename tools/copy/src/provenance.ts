/** Which commit a file comes from, and how it was then, asked of git; silent where there is no git. */
import { execFileSync } from 'node:child_process';

function git(root: string, args: readonly string[]): string | undefined {
  try {
    return execFileSync('git', ['-C', root, ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      maxBuffer: 2 ** 24,
    });
  } catch {
    return undefined;
  }
}

export interface Provenance {
  /** The commit checked out, with `-dirty` when the file differs from it; null outside git. */
  commitOf(source: string): string | null;
  /** A file's content in a commit; undefined where git does not have it. */
  contentAt(commit: string | null, source: string): string | undefined;
}

export function createGitProvenance(root: string): Provenance {
  const head = git(root, ['rev-parse', 'HEAD'])?.trim();
  const status = git(root, ['status', '--porcelain=v1', '-z', '--', 'libs/resilience']) ?? '';
  const dirty = new Set(status.split('\0').map((line) => line.slice(3)));
  return {
    commitOf: (source) => (head === undefined ? null : dirty.has(source) ? `${head}-dirty` : head),
    contentAt: (commit, source) =>
      commit === null || commit.endsWith('-dirty') ? undefined : git(root, ['show', `${commit}:${source}`]),
  };
}
