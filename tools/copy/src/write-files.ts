/**
 * Writes several files or none. Each is first written whole under a name of its own; only when all of them are on
 * the disk do they take their places, the lock as the last. If a step fails, the steps before it are taken back.
 *
 * Nothing that somebody else writes at the same moment is lost. What is to be replaced is moved aside first, and only
 * then looked at: whatever was there at that moment is what was moved. The new file takes the place by a link, which
 * fails where something is by now. So a reader sees the old file, for some microseconds none, then the new one, and
 * never a part of one. A process that is killed in between leaves whole files, some under names with `.nines-`.
 */
import { join } from 'node:path';
import { CopyRefusedError } from './copy-refused-error.ts';
import type { FileSystem } from './file-system.ts';
import { sha256 } from './lock-file.ts';

export interface FileToWrite {
  readonly name: string;
  readonly content: string;
  /** What is to be replaced; undefined where nothing may be. */
  readonly expectedSha256: string | undefined;
}

export interface WriteOptions {
  readonly fs: FileSystem;
  /** Where the files go, as a real path. */
  readonly folder: string;
  /** Whether the folder is there; it is made otherwise, and taken back when writing fails. */
  readonly exists: boolean;
  /** A part of a file name that nobody else uses. */
  readonly unique: string;
}

type Undo = () => void;

const changed = (path: string): CopyRefusedError =>
  new CopyRefusedError(
    'target-changed',
    `${path} was changed by somebody else at this moment; nothing was copied, so try again.`,
  );

function writeWhole(fs: FileSystem, path: string, content: string): void {
  // `wx` fails where anything is, a link included, so that no link is followed.
  const handle = fs.openSync(path, 'wx', 0o644);
  try {
    const bytes = Buffer.from(content);
    for (let written = 0; written < bytes.length;) {
      written += fs.writeSync(handle, bytes, written, bytes.length - written);
    }
    fs.fsyncSync(handle);
  } finally {
    fs.closeSync(handle);
  }
}

/** Removes a file that may be gone already. */
function removeIfThere(fs: FileSystem, path: string): void {
  if (fs.lstatSync(path, { throwIfNoEntry: false })) fs.unlinkSync(path);
}

interface Step {
  readonly file: FileToWrite;
  /** The file's place, what takes it, and where what lay there is moved. */
  readonly place: string;
  readonly fresh: string;
  readonly aside: string;
}

/** Gives a file a name that nothing has yet. */
function linkIntoPlace(fs: FileSystem, from: string, place: string): void {
  try {
    fs.linkSync(from, place);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') throw changed(place);
    throw error;
  }
}

/** Whether what was moved aside is what we copied there ourselves once. */
const isOurs = (fs: FileSystem, path: string, expectedSha256: string): boolean =>
  fs.lstatSync(path).isFile() && sha256(fs.readFileSync(path)) === expectedSha256;

/** Puts back what was moved aside. Where somebody else took the place by now, only their own content is kept. */
function putBack(fs: FileSystem, { place, aside }: Step, expectedSha256: string): void {
  if (!fs.lstatSync(aside, { throwIfNoEntry: false })) return;
  const isTaken = fs.lstatSync(place, { throwIfNoEntry: false }) !== undefined;
  if (!isTaken) linkIntoPlace(fs, aside, place);
  if (!isTaken || isOurs(fs, aside, expectedSha256)) fs.unlinkSync(aside);
}

function takePlace(fs: FileSystem, step: Step, undo: Undo[]): void {
  const { place, fresh, aside } = step;
  const { expectedSha256 } = step.file;
  if (expectedSha256 !== undefined) {
    undo.push(() => {
      putBack(fs, step, expectedSha256);
    });
    fs.renameSync(place, aside);
    if (!isOurs(fs, aside, expectedSha256)) throw changed(place);
  }
  undo.push(() => {
    const ours = fs.lstatSync(fresh);
    if (fs.lstatSync(place, { throwIfNoEntry: false })?.ino === ours.ino) fs.unlinkSync(place);
  });
  linkIntoPlace(fs, fresh, place);
}

/** Taking back goes on where a part of it fails: the more of it is done the better. */
function takeBack(undo: readonly Undo[]): void {
  for (const step of [...undo].reverse()) {
    try {
      step();
    } catch {
      // The error that led here is the one to tell.
    }
  }
}

/**
 * @throws {CopyRefusedError} `target-changed` when what is to be replaced is no longer what was expected
 * @throws the file system's own error when a step fails; nothing is left of the steps before it
 */
export function writeFiles(files: readonly FileToWrite[], options: WriteOptions): void {
  const { fs, folder, exists, unique } = options;
  const steps = files.map((file, index) => ({
    file,
    place: join(folder, file.name),
    fresh: join(folder, `.nines-${unique}-${String(index)}-new`),
    aside: join(folder, `.nines-${unique}-${String(index)}-old`),
  }));
  const undo: Undo[] = [];
  try {
    if (!exists) {
      fs.mkdirSync(folder);
      undo.push(() => {
        fs.rmdirSync(folder);
      });
    }
    if (fs.realpathSync(folder) !== folder) throw changed(folder);
    for (const { file, fresh } of steps) {
      undo.push(() => {
        removeIfThere(fs, fresh);
      });
      writeWhole(fs, fresh, file.content);
    }
    for (const step of steps) takePlace(fs, step, undo);
  } catch (error) {
    takeBack(undo);
    throw error;
  }
  // All is in place; what is left over is hidden and harmless, so that failing to remove it is no failure.
  takeBack(
    steps
      .flatMap(({ fresh, aside }) => [fresh, aside])
      .map((path) => () => {
        removeIfThere(fs, path);
      }),
  );
}
