import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { ArchiveContentError, extractMember } from '../archive.mjs';

const CONTENT = Buffer.from('an executable, more or less\n'.repeat(100));

test('a file comes out of an archive that tar has packed, byte for byte', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'archive-'));
  try {
    await mkdir(join(folder, 'k6-v9'));
    await writeFile(join(folder, 'k6-v9', 'LICENSE'), 'first');
    await writeFile(join(folder, 'k6-v9', 'k6'), CONTENT);
    execFileSync('tar', ['-czf', 'packed.tar.gz', 'k6-v9'], { cwd: folder });
    const archive = await readFile(join(folder, 'packed.tar.gz'));
    expect(extractMember(archive, 'packed.tar.gz', 'k6-v9/k6').equals(CONTENT)).toBe(true);
    expect(() => extractMember(archive, 'packed.tar.gz', 'k6-v9/k7')).toThrow(
      /k6-v9\/LICENSE.*but no k6-v9\/k7/,
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});

test.each([
  ['deflated', 8],
  ['stored', 0],
])('a %s file comes out of a zip archive, byte for byte', (_, method) => {
  const archive = zip([
    ['k6-v9/LICENSE', Buffer.from('first'), 0],
    ['k6-v9/k6', CONTENT, method],
  ]);
  expect(extractMember(archive, 'packed.zip', 'k6-v9/k6').equals(CONTENT)).toBe(true);
});

test('a zip archive without the file says what it holds', () => {
  const archive = zip([['k6-v9/LICENSE', Buffer.from('first'), 0]]);
  expect(() => extractMember(archive, 'packed.zip', 'k6')).toThrow(
    new ArchiveContentError('the archive holds k6-v9/LICENSE, but no k6'),
  );
});

test('a zip archive that is cut short is refused', () => {
  const archive = zip([['k6', CONTENT, 8]]).subarray(0, 60);
  expect(() => extractMember(archive, 'packed.zip', 'k6')).toThrow(/cut short/);
});

test('a method of compression that is not known is refused', () => {
  const archive = zip([['k6', CONTENT, 12]]);
  expect(() => extractMember(archive, 'packed.zip', 'k6')).toThrow(/k6 is compressed by method 12/);
});

test('another kind of archive is refused', () => {
  expect(() => extractMember(CONTENT, 'packed.rar', 'k6')).toThrow(/neither a \.tar\.gz nor a \.zip/);
});

/** A zip archive as the format's description has it: local headers with their data, the directory, its end. */
function zip(files: readonly (readonly [name: string, content: Buffer, method: number])[]): Buffer {
  const local: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, content, method] of files) {
    const data = method === 8 ? deflateRawSync(content) : content;
    const header = Buffer.alloc(30 + name.length);
    header.writeUInt32LE(0x04034b50, 0);
    header.writeUInt16LE(name.length, 26);
    header.write(name, 30);
    const entry = Buffer.alloc(46 + name.length);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(method, 10);
    entry.writeUInt32LE(data.length, 20);
    entry.writeUInt32LE(content.length, 24);
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt32LE(offset, 42);
    entry.write(name, 46);
    local.push(header, data);
    directory.push(entry);
    offset += header.length + data.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...local, ...directory, end]);
}
