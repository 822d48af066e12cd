// One file out of a .tar.gz or a .zip, read in memory.
//
// Use it to unpack a release archive whose checksum has already been verified. Do not use it as a general
// archiver: it reads what k6's releases contain (regular files, no encryption, no zip64) and refuses the rest.
// It exists so that provisioning needs neither `tar` nor `unzip` on the machine, nor an npm package.
import { Buffer } from 'node:buffer';
import { gunzipSync, inflateRawSync } from 'node:zlib';

const TAR_BLOCK_BYTES = 512;
const ZIP_END_SIGNATURE = 0x06054b50;
const ZIP_ENTRY_SIGNATURE = 0x02014b50;
const ZIP_STORED = 0;
const ZIP_DEFLATED = 8;

/** The archive could not be read, or does not hold the file that was asked for. */
export class ArchiveContentError extends Error {
  code = 'archive-content';

  /** @param {string} message What was looked for, and what was found instead. */
  constructor(message) {
    super(message);
    this.name = 'ArchiveContentError';
  }
}

/**
 * @param {Buffer} archive The whole archive.
 * @param {string} archiveName Decides the format by its ending: `.tar.gz` or `.zip`.
 * @param {string} member Path of the file inside the archive, with forward slashes.
 * @returns {Buffer} The file's bytes.
 * @throws {ArchiveContentError} When the format is unknown or the file is not in the archive.
 */
export function extractMember(archive, archiveName, member) {
  if (archiveName.endsWith('.tar.gz')) return fromTar(gunzipSync(archive), member);
  if (archiveName.endsWith('.zip')) return fromZip(archive, member);
  throw new ArchiveContentError(`${archiveName} is neither a .tar.gz nor a .zip archive`);
}

/** @param {Buffer} tar @param {string} member */
function fromTar(tar, member) {
  const names = [];
  for (let offset = 0; offset + TAR_BLOCK_BYTES <= tar.length;) {
    const header = tar.subarray(offset, offset + TAR_BLOCK_BYTES);
    const name = text(header.subarray(0, 100));
    if (name === '') break;
    const size = Number.parseInt(text(header.subarray(124, 136)).trim(), 8);
    if (!Number.isFinite(size)) throw new ArchiveContentError(`the tar entry ${name} has no readable size`);
    const start = offset + TAR_BLOCK_BYTES;
    if (name.replace(/^\.\//, '') === member) return Buffer.from(tar.subarray(start, start + size));
    names.push(name);
    offset = start + Math.ceil(size / TAR_BLOCK_BYTES) * TAR_BLOCK_BYTES;
  }
  throw new ArchiveContentError(`the archive holds ${names.join(', ') || 'nothing'}, but no ${member}`);
}

/** @param {Buffer} zip @param {string} member */
function fromZip(zip, member) {
  const names = [];
  for (const entry of zipEntries(zip)) {
    if (entry.name === member) return zipContent(zip, entry);
    names.push(entry.name);
  }
  throw new ArchiveContentError(`the archive holds ${names.join(', ') || 'nothing'}, but no ${member}`);
}

/** @param {Buffer} zip */
function* zipEntries(zip) {
  const end = zip.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
  if (end < 0 || zip.readUInt32LE(end) !== ZIP_END_SIGNATURE) {
    throw new ArchiveContentError('the zip archive has no central directory: the download is cut short');
  }
  let offset = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left -= 1) {
    if (zip.readUInt32LE(offset) !== ZIP_ENTRY_SIGNATURE) {
      throw new ArchiveContentError('the zip archive has a broken central directory');
    }
    const nameLength = zip.readUInt16LE(offset + 28);
    yield {
      name: zip.toString('utf8', offset + 46, offset + 46 + nameLength),
      method: zip.readUInt16LE(offset + 10),
      compressedBytes: zip.readUInt32LE(offset + 20),
      headerOffset: zip.readUInt32LE(offset + 42),
    };
    offset += 46 + nameLength + zip.readUInt16LE(offset + 30) + zip.readUInt16LE(offset + 32);
  }
}

/** @param {Buffer} zip @param {{ name: string, method: number, compressedBytes: number, headerOffset: number }} entry */
function zipContent(zip, entry) {
  const { headerOffset, compressedBytes, method, name } = entry;
  const start = headerOffset + 30 + zip.readUInt16LE(headerOffset + 26) + zip.readUInt16LE(headerOffset + 28);
  const content = zip.subarray(start, start + compressedBytes);
  if (method === ZIP_STORED) return Buffer.from(content);
  if (method === ZIP_DEFLATED) return inflateRawSync(content);
  throw new ArchiveContentError(`${name} is compressed by method ${String(method)}, which is not read here`);
}

/** @param {Buffer} field A tar header field: text up to the first NUL. */
function text(field) {
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end < 0 ? field.length : end);
}
