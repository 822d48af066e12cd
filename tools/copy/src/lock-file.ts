/**
 * `nines.lock.json`, in the target beside the copies: what was copied, from where, and how both sides looked then.
 * It lies in a foreign project, so it is read as data that anybody may have written.
 */
import { createHash } from 'node:crypto';
import { FILE_NAME } from './catalogue.ts';
import { CopyRefusedError } from './copy-refused-error.ts';
import type { ImportEnding } from './import-endings.ts';

export const LOCK_FILE = 'nines.lock.json';
const LOCK_VERSION = 1;

export interface LockedFile {
  readonly library: string;
  readonly package: string;
  readonly version: string;
  /** The commit of Nines that was checked out, with `-dirty` when the file differed from it; null outside git. */
  readonly commit: string | null;
  readonly source: string;
  /** SHA-256 of the file in Nines, in hex. */
  readonly sourceSha256: string;
  /** SHA-256 of what was written, in hex; another one where a test's imports were given another ending. */
  readonly copySha256: string;
  /** The ending of a test's imports; absent for a library, which has none. */
  readonly imports?: ImportEnding;
}

/** By file name, such as `retry.ts`. */
export type Lock = Readonly<Record<string, LockedFile>>;

export const sha256 = (content: string | Uint8Array): string =>
  createHash('sha256').update(content).digest('hex');

const SHA256 = /^[0-9a-f]{64}$/;
const COMMIT = /^[0-9a-f]{40,64}(?:-dirty)?$/;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function isLockedFile(value: unknown): value is LockedFile {
  if (!isRecord(value)) return false;
  const texts = [value['library'], value['package'], value['version'], value['source']];
  const hashes = [value['sourceSha256'], value['copySha256']];
  const { commit, imports } = value;
  return (
    texts.every((text) => typeof text === 'string') &&
    hashes.every((hash) => typeof hash === 'string' && SHA256.test(hash)) &&
    (commit === null || (typeof commit === 'string' && COMMIT.test(commit))) &&
    (imports === undefined || imports === 'ts' || imports === 'js')
  );
}

/**
 * @param text the lock's content, undefined where there is no lock yet
 * @throws {CopyRefusedError} `lock-unreadable` when it is not a lock that this version wrote
 */
export function parseLock(text: string | undefined): Lock {
  if (text === undefined) return {};
  const refuse = (why: string): never => {
    throw new CopyRefusedError('lock-unreadable', `${LOCK_FILE} ${why}; restore it, or move it away.`);
  };
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return refuse('is not JSON');
  }
  if (!isRecord(json) || json['lockVersion'] !== LOCK_VERSION || !isRecord(json['files'])) {
    return refuse(`is not a lock of version ${String(LOCK_VERSION)}`);
  }
  for (const [name, file] of Object.entries(json['files'])) {
    if (!FILE_NAME.test(name)) refuse(`names ${JSON.stringify(name)}, which is not a file of ours`);
    if (!isLockedFile(file)) refuse(`has an entry for ${name} that is not complete`);
  }
  return json['files'] as Lock;
}

export function renderLock(files: Lock): string {
  const sorted = Object.fromEntries(Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1)));
  return `${JSON.stringify({ lockVersion: LOCK_VERSION, files: sorted }, null, 2)}\n`;
}
