import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { addLibraries } from '../src/add-libraries.ts';
import { compareCopies } from '../src/compare-copies.ts';
import type { ComparedFile } from '../src/compare-copies.ts';
import { createGitProvenance } from '../src/provenance.ts';
import type { Provenance } from '../src/provenance.ts';
import { ALPHA, cleanCheckout, createCheckout } from './nines-checkout.ts';
import type { Checkout } from './nines-checkout.ts';

const compare = (
  { root, project }: Checkout,
  provenance: Provenance = cleanCheckout,
  libraries: readonly string[] = [],
) => compareCopies({ root, libraries, to: project, provenance }).files;

const copy = ({ root, project }: Checkout, libraries: readonly string[], withTest = false) =>
  addLibraries({ root, libraries, to: project, withTest, imports: 'js', provenance: cleanCheckout });

/** What changed, without the patch's heading. */
const changesOf = ({ patches }: ComparedFile): string[][] =>
  patches.map((patch) => patch.split('\n').filter((line) => /^[+-](?![+-])/.test(line)));

describe('what moved since', () => {
  test('nothing, right after copying, although imports of a test were rewritten', () => {
    using checkout = createCheckout();
    copy(checkout, ['alpha'], true);
    expect(compare(checkout).map(({ name, moved }) => [name, moved])).toEqual([
      ['alpha.test.ts', 'same'],
      ['alpha.ts', 'same'],
    ]);
  });

  test('the library here, shown as what to do to the copy', () => {
    using checkout = createCheckout();
    copy(checkout, ['alpha']);
    checkout.change('alpha/src/alpha.ts', 'export const alpha = 10;\n');
    checkout.change('alpha/package.json', '{"name":"@nines/alpha","version":"1.3.0","description":""}');
    const [file] = compare(checkout);
    expect(file).toMatchObject({ moved: 'ours', copied: { version: '1.2.0' }, version: '1.3.0' });
    expect(changesOf(file!)).toEqual([['-export const alpha = 1;', '+export const alpha = 10;']]);
  });

  test('the copy, shown as what was done to it', () => {
    using checkout = createCheckout();
    copy(checkout, ['alpha']);
    writeFileSync(join(checkout.project, 'alpha.ts'), `${ALPHA}// mine\n`);
    const [file] = compare(checkout);
    expect(file).toMatchObject({ moved: 'theirs' });
    expect(changesOf(file!)).toEqual([['+// mine']]);
  });

  test('both, shown from the copy to ours where git has no common start', () => {
    using checkout = createCheckout();
    copy(checkout, ['alpha']);
    writeFileSync(join(checkout.project, 'alpha.ts'), '// mine\n');
    checkout.change('alpha/src/alpha.ts', '// ours\n');
    const [file] = compare(checkout);
    expect(file).toMatchObject({ moved: 'both' });
    expect(changesOf(file!)).toEqual([['-// mine', '+// ours']]);
  });

  test('both, shown as one patch each from the start that git has', () => {
    using checkout = createCheckout();
    copy(checkout, ['alpha'], true);
    writeFileSync(join(checkout.project, 'alpha.ts'), '// mine\n');
    checkout.change('alpha/src/alpha.ts', '// ours\n');
    const contentAt = (_: string | null, source: string) =>
      source === 'libs/resilience/alpha/src/alpha.ts' ? ALPHA : undefined;
    const file = compare(checkout, { ...cleanCheckout, contentAt }).find(({ name }) => name === 'alpha.ts');
    expect(changesOf(file!)).toEqual([
      ['-export const alpha = 1;', '+// ours'],
      ['-export const alpha = 1;', '+// mine'],
    ]);
  });

  test('both, shown from the copy to ours where what git has is not what was copied', () => {
    using checkout = createCheckout();
    copy(checkout, ['alpha']);
    writeFileSync(join(checkout.project, 'alpha.ts'), '// mine\n');
    checkout.change('alpha/src/alpha.ts', '// ours\n');
    const [file] = compare(checkout, { ...cleanCheckout, contentAt: () => '// rewritten history\n' });
    expect(changesOf(file!)).toEqual([['-// mine', '+// ours']]);
  });

  test('nothing, when both made the same change', () => {
    using checkout = createCheckout();
    copy(checkout, ['alpha']);
    writeFileSync(join(checkout.project, 'alpha.ts'), '// same\n');
    checkout.change('alpha/src/alpha.ts', '// same\n');
    expect(compare(checkout)).toMatchObject([{ moved: 'same' }]);
  });

  test('a copy that is gone, or a link by now, and a library that is gone', () => {
    using checkout = createCheckout();
    copy(checkout, ['alpha', 'beta', 'beta-memory']);
    rmSync(join(checkout.project, 'alpha.ts'));
    renameSync(join(checkout.project, 'beta-memory.ts'), join(checkout.project, 'moved.ts'));
    symlinkSync('moved.ts', join(checkout.project, 'beta-memory.ts'));
    rmSync(join(checkout.root, 'libs/resilience/beta/src/beta.ts'));
    expect(compare(checkout).map(({ name, moved }) => [name, moved])).toEqual([
      ['alpha.ts', 'missing'],
      ['beta-memory.ts', 'missing'],
      ['beta.ts', 'retired'],
    ]);
  });

  test('of the named libraries only', () => {
    using checkout = createCheckout();
    copy(checkout, ['alpha', 'beta']);
    expect(compare(checkout, cleanCheckout, ['beta']).map(({ name }) => name)).toEqual(['beta.ts']);
    expect(() => compare(checkout, cleanCheckout, ['beta-memory'])).toThrow(
      'records no copy of "beta-memory"',
    );
  });

  test('cannot be said where nothing was recorded', () => {
    using checkout = createCheckout();
    expect(() => compare(checkout)).toThrow(expect.objectContaining({ code: 'nothing-recorded' }));
    mkdirSync(join(checkout.project, 'nines.lock.json'));
    expect(() => compare(checkout)).toThrow(expect.objectContaining({ code: 'nothing-recorded' }));
  });
});

describe('with git', () => {
  const git = (root: string, ...args: string[]): string =>
    execFileSync(
      'git',
      [
        '-C',
        root,
        '-c',
        'user.name=n',
        '-c',
        'user.email=n@localhost',
        '-c',
        'commit.gpgsign=false',
        ...args,
      ],
      {
        encoding: 'utf8',
      },
    ).trim();

  function createRepository(): Checkout {
    const checkout = createCheckout();
    git(checkout.root, 'init', '--quiet');
    git(checkout.root, 'add', '.');
    git(checkout.root, 'commit', '--quiet', '--message', 'first');
    return checkout;
  }

  test('the commit that is checked out is recorded, and the copied content is found in it later', () => {
    using checkout = createRepository();
    const commit = git(checkout.root, 'rev-parse', 'HEAD');
    const source = 'libs/resilience/alpha/src/alpha.ts';
    expect(createGitProvenance(checkout.root).commitOf(source)).toBe(commit);
    checkout.change('alpha/src/alpha.ts', '// ours\n');
    git(checkout.root, 'commit', '--quiet', '--all', '--message', 'second');
    expect(createGitProvenance(checkout.root).contentAt(commit, source)).toBe(ALPHA);
  });

  test('a file that differs from the commit is recorded as such', () => {
    using checkout = createRepository();
    const commit = git(checkout.root, 'rev-parse', 'HEAD');
    checkout.change('alpha/src/alpha.ts', '// being written\n');
    const provenance = createGitProvenance(checkout.root);
    expect(provenance.commitOf('libs/resilience/alpha/src/alpha.ts')).toBe(`${commit}-dirty`);
    expect(provenance.commitOf('libs/resilience/beta/src/beta.ts')).toBe(commit);
    expect(provenance.contentAt(`${commit}-dirty`, 'libs/resilience/alpha/src/alpha.ts')).toBeUndefined();
  });

  test('there is no commit outside of git', () => {
    using checkout = createCheckout();
    const provenance = createGitProvenance(checkout.root);
    expect(provenance.commitOf('libs/resilience/alpha/src/alpha.ts')).toBeNull();
    expect(provenance.contentAt('f'.repeat(40), 'libs/resilience/alpha/src/alpha.ts')).toBeUndefined();
  });
});
