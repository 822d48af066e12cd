/**
 * docs/patterns/compared.md says of each library what it does. Each cell has a note, and each note is looked up here: in
 * our tests, or in the peer as it is installed. So a new version of a peer that changes what we say of it fails this.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const PAGE = join(ROOT, 'docs/patterns/compared.md');
const page = readFileSync(PAGE, 'utf8');

/** `[^1]: cockatiel 4.0.0 `dist/x.js`: nowhere `words`` or `[^2]: [retry.test.ts](../x.test.ts): `name``. */
const NOTE =
  /^\[\^(?<id>\d+)\]: (?:\[[^\]]+\]\((?<link>[^)]+)\)|(?<peer>\S+) (?<version>\S+) `(?<file>[^`]+)`): (?<nowhere>nowhere )?`(?<words>.+)`$/;

interface Note {
  readonly id: string;
  readonly link?: string;
  readonly peer?: string;
  readonly version?: string;
  readonly file?: string;
  readonly nowhere?: string;
  readonly words: string;
}

const noteLines = page.split('\n').filter((line) => line.startsWith('[^'));
const notes = noteLines.map(
  (line) => (NOTE.exec(line)?.groups ?? { id: line, words: '' }) as unknown as Note,
);

/** The code of a file, or of all of a folder; how it is broken into lines says nothing. */
function textOf(path: string): string {
  const files = statSync(path).isDirectory()
    ? readdirSync(path, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.js'))
        .map((name) => join(path, name))
    : [path];
  return inOneLine(files.map((file) => readFileSync(file, 'utf8')).join('\n'));
}

const inOneLine = (text: string): string => text.replace(/\s+/g, ' ');

const installed = (peer: string): string => join(ROOT, 'node_modules', peer);

const tableLines = page.split('\n').filter((line) => line.startsWith('|'));
const cellsOf = (line: string): string[] =>
  line
    .slice(1, -1)
    .split('|')
    .map((cell) => cell.trim());

/** The rows below a heading; a heading's cells have no notes. */
const rows = tableLines.filter(
  (line, index) => !/^[|\s-]+$/.test(line) && !/^[|\s-]+$/.test(tableLines[index + 1] ?? ''),
);

test('there are tables of some size, so that what follows has something to look at', () => {
  expect(rows.length).toBeGreaterThan(40);
  expect(notes.length).toBeGreaterThan(100);
});

test.each(rows.map((line) => cellsOf(line)))('every cell about "%s" has a note', (...cells) => {
  const [, ...claims] = cells;
  for (const claim of claims) expect(claim).toMatch(/\S.*\[\^\d+\]$/);
});

test('every note is used, and every one that is used is there', () => {
  const used = [...page.matchAll(/\[\^(\d+)\](?!:)/g)].map(([, id]) => id);
  expect(new Set(used)).toEqual(new Set(notes.map(({ id }) => id)));
  expect(new Set(noteLines).size).toBe(noteLines.length);
});

describe('of ours', () => {
  const ours = notes.filter(({ link }) => link !== undefined);
  test.each(ours)('$link has a test "$words"', ({ link = '', words, nowhere }) => {
    const text = textOf(join(dirname(PAGE), link));
    // A name that has a quotation mark in it is written in the other kind.
    const found = text.includes(words) || text.includes(words.replaceAll("'", "\\'"));
    expect(found).toBe(!nowhere);
    if (!nowhere) expect(link).toMatch(/\.test\.ts$/);
  });
});

describe('of a peer', () => {
  const theirs = notes.filter(({ peer }) => peer !== undefined);
  test.each(theirs)('$peer $version: $file: $words', ({ peer = '', version, file = '', words, nowhere }) => {
    const { version: here } = JSON.parse(readFileSync(join(installed(peer), 'package.json'), 'utf8')) as {
      version: string;
    };
    expect(here).toBe(version);
    expect(textOf(join(installed(peer), file)).includes(inOneLine(words))).toBe(!nowhere);
  });
});

test('what is not a note is seen', () => {
  expect(NOTE.exec('[^1]: cockatiel says so')).toBeNull();
  expect(notes.filter(({ words }) => words === '')).toEqual([]);
});
