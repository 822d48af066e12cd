/**
 * Writes several files or none. Each is first written whole under a name of its own; only when all of them are on
 * the disk do they take their places, one rename or link each, the last of them the lock. If a step fails, the steps
 * before it are taken back. A process that is killed in between leaves whole files and perhaps some whose name
 * begins with `.nines-`; a reader never sees half of one.
 *
 * What lies in a place is compared once more just before it is taken: a new file is put there by a link, which
 * fails where something is by now, and a replaced one is kept under a second name until the end, and its content is
 * looked at after the exchange, so that a change of somebody else in that moment comes back.
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

const changed = (name: string): CopyRefusedError =>
  new CopyRefusedError('target-changed', `${name} changed while it was being replaced; nothing was copied.`);

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

const hashOfFile = (fs: FileSystem, path: string): string | undefined =>
  fs.lstatSync(path, { throwIfNoEntry: false })?.isFile() ? sha256(fs.readFileSync(path)) : undefined;

interface Step {
  readonly file: FileToWrite;
  /** The file's place, what takes it, and the second name of what lay there. */
  readonly place: string;
  readonly fresh: string;
  readonly old: string;
}

function takePlace(fs: FileSystem, { file, place, fresh, old }: Step, undo: Undo[]): void {
  if (file.expectedSha256 === undefined) {
    if (fs.lstatSync(place, { throwIfNoEntry: false })) throw changed(file.name);
    undo.push(() => {
      const ours = fs.lstatSync(fresh, { throwIfNoEntry: false });
      const there = fs.lstatSync(place, { throwIfNoEntry: false });
      if (ours && there?.ino === ours.ino) fs.unlinkSync(place);
    });
    fs.linkSync(fresh, place);
    return;
  }
  if (hashOfFile(fs, place) !== file.expectedSha256) throw changed(file.name);
  undo.push(() => {
    if (!fs.lstatSync(old, { throwIfNoEntry: false })) return;
    fs.renameSync(old, place);
    // Renaming one name of a file to another name of it does nothing, and leaves both.
    removeIfThere(fs, old);
  });
  fs.linkSync(place, old);
  fs.renameSync(fresh, place);
  if (hashOfFile(fs, old) !== file.expectedSha256) throw changed(file.name);
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
    old: join(folder, `.nines-${unique}-${String(index)}-old`),
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
      .flatMap(({ fresh, old }) => [fresh, old])
      .map((path) => () => {
        removeIfThere(fs, path);
      }),
  );
}
